package main

import (
	"context"

	"webrtc-room/pkg/roomapi"
	"webrtc-room/pkg/roomstore"
	"webrtc-room/pkg/scf"
	"webrtc-room/pkg/signin"
)

type handler struct {
	rooms  *roomstore.Store
	issuer *signin.Issuer // nil where no signing key is configured
}

// create answers {userID?, roomID?, roomName?, private?} with the room, which may have
// another id than the event asked for.
func (h handler) create(ctx context.Context, call *scf.Call) (any, error) {
	entry, err := roomapi.Entry(call)
	if err != nil {
		return nil, err
	}
	if h.issuer != nil {
		entry.Key = h.issuer.RoomKeySigner(entry.User)
	}
	room, err := h.rooms.Create(ctx, entry)
	if err != nil {
		return nil, roomapi.Explained(err)
	}
	call.Room = string(room.ID)
	return roomapi.ToMaker(room), nil
}
