package proof

import (
	"errors"
	"fmt"
	"hash/maphash"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/anishathalye/porcupine"

	"webrtc-room/pkg/roomstore"
)

// steps are what a call did to rooms, all of them being rooms. Its answer must
// hold after the last write that it lost: until then it didn't know.
func (c *call) steps(rooms []roomstore.RoomID) (all []step) {
	for _, l := range c.losses {
		if l.arrives {
			all = append(all, step{call: c, room: l.room, write: l.kind, span: spanOf(l.since, l.sent), orphan: c.unknown(), doubt: l.doubt, late: l.late, until: l.until.UnixNano()})
		}
	}
	for _, w := range c.sweeps {
		all = append(all, step{call: c, room: w.room, write: swept, span: spanOf(w.since, w.until)})
	}
	if c.unknown() {
		return all
	}
	answers := map[roomstore.RoomID]answer{c.room: c.answer}
	switch c.kind {
	case create:
		clear(answers)
		for _, id := range append(c.tried, c.room) {
			answers[id] = answer{refusal: errTaken}
		}
		delete(answers, "") // no wish
		if c.made != "" {
			answers[c.made] = c.answer
		}
	case enter:
		if c.answer.refusal == nil {
			answers = map[roomstore.RoomID]answer{c.made: c.answer}
		}
	case list:
		answers = make(map[roomstore.RoomID]answer, len(rooms))
		for _, id := range rooms {
			answers[id] = answer{room: c.listed[id]}
			if c.listed[id] == (view{}) {
				answers[id] = answer{refusal: roomstore.ErrRoomNotFound}
			}
		}
	}
	if !c.answered {
		// An error that doesn't call the outcome unknown says that there is none.
		clear(answers)
		for _, l := range c.losses {
			answers[l.room] = answer{refusal: errFailed}
		}
	}
	for id, a := range answers {
		st := step{call: c, room: id, span: spanOf(c.start, c.end), answer: a}
		for _, l := range c.losses {
			if l.room == id && l.kind != lostSweep {
				st.afterLoss = true
				st.changed = st.changed || l.kind == lostChange
				st.from = min(l.until.UnixNano()+1, st.to)
			}
		}
		all = append(all, st)
	}
	return all
}

// history is all steps of the calls, room by room.
func history(calls []*call) map[roomstore.RoomID][]porcupine.Operation {
	rooms := roomsOf(calls)
	all := make(map[roomstore.RoomID][]porcupine.Operation)
	for _, c := range calls {
		for _, st := range c.steps(rooms) {
			all[st.room] = append(all[st.room], porcupine.Operation{ClientId: c.client, Input: st, Call: st.from, Return: st.to})
		}
	}
	return all
}

// roomsOf are the rooms that occur in calls.
func roomsOf(calls []*call) []roomstore.RoomID {
	var rooms []roomstore.RoomID
	for _, c := range calls {
		rooms = append(rooms, c.room, c.made)
		rooms = append(rooms, c.tried...)
		for id := range c.listed {
			rooms = append(rooms, id)
		}
	}
	slices.Sort(rooms)
	return slices.DeleteFunc(slices.Compact(rooms), func(id roomstore.RoomID) bool { return id == "" })
}

// porcupine is the model of one room as the checker wants it.
func (m model) porcupine() porcupine.Model {
	seed := maphash.MakeSeed()
	n := porcupine.NondeterministicModel{
		Init: func() []any { return []any{state{key: state{}.text()}} },
		Step: func(s, input, _ any) (all []any) {
			for _, next := range m.next(s.(state), input.(step)) {
				all = append(all, next)
			}
			return all
		},
		Equal:             func(a, b any) bool { return a.(state).key == b.(state).key },
		Hash:              func(s any) uint64 { return maphash.String(seed, s.(state).key) },
		DescribeOperation: func(input, _ any) string { return input.(step).String() },
		DescribeState:     func(s any) string { return s.(state).String() },
	}
	return n.ToModel()
}

// A violation is a history that no order of whole calls explains, or a call that
// is wrong by itself.
type violation struct {
	reason  string
	picture string // a file, if there is one
}

func (v *violation) Error() string {
	if v.picture == "" {
		return v.reason
	}
	return v.reason + "\npicture: " + v.picture
}

// undecided is how long a history is checked at most.
const undecided = 30 * time.Second

// check returns nil, or the violation in a history. picture makes a file for it.
func (m model) check(calls []*call, picture func() (string, error)) error {
	for _, c := range calls {
		if err := c.check(); err != nil {
			return &violation{reason: err.Error()}
		}
	}
	if err := checkTimes(calls); err != nil {
		return &violation{reason: err.Error()}
	}
	checker := m.porcupine()
	all := history(calls)
	for _, id := range slices.Sorted(maps.Keys(all)) {
		ops := all[id]
		switch porcupine.CheckOperationsTimeout(checker, ops, undecided) {
		case porcupine.Ok:
			continue
		case porcupine.Unknown:
			return &violation{reason: fmt.Sprintf("room %s: the checker found no answer in %s", id, undecided)}
		}
		v := &violation{reason: fmt.Sprintf("no order of whole calls explains the history of room %s:\n%s", id, narrate(calls, id))}
		file, err := picture()
		if err != nil {
			return errors.Join(v, err)
		}
		_, info := porcupine.CheckOperationsVerbose(checker, ops, undecided)
		if err := porcupine.VisualizePath(checker, info, file); err != nil {
			return errors.Join(v, err)
		}
		v.picture = file
		return v
	}
	return nil
}

