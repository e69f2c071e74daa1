package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"webrtc-room/pkg/local/scftest"
)

// A web page enters the room that a mini program's user has made.
func TestWebNextToMiniProgram(t *testing.T) {
	enter := scftest.New(t).Function("webrtc-enter-room", open)
	enter.Reply(t, "oAlice", `{"roomID":"9527"}`)

	status, reply := enter.Post(t, scftest.Token(t, "web-bob"), `{"roomID":9527}`)
	if status != 200 || reply["msg"] != "enter" {
		t.Fatalf("got %d %v", status, reply)
	}
	for path, want := range map[string]any{
		"roomInfo.members":       []any{"oAlice", "web-bob"},
		"roomInfo.creator":       "oAlice",
		"signInfo.userID":        "web-bob",
		"signInfo.roomID":        "9527",
		"signInfo.sdkAppID":      1400000001.0,
		"roomInfo.privateMapKey": nil, // the creator's
	} {
		if diff := cmp.Diff(want, field(reply, path)); diff != "" {
			t.Errorf("%s: %s", path, diff)
		}
	}
	for _, path := range []string{"signInfo.userSig", "signInfo.privateMapKey"} {
		if field(reply, path) == nil {
			t.Errorf("there is no %s", path)
		}
	}

	status, reply = enter.Post(t, scftest.Token(t, "web-bob"), `{"userID":"oAlice","roomID":9527}`)
	if status != 200 || reply["reason"] != "USER_ID_MISMATCH" {
		t.Errorf("as somebody else: %d %v", status, reply)
	}
	status, reply = enter.Post(t, "no.token.atall", `{"userID":"web-carol","roomID":9527}`)
	if status != 401 || reply["reason"] != "BAD_TOKEN" {
		t.Errorf("without a token: %d %v", status, reply)
	}
	members := field(enter.Reply(t, "oAlice", `{"roomID":"9527"}`), "roomInfo.members")
	if diff := cmp.Diff([]any{"oAlice", "web-bob"}, members); diff != "" {
		t.Errorf("after what was refused: %s", diff)
	}
}
