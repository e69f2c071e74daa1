// Package trtcevent reads the room events that TRTC reports to a server: who
// entered, who left and why, which room was dismissed.
//
// TRTC posts one JSON document per event, signs its bytes with the key that the
// console has for the app's callbacks, and posts it again until it gets a 200
// within 5 seconds. So an event may come late, twice, and after one that
// happened later: act on Event.At, not on the order of arrival.
//
//	if err := trtcevent.Verify(key, body, r.Header.Get("Sign")); err != nil { … }
//	event, err := trtcevent.Parse(body)
//
// Formats: TRTC's documentation, "Room and media callbacks".
package trtcevent

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Errors of Verify and Parse.
var (
	ErrNoSignature  = errors.New("trtcevent: the request has no Sign header: set a key for the app's callbacks in the TRTC console")
	ErrBadSignature = errors.New("trtcevent: the signature is not that of this body with this key: compare the key with the TRTC console's")
	ErrBadEvent     = errors.New("trtcevent: not an event")
)

// A Type says what happened. There are others than these, which the room store
// has no use for, and there may be new ones.
type Type int

// Types of events in the group of room events.
const (
	Created   Type = 101
	Dismissed Type = 102
	Entered   Type = 103
	Left      Type = 104
)

// A Reason says why somebody entered or left.
type Reason int

// TimedOut is the reason of a Left event of somebody whom TRTC hasn't heard of for
// Silence. Event.At is when TRTC gave up, not when they vanished.
const TimedOut Reason = 2

// Silence is how long TRTC waits for a client that it doesn't hear of.
const Silence = 90 * time.Second

// CrossRoom is the reason of an Entered and a Left event by which somebody in
// another room is connected to this one and disconnected. They are not in this
// room, before, between or after.
const CrossRoom Reason = 4

// An Event is what happened in a room.
type Event struct {
	Type   Type
	Room   uint32    // its number; 0 for a room that has a name instead
	User   string    // "" if it is not about one
	At     time.Time // when it happened, by TRTC's clock
	Reason Reason
}

// roomGroup is the group that the types of this package belong to.
const roomGroup = 1

// Verify checks the Sign header of a request against its body, byte for byte.
// Errors: ErrNoSignature, ErrBadSignature.
func Verify(key string, body []byte, sign string) error {
	if sign == "" {
		return ErrNoSignature
	}
	got, err := base64.StdEncoding.Strict().DecodeString(sign)
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write(body)
	if err != nil || key == "" || !hmac.Equal(got, mac.Sum(nil)) {
		return ErrBadSignature
	}
	return nil
}

// Parse reads a body. Unknown fields are ignored. An event of another group has
// a Type that is none of this package's. The error is ErrBadEvent.
func Parse(body []byte) (Event, error) {
	var wire struct {
		EventGroupID int `json:"EventGroupId"`
		EventType    Type
		EventInfo    struct {
			RoomID    room `json:"RoomId"`
			EventTs   int64
			EventMsTs int64
			UserID    string `json:"UserId"`
			Reason    Reason
		}
	}
	if err := json.Unmarshal(body, &wire); err != nil {
		return Event{}, fmt.Errorf("%w: %w", ErrBadEvent, err)
	}
	info := wire.EventInfo
	e := Event{
		Type:   wire.EventType,
		Room:   uint32(info.RoomID),
		User:   info.UserID,
		At:     time.UnixMilli(info.EventMsTs).UTC(),
		Reason: info.Reason,
	}
	if info.EventMsTs == 0 {
		e.At = time.Unix(info.EventTs, 0).UTC()
	}
	if wire.EventGroupID != roomGroup {
		e.Type = 0
	}
	return e, nil
}

// A room is a RoomId, which comes as what the clients entered: a number or a name.
// The name "9527" is that of another room than the number 9527, and whoever likes
// can enter it and leave it.
type room uint32

func (r *room) UnmarshalJSON(text []byte) error {
	if text[0] == '"' {
		*r = 0
		return nil
	}
	return json.Unmarshal(text, (*uint32)(r))
}
