package main

import (
	"context"
	"fmt"
	"math"
	"time"

	"webrtc-room/pkg/roomapi"
	"webrtc-room/pkg/roomstore"
	"webrtc-room/pkg/scf"
	"webrtc-room/pkg/trtc"
)

type handler struct {
	rooms *roomstore.Store
	view  roomapi.View
	media *trtc.API // nil where nobody is to be removed from TRTC's media
}

type reply struct {
	RoomInfo roomapi.Room `json:"roomInfo"` // after the user left
	Res      result       `json:"res"`

	// Whether those who were made to leave are out of the call, too; absent where that
	// isn't asked for.
	MediaRemoved *bool  `json:"mediaRemoved,omitempty"`
	MediaError   string `json:"mediaError,omitempty"`
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

// A departure is what a call asks for: that the user leaves the room, or everybody.
type departure struct {
	room      roomstore.RoomID
	user, by  roomstore.UserID // by asks
	everybody bool
	ban       *time.Duration // how long the user is kept out, nil where that isn't asked for
}

// quit answers {userID?, roomID, closeRoom?, banSeconds?}. The userID of somebody else,
// banSeconds, and closeRoom, which removes everybody, are for the room's creator.
func (h handler) quit(ctx context.Context, call *scf.Call) (any, error) {
	d, err := read(call)
	if err != nil {
		return nil, err
	}
	left, err := h.leave(ctx, d)
	if err != nil {
		return nil, err
	}
	if left.Room.Private() && !left.Updated && !left.Room.Has(d.by) {
		return nil, roomstore.ErrRoomNotFound // to strangers, a private room isn't there
	}
	r := reply{RoomInfo: h.view.To(d.by, left.Room), Res: resultOf(left)}
	if h.media != nil && (d.everybody || d.user != d.by) {
		err := h.removeFromMedia(ctx, d)
		removed := err == nil
		r.MediaRemoved = &removed
		if err != nil {
			r.MediaError, call.Warning = err.Error(), err
		}
	}
	return r, nil
}

func read(call *scf.Call) (d departure, err error) {
	claim, err := call.Claim()
	if err != nil {
		return d, err
	}
	d.by = roomstore.UserID(claim.By)
	if d.user, err = roomstore.ParseUserID(claim.User); err != nil {
		return d, err
	}
	if d.room, err = roomapi.RequiredRoomID(call); err != nil {
		return d, err
	}
	if d.everybody, err = call.Event.Bool("closeRoom", "BAD_PARAM"); err != nil {
		return d, err
	}
	d.ban, err = readBan(call.Event)
	switch {
	case err != nil || d.ban == nil:
	case d.everybody:
		err = scf.Refuse("BAD_PARAM", "banSeconds 不能与 closeRoom 同用")
	case d.user == d.by:
		err = scf.Refuse("BAD_PARAM", "banSeconds 要与 userID 同用，指明移出谁")
	}
	return d, err
}

// readBan returns how long the event bans the user, nil where it doesn't.
func readBan(event scf.Event) (*time.Duration, error) {
	const absent, most = math.MinInt, int(roomstore.MaxBan / time.Second)
	seconds, err := event.Int("banSeconds", absent, "BAD_PARAM")
	if err != nil || seconds == absent {
		return nil, err
	}
	if seconds < 0 || seconds > most {
		return nil, scf.Refuse("BAD_PARAM", fmt.Sprintf("banSeconds 必须是 0 到 %d 的整数", most))
	}
	ban := time.Duration(seconds) * time.Second
	return &ban, nil
}

func (h handler) leave(ctx context.Context, d departure) (roomstore.Departure, error) {
	switch {
	case d.everybody:
		return h.rooms.Close(ctx, d.room, d.by)
	case d.ban != nil:
		return h.rooms.Ban(ctx, d.room, d.user, d.by, *d.ban)
	}
	return h.rooms.Quit(ctx, d.room, d.user, d.by)
}

// removeFromMedia ends the call of those who had to leave. A user who had no seat may
// be in the call all the same, and a creator whose first try failed tries again.
func (h handler) removeFromMedia(ctx context.Context, d departure) error {
	if d.everybody {
		return h.media.DismissRoom(ctx, d.room.Number())
	}
	return h.media.RemoveUser(ctx, d.room.Number(), string(d.user))
}

func resultOf(left roomstore.Departure) result {
	one, none := 1, 0
	switch {
	case left.Removed:
		return result{stats{Removed: &one}, "document.remove:ok"}
	case left.Updated:
		return result{stats{Updated: &one}, "document.update:ok"}
	}
	return result{stats{Updated: &none}, "document.update:ok"}
}
