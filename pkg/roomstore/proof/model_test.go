package proof

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"webrtc-room/pkg/roomstore"
)

// A model is rules, and what lost replies do to any rules. To it a write whose reply
// was lost is a step of its own, that happens some time or never. It asks of a room
// only what the rules say of it. Every method is pure.
type model struct{ rules }

// A state is a room, and what may still become of it without anybody's doing.
type state struct {
	room *room

	// changes are the lost writes to this very record. Any other write is the
	// end of them.
	changes []change
	// inserts are the lost writes of rooms where none was. Each may still come
	// once, while there is no room, and in time.
	inserts []insert
	// done are the lost writes that were carried out, of calls that have yet to
	// answer.
	done []effect
	// by is the call of which one was carried out last, with nothing since: the call
	// sees that when it looks. 0 if anything else was.
	by int

	key string // of all of that
}

// A doubt is why a call doesn't know what became of a write.
type doubt int

const (
	noReply doubt = iota
	resent        // the reply was to a copy of the request
	denied        // the reply was a refusal, which is not to be trusted
)

// An effect is a lost write that was carried out.
type effect struct {
	call int
	kind doubt
	told bool // the call must tell of it
}

type change struct {
	call   int
	room   *room // nil: removed
	orphan bool  // the call never answers
	kind   doubt
}

type insert struct {
	call   int
	room   *room
	until  int64
	orphan bool
	kind   doubt
}

// A step is what a call did to a room, in one instant within its span: all that
// it did, or one of the writes that it lost, or a record that it swept.
type step struct {
	call *call
	room roomstore.RoomID
	span
	write  writeKind // "" for all
	orphan bool      // of a lost write: its call never answers
	doubt  doubt     // of a lost write
	until  int64     // of a lost write: when the call gave it up …
	late   bool      // … and it may have arrived after that

	answer    answer
	afterLoss bool // the answer comes after losses of the call
	changed   bool // one of which was no insert
}

// next returns the states that a step may lead to from s; none if it can't have
// been taken there.
func (m model) next(s state, st step) []state {
	var all []state
	for _, s := range s.drift(nil) {
		switch st.write {
		case lostInsert:
			all = append(all, m.loseInsert(s, st))
		case lostChange:
			all = append(all, m.loseChange(s, st)...)
		case lostSweep:
			all = append(all, m.loseSweep(s, st))
		case swept:
			if s.room == nil || m.mayBeNobodys(s.room, st) {
				all = append(all, s.with(nil))
			}
		default:
			all = append(all, m.conclude(s, st)...)
		}
	}
	for i := range all {
		all[i].inserts = slices.DeleteFunc(slices.Clone(all[i].inserts), func(in insert) bool { return in.until < st.from })
		all[i].key = all[i].text()
	}
	return distinct(all)
}

// drift returns s and all states that lost writes may lead to from there.
func (s state) drift(all []state) []state {
	all = append(all, s)
	for _, c := range s.changes {
		next := s.with(c.room)
		if !c.orphan {
			next.done = append(slices.Clone(next.done), effect{c.call, c.kind, c.kind == noReply})
			next.by = c.call
		}
		all = next.drift(all)
	}
	if s.room != nil {
		return all
	}
	for i, in := range s.inserts {
		next := s.with(in.room)
		next.inserts = slices.Delete(slices.Clone(s.inserts), i, i+1)
		if !in.orphan {
			next.done = append(slices.Clone(next.done), effect{in.call, in.kind, false})
			next.by = in.call
		}
		all = next.drift(all)
	}
	return all
}

// with is the state after a write.
func (s state) with(r *room) state {
	s.room, s.changes, s.by = r, nil, 0
	return s
}

// maxLateness is the promise of package roomstore: an insert that is carried out
// later than this brings no room about.
const maxLateness = 15 * time.Minute

// loseInsert lets an insert come, until it is too late by the clock of the call. Its seat
// counts from when it comes.
func (m model) loseInsert(s state, st step) state {
	until := st.to + int64(max(st.call.skew, time.Second)+maxLateness)
	came := span{st.from, st.until}
	if st.late {
		came.to = until
	}
	in := insert{st.call.id, m.draft(st.call, came.told()), until, st.orphan, st.doubt}
	s.inserts = append(slices.Clone(s.inserts), in)
	return s
}

