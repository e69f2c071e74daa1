package roomapi

import (
	"time"

	"webrtc-room/pkg/roomstore"
	"webrtc-room/pkg/settings"
	"webrtc-room/pkg/tcb"
)

// Collection is the name of the collection that the rooms are in.
const Collection = "webrtcRooms"

// The indexes that the collection wants, as CloudBase's console and the local server
// take them.
const (
	ListIndex    = `{"createTime":-1,"_id":-1}` // without it, a list costs as much as there are rooms
	MembersIndex = `{"members":1}`              // so does an enter where MAX_ROOMS_PER_USER is set
)

// Indexes returns all indexes that the collection wants.
func Indexes() []string { return []string{ListIndex, MembersIndex} }

// OpenStore returns the rooms of the environment that the function runs in.
func OpenStore(lookup settings.Lookup) (*roomstore.Store, error) {
	seats, err := lookup.Int("ROOM_MAX_MEMBERS")
	if err != nil {
		return nil, err
	}
	ttl, err := lookup.Int("MEMBER_TTL_SECONDS")
	if err != nil {
		return nil, err
	}
	rooms, err := lookup.Int("MAX_ROOMS_PER_USER")
	if err != nil {
		return nil, err
	}
	app, err := tcb.Init(&tcb.Config{})
	if err != nil {
		return nil, err
	}
	return roomstore.New(app.Database().Collection(Collection), roomstore.Options{
		MaxMembers: seats,
		MemberTTL:  time.Duration(ttl) * time.Second,
		MaxRooms:   rooms,
	}), nil
}
