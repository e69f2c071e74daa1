package main

import (
	"context"
	"errors"

	"webrtc-room/pkg/roomapi"
	"webrtc-room/pkg/roomstore"
	"webrtc-room/pkg/scf"
)

type handler struct {
	rooms *roomstore.Store
}

type reply struct {
	Data     []roomapi.Room `json:"data"` // the room, or nothing
	ErrMsg   string         `json:"errMsg"`
	RoomInfo *roomapi.Room  `json:"roomInfo,omitempty"`
}

// info answers {roomID}.
func (h handler) info(ctx context.Context, call *scf.Call) (any, error) {
	id, err := roomapi.RequiredRoomID(call)
	if err != nil {
		return nil, err
	}
	r := reply{Data: []roomapi.Room{}, ErrMsg: "collection.get:ok"}
	switch room, err := h.rooms.Get(ctx, id, roomstore.UserID(call.Caller), ""); {
	case errors.Is(err, roomstore.ErrRoomNotFound), errors.Is(err, roomstore.ErrNotInvited):
	case err != nil:
		return nil, err
	default:
		found := roomapi.Found(room, roomstore.UserID(call.Caller))
		r.Data, r.RoomInfo = []roomapi.Room{found}, &found
	}
	return r, nil
}
