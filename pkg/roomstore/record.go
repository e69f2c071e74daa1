package roomstore

import (
	"fmt"
	"slices"
	"time"

	"webrtc-room/pkg/tcb"
)

// A Room is a room as its members see it.
type Room struct {
	ID            RoomID
	Name          string
	Creator       UserID
	Members       []UserID // in order of entry
	CreateTime    time.Time
	PrivateMapKey string // the creator's, for the creator's eyes; "" when there is none
}

// Has reports whether the user is in the room.
func (r Room) Has(user UserID) bool { return slices.Contains(r.Members, user) }

// A seat is a member's, for as long as it is renewed.
type seat struct {
	user UserID
	seen time.Time // when the member last entered, or TRTC last heard of them
}

// A record is a room as the database keeps it, less the seats that had expired
// when it was read.
type record struct {
	id            RoomID
	name          string
	creator       UserID
	seats         []seat // in order of entry
	createTime    time.Time
	privateMapKey string

	revision   any // a string; nil in a record that somebody made by hand
	birth      any // the revision with which this room, rather than an earlier one of its id, began
	insertTime time.Time
	fence      time.Time // until then a lost insert of this id may still arrive
}

const (
	// maxLateness is how far the database's time of insertion may be behind the
	// caller's before the room counts as nobody's. CloudBase refuses requests
	// whose clock is ten minutes off, so it can't be a clock that is just wrong.
	maxLateness = 15 * time.Minute

	// fenceFor covers maxLateness as seen by any two clocks that CloudBase
	// accepts.
	fenceFor = 2 * maxLateness
)

// live reports whether the record is somebody's room. One that isn't was left
// behind by a fault: no call shows it.
func (r *record) live() bool {
	return r != nil && len(r.seats) > 0 && !r.late()
}

// late reports whether the insert was carried out too long after it was sent.
func (r *record) late() bool {
	return !r.createTime.IsZero() && r.insertTime.Sub(r.createTime) > maxLateness
}

// room is what the record shows to clients.
func (r *record) room() Room {
	if r == nil {
		return Room{}
	}
	room := Room{ID: r.id, Name: r.name, Creator: r.creator, CreateTime: r.createTime, PrivateMapKey: r.privateMapKey}
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

// with is the record with other seats. A creator who has none hands the room to
// whoever has been in it longest; the key that is stored was the creator's own.
func (r *record) with(seats []seat) *record {
	next := *r
	next.seats = seats
	if len(seats) > 0 && next.seat(r.creator) == nil {
		next.creator, next.privateMapKey = seats[0].user, ""
	}
	return &next
}

// without is the record less the seats that leave.
func (r *record) without(leaves func(seat) bool) *record {
	return r.with(slices.DeleteFunc(slices.Clone(r.seats), leaves))
}

// renewed is the record with the user's seat seen at a time, unless it has been
// seen since.
func (r *record) renewed(user UserID, at time.Time) *record {
	next := r.with(slices.Clone(r.seats))
	s := next.seat(user)
	s.seen = latest(s.seen, at)
	return next
}

// fenced returns until when the record must stay, the zero time if it need not.
func (r *record) fenced() time.Time {
	if r == nil {
		return time.Time{}
	}
	return r.fence
}

// fields are what a write stores, except the id and the time of insertion.
// members is for whoever reads the collection; seen goes with it, seat by seat.
func (r *record) fields() tcb.M {
	members, seen := make([]string, len(r.seats)), make([]time.Time, len(r.seats))
	for i, s := range r.seats {
		members[i], seen[i] = string(s.user), s.seen
	}
	m := tcb.M{
		"roomName":      r.name,
		"creator":       string(r.creator),
		"members":       members,
		"seen":          seen,
		"createTime":    r.createTime,
		"privateMapKey": r.privateMapKey,
		"rev":           r.revision,
		"birth":         r.birth,
	}
	if !r.fence.IsZero() {
		m["fence"] = r.fence
	}
	return m
}

func (r *record) document() tcb.M {
	m := r.fields()
	m["_id"] = string(r.id)
	m["roomID"] = string(r.id)
	m["insertTime"] = tcb.ServerDate(0)
	return m
}

// guard is the filter of a write: this record, if it still is what was read. In
// a record without a revision, null stands for the missing field.
func (r *record) guard() tcb.M {
	return tcb.M{"_id": string(r.id), "rev": r.revision}
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
	r := &record{id: room}
	for field, ok := range map[string]bool{
		"roomName":      text(m, "roomName", &r.name),
		"creator":       text(m, "creator", &r.creator),
		"privateMapKey": text(m, "privateMapKey", &r.privateMapKey),
		"createTime":    date(m["createTime"], &r.createTime),
		"insertTime":    date(m["insertTime"], &r.insertTime),
		"fence":         date(m["fence"], &r.fence),
	} {
		if !ok {
			return nil, damaged(field)
		}
	}
	r.revision, r.birth = m["rev"], m["birth"]
	for _, field := range []string{"rev", "birth"} {
		if _, ok := m[field].(string); !ok && m[field] != nil {
			return nil, damaged(field)
		}
	}
	members, ok := m["members"].([]any)
	if !ok && m["members"] != nil {
		return nil, damaged("members")
	}
	seen, _ := m["seen"].([]any)
	for i, member := range members {
		user, ok := member.(string)
		if !ok {
			return nil, damaged("members")
		}
		// A record made by hand says nothing of when its members were seen.
		s := seat{user: UserID(user), seen: r.createTime}
		if i < len(seen) && !date(seen[i], &s.seen) {
			return nil, damaged("seen")
		}
		r.seats = append(r.seats, s)
	}
	return r, nil
}

func text[T ~string](m tcb.M, field string, to *T) bool {
	s, ok := m[field].(string)
	*to = T(s)
	return ok || m[field] == nil
}

func date(value any, to *time.Time) bool {
	t, ok := value.(time.Time)
	*to = t
	return ok || value == nil
}
