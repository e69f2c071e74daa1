package main

import (
	"testing"
	"time"

	"webrtc-room/pkg/local/scftest"
	"webrtc-room/pkg/roomstore"
)

func TestSign(t *testing.T) {
	cloud := scftest.New(t)
	sign := cloud.Function("webrtc-sig-api", open)

	before := time.Now().Unix()
	reply := sign.Reply(t, "oA", `{}`)
	if reply["userID"] != "oA" || reply["sdkAppID"] != 1400000001.0 || reply["accountType"] != "0" || reply["expire"] != 7200.0 {
		t.Errorf("got %v", reply)
	}
	if at, _ := reply["expireAt"].(float64); at < float64(before+7200) || at > float64(time.Now().Unix()+7200) {
		t.Errorf("expireAt = %v", reply["expireAt"])
	}
	for _, absent := range []string{"roomID", "privateMapKey", "code"} {
		if _, ok := reply[absent]; ok {
			t.Errorf("without a room there is %s in %v", absent, reply)
		}
	}
	if sig, _ := reply["userSig"].(string); sig == "" {
		t.Errorf("no userSig in %v", reply)
	}
}

func TestRoomKeyIsForMembers(t *testing.T) {
	cloud := scftest.New(t)
	sign := cloud.Function("webrtc-sig-api", open)
	rooms := roomstore.New(cloud.Database(t).Collection("webrtcRooms"), roomstore.Options{})
	if _, err := rooms.Create(t.Context(), roomstore.Entry{Room: "9527", User: "oA"}); err != nil {
		t.Fatal(err)
	}
	private, err := rooms.Create(t.Context(), roomstore.Entry{Room: "9529", User: "oA", Private: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, openID, event string
		key                 bool
	}{
		{"a member", "oA", `{"roomID":"9527"}`, true},
		{"not a member", "oB", `{"roomID":9527}`, false},
		{"a room that isn't kept here", "oB", `{"roomID":"9528"}`, false},
		{"a private room, as a member", "oA", `{"roomID":"9529"}`, true},
		{"a private room", "oB", `{"roomID":"9529"}`, false},
		{"a private room, invited", "oB", `{"roomID":"9529","invitation":"` + private.Invitation + `"}`, false},
	} {
		reply := sign.Reply(t, tt.openID, tt.event)
		key, _ := reply["privateMapKey"].(string)
		if (key != "") != tt.key {
			t.Errorf("%s: %v", tt.name, reply)
		}
		if !tt.key && (reply["code"] != 4.0 || reply["reason"] != "NOT_A_MEMBER" || reply["userSig"] != nil) {
			t.Errorf("%s: %v, want NOT_A_MEMBER", tt.name, reply)
		}
	}
}

// An app that keeps no rooms here gets keys all the same, if it says so; for a room
// that is kept, one still has to be in it.
func TestUnkeptRooms(t *testing.T) {
	cloud := scftest.New(t)
	cloud.Settings["ALLOW_UNKEPT_ROOMS"] = "true"
	sign := cloud.Function("webrtc-sig-api", open)
	rooms := roomstore.New(cloud.Database(t).Collection("webrtcRooms"), roomstore.Options{})
	for room, private := range map[roomstore.RoomID]bool{"9527": false, "9529": true} {
		if _, err := rooms.Create(t.Context(), roomstore.Entry{Room: room, User: "oA", Private: private}); err != nil {
			t.Fatal(err)
		}
	}
	for event, want := range map[string]any{`{"roomID":"9528"}`: nil, `{"roomID":"9527"}`: "NOT_A_MEMBER", `{"roomID":"9529"}`: "NOT_A_MEMBER"} {
		reply := sign.Reply(t, "oB", event)
		if _, key := reply["privateMapKey"]; reply["reason"] != want || key != (want == nil) {
			t.Errorf("%s: %v, want %v", event, reply, want)
		}
	}
}

func TestRefusals(t *testing.T) {
	sign := scftest.New(t).Function("webrtc-sig-api", open)
	for _, tt := range []struct {
		openID, event string
		code          any
	}{
		{"", `{}`, 2.0},
		{"oA", `{"userID":"oB"}`, 4.0},
		{"oA", `{"sdkAppID":1400000002}`, 4.0},
		{"oA", `{"sdkAppID":"1400000002"}`, 4.0},
		{"oA", `{"accountType":36862}`, 4.0},
		{"oA", `{"sdkAppID":{}}`, 5.0},
		{"oA", `{"roomID":"x"}`, "12"},
		{"oA", `{"roomId":"9527"}`, 5.0},
	} {
		if reply := sign.Reply(t, tt.openID, tt.event); reply["code"] != tt.code {
			t.Errorf("%s as %q: %v, want code %#v", tt.event, tt.openID, reply, tt.code)
		}
	}
	for _, event := range []string{`{"sdkAppID":1400000001}`, `{"sdkAppID":"1400000001","accountType":"0"}`, `{"foo":1,"userInfo":{}}`} {
		if reply := sign.Reply(t, "oA", event); reply["code"] != nil {
			t.Errorf("%s: %v", event, reply)
		}
	}
}
