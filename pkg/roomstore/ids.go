package roomstore

import (
	"crypto/rand"
	"encoding/hex"
	"io"
	"math/big"
	"strconv"
	"strings"
)

// A RoomID is TRTC's numeric room id in decimal, from "1" to "4294967294",
// without leading zeros. It is a string because mini programs send and compare
// it as one, and one form because on the media server "0012" and "12" would be
// the same room.
type RoomID string

const (
	maxRoomNumber = 4294967294 // TRTC keeps the last uint32 for itself
	maxUserID     = 32         // bytes, TRTC's limit
	maxRoomName   = 64         // characters
)

// ParseRoomID accepts decimal digits, with or without leading zeros. Anything
// else is ErrBadRoomID.
func ParseRoomID(text string) (RoomID, error) {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return "", ErrBadRoomID
		}
	}
	text = strings.TrimLeft(text, "0")
	n, err := strconv.ParseUint(text, 10, 32)
	if err != nil || n > maxRoomNumber {
		return "", ErrBadRoomID
	}
	return RoomID(text), nil
}

// Number returns the id as TRTC's SDKs take it.
func (id RoomID) Number() uint32 {
	n, _ := strconv.ParseUint(string(id), 10, 32)
	return uint32(n)
}

// newRoomID draws an id of 8 digits, the first of them not 0.
func newRoomID(random io.Reader) (RoomID, error) {
	n, err := rand.Int(random, big.NewInt(90_000_000))
	if err != nil {
		return "", err
	}
	return RoomID(strconv.FormatInt(10_000_000+n.Int64(), 10)), nil
}

// A UserID names a user to TRTC: 1 to 32 bytes of printable ASCII without
// spaces. An OPENID is one.
type UserID string

// ParseUserID returns ErrBadUserID for what TRTC would not take as a user id.
func ParseUserID(text string) (UserID, error) {
	if text == "" || len(text) > maxUserID {
		return "", ErrBadUserID
	}
	for i := range len(text) {
		if text[i] <= ' ' || text[i] > '~' {
			return "", ErrBadUserID
		}
	}
	return UserID(text), nil
}

// newRevision draws 128 bits, so that no revision is ever used twice.
func newRevision(random io.Reader) (string, error) {
	var b [16]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return "", err
	}
	return hex.EncodeToString(b[:]), nil
}
