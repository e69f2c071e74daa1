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
	issuer *signin.Issuer
}

type reply struct {
	Msg      string       `json:"msg"` // "create" or "enter"
	RoomInfo roomapi.Room `json:"roomInfo"`
	SignInfo signin.Reply `json:"signInfo"`
}

// enter answers {userID?, roomID?, roomName?, private?, invitation?}.
func (h handler) enter(ctx context.Context, call *scf.Call) (any, error) {
	entry, err := roomapi.Entry(call)
	if err != nil {
		return nil, err
	}
	entry.Key = h.issuer.RoomKeySigner(entry.User)
	room, made, err := h.rooms.Enter(ctx, entry)
	if err != nil {
		return nil, roomapi.Explained(err)
	}
	call.Room = string(room.ID)

	r := reply{Msg: "enter", RoomInfo: roomapi.ToMember(room, entry.User)}
	if made {
		r = reply{Msg: "create", RoomInfo: roomapi.ToMaker(room)}
	}
	r.SignInfo, err = h.issuer.SignIn(entry.User, room.ID)
	return r, err
}
