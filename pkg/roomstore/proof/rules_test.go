package proof

import (
	"errors"
	"slices"
	"strconv"
	"time"

	"webrtc-room/pkg/roomstore"
)

// rules are what rooms have to be like to their users, whatever the store does to get
// there: a list of seats, changed by one call after the other. They know nothing of
// lost writes, which are the model's. Every method is pure.
type rules struct {
	maxMembers int

	// lenient lets a store pass that is not ours, as far as it is right: rooms
	// may be shown with any creator, and those that calls other than get and list
	// answer with may be as they were a little later.
	lenient bool
}

// A span is when something happened, as narrowly as is known, in nanoseconds.
type span struct{ from, to int64 }

func spanOf(from, to time.Time) span { return span{from.UnixNano(), to.UnixNano()} }

// plus is the span that much later.
func (s span) plus(d time.Duration) span { return span{s.from + int64(d), s.to + int64(d)} }

// told is the span as the database's clock tells it: its replies have whole seconds.
func (s span) told() span { return span{s.from - int64(time.Second), s.to + int64(time.Second)} }

func (s span) latest(t span) span { return span{max(s.from, t.from), max(s.to, t.to)} }

// A seat is somebody's, from when they were last seen.
type seat struct {
	user        roomstore.UserID
	seen, until span
}

// A ban keeps a user out.
type ban struct {
	user  roomstore.UserID
	until span
}

// A mark is of a user whom TRTC has given up, so that they may get a seat back.
type mark struct {
	user  roomstore.UserID
	at    int64
	until span
}

// A room is never changed, only replaced. A room without seats is one to which
// somebody may come back; without marks, too, there is none: that is nil.
type room struct {
	made     int // the call that made it
	creator  roomstore.UserID
	key      int // the call of the creator's that signed it, 0 for none
	keyUntil span
	private  bool
	seats    []seat
	banned   []ban
	vanished []mark
}

// A verdict is what a call does to the room that it finds, and how it answers.
type verdict struct {
	writes bool
	next   *room
	again  bool // right also if the call has changed the room before
	answer
}

var (
	// errTaken stands for the answer of a create to a room that it asked for and
	// didn't get.
	errTaken = errors.New("the room id is taken")
	// errFailed stands for an error that says that nothing was changed.
	errFailed = errors.New("nothing was changed")
	// errBanned stands for any roomstore.BannedError.
	errBanned = errors.New("banned")
)

// silence is for how long TRTC has heard nothing of somebody whom it gives up.
const silence = time.Second

// verdicts are what a call may make of a room, some time in a span. There are several
// where it depends on the time, and that isn't known well enough.
func (m rules) verdicts(r *room, c *call, at span) (all []verdict) {
	now := at.told()
	one := func(v verdict) { all = append(all, v) }
	for _, seen := range m.seen(r, at) {
		switch c.kind {
		case create:
			one(m.create(seen, c, now))
		case enter:
			one(m.enter(seen, c, now))
		case quit:
			one(quitting(seen, c))
		case banish:
			one(banning(seen, c, now))
		case end:
			one(closing(seen, c))
		case entered:
			all = append(all, m.entered(seen, c)...)
		case left:
			all = append(all, leftBehind(seen, c, c.at, nil)...)
		case vanished:
			all = append(all, leftBehind(seen, c, c.at.Add(-silence), &mark{c.user, c.at.UnixNano(), now.plus(c.ttl)})...)
		case dismissed:
			all = append(all, leftBehind(seen, c, c.at, nil)...)
		case get, list:
			one(showing(seen, c))
		}
	}
	return all
}

func refuse(err error) verdict { return verdict{answer: answer{refusal: err}} }

func (m rules) create(r *room, c *call, now span) verdict {
	if r.live() {
		return refuse(errTaken)
	}
	next := m.draft(c, now)
	return verdict{writes: true, next: next, answer: answer{room: next.view(), made: true}}
}

func (m rules) draft(c *call, now span) *room {
	return &room{
		made: c.id, creator: c.user, key: c.id, keyUntil: c.keyUntil(), private: c.private,
		seats: []seat{{c.user, now, now.plus(c.ttl)}},
	}
}

