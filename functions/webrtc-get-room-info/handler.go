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
	view  roomapi.View
}

type reply struct {
	Data     []roomapi.Room `json:"data"` // the room, or nothing
	ErrMsg   string         `json:"errMsg"`
	RoomInfo *roomapi.Room  `json:"roomInfo,omitempty"`
}

// info answers {userID?, roomID, invitation?}. A private room isn't there for those who
// aren't in it and have no invitation.
func (h handler) info(ctx context.Context, call *scf.Call) (any, error) {
	viewer, err := roomapi.Viewer(call)
	if err != nil {
		return nil, err
	}
	id, err := roomapi.RequiredRoomID(call)
	if err != nil {
		return nil, err
	}
	invitation, err := roomapi.Invitation(call)
	if err != nil {
		return nil, err
	}
	r := reply{Data: []roomapi.Room{}, ErrMsg: "collection.get:ok"}
	switch room, err := h.rooms.Get(ctx, id, viewer, invitation); {
	case errors.Is(err, roomstore.ErrRoomNotFound), errors.Is(err, roomstore.ErrNotInvited):
	case err != nil:
		return nil, err
	default:
		shown := h.view.To(viewer, room)
		r.Data, r.RoomInfo = []roomapi.Room{shown}, &shown
	}
	return r, nil
}
