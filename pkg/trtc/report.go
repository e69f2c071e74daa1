package trtc

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Errors of VerifyReport and ParseReport.
var (
	ErrNoSignature  = errors.New("trtc: the request has no Sign header: set a key for the app's callbacks in the TRTC console")
	ErrBadSignature = errors.New("trtc: the signature is not that of this body with this key: compare the key with the TRTC console's")
	ErrBadReport    = errors.New("trtc: not an event")
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
// Silence. Report.At is when TRTC gave up, not when they vanished.
const TimedOut Reason = 2

// Silence is how long TRTC waits for a client that it doesn't hear of.
const Silence = 90 * time.Second

// CrossRoom is the reason of an Entered and a Left event by which somebody in
// another room is connected to this one and disconnected. They are not in this
// room, before, between or after.
const CrossRoom Reason = 4

// A Report says what happened in a room.
type Report struct {
	Type   Type
	Room   uint32    // its number; 0 for a room that has a name instead
	User   string    // "" if it is not about one
	At     time.Time // when it happened, by TRTC's clock
	Reason Reason
}

// roomGroup is the group that the types of this package belong to.
const roomGroup = 1

// VerifyReport checks the Sign header of a request against its body, byte for byte.
// Errors: ErrNoSignature, ErrBadSignature.
func VerifyReport(key string, body []byte, sign string) error {
	if sign == "" {
		return ErrNoSignature
	}
	got, err := base64.StdEncoding.Strict().DecodeString(sign)
	if err != nil || key == "" || !hmac.Equal(got, mac(key, body)) {
		return ErrBadSignature
	}
	return nil
}

// SignReport returns the Sign header of a request with this body.
func SignReport(key string, body []byte) string {
	return base64.StdEncoding.EncodeToString(mac(key, body))
}

func mac(key string, body []byte) []byte {
	h := hmac.New(sha256.New, []byte(key))
	h.Write(body)
	return h.Sum(nil)
}

// ParseReport reads a body. Unknown fields are ignored. An event of another group has
// a Type that is none of this package's. The error is ErrBadReport.
func ParseReport(body []byte) (Report, error) {
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
		return Report{}, fmt.Errorf("%w: %w", ErrBadReport, err)
	}
	info := wire.EventInfo
	e := Report{
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