func (m rules) enter(r *room, c *call, now span) verdict {
	if !r.live() {
		if c.invitation != "" && !c.private {
			return refuse(roomstore.ErrNotInvited)
		}
		return m.create(r, c, now)
	}
	// A seat is kept from when its member asked for it.
	now.from = c.start.Add(-time.Second).UnixNano()
	mine := seat{c.user, now, now.plus(c.ttl)}
	switch {
	case r.has(c.user):
		next := r.renewed(mine)
		if next.creator == c.user {
			next.key, next.keyUntil = c.id, c.keyUntil()
		}
		return verdict{writes: true, next: next, again: true, answer: answer{room: next.view()}}
	case r.private && c.invitedTo != r.made:
		return refuse(roomstore.ErrNotInvited)
	}
	next, err := m.admit(r, mine)
	if err != nil {
		return verdict{answer: *err}
	}
	return verdict{writes: true, next: next, answer: answer{room: next.view()}}
}

// admit is the room with another member, if they may have a seat.
func (m rules) admit(r *room, new seat) (*room, *answer) {
	if i := slices.IndexFunc(r.banned, func(b ban) bool { return b.user == new.user }); i >= 0 {
		return nil, &answer{refusal: errBanned, until: r.banned[i].until}
	}
	if len(r.seats) >= m.maxMembers {
		return nil, &answer{refusal: roomstore.ErrRoomFull}
	}
	return r.with(append(slices.Clone(r.seats), new), less(r.vanished, new.user, markUser)), nil
}

func quitting(r *room, c *call) verdict {
	switch {
	case !r.live() && !(c.by == c.user && r.claimed(c.user)):
		return refuse(roomstore.ErrRoomNotFound)
	case c.by != c.user && c.by != r.creator:
		return refuse(roomstore.ErrMayNotRemove)
	case !r.has(c.user) && !r.claimed(c.user):
		return verdict{answer: answer{room: r.view()}}
	}
	return leaving(r, r.without(c.user))
}

func banning(r *room, c *call, now span) verdict {
	switch {
	case !r.live():
		return refuse(roomstore.ErrRoomNotFound)
	case c.by != r.creator || c.by == c.user:
		return refuse(roomstore.ErrMayNotRemove)
	case c.lasts == 0 && !r.has(c.user) && !r.claimed(c.user) && !slices.ContainsFunc(r.banned, func(b ban) bool { return b.user == c.user }):
		return verdict{answer: answer{room: r.view()}, again: true}
	}
	next := r.without(c.user)
	next.banned = less(next.banned, c.user, func(b ban) roomstore.UserID { return b.user })
	if c.lasts > 0 {
		now.from = c.start.Add(-time.Second).UnixNano()
		next.banned = append(next.banned, ban{c.user, now.plus(c.lasts)})
	}
	v := leaving(r, next)
	v.again = !v.left // banning twice is banning once
	return v
}

func closing(r *room, c *call) verdict {
	switch {
	case !r.live() && !r.claimed(c.by):
		return refuse(roomstore.ErrRoomNotFound)
	case c.by != r.creator:
		return refuse(roomstore.ErrMayNotClose)
	}
	return leaving(r, nil)
}

// leaving is the verdict that makes next of a room.
func leaving(r, next *room) verdict {
	a := answer{room: next.view(), updated: true, left: len(r.seats) > 0 && (next == nil || len(next.seats) < len(r.seats))}
	a.removed = a.left && !next.live()
	return verdict{writes: true, next: next, answer: a}
}

// leftBehind takes out whom the call names, be it everybody, if they were last seen at a
// time or before; it is two verdicts where that is open. Somebody who is out already
// loses their mark if it is older, unless they get a new one.
func leftBehind(r *room, c *call, lastSeen time.Time, leaves *mark) (all []verdict) {
	if r == nil {
		return []verdict{{}}
	}
	at := lastSeen.UnixNano()
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
		out := append(slices.Clone(surely), also...)
		next := r.less(out)
		switch {
		case leaves == nil && c.kind == left && next != nil:
			next.vanished = slices.DeleteFunc(slices.Clone(next.vanished), func(m mark) bool { return m.user == c.user && m.at <= c.at.UnixNano() })
			next = next.orNone()
		case leaves != nil && len(out) > 0:
			next = r.with(r.seatsWithout(out), append(less(r.vanished, c.user, markUser), *leaves))
		}
		v := leaving(r, next)
		if len(out) == 0 && (next != nil && len(next.vanished) == len(r.vanished)) {
			v = verdict{answer: answer{room: r.view()}}
		}
		all = append(all, v)
	}
	return all
}

