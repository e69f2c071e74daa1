package proof

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"webrtc-room/pkg/roomstore"
)

// A model is what a room has to be like to its users, whatever the store does to
// get there: a list of seats, changed by one call after the other. Every method
// is pure.
type model struct {
	maxMembers int
	memberTTL  time.Duration

	// lenient lets a store pass that is not ours, as far as it is right: rooms
	// may be shown with any creator, and those that calls other than get and list
	// answer with may be as they were a little later.
	lenient bool
}

// A span is when something happened, as narrowly as is known, in nanoseconds.
type span struct{ from, to int64 }

func spanOf(from, to time.Time) span { return span{from.UnixNano(), to.UnixNano()} }

// by is the span on a clock that is ahead.
func (s span) by(skew time.Duration) span { return span{s.from + int64(skew), s.to + int64(skew)} }

// stored is the span of a time that the database keeps: to the millisecond.
func (s span) stored() span { return span{s.from - s.from%int64(time.Millisecond), s.to} }

// A seat is somebody's. seen is by the clock of the instance that wrote it.
type seat struct {
	user roomstore.UserID
	seen span
}

// A room is never changed, only replaced. There is no room without seats: that
// is nil.
type room struct {
	made    int // the call that made it
	creator roomstore.UserID
	key     bool
	seats   []seat
}

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

	key string // of all of that
}

type effect struct {
	call int
	told bool // the call must tell of it
}

type change struct {
	call   int
	room   *room // nil: removed
	orphan bool  // the call never answers
	resent bool  // it can't know what it has to answer
}

type insert struct {
	call   int
	room   *room
	until  int64
	orphan bool
}

// A step is what a call did to a room, in one instant within its span: all that
// it did, or one of the writes that it lost, or a record that it swept.
type step struct {
	call *call
	room roomstore.RoomID
	span
	write  writeKind // "" for all
	orphan bool      // of a lost write: its call never answers
	resent bool      // of a lost write: its call got the reply to a copy

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
			next.done = append(slices.Clone(next.done), effect{c.call, !c.resent})
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
			next.done = append(slices.Clone(next.done), effect{in.call, false})
		}
		all = next.drift(all)
	}
	return all
}

// with is the state after a write.
func (s state) with(r *room) state {
	s.room, s.changes = r, nil
	return s
}

func (m model) loseInsert(s state, st step) state {
	now := st.span.by(st.call.skew).stored()
	s.inserts = append(slices.Clone(s.inserts), insert{st.call.id, m.draft(st.call, now), now.to + int64(maxLateness), st.orphan})
	return s
}

// maxLateness is the promise of package roomstore: an insert that is carried out
// later than this brings no room about.
const maxLateness = 15 * time.Minute

