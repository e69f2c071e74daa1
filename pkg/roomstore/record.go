package roomstore

import (
	"crypto/subtle"
	"fmt"
	"slices"
	"time"

	"webrtc-room/pkg/tcb"
)

// A Room is a room as its members see it.
type Room struct {
	ID         RoomID
	Name       string
	Creator    UserID
	Members    []UserID // in order of entry
	CreateTime time.Time

	// PrivateMapKey is the creator's own, for the creator's eyes only. It is "" when
	// there is none, and when the one that is stored has ended.
	PrivateMapKey string

	// Invitation lets others into a private room. It is for the members' eyes only,
	// and "" in a public room.
	Invitation string
}

// Has reports whether the user is in the room.
func (r Room) Has(user UserID) bool { return slices.Contains(r.Members, user) }

// Private reports whether only those get in who hold the invitation.
func (r Room) Private() bool { return r.Invitation != "" }

// A seat is a member's.
type seat struct {
	user  UserID
	seen  time.Time // when the member last entered, or TRTC last heard of them
	until time.Time // when the seat ends unless they are seen again; zero for never
}

// A ban keeps a user out.
type ban struct {
	user  UserID
	until time.Time
}

// A mark says that TRTC's report has taken a user's seat, rather than the user or the
// room's creator. It lets another report give them a seat back.
type mark struct {
	user  UserID
	at    time.Time // when TRTC gave them up
	until time.Time // when the mark ends
}

// A record is a room as the database keeps it, less what had ended when it was read.
type record struct {
	id         RoomID
	name       string
	creator    UserID
	seats      []seat // in order of entry
	createTime time.Time
	key        string // the creator's privateMapKey
	keyUntil   time.Time
	invitation string // "" in a public room
	banned     []ban  // the latest last
	vanished   []mark // the latest last

	revision      any // a string; nil in a record that somebody made by hand
	firstRevision any // with which this room, rather than an earlier one of its id, began
	fresh         bool
	members       any       // as they are stored, for the guard
	sentTime      time.Time // when the insert was sent, by the caller's clock
	insertTime    time.Time // when it was carried out, by the database's
	fence         time.Time // until then a lost insert of this id may still arrive
}

const (
	// maxLateness is how far the database's time of insertion may be behind the
	// caller's before the room counts as nobody's. CloudBase refuses requests
	// whose clock is ten minutes off, so it can't be a clock that is just wrong.
	maxLateness = 15 * time.Minute

	// fenceFor covers maxLateness as seen by any two clocks that CloudBase
	// accepts.
	fenceFor = 2 * maxLateness

	// Of each there are at most as many in a record, the latest.
	maxBanned   = 50
	maxVanished = 50
)

// live reports whether the record is somebody's room. No call shows one that isn't:
// a fault left it behind, or it waits for somebody who has vanished.
func (r *record) live() bool {
	return r != nil && len(r.seats) > 0 && !r.late()
}

// late reports whether the insert was carried out too long after it was sent.
func (r *record) late() bool {
	return !r.sentTime.IsZero() && r.insertTime.Sub(r.sentTime) > maxLateness
}

// claimed reports whether the user may get a seat back. The record may have no other
// use than that.
func (r *record) claimed(user UserID) bool { return r.mark(user) != nil }

// mark returns the user's mark, nil if there is none.
func (r *record) mark(user UserID) *mark {
	if r == nil {
		return nil
	}
	i := slices.IndexFunc(r.vanished, func(m mark) bool { return m.user == user })
	if i < 0 {
		return nil
	}
	return &r.vanished[i]
}

// ban returns the user's ban, nil if there is none.
func (r *record) ban(user UserID) *ban {
	i := slices.IndexFunc(r.banned, func(b ban) bool { return b.user == user })
	if i < 0 {
		return nil
	}
	return &r.banned[i]
}

// invites reports whether somebody with this invitation may enter. How long it takes
// tells nothing of how much of the invitation is right.
func (r *record) invites(invitation string) bool {
	return r.invitation == "" || subtle.ConstantTimeCompare([]byte(invitation), []byte(r.invitation)) == 1
}

// room is what the record shows to clients.
func (r *record) room() Room {
	if r == nil {
		return Room{}
	}
	room := Room{
		ID: r.id, Name: r.name, Creator: r.creator, CreateTime: r.createTime,
		PrivateMapKey: r.key, Invitation: r.invitation,
	}
	for _, s := range r.seats {
		room.Members = append(room.Members, s.user)
	}
	return room
}

// liveSeat returns the user's seat in somebody's room, nil if there is none.
func (r *record) liveSeat(user UserID) *seat {
	if !r.live() {
		return nil
	}
	return r.seat(user)
}

