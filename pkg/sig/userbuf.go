package sig

import (
	"encoding/binary"
	"fmt"
	"time"
	"unicode/utf8"
)

// A UserBuf is what a privateMapKey has beyond a userSig: what its user may do,
// in which room, until when. Its form is the same in both generations.
type UserBuf struct {
	UserID      string
	SDKAppID    uint32
	Room        Room
	Expires     time.Time // a whole second, UTC
	Privilege   Privilege
	AccountType uint32 // 0 in practice
}

// binary returns the form in which a token has it. All numbers are big-endian.
//
//	1    version: 0, or 1 with the last two fields, for a room with a name
//	2+n  length and bytes of the user id
//	4    SDKAppID
//	4    room number, 0 for a room with a name
//	4    end, in Unix seconds
//	4    privileges
//	4    account type
//	2+m  length and bytes of the room's name
func (u UserBuf) binary() []byte {
	dst := []byte{0}
	if u.Room.name != "" {
		dst[0] = 1
	}
	dst = binary.BigEndian.AppendUint16(dst, uint16(len(u.UserID)))
	dst = append(dst, u.UserID...)
	dst = binary.BigEndian.AppendUint32(dst, u.SDKAppID)
	dst = binary.BigEndian.AppendUint32(dst, u.Room.number)
	dst = binary.BigEndian.AppendUint32(dst, uint32(u.Expires.Unix()))
	dst = binary.BigEndian.AppendUint32(dst, uint32(u.Privilege))
	dst = binary.BigEndian.AppendUint32(dst, u.AccountType)
	if u.Room.name != "" {
		dst = binary.BigEndian.AppendUint16(dst, uint16(len(u.Room.name)))
		dst = append(dst, u.Room.name...)
	}
	return dst
}

// parseUserBuf reads the binary form. It takes every well-formed userbuf, also
// one for a user or a room that can't be, for people to look at; anything else
// is ErrUserBuf.
func parseUserBuf(b []byte) (UserBuf, error) {
	var u UserBuf
	malformed := func(problem string) (UserBuf, error) {
		return UserBuf{}, fmt.Errorf("%w: it %s", ErrUserBuf, problem)
	}
	text := func() (string, bool) {
		if len(b) < 2 {
			return "", false
		}
		n := int(binary.BigEndian.Uint16(b))
		if len(b) < 2+n {
			return "", false
		}
		s := string(b[2 : 2+n])
		b = b[2+n:]
		return s, true
	}

	if len(b) == 0 {
		return malformed("is empty")
	}
	version := b[0]
	if version > 1 {
		return malformed("is of an unknown version")
	}
	b = b[1:]
	var ok bool
	if u.UserID, ok = text(); !ok || len(b) < 20 {
		return malformed("is cut off")
	}
	u.SDKAppID = binary.BigEndian.Uint32(b)
	u.Room.number = binary.BigEndian.Uint32(b[4:])
	u.Expires = time.Unix(int64(binary.BigEndian.Uint32(b[8:])), 0).UTC()
	u.Privilege = Privilege(binary.BigEndian.Uint32(b[12:]))
	u.AccountType = binary.BigEndian.Uint32(b[16:])
	b = b[20:]
	if version == 1 {
		if u.Room.name, ok = text(); !ok {
			return malformed("is cut off")
		}
		if u.Room.name == "" || u.Room.number != 0 {
			return malformed("is for a room with a name and has none, or a number too")
		}
	}
	if len(b) > 0 {
		return malformed("has bytes behind its end")
	}
	if !utf8.ValidString(u.UserID) || !utf8.ValidString(u.Room.name) {
		return malformed("is not UTF-8")
	}
	return u, nil
}
