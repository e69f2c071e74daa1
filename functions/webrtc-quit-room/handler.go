package main

import (
	"context"

	"webrtc-room/pkg/roomapi"
	"webrtc-room/pkg/roomstore"
	"webrtc-room/pkg/scf"
)

type handler struct {
	rooms *roomstore.Store
}

type reply struct {
	RoomInfo roomapi.Room `json:"roomInfo"` // after the user left
	Res      result       `json:"res"`
}

// A result is shaped like what the database's own JavaScript client returns.
type result struct {
	Stats  stats  `json:"stats"`
	ErrMsg string `json:"errMsg"`
}

type stats struct {
	Updated *int `json:"updated,omitempty"`
	Removed *int `json:"removed,omitempty"`
}

// quit answers {userID?, roomID, closeRoom?}. The userID of somebody else and
// closeRoom, which removes everybody, are for the room's creator.
func (h handler) quit(ctx context.Context, call *scf.Call) (any, error) {
	claim, err := call.Claim()
	if err != nil {
		return nil, err
	}
	user, err := roomstore.ParseUserID(claim.User)
	if err != nil {
		return nil, err
	}
	room, err := roomapi.RequiredRoomID(call)
	if err != nil {
		return nil, err
	}
	everybody, err := call.Event.Bool("closeRoom", "BAD_PARAM")
	if err != nil {
		return nil, err
	}
	by := roomstore.UserID(claim.By)
	var left roomstore.Departure
	if everybody {
		left, err = h.rooms.Close(ctx, room, by)
	} else {
		left, err = h.rooms.Quit(ctx, room, user, by)
	}
	if err != nil {
		return nil, err
	}
	r := reply{RoomInfo: roomapi.Found(left.Room, by)}
	one, none := 1, 0
	switch {
	case left.Removed:
		r.Res = result{stats{Removed: &one}, "document.remove:ok"}
	case left.Left:
		r.Res = result{stats{Updated: &one}, "document.update:ok"}
	default:
		r.Res = result{stats{Updated: &none}, "document.update:ok"}
	}
	return r, nil
}
