// Package roomapi is what the functions have in common on the wire: the fields
// of their events as rooms and users, and rooms as their replies show them.
//
// A handler reads its event, calls the room store, and shows what came of it:
//
//	entry, err := roomapi.Entry(call)        // {userID?, roomID?, roomName?, private?, invitation?}
//	room, made, err := rooms.Enter(ctx, entry)
//	…
//	return roomapi.ToMember(room, entry.User), nil
//
// How a room is shown depends on who looks. Its maker and its members see all of it,
// though privateMapKey is shown to its creator only. Everybody else sees what a View
// lets them see. OpenStore and OpenView read the settings that the functions share.
package roomapi

import (
	"webrtc-room/pkg/roomstore"
	"webrtc-room/pkg/scf"
)

// User returns whom the call is about; see scf.Call.User.
func User(call *scf.Call) (roomstore.UserID, error) {
	user, err := call.User()
	if err != nil {
		return "", err
	}
	return roomstore.ParseUserID(user)
}

// Viewer returns who looks at rooms. A caller who names somebody else without the right
// to speak for them, see scf.Call.Claim, looks as themselves.
func Viewer(call *scf.Call) (roomstore.UserID, error) {
	claim, err := call.Claim()
	return roomstore.UserID(claim.By), err
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

// Invitation returns the invitation to a private room that the event has, or "".
func Invitation(call *scf.Call) (string, error) {
	return call.Event.Text("invitation", "BAD_PARAM")
}

// Entry returns the wish to be in a room that an event expresses as
// {userID?, roomID?, roomName?, private?, invitation?}.
func Entry(call *scf.Call) (e roomstore.Entry, err error) {
	if e.User, err = User(call); err != nil {
		return e, err
	}
	if e.Room, err = RoomID(call); err != nil {
		return e, err
	}
	if e.Name, err = RoomName(call); err != nil {
		return e, err
	}
	if e.Private, err = call.Event.Bool("private", "BAD_PARAM"); err != nil {
		return e, err
	}
	e.Invitation, err = Invitation(call)
	return e, err
}
