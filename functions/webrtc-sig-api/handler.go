package main

import (
	"context"
	"errors"

	"webrtc-room/pkg/roomapi"
	"webrtc-room/pkg/roomstore"
	"webrtc-room/pkg/scf"
	"webrtc-room/pkg/signin"
)

type handler struct {
	rooms       *roomstore.Store
	issuer      *signin.Issuer
	allowUnkept bool // sign for rooms that aren't kept here, too
}

// sign answers {userID?, roomID?, sdkAppID?, accountType?} with a signin.Reply.
func (h handler) sign(ctx context.Context, call *scf.Call) (any, error) {
	user, err := roomapi.User(call)
	if err != nil {
		return nil, err
	}
	room, err := roomapi.RoomID(call)
	if err != nil {
		return nil, err
	}
	if err := h.issuer.CheckApp(call.Event); err != nil {
		return nil, err
	}
	if room != "" {
		if err := h.admit(ctx, user, room); err != nil {
			return nil, err
		}
	}
	return h.issuer.SignIn(user, room)
}

// admit refuses a room's key to everybody who isn't in it: a limit on members means
// nothing if the key is free. A key for a room that isn't there yet would still be valid
// when others have made it and filled it, so it takes ALLOW_UNKEPT_ROOMS, which is for
// apps that use TRTC without keeping rooms here.
func (h handler) admit(ctx context.Context, user roomstore.UserID, id roomstore.RoomID) error {
	room, err := h.rooms.Get(ctx, id, user, "")
	switch unkept := errors.Is(err, roomstore.ErrRoomNotFound); {
	case unkept && h.allowUnkept:
		return nil
	case unkept, errors.Is(err, roomstore.ErrNotInvited), err == nil && !room.Has(user):
		return scf.Refuse("NOT_A_MEMBER", "")
	}
	return err
}
