package main

import (
	"context"
	"errors"
	"strconv"
	"time"

	"webrtc-room/pkg/roomstore"
	"webrtc-room/pkg/scf"
	"webrtc-room/pkg/trtc"
)

type handler struct {
	rooms       *roomstore.Store
	key         string
	app         string    // whose reports these are; "" takes those of any app
	media       *trtc.API // nil where nobody is to be removed from TRTC's media
	allowUnkept bool      // people may be in rooms that aren't kept here
	now         func() time.Time
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
	if h.app != "" && call.Request.Header("SdkAppId") != h.app {
		return nil, scf.Refuse("NOT_ALLOWED", "请求失败，回调的 SdkAppId 不是环境变量 TRTC_SDK_APP_ID 的应用")
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
	return accepted{}, h.act(ctx, room, event)
}

func (h handler) act(ctx context.Context, room roomstore.RoomID, event trtc.Report) (err error) {
	user, at := roomstore.UserID(event.User), h.past(event.At)
	switch {
	case event.Type == trtc.Dismissed:
		// Those who were in the call are reported by events of their own. This is for
		// the others, but not for those who got their seat just now and are on their way.
		_, err = h.rooms.Dismissed(ctx, room, at.Add(-trtc.Silence))
	case user == "":
	case event.Type == trtc.Entered:
		return h.entered(ctx, room, user, at)
	case event.Type == trtc.Left && event.Reason == trtc.TimedOut:
		lastHeard := h.past(event.At.Add(-trtc.Silence))
		_, err = h.rooms.Vanished(ctx, room, user, at, at.Sub(lastHeard))
	case event.Type == trtc.Left:
		_, err = h.rooms.Left(ctx, room, user, at)
	}
	return err
}

// past returns the time, or now where it is yet to come. A seat that was renewed in the
// future could not be taken away.
func (h handler) past(at time.Time) time.Time {
	if now := h.now(); at.After(now) {
		return now
	}
	return at
}

// entered renews the seat of a user who is in the call. One who has none is removed
// from the call: without that, a key that is still valid would be a way around a full
// room, a ban, or an invitation.
func (h handler) entered(ctx context.Context, room roomstore.RoomID, user roomstore.UserID, at time.Time) error {
	err := h.rooms.Entered(ctx, room, user, at)
	var noSeat interface{ Reason() string }
	switch {
	case !errors.As(err, &noSeat):
		return err
	case h.media == nil, h.allowUnkept && errors.Is(err, roomstore.ErrRoomNotFound):
		return nil
	}
	return h.media.RemoveUser(ctx, room.Number(), string(user))
}