func (m model) loseChange(s state, st step) (all []state) {
	for _, v := range m.verdicts(s.room, st) {
		if v.writes {
			next := s
			next.changes = append(slices.Clone(s.changes), change{st.call.id, v.next, st.orphan, st.resent})
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

// mayBeNobodys reports whether all seats may have expired.
func (m model) mayBeNobodys(r *room, st step) bool { return slices.Contains(m.seen(r, st), nil) }

// conclude is the step of a call that answers, for itself or, after losses, for
// what came of them.
func (m model) conclude(s state, st step) (all []state) {
	told := slices.Contains(s.done, effect{st.call.id, true})
	done := told || slices.Contains(s.done, effect{st.call.id, false})
	after := s.forget(st.call.id)
	if st.answer.refusal == errFailed {
		if done {
			return nil
		}
		return []state{after}
	}
	for _, v := range m.verdicts(s.room, st) {
		// Who has changed something already, and now finds nothing to change,
		// must say that it did. Entering and renewing may be done twice. So may
		// be what began with an insert of which the user has left no trace by
		// leaving the room again: nobody can know of it.
		if told && !v.again || !m.same(v.answer, st) {
			continue
		}
		if v.writes {
			all = append(all, after.with(v.next))
			continue
		}
		all = append(all, after)
	}
	if st.afterLoss {
		for _, a := range m.evidence(s.room, st, done) {
			if m.same(a, st) {
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
	return s
}

// A verdict is what a call does to the room that it finds, and how it answers.
type verdict struct {
	writes bool
	next   *room
	again  bool // right also if the call has changed the room before
	answer
}

// same reports whether the step's answer is a.
func (m model) same(a answer, st step) bool {
	b := st.answer
	if m.lenient {
		a.removed, b.removed = false, false
		for _, v := range []*view{&a.room, &b.room} {
			if v.creator, v.key = "", false; st.call.kind != get && st.call.kind != list {
				*v = view{}
			}
		}
	}
	return a == b
}

// verdicts are what a call may make of a room. There are several where it depends
// on the time, and that isn't known well enough.
func (m model) verdicts(r *room, st step) (all []verdict) {
	c, now := st.call, st.span.by(st.call.skew).stored()
	for _, seen := range m.seen(r, st) {
		switch c.kind {
		case create:
			all = append(all, m.create(seen, c, now))
		case enter:
			all = append(all, m.enter(seen, c, now))
		case quit:
			all = append(all, quitting(seen, c))
		case end:
			all = append(all, closing(seen, c))
		case renew:
			all = append(all, renewing(seen, c)...)
		case vacate:
			all = append(all, vacating(seen, c)...)
		case get, list:
			v := verdict{answer: answer{room: seen.view()}}
			if seen == nil {
				v.answer = answer{refusal: roomstore.ErrRoomNotFound}
			}
			all = append(all, v)
		}
	}
	return all
}

var (
	// errTaken stands for the answer of a create to a room that it asked for and
	// didn't get.
	errTaken = errors.New("the room id is taken")
	// errFailed stands for an error that says that nothing was changed.
	errFailed = errors.New("nothing was changed")
)

func (m model) draft(c *call, now span) *room {
	return &room{c.id, c.user, true, []seat{{c.user, now}}}
}

func (m model) create(r *room, c *call, now span) verdict {
	if r != nil {
		return verdict{answer: answer{refusal: errTaken}}
	}
	next := m.draft(c, now)
	return verdict{writes: true, next: next, answer: answer{room: next.view(), made: true}}
}

func (m model) enter(r *room, c *call, now span) verdict {
	switch {
	case r == nil:
		return m.create(r, c, now)
	}
	// A seat is kept from when its member asked for it.
	now.from = c.start.Add(c.skew).Truncate(time.Millisecond).UnixNano()
	switch {
	case r.has(c.user):
		next := r.renewed(c.user, now)
		return verdict{writes: true, next: next, again: true, answer: answer{room: next.view()}}
	case len(r.seats) >= m.maxMembers:
		return verdict{answer: answer{refusal: roomstore.ErrRoomFull}}
	}
	next := r.with(append(slices.Clone(r.seats), seat{c.user, now}))
	return verdict{writes: true, next: next, answer: answer{room: next.view()}}
}

func quitting(r *room, c *call) verdict {
	switch {
	case r == nil:
		return verdict{answer: answer{refusal: roomstore.ErrRoomNotFound}}
	case c.by != c.user && c.by != r.creator:
		return verdict{answer: answer{refusal: roomstore.ErrNotTheCreator}}
	}
	return leaving(r, func(s seat) bool { return s.user == c.user })
}

func closing(r *room, c *call) verdict {
	switch {
	case r == nil:
		return verdict{answer: answer{refusal: roomstore.ErrRoomNotFound}}
	case c.by != r.creator:
		return verdict{answer: answer{refusal: roomstore.ErrNotAllowed}}
	}
	return leaving(r, func(seat) bool { return true })
}

func leaving(r *room, leaves func(seat) bool) verdict {
	next := r.without(leaves)
	switch {
	case next == nil:
		return verdict{writes: true, answer: answer{left: true, removed: true}}
	case len(next.seats) == len(r.seats):
		return verdict{answer: answer{room: r.view()}}
	}
	return verdict{writes: true, next: next, answer: answer{room: next.view(), left: true}}
}

// vacating is leaving of whom was last seen at a time or before; both, where
// that is open.
func vacating(r *room, c *call) (all []verdict) {
	if r == nil {
		return []verdict{{}}
	}
	at := c.at.UnixNano()
	var surely, maybe []roomstore.UserID
	for _, s := range r.seats {
		switch {
		case c.user != "" && c.user != s.user, s.seen.from > at:
		case s.seen.to <= at:
			surely = append(surely, s.user)
		default:
			maybe = append(maybe, s.user)
		}
	}
	for _, also := range subsets(maybe) {
		all = append(all, leaving(r, func(s seat) bool {
			return slices.Contains(surely, s.user) || slices.Contains(also, s.user)
		}))
	}
	return all
}

func renewing(r *room, c *call) []verdict {
	unchanged := verdict{again: true}
	if r == nil || !r.has(c.user) {
		return []verdict{unchanged}
	}
	at := span{c.at.UnixNano(), c.at.UnixNano()}
	seen := r.seats[r.index(c.user)].seen
	renewed := verdict{writes: true, next: r.renewed(c.user, at), again: true}
	switch {
	case at.to <= seen.from:
		return []verdict{unchanged}
	case at.to > seen.to:
		return []verdict{renewed}
	}
	return []verdict{unchanged, renewed}
}

// evidence is what a call may answer that has lost a write and then finds a room
// which shows that it was carried out, or that it needs not be any more.
func (m model) evidence(r *room, st step, done bool) (all []answer) {
	c := st.call
	for _, seen := range m.seen(r, st) {
		ours := seen != nil && seen.made == c.id
		switch c.kind {
		case create, enter:
			if seen == nil && done {
				all = append(all, answer{made: true}) // the user has left it meanwhile
			}
			if ours || c.kind == enter && st.changed && seen.seenSince(c.user, c.start.Add(-maxSkew)) { // by any clock
				all = append(all, answer{room: seen.view(), made: ours})
			}
		case quit, end, vacate:
			switch {
			case !st.changed:
			case seen == nil:
				all = append(all, answer{left: true, removed: true})
			case c.kind == quit && !seen.has(c.user), c.kind == vacate && vacated(seen, c):
				all = append(all, answer{room: seen.view(), left: true})
			}
		case renew:
			if seen == nil || !seen.has(c.user) || seen.seenSince(c.user, c.at) {
				all = append(all, answer{})
			}
		}
	}
	return all
}

// seenSince reports whether the user has a seat that may have been renewed at a
// time or later.
func (r *room) seenSince(user roomstore.UserID, at time.Time) bool {
	return r != nil && r.has(user) && r.seats[r.index(user)].seen.to >= at.Truncate(time.Millisecond).UnixNano()
}

// vacated reports whether everybody whom the call is to take out may be out.
func vacated(r *room, c *call) bool {
	return !slices.ContainsFunc(r.seats, func(s seat) bool {
		return (c.user == "" || s.user == c.user) && s.seen.to <= c.at.UnixNano()
	})
}

// seen are the rooms that r may be to the step's instance: without the seats that
// have expired by its clock. nil is none.
func (m model) seen(r *room, st step) (all []*room) {
	if r == nil {
		return []*room{nil}
	}
	now := st.span.by(st.call.skew)
	var surely, maybe []roomstore.UserID
	for _, s := range r.seats {
		switch {
		case now.from >= s.seen.to+int64(m.memberTTL):
			surely = append(surely, s.user)
		case now.to >= s.seen.from+int64(m.memberTTL):
			maybe = append(maybe, s.user)
		}
	}
	for _, also := range subsets(maybe) {
		all = append(all, r.without(func(s seat) bool {
			return slices.Contains(surely, s.user) || slices.Contains(also, s.user)
		}))
	}
	return all
}

func subsets(of []roomstore.UserID) (all [][]roomstore.UserID) {
	for bits := range 1 << len(of) {
		var some []roomstore.UserID
		for i, user := range of {
			if bits&(1<<i) != 0 {
				some = append(some, user)
			}
		}
		all = append(all, some)
	}
	return all
}

func (r *room) index(user roomstore.UserID) int {
	return slices.IndexFunc(r.seats, func(s seat) bool { return s.user == user })
}

func (r *room) has(user roomstore.UserID) bool { return r.index(user) >= 0 }

// with is the room with other seats. A creator without one hands the room to
// whoever has been in it longest, and the key goes.
func (r *room) with(seats []seat) *room {
	if len(seats) == 0 {
		return nil
	}
	next := &room{r.made, r.creator, r.key, seats}
	if !next.has(r.creator) {
		next.creator, next.key = seats[0].user, false
	}
	return next
}

func (r *room) without(leaves func(seat) bool) *room {
	return r.with(slices.DeleteFunc(slices.Clone(r.seats), leaves))
}

func (r *room) renewed(user roomstore.UserID, at span) *room {
	seats := slices.Clone(r.seats)
	seen := &seats[r.index(user)].seen
	*seen = span{max(seen.from, at.from), max(seen.to, at.to)}
	return r.with(seats)
}

func (r *room) view() view {
	if r == nil {
		return view{}
	}
	members := make([]roomstore.UserID, len(r.seats))
	for i, s := range r.seats {
		members[i] = s.user
	}
	return view{r.made, r.creator, r.key, join(members)}
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
		done[i] = fmt.Sprintf("\ncall %d was carried out, has to tell: %v", e.call, e.told)
	}
	for _, lines := range [][]string{changes, inserts, done} {
		slices.Sort(lines)
		for _, line := range lines {
			b = append(b, line...)
		}
	}
	return string(b)
}

func (r *room) append(b []byte) []byte {
	if r == nil {
		return append(b, " none"...)
	}
	b = strconv.AppendInt(append(b, " of call "...), int64(r.made), 10)
	b = append(append(b, ", creator "...), r.creator...)
	if r.key {
		b = append(b, " with key"...)
	}
	for _, s := range r.seats {
		b = append(append(b, ", "...), s.user...)
		b = strconv.AppendInt(append(b, " seen "...), s.seen.from, 36)
		b = strconv.AppendInt(append(b, ' '), s.seen.to, 36)
	}
	return b
}
