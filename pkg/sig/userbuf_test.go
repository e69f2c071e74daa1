package sig

import (
	"encoding/hex"
	"errors"
	"strings"
	"testing"
	"time"
)

func TestUserBufBinary(t *testing.T) {
	u := UserBuf{"alice", benchApp, RoomNumber(10000), time.Unix(1700000300, 0), PrivilegeAll, 0}
	const want = "000005616c69636553724e00000027106553f22c000000ff00000000"
	if got := hex.EncodeToString(u.binary()); got != want {
		t.Errorf("userbuf is %s, want %s", got, want)
	}
}

func TestParseUserBuf(t *testing.T) {
	const good = "000005616c69636553724e00000027106553f22c000000ff00000000"
	for name, c := range map[string]struct {
		hex  string
		want error
	}{
		"the one they vary":        {good, nil},
		"with a name":              {"01" + strings.Replace(good[2:], "00002710", "00000000", 1) + "000161", nil},
		"room 0":                   {strings.Replace(good, "00002710", "00000000", 1), nil},
		"nothing":                  {"", ErrUserBuf},
		"version 2":                {"02" + good[2:], ErrUserBuf},
		"cut off":                  {good[:len(good)-2], ErrUserBuf},
		"cut off in the user":      {good[:8], ErrUserBuf},
		"cut off in a length":      {good[:4], ErrUserBuf},
		"bytes behind":             {good + "00", ErrUserBuf},
		"a name missing":           {"01" + good[2:], ErrUserBuf},
		"a name and a number":      {"01" + good[2:] + "000161", ErrUserBuf},
		"an empty name":            {"01" + strings.Replace(good[2:], "00002710", "00000000", 1) + "0000", ErrUserBuf},
		"a name cut off":           {"01" + strings.Replace(good[2:], "00002710", "00000000", 1) + "000261", ErrUserBuf},
		"a user that isn't UTF-8":  {strings.Replace(good, "616c", "ff6c", 1), ErrUserBuf},
		"a name that is not UTF-8": {"01" + strings.Replace(good[2:], "00002710", "00000000", 1) + "0001ff", ErrUserBuf},
	} {
		t.Run(name, func(t *testing.T) {
			b, err := hex.DecodeString(c.hex)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := parseUserBuf(b); !errors.Is(err, c.want) {
				t.Errorf("error is %v, want %v", err, c.want)
			}
		})
	}
}

func TestPrivilegeString(t *testing.T) {
	for p, want := range map[Privilege]string{
		0:                    "none",
		PrivilegeAll:         "all",
		PrivilegeCreateRoom:  "create-room",
		42:                   "enter-room+receive-audio+receive-video",
		0x80 | 0x40:          "send-screen+receive-screen",
		0x100:                "0x100",
		PrivilegeAll | 0x100: "create-room+enter-room+send-audio+receive-audio+send-video+receive-video+send-screen+receive-screen+0x100",
	} {
		if got := p.String(); got != want {
			t.Errorf("Privilege(%d) is %q, want %q", uint32(p), got, want)
		}
	}
	for want, p := range []Privilege{
		PrivilegeCreateRoom, PrivilegeEnterRoom, PrivilegeSendAudio, PrivilegeReceiveAudio,
		PrivilegeSendVideo, PrivilegeReceiveVideo, PrivilegeSendScreen, PrivilegeReceiveScreen,
	} {
		if p != 1<<want {
			t.Errorf("%v is %d, want %d", p, uint32(p), 1<<want)
		}
	}
	if PrivilegeAll != 255 {
		t.Errorf("PrivilegeAll is %d, want 255", uint32(PrivilegeAll))
	}
}

func TestRoomString(t *testing.T) {
	for room, want := range map[Room]string{
		{}:                    "none",
		RoomNumber(0):         "none",
		RoomNumber(123):       "123",
		RoomName("123"):       `"123"`,
		RoomName(`a"b`):       `"a\"b"`,
		RoomNumber(1<<32 - 1): "4294967295",
	} {
		if got := room.String(); got != want {
			t.Errorf("room is %s, want %s", got, want)
		}
	}
}
