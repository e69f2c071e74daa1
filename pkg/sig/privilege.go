package sig

import (
	"fmt"
	"strings"
)

// A Privilege is a set of things that a privateMapKey lets its user do in the
// room. TRTC looks at it when the app's "advanced permission control" is on.
type Privilege uint32

const (
	PrivilegeCreateRoom    Privilege = 1 << iota // make the room by entering it first
	PrivilegeEnterRoom                           // enter the room
	PrivilegeSendAudio                           // be heard
	PrivilegeReceiveAudio                        // hear
	PrivilegeSendVideo                           // be seen
	PrivilegeReceiveVideo                        // see
	PrivilegeSendScreen                          // send the second picture, which is the screen's
	PrivilegeReceiveScreen                       // see the second picture

	PrivilegeAll Privilege = 1<<iota - 1
)

var privilegeNames = [...]string{
	"create-room", "enter-room", "send-audio", "receive-audio",
	"send-video", "receive-video", "send-screen", "receive-screen",
}

// String returns "all", "none" or the names, such as "enter-room+receive-audio";
// bits that have no name are added as a number.
func (p Privilege) String() string {
	switch p {
	case 0:
		return "none"
	case PrivilegeAll:
		return "all"
	}
	var names []string
	for i, name := range privilegeNames {
		if p&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	if unnamed := p &^ PrivilegeAll; unnamed != 0 {
		names = append(names, fmt.Sprintf("%#x", uint32(unnamed)))
	}
	return strings.Join(names, "+")
}
