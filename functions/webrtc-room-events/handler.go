package main

import (
	"context"
	"errors"
	"strconv"

	"webrtc-room/pkg/roomstore"
	"webrtc-room/pkg/scf"
	"webrtc-room/pkg/trtc"
)

type handler struct {
	rooms *roomstore.Store
	key   string
}

// accepted is the answer that TRTC's documentation suggests. Anything but status
// 200 makes TRTC report the event again.
type accepted struct {
	Code int `json:"code"`
}

// report takes one event. Events come late, twice and out of order; the time at
// which they happened decides what they still say about a seat.
func (h handler) report(ctx context.Context, call *scf.Call) (any, error) {
	if err := trtc.VerifyReport(h.key, call.Request.Body, call.Request.Header("Sign")); err != nil {
		return nil, scf.Refuse("BAD_SIGNATURE", "")
	}
	event, err := trtc.ParseReport(call.Request.Body)
	if err != nil {
		return nil, scf.Refuse("BAD_EVENT", "")
	}
	room, err := roomstore.ParseRoomID(strconv.FormatUint(uint64(event.Room), 10))
	if err != nil || event.Reason == trtc.CrossRoom {
		return accepted{}, nil // nobody is in a room of ours by that
	}
	call.Room = string(room)
	switch user := roomstore.UserID(event.User); event.Type {
	case trtc.Entered:
		err = h.rooms.Entered(ctx, room, user, event.At)
		var refusal interface{ Reason() string }
		if errors.As(err, &refusal) {
			err = nil // they have no seat here
		}
	case trtc.Left:
		switch {
		case user == "":
		case event.Reason == trtc.TimedOut:
			// Who has come back since the silence began may be about to enter TRTC.
			_, err = h.rooms.Vanished(ctx, room, user, event.At, trtc.Silence)
		default:
			_, err = h.rooms.Left(ctx, room, user, event.At)
		}
	case trtc.Dismissed:
		// Whoever was in TRTC is reported by an event of their own. This is for the
		// others, but not for those who have just got their seat and are on their way.
		_, err = h.rooms.Dismissed(ctx, room, event.At.Add(-trtc.Silence))
	}
	return accepted{}, err
}
