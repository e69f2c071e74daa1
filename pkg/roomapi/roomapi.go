// Package roomapi is what the functions have in common on the wire: the fields
// of their events as rooms and users, and rooms as their replies show them.
package roomapi

import (
	"time"

	"webrtc-room/pkg/roomstore"
	"webrtc-room/pkg/scf"
	"webrtc-room/pkg/settings"
	"webrtc-room/pkg/tcb"
)

// Collection is the name of the collection that the rooms are in.
const Collection = "webrtcRooms"

// Indexes returns the indexes that the collection wants, as CloudBase's console and
// the local server take them. Without the first, a list of rooms costs as much as there
// are rooms. Without the second, so does an enter where MAX_ROOMS_PER_USER is set.
func Indexes() []string {
	return []string{`{"createTime":-1,"_id":-1}`, `{"members":1}`}
}

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
	app, err := tcb.Init(&tcb.Config{})
	if err != nil {
		return nil, err
	}
	return roomstore.New(app.Database().Collection(Collection), roomstore.Options{
		MaxMembers: seats,
		MemberTTL:  time.Duration(ttl) * time.Second,
	}), nil
}

// User returns whom the call is about; see scf.Call.User.
func User(call *scf.Call) (roomstore.UserID, error) {
	user, err := call.User()
	if err != nil {
		return "", err
	}
	return roomstore.ParseUserID(user)
}

// RoomID returns the room that the event names, "" when it names none.
func RoomID(call *scf.Call) (roomstore.RoomID, error) {
	text, err := call.Event.Text("roomID", "BAD_ROOM_ID")
	if err != nil || text == "" {
		return "", err
	}
	id, err := roomstore.ParseRoomID(text)
	call.Room = string(id)
	return id, err
}

// RequiredRoomID is RoomID for calls that make no sense without one.
func RequiredRoomID(call *scf.Call) (roomstore.RoomID, error) {
	id, err := RoomID(call)
	if err == nil && id == "" {
		err = scf.Refuse("MISSING_PARAM", "").Because("there is no roomID in the event")
	}
	return id, err
}

// Entry returns the wish of {userID?, roomID?, roomName?} to be in a room.
func Entry(call *scf.Call) (e roomstore.Entry, err error) {
	if e.User, err = User(call); err != nil {
		return e, err
	}
	if e.Room, err = RoomID(call); err != nil {
		return e, err
	}
	e.Name, err = RoomName(call)
	return e, err
}

// A Room is a room in a reply.
type Room struct {
	DocumentID    string             `json:"_id,omitempty"`
	Creator       roomstore.UserID   `json:"creator"`
	RoomID        roomstore.RoomID   `json:"roomID"`
	RoomName      string             `json:"roomName"`
	Members       []roomstore.UserID `json:"members"`
	CreateTime    scf.Date           `json:"createTime"`
	PrivateMapKey *string            `json:"privateMapKey,omitempty"`
}

// Made shows a room to the user who just made it. The JavaScript demo had no
// _id to show there, and clients may go by it.
func Made(r roomstore.Room) Room {
	return Room{
		Creator:       r.Creator,
		RoomID:        r.ID,
		RoomName:      r.Name,
		Members:       append([]roomstore.UserID{}, r.Members...), // [] rather than null
		CreateTime:    scf.Date(r.CreateTime),
		PrivateMapKey: &r.PrivateMapKey,
	}
}

// Found shows a room that is in the database. The privateMapKey in it is its
// creator's, and nobody else sees it.
func Found(r roomstore.Room, viewer roomstore.UserID) Room {
	room := Made(r)
	room.DocumentID = string(r.ID)
	if viewer != r.Creator || viewer == "" {
		room.PrivateMapKey = nil
	}
	return room
}