// seat returns the user's seat, nil if there is none.
func (r *record) seat(user UserID) *seat {
	i := slices.IndexFunc(r.seats, func(s seat) bool { return s.user == user })
	if i < 0 {
		return nil
	}
	return &r.seats[i]
}

// with is the record with other seats. A creator without a seat hands the room to
// whoever has been in it longest; the key that is stored was the creator's own.
func (r *record) with(seats []seat) *record {
	next := *r
	next.seats = seats
	if len(seats) > 0 && next.seat(r.creator) == nil {
		next.creator, next.key, next.keyUntil = seats[0].user, "", time.Time{}
	}
	return &next
}

// without is the record less the seats that leave.
func (r *record) without(leaves func(seat) bool) *record {
	return r.with(slices.DeleteFunc(slices.Clone(r.seats), leaves))
}

// joined is the record with another member. Whoever has a seat needs no mark.
func (r *record) joined(s seat) *record {
	return r.with(append(slices.Clone(r.seats), s)).unmarked(s.user)
}

// renewed is the record with a member's seat as it was given again, unless it is
// theirs for longer, or they have been seen since.
func (r *record) renewed(s seat) *record {
	next := r.with(slices.Clone(r.seats))
	mine := next.seat(s.user)
	mine.seen, mine.until = latest(mine.seen, s.seen), latest(mine.until, s.until)
	return next
}

// unmarked is the record without the user's mark.
func (r *record) unmarked(user UserID) *record {
	next := *r
	next.vanished = slices.DeleteFunc(slices.Clone(r.vanished), func(m mark) bool { return m.user == user })
	return &next
}

// marked is the record with another mark.
func (r *record) marked(m mark) *record {
	next := r.unmarked(m.user)
	next.vanished = append(next.vanished, m)
	next.vanished = next.vanished[max(0, len(next.vanished)-maxVanished):]
	return next
}

// banning is the record with the user banned until a time, or with the zero time not.
func (r *record) banning(user UserID, until time.Time) *record {
	next := *r
	next.banned = slices.DeleteFunc(slices.Clone(r.banned), func(b ban) bool { return b.user == user })
	if !until.IsZero() {
		next.banned = append(next.banned, ban{user, until})
		next.banned = next.banned[max(0, len(next.banned)-maxBanned):]
	}
	return &next
}

// asOf is the record without what has ended at a time.
func (r *record) asOf(now time.Time) *record {
	over := func(until time.Time) bool { return !until.IsZero() && !now.Before(until) }
	next := r.without(func(s seat) bool { return over(s.until) })
	next.banned = slices.DeleteFunc(slices.Clone(r.banned), func(b ban) bool { return over(b.until) })
	next.vanished = slices.DeleteFunc(slices.Clone(r.vanished), func(m mark) bool { return over(m.until) })
	if over(next.keyUntil) {
		next.key, next.keyUntil = "", time.Time{}
	}
	return next
}

// goes reports whether the record is of no use to anybody at a time.
func (r *record) goes(now time.Time) bool {
	return len(r.seats) == 0 && len(r.vanished) == 0 && !now.Before(r.fence)
}

// usedUntil is when the last seat ends or, where there is none, the last mark: the zero
// time for never, and now for a record without either.
func (r *record) usedUntil(now time.Time) (until time.Time) {
	for _, s := range r.seats {
		if s.until.IsZero() {
			return time.Time{}
		}
		until = latest(until, s.until)
	}
	if len(r.seats) > 0 {
		return until
	}
	until = now
	for _, m := range r.vanished {
		until = latest(until, m.until)
	}
	return until
}

// fenced returns until when the record must stay, the zero time if it need not.
func (r *record) fenced() time.Time {
	if r == nil {
		return time.Time{}
	}
	return r.fence
}

// fields are what an update stores. Nothing of a room that was there before remains.
func (r *record) fields(now time.Time) tcb.M {
	members, seats := make([]string, len(r.seats)), make([]tcb.M, len(r.seats))
	for i, s := range r.seats {
		members[i], seats[i] = string(s.user), tcb.M{"user": string(s.user), "seen": dated(s.seen), "until": dated(s.until)}
	}
	banned := make([]tcb.M, len(r.banned))
	for i, b := range r.banned {
		banned[i] = tcb.M{"user": string(b.user), "until": dated(b.until)}
	}
	vanished := make([]tcb.M, len(r.vanished))
	for i, m := range r.vanished {
		vanished[i] = tcb.M{"user": string(m.user), "at": dated(m.at), "until": dated(m.until)}
	}
	m := tcb.M{
		"roomName":      r.name,
		"creator":       string(r.creator),
		"members":       members,
		"seats":         seats,
		"until":         dated(r.usedUntil(now)),
		"createTime":    dated(r.createTime),
		"privateMapKey": r.key,
		"keyUntil":      dated(r.keyUntil),
		"invitation":    nil,
		"banned":        banned,
		"vanished":      vanished,
		"rev":           r.revision,
		"firstRevision": r.firstRevision,
		"sentTime":      dated(r.sentTime),
		"fence":         dated(r.fence),
	}
	if r.invitation != "" {
		m["invitation"] = r.invitation
	}
	return m
}