// entered is a report, which renews a seat, or gives one back.
func (m rules) entered(r *room, c *call) []verdict {
	at := span{c.at.UnixNano(), c.at.UnixNano()}
	mine := seat{c.user, at, at.plus(c.ttl)}
	if r.live() && r.has(c.user) {
		unchanged, renewed := verdict{again: true}, verdict{writes: true, next: r.renewed(mine), again: true}
		switch seen := r.seats[r.index(c.user)].seen; {
		case at.to <= seen.from:
			return []verdict{unchanged}
		case at.to > seen.to:
			return []verdict{renewed}
		}
		return []verdict{unchanged, renewed}
	}
	switch {
	case !r.live() && !r.claimed(c.user):
		return []verdict{refuse(roomstore.ErrRoomNotFound)}
	case !r.claimed(c.user):
		return []verdict{refuse(roomstore.ErrNotAMember)}
	case at.to <= r.vanished[r.markIndex(c.user)].at:
		return []verdict{{again: true}}
	}
	next, err := m.admit(r, mine)
	if err != nil {
		return []verdict{{answer: *err}}
	}
	return []verdict{{writes: true, next: next, again: true}}
}

// showing is what a call answers that only looks.
func showing(r *room, c *call) verdict {
	switch {
	case !r.live() || c.kind == list && r.private:
		return refuse(roomstore.ErrRoomNotFound)
	case r.private && !r.has(c.user) && c.invitedTo != r.made:
		return refuse(roomstore.ErrNotInvited)
	}
	return verdict{answer: answer{room: r.view()}}
}

// same reports whether the call's answer is a.
func (m rules) same(a answer, c *call, b answer) bool {
	if a.refusal == errBanned && b.refusal == errBanned {
		return a.until.from <= b.until.from && b.until.to <= a.until.to
	}
	if m.lenient {
		a.removed, b.removed = false, false
		a.updated, b.updated = false, false
		for _, v := range []*view{&a.room, &b.room} {
			if v.creator, v.key = "", 0; c.kind != get && c.kind != list {
				*v = view{}
			}
		}
	}
	return a == b
}

// evidence is what a call may answer that has changed a room, or may have, and then
// finds one which shows that, or that nothing need be done any more.
func (m rules) evidence(r *room, c *call, at span, changed, done bool) (all []answer) {
	for _, seen := range m.seen(r, at) {
		switch c.kind {
		case create, enter:
			if !seen.live() && done {
				all = append(all, answer{made: true}) // the user has left it meanwhile
			}
			ours := seen.live() && seen.made == c.id
			if ours || c.kind == enter && changed && seen.live() && seen.seenSince(c.user, c.start.Add(-time.Second)) {
				all = append(all, answer{room: seen.view(), made: ours})
			}
		case entered:
			if seen.live() && seen.seenSince(c.user, c.at) {
				all = append(all, answer{})
			}
		case quit, banish, end, left, vanished, dismissed:
			switch {
			case !changed:
			case !seen.live():
				all = append(all, answer{left: true, removed: true, updated: true}, answer{updated: true})
			case c.gone(seen):
				all = append(all, answer{room: seen.view(), left: true, updated: true}, answer{room: seen.view(), updated: true})
			}
		}
	}
	return all
}

// gone reports whether everybody whom the call is to take out may be out of a room.
func (c *call) gone(r *room) bool {
	lastSeen := c.at
	switch c.kind {
	case quit, banish:
		return !r.has(c.user)
	case end:
		return false
	case vanished:
		lastSeen = lastSeen.Add(-silence)
	}
	return !slices.ContainsFunc(r.seats, func(s seat) bool {
		return (c.user == "" || s.user == c.user) && s.seen.to <= lastSeen.UnixNano()
	})
}

// seen are the rooms that r may be to somebody who looks in a span: without what has
// ended. nil is none.
func (m rules) seen(r *room, at span) (all []*room) {
	if r == nil {
		return []*room{nil}
	}
	now := at.told()
	var surely, maybe []ending
	for _, e := range r.endings() {
		switch {
		case now.from >= e.until.to:
			surely = append(surely, e)
		case now.to >= e.until.from:
			maybe = append(maybe, e)
		}
	}
	for _, also := range subsets(maybe) {
		all = append(all, r.ended(append(slices.Clone(surely), also...)))
	}
	return all
}

// An ending is something of a room that ends by itself.
type ending struct {
	what  string // "seat", "ban", "mark" or "key"
	user  roomstore.UserID
	until span
}

func (r *room) endings() (all []ending) {
	for _, s := range r.seats {
		all = append(all, ending{"seat", s.user, s.until})
	}
	for _, b := range r.banned {
		all = append(all, ending{"ban", b.user, b.until})
	}
	for _, v := range r.vanished {
		all = append(all, ending{"mark", v.user, v.until})
	}
	if r.key != 0 {
		all = append(all, ending{"key", "", r.keyUntil})
	}
	return all
}