func (m model) loseChange(s state, st step) (all []state) {
	for _, v := range m.verdicts(s.room, st.call, st.span) {
		if v.writes {
			next := s
			next.changes = append(slices.Clone(s.changes), change{st.call.id, v.next, st.orphan, st.doubt})
			all = append(all, next)
		}
	}
	return all
}

func (m model) loseSweep(s state, st step) state {
	if s.room != nil && m.mayBeNobodys(s.room, st) {
		s.changes = append(slices.Clone(s.changes), change{orphan: true})
	}
	return s
}

// mayBeNobodys reports whether all of a room may have ended.
func (m model) mayBeNobodys(r *room, st step) bool { return slices.Contains(m.seen(r, st.span), nil) }

// conclude is the step of a call that answers, for itself or, after losses, for
// what came of them.
func (m model) conclude(s state, st step) (all []state) {
	c := st.call
	var told, done, trusted bool
	for _, e := range s.done {
		if e.call != c.id {
			continue
		}
		done, told, trusted = true, told || e.told, trusted || e.kind == denied
		// Whoever looks sees a write of their own, unless others have written since. Of
		// a removal there is nothing to see, if the reply was that nothing was there.
		told = told || s.by == c.id && !(e.kind == resent && s.room == nil)
	}
	after := s.forget(c.id)
	if st.answer.refusal == errFailed {
		if done && !trusted {
			return nil
		}
		return []state{after}
	}
	// A room that the call has made tells so for as long as it stands.
	made := (c.kind == create || c.kind == enter) && s.room.live() && s.room.made == c.id
	for _, v := range m.verdicts(s.room, c, st.span) {
		if made {
			break
		}
		answers := []answer{v.answer}
		again := v.again
		if st.afterLoss && st.changed && v.writes && v.updated && !v.left {
			// It finds something left to do. What it has done before counts too.
			a := v.answer
			a.left, a.removed = true, !v.next.live()
			answers, again = append(answers, a), true
		}
		for _, a := range answers {
			// Who has changed something already, and now finds nothing to change,
			// must say that it did. Entering and renewing may be done twice. So may
			// be what began with an insert of which the user has left no trace by
			// leaving the room again: nobody can know of it.
			if told && !again || !m.same(a, c, st.answer) {
				continue
			}
			if v.writes {
				all = append(all, after.with(v.next))
				continue
			}
			all = append(all, after)
		}
	}
	if st.afterLoss {
		for _, a := range m.evidence(s.room, c, st.span, st.changed, done) {
			if m.same(a, c, st.answer) {
				all = append(all, after)
			}
		}
	}
	return all
}

// forget is the state in which a call has answered: nothing more may come of it.
func (s state) forget(call int) state {
	s.changes = slices.DeleteFunc(slices.Clone(s.changes), func(c change) bool { return c.call == call })
	s.inserts = slices.DeleteFunc(slices.Clone(s.inserts), func(in insert) bool { return in.call == call })
	s.done = slices.DeleteFunc(slices.Clone(s.done), func(e effect) bool { return e.call == call })
	if s.by == call {
		s.by = 0
	}
	return s
}

func distinct(states []state) (all []state) {
	for _, s := range states {
		if !slices.ContainsFunc(all, func(other state) bool { return other.key == s.key }) {
			all = append(all, s)
		}
	}
	return all
}

// text is the same for states that are the same.
func (s state) text() string {
	b := s.room.append(nil)
	changes := make([]string, len(s.changes))
	for i, c := range s.changes {
		changes[i] = string(c.room.append(strconv.AppendInt([]byte("\nmay be changed by call "), int64(c.call), 10)))
	}
	inserts := make([]string, len(s.inserts))
	for i, in := range s.inserts {
		inserts[i] = string(in.room.append(strconv.AppendInt([]byte("\nmay be made by call "), int64(in.call), 10)))
	}
	done := make([]string, len(s.done))
	for i, e := range s.done {
		done[i] = fmt.Sprintf("\ncall %d was carried out (%d), has to tell: %v", e.call, e.kind, e.told)
	}
	for _, lines := range [][]string{changes, inserts, done} {
		slices.Sort(lines)
		for _, line := range lines {
			b = append(b, line...)
		}
	}
	if s.by != 0 {
		b = fmt.Appendf(b, "\nlast by call %d", s.by)
	}
	return string(b)
}