// unknown reports whether the call leaves it open what became of it. Who got the
// reply to a copy of a request can't know better; see the package comment.
func (c *call) unknown() bool {
	switch {
	case c.answered:
		return false
	case c.err == nil, errors.Is(c.err, roomstore.ErrOutcomeUnknown):
		return true
	}
	return slices.ContainsFunc(c.losses, func(w write) bool { return w.doubt == resent })
}

// check looks for what a call can't be excused for.
func (c *call) check() error {
	switch {
	case len(c.wrongs) > 0:
		return fmt.Errorf("call %s: %s", c, strings.Join(c.wrongs, "; "))
	case c.err == nil || c.answered:
		return nil
	case c.trip != nil && len(c.trip.faults) == 0 && c.end.Sub(c.start) < time.Second:
		// Whoever was slower than others has to try again.
		return fmt.Errorf("call %s: it failed, and nothing was wrong: %v", c, c.err)
	case errors.Is(c.err, roomstore.ErrOutcomeUnknown):
		if !c.cautious && !slices.ContainsFunc(c.losses, func(w write) bool { return w.doubt != denied }) {
			return fmt.Errorf("call %s: the outcome is called unknown, but no write was lost", c)
		}
	}
	return nil
}

// checkTimes checks that rooms were made while the call was under way that made
// them.
func checkTimes(calls []*call) error {
	for _, c := range calls {
		for _, r := range c.shown {
			v, err := look(r)
			if err != nil || v.made == 0 {
				continue // told already, or shown as gone
			}
			maker := calls[v.made-1]
			// By the instance's own clock, or by what the database has told it.
			skew := max(maker.skew.Abs(), time.Second)
			if at := r.CreateTime; at.Before(maker.start.Add(-skew-time.Millisecond)) || at.After(maker.end.Add(skew)) {
				return fmt.Errorf("call %s: room %s was made at %s by a call from %s to %s", c, r.ID, r.CreateTime.Format(clock), maker.start.Format(clock), maker.end.Format(clock))
			}
		}
	}
	return nil
}

// narrate tells the history of a room, or with "" of all, call by call.
func narrate(calls []*call, id roomstore.RoomID) string {
	var b strings.Builder
	for _, c := range calls {
		if !c.concerns(id) {
			continue
		}
		fmt.Fprintf(&b, "%s-%s client %d, clock %+v  %s", c.start.Format(clock), c.end.Format(clock), c.client, c.skew.Round(time.Millisecond), c)
		for _, l := range append(slices.Clone(c.losses), c.sweeps...) {
			fmt.Fprintf(&b, "\n\t%s of %s, sent %s, ended %s", l.kind, l.room, l.sent.Format(clock), l.until.Format(clock))
			switch {
			case !l.arrives:
				b.WriteString(", never arrives")
			case l.doubt == resent:
				b.WriteString(", resent")
			case l.doubt == denied:
				b.WriteString(", denied")
			}
		}
		if len(c.trip.faults) > 0 {
			fmt.Fprintf(&b, "\n\tfaults: %s", strings.Join(c.trip.faults, ", "))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// concerns reports whether the call has to do with a room; all have to do with "".
func (c *call) concerns(id roomstore.RoomID) bool {
	return id == "" || c.kind == list || c.room == id || c.made == id || slices.Contains(c.tried, id)
}

func (st step) String() string {
	if st.write != "" {
		return fmt.Sprintf("%s: %s", st.call, st.write)
	}
	if st.afterLoss {
		return fmt.Sprintf("%s (after loss)", st.call)
	}
	return st.call.String()
}

func (s state) String() string {
	text := s.room.view().String()
	if s.room != nil {
		for _, seat := range s.room.seats {
			text += fmt.Sprintf("; %s seen %s until %s", seat.user, time.Unix(0, seat.seen.to).UTC().Format(clock), time.Unix(0, seat.until.to).UTC().Format(clock))
		}
		for _, e := range s.room.endings() {
			if e.what != "seat" {
				text += fmt.Sprintf("; %s %s until %s", e.what, e.user, time.Unix(0, e.until.to).UTC().Format(clock))
			}
		}
	}
	for _, c := range s.changes {
		text += fmt.Sprintf("; may become %s", c.room.view())
	}
	for _, in := range s.inserts {
		text += fmt.Sprintf("; %s may be inserted until %s", in.room.view(), time.Unix(0, in.until).UTC().Format(clock))
	}
	return text
}
