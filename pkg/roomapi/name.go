package roomapi

import (
	"strings"
	"unicode"

	"webrtc-room/pkg/scf"
)

// RoomName returns the name that the event gives a room, without blanks around it.
// Clients in the wild send numbers, too. A name that shows nothing is "".
//
// A name is shown to strangers, in one line among others. So it may hold nothing that
// breaks the line, or that changes how the text around it is read: no control
// characters, no line or paragraph separators, and of the invisible format characters
// only the two joiners, which emoji and some scripts are written with.
func RoomName(call *scf.Call) (string, error) {
	text, err := call.Event.Text("roomName", "BAD_ROOM_NAME")
	if err != nil {
		return "", err
	}
	name := strings.TrimSpace(text)
	if strings.ContainsFunc(name, disruptive) {
		return "", scf.Refuse("BAD_ROOM_NAME", "roomName 不能含有换行、控制字符或看不见的格式字符")
	}
	if !strings.ContainsFunc(name, visible) {
		return "", nil
	}
	return name, nil
}

const (
	nonJoiner    = '\u200c'
	joiner       = '\u200d'
	brailleBlank = '\u2800'
)

func disruptive(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) && r != joiner && r != nonJoiner
}

// visible reports whether a character can be seen by itself.
func visible(r rune) bool {
	return !unicode.IsSpace(r) && r != brailleBlank &&
		!unicode.In(r, unicode.Cf, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point)
}
