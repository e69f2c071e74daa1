package roomstore_test

import (
	"strings"
	"testing"

	"webrtc-room/pkg/roomstore"
)

func TestParseRoomID(t *testing.T) {
	for text, want := range map[string]roomstore.RoomID{
		"1": "1", "9527": "9527", "00009527": "9527", "4294967294": "4294967294",
		strings.Repeat("0", 100) + "7": "7",
	} {
		if got, err := roomstore.ParseRoomID(text); got != want || err != nil {
			t.Errorf("%q: %q, %v; want %q", text, got, err, want)
		}
	}
	for _, text := range []string{
		"", "0", "000", "4294967295", "4303294854", "99999999999", "-1", "+1", "1.0", "1e3", "0x10",
		" 1", "1 ", "１２", "abc", "1_000", `{"$gt":""}`, "1\x00",
	} {
		if got, err := roomstore.ParseRoomID(text); err != roomstore.ErrBadRoomID {
			t.Errorf("%q: %q, %v; want ErrBadRoomID", text, got, err)
		}
	}
	if n := roomstore.RoomID("4294967294").Number(); n != 4294967294 {
		t.Errorf("Number = %d", n)
	}
}

func FuzzParseRoomID(f *testing.F) {
	for _, text := range []string{"9527", "0009527", "4294967294", "4294967295", "-1", ""} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		id, err := roomstore.ParseRoomID(text)
		if err != nil {
			return
		}
		if id != roomstore.RoomID(strings.TrimLeft(text, "0")) || id.Number() == 0 {
			t.Errorf("%q became %q, number %d", text, id, id.Number())
		}
		if again, err := roomstore.ParseRoomID(string(id)); again != id || err != nil {
			t.Errorf("%q isn't canonical: %q, %v", id, again, err)
		}
	})
}

func TestParseUserID(t *testing.T) {
	for _, text := range []string{"a", "oABCD5_wxyz-0123456789abcdEF", "!~", strings.Repeat("u", 32), "$gt", "a.b"} {
		if got, err := roomstore.ParseUserID(text); string(got) != text || err != nil {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
	for _, text := range []string{"", " ", "a b", "a\n", "张三", strings.Repeat("u", 33), "a\x7f", "a\x00"} {
		if got, err := roomstore.ParseUserID(text); err != roomstore.ErrBadUserID {
			t.Errorf("%q: %q, %v; want ErrBadUserID", text, got, err)
		}
	}
}
