package sig

import (
	"fmt"
	"strconv"
	"strings"
)

// A Room is what a privateMapKey is for. TRTC has rooms with numbers and rooms
// with names, and room 123 is not the room named "123": a key must be of the kind
// that the client passes to enterRoom. The zero Room is no room.
type Room struct {
	number uint32
	name   string
}

// RoomNumber returns the room with the number, 1 to 4294967295.
func RoomNumber(n uint32) Room { return Room{number: n} }

// RoomName returns the room with the name: 1 to 64 letters, digits, spaces and
// characters of !#$%&()+-:;<=.>?@[]^_{}|~, with the comma.
func RoomName(name string) Room { return Room{name: name} }

// String returns the number as it is and the name in quotes.
func (r Room) String() string {
	switch {
	case r.name != "":
		return strconv.Quote(r.name)
	case r.number != 0:
		return strconv.FormatUint(uint64(r.number), 10)
	}
	return "none"
}

const maxRoomName = 64

// check returns ErrRoom for a room that TRTC doesn't have. If wide, any name is
// one that its field can hold.
func (r Room) check(wide bool) error {
	switch {
	case r == Room{}:
		return fmt.Errorf("%w: a room is a number from 1, or a name", ErrRoom)
	case r.name == "":
		return nil
	case wide:
		if problem := checkWide(r.name); problem != "" {
			return fmt.Errorf("%w: its name %s", ErrRoom, problem)
		}
		return nil
	case len(r.name) > maxRoomName:
		return fmt.Errorf("%w: its name has %d bytes, at most %d are accepted", ErrRoom, len(r.name), maxRoomName)
	}
	for i := range len(r.name) {
		if c := r.name[i]; !isAlphanumeric(c) && !strings.ContainsRune(" !#$%&()+-:;<=.>?@[]^_{}|~,", rune(c)) {
			return fmt.Errorf("%w: byte %d of its name (%#02x) is none that TRTC has in names", ErrRoom, i+1, c)
		}
	}
	return nil
}

func isAlphanumeric(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}