// document is what an insert stores: a room with one seat, which ends a while after
// the database's own time of insertion. A member without an entry in seats has
// until and insertTime, so it needs none.
func (r *record) document(now time.Time, ttl time.Duration) tcb.M {
	m := r.fields(now)
	m["_id"], m["roomID"] = string(r.id), string(r.id)
	m["insertTime"], m["until"] = tcb.ServerDate(0), tcb.ServerDate(ttl)
	delete(m, "seats")
	return m
}

// dated is a time as it is stored: null for none.
func dated(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t
}

// guard is the filter of a write: this record, if it still is what was read. In
// a record without a revision, null stands for the missing field. Who edits the
// members by hand doesn't know of revisions.
func (r *record) guard() tcb.M {
	return tcb.M{"_id": string(r.id), "rev": r.revision, "members": r.members}
}

// parseRecord reads a document. People edit the collection in the console, so
// what can't be a room is an error that says what to do, and what merely is
// missing is empty.
func parseRecord(m tcb.M) (*record, error) {
	damaged := func(field string) error {
		return fmt.Errorf("房间 %v 的记录已损坏（%s），请在云开发控制台修复或删除；record %[1]v of the rooms collection is damaged: mend or delete it in the console", m["_id"], field)
	}
	id, _ := m["_id"].(string)
	room, err := ParseRoomID(id)
	if err != nil || string(room) != id {
		return nil, damaged("_id")
	}
	r := &record{id: room, members: m["members"], revision: m["rev"], firstRevision: m["firstRevision"]}
	var until time.Time
	var first, revision string
	for field, ok := range map[string]bool{
		"roomName":      text(m["roomName"], &r.name),
		"creator":       text(m["creator"], &r.creator),
		"privateMapKey": text(m["privateMapKey"], &r.key),
		"invitation":    text(m["invitation"], &r.invitation),
		"rev":           text(m["rev"], &revision),
		"firstRevision": text(m["firstRevision"], &first),
		"createTime":    date(m["createTime"], &r.createTime),
		"keyUntil":      date(m["keyUntil"], &r.keyUntil),
		"sentTime":      date(m["sentTime"], &r.sentTime),
		"insertTime":    date(m["insertTime"], &r.insertTime),
		"until":         date(m["until"], &until),
		"fence":         date(m["fence"], &r.fence),
		"banned": list(m["banned"], func(m tcb.M) bool {
			var b ban
			ok := text(m["user"], &b.user) && date(m["until"], &b.until)
			r.banned = append(r.banned, b)
			return ok
		}),
		"vanished": list(m["vanished"], func(m tcb.M) bool {
			var v mark
			ok := text(m["user"], &v.user) && date(m["at"], &v.at) && date(m["until"], &v.until)
			r.vanished = append(r.vanished, v)
			return ok
		}),
	} {
		if !ok {
			return nil, damaged(field)
		}
	}
	// members is what counts. seats says what else is known of them.
	var seats []seat
	if !list(m["seats"], func(m tcb.M) bool {
		var s seat
		ok := text(m["user"], &s.user) && date(m["seen"], &s.seen) && date(m["until"], &s.until)
		seats = append(seats, s)
		return ok
	}) {
		return nil, damaged("seats")
	}
	members, ok := m["members"].([]any)
	if !ok && m["members"] != nil {
		return nil, damaged("members")
	}
	for _, member := range members {
		user, ok := member.(string)
		if !ok {
			return nil, damaged("members")
		}
		s := seat{UserID(user), r.insertTime, until}
		if i := slices.IndexFunc(seats, func(s seat) bool { return string(s.user) == user }); i >= 0 {
			s = seats[i]
		}
		r.seats = append(r.seats, s)
	}
	return r, nil
}

func text[T ~string](value any, to *T) bool {
	s, ok := value.(string)
	*to = T(s)
	return ok || value == nil
}

func date(value any, to *time.Time) bool {
	t, ok := value.(time.Time)
	*to = t
	return ok || value == nil
}

// list reads objects, one after the other.
func list(value any, read func(tcb.M) bool) bool {
	values, ok := value.([]any)
	for _, v := range values {
		m, isObject := v.(tcb.M)
		ok = ok && isObject && read(m)
	}
	return ok || value == nil
}