// ended is the room without what has ended.
func (r *room) ended(endings []ending) *room {
	if len(endings) == 0 {
		return r
	}
	over := func(what string, user roomstore.UserID) bool {
		return slices.ContainsFunc(endings, func(e ending) bool { return e.what == what && e.user == user })
	}
	next := r.with(
		slices.DeleteFunc(slices.Clone(r.seats), func(s seat) bool { return over("seat", s.user) }),
		slices.DeleteFunc(slices.Clone(r.vanished), func(m mark) bool { return over("mark", m.user) }))
	if next == nil {
		return nil
	}
	next.banned = slices.DeleteFunc(slices.Clone(r.banned), func(b ban) bool { return over("ban", b.user) })
	if over("key", "") {
		next.key, next.keyUntil = 0, span{}
	}
	return next
}

func subsets[T any](of []T) (all [][]T) {
	for bits := range 1 << len(of) {
		var some []T
		for i, one := range of {
			if bits&(1<<i) != 0 {
				some = append(some, one)
			}
		}
		all = append(all, some)
	}
	return all
}

func less[T any](of []T, user roomstore.UserID, whose func(T) roomstore.UserID) []T {
	return slices.DeleteFunc(slices.Clone(of), func(one T) bool { return whose(one) == user })
}

func markUser(m mark) roomstore.UserID { return m.user }

func (r *room) live() bool { return r != nil && len(r.seats) > 0 }

func (r *room) index(user roomstore.UserID) int {
	return slices.IndexFunc(r.seats, func(s seat) bool { return s.user == user })
}

func (r *room) has(user roomstore.UserID) bool { return r.index(user) >= 0 }

func (r *room) markIndex(user roomstore.UserID) int {
	return slices.IndexFunc(r.vanished, func(m mark) bool { return m.user == user })
}

func (r *room) claimed(user roomstore.UserID) bool { return r != nil && r.markIndex(user) >= 0 }

// seenSince reports whether the user has a seat that may have been renewed at a
// time or later.
func (r *room) seenSince(user roomstore.UserID, at time.Time) bool {
	return r.has(user) && r.seats[r.index(user)].seen.to >= at.Truncate(time.Millisecond).UnixNano()
}

// with is the room with other seats and marks. A creator without a seat hands the room
// to whoever has been in it longest, and the key goes.
func (r *room) with(seats []seat, vanished []mark) *room {
	next := *r
	next.seats, next.vanished = seats, vanished
	if len(seats) > 0 && !next.has(r.creator) {
		next.creator, next.key, next.keyUntil = seats[0].user, 0, span{}
	}
	return next.orNone()
}

func (r *room) orNone() *room {
	if len(r.seats) == 0 && len(r.vanished) == 0 {
		return nil
	}
	return r
}

func (r *room) seatsWithout(users []roomstore.UserID) []seat {
	return slices.DeleteFunc(slices.Clone(r.seats), func(s seat) bool { return slices.Contains(users, s.user) })
}

// less is the room with fewer seats.
func (r *room) less(users []roomstore.UserID) *room { return r.with(r.seatsWithout(users), r.vanished) }

// without is the room without a user's seat and mark.
func (r *room) without(user roomstore.UserID) *room {
	return r.with(r.seatsWithout([]roomstore.UserID{user}), less(r.vanished, user, markUser))
}

func (r *room) renewed(mine seat) *room {
	seats := slices.Clone(r.seats)
	s := &seats[r.index(mine.user)]
	s.seen, s.until = s.seen.latest(mine.seen), s.until.latest(mine.until)
	return r.with(seats, r.vanished)
}

func (r *room) view() view {
	if !r.live() {
		return view{}
	}
	members := make([]roomstore.UserID, len(r.seats))
	for i, s := range r.seats {
		members[i] = s.user
	}
	return view{r.made, r.creator, r.key, r.private, join(members)}
}

// append writes the same for rooms that are the same.
func (r *room) append(b []byte) []byte {
	if r == nil {
		return append(b, " none"...)
	}
	number := func(n int64) { b = strconv.AppendInt(append(b, ' '), n, 36) }
	b = strconv.AppendInt(append(b, " of call "...), int64(r.made), 10)
	b = append(append(b, ", creator "...), r.creator...)
	if r.private {
		b = append(b, ", private"...)
	}
	for _, e := range r.endings() {
		b = append(append(append(append(b, ", "...), e.what...), ' '), e.user...)
		number(e.until.from)
		number(e.until.to)
	}
	for _, s := range r.seats {
		number(s.seen.from)
		number(s.seen.to)
	}
	for _, m := range r.vanished {
		number(m.at)
	}
	number(int64(r.key))
	return b
}
