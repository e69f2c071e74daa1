package main

import (
	"context"

	"webrtc-room/pkg/roomapi"
	"webrtc-room/pkg/roomstore"
	"webrtc-room/pkg/scf"
)

// defaultLimit is how many rooms a page has if the event doesn't say.
const defaultLimit = 10

type handler struct {
	rooms *roomstore.Store
}

type reply struct {
	Data   []roomapi.Room `json:"data"`
	ErrMsg string         `json:"errMsg"`
}

// list answers {skip?, limit?}.
func (h handler) list(ctx context.Context, call *scf.Call) (any, error) {
	skip, err := call.Event.Int("skip", 0, "BAD_PAGE")
	if err != nil {
		return nil, err
	}
	limit, err := call.Event.Int("limit", defaultLimit, "BAD_PAGE")
	if err != nil {
		return nil, err
	}
	rooms, _, err := h.rooms.List(ctx, roomstore.Page{Skip: skip, Limit: limit})
	if err != nil {
		return nil, err
	}
	r := reply{Data: make([]roomapi.Room, len(rooms)), ErrMsg: "collection.get:ok"}
	for i, room := range rooms {
		r.Data[i] = roomapi.Found(room, roomstore.UserID(call.Caller))
	}
	return r, nil
}
