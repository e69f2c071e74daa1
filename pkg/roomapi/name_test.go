package roomapi_test

import (
	"encoding/json"
	"errors"
	"testing"

	"webrtc-room/pkg/roomapi"
	"webrtc-room/pkg/scf"
)

func TestRoomName(t *testing.T) {
	const refused = "refused"
	for _, tt := range []struct{ name, raw, want string }{
		{"plain", `"房间 1"`, "房间 1"},
		{"a number", `4711`, "4711"},
		{"none", `null`, ""},
		{"blanks around it", `" \u3000\n房间\u00a0 "`, "房间"},
		{"markup is for the page to escape", `"<b>&"`, "<b>&"},
		{"an emoji of several", `"👨\u200d👩\u200d👧 ❤\ufe0f"`, "👨\u200d👩\u200d👧 ❤\ufe0f"},
		{"a Persian word", `"می\u200cخواهم"`, "می\u200cخواهم"},
		{"an ideograph's variant", `"葛\udb40\udd00"`, "葛\U000e0100"},
		{"a combining accent", `"e\u0301"`, "e\u0301"},

		{"a line break", `"a\nb"`, refused},
		{"NUL", `"\u0000"`, refused},
		{"DEL", `"a\u007f"`, refused},
		{"of the second control block", `"a\u0085b"`, refused},
		{"a line separator", `"a\u2028b"`, refused},
		{"a paragraph separator", `"a\u2029b"`, refused},
		{"right to left override", `"a\u202ecod.exe"`, refused},
		{"right to left isolate", `"a\u2067b"`, refused},
		{"a zero width space", `"a\u200bb"`, refused},
		{"a soft hyphen", `"a\u00adb"`, refused},
		{"a byte order mark", `"\ufeffa"`, refused},
		{"a tag", `"a\udb40\udc61"`, refused},
		{"a list", `[]`, refused},

		{"blanks only", `" \t\u3000"`, ""},
		{"joiners only", `"\u200d\u200c"`, ""},
		{"a variation selector alone", `"\ufe0f"`, ""},
		{"a Hangul filler", `"\u3164"`, ""},
		{"a Braille blank", `"\u2800 \u2800"`, ""},
		{"a grapheme joiner", `"\u034f"`, ""},
	} {
		got, err := roomapi.RoomName(&scf.Call{Event: scf.Event{"roomName": json.RawMessage(tt.raw)}})
		var refusal *scf.Refusal
		switch {
		case err == nil && got != tt.want:
			t.Errorf("%s: %s makes %q, want %q", tt.name, tt.raw, got, tt.want)
		case err != nil && (tt.want != refused || !errors.As(err, &refusal) || refusal.Reason != "BAD_ROOM_NAME"):
			t.Errorf("%s: %s: %v, want %q", tt.name, tt.raw, err, tt.want)
		}
	}
}
