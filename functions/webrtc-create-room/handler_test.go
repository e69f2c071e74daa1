package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"webrtc-room/pkg/local/scftest"
)

func TestCreate(t *testing.T) {
	cloud := scftest.New(t)
	create := cloud.Function("webrtc-create-room", open)

	reply := create.Reply(t, "oA", `{"roomID":"777","roomName":"hi"}`)
	key, _ := reply["privateMapKey"].(string)
	if key == "" {
		t.Errorf("no privateMapKey in %v", reply)
	}
	want := map[string]any{
		"creator": "oA", "roomID": "777", "roomName": "hi", "members": []any{"oA"}, "memberCount": 1.0,
		"createTime": reply["createTime"], "privateMapKey": key,
	}
	if diff := cmp.Diff(want, reply); diff != "" {
		t.Error(diff)
	}

	taken := create.Reply(t, "oZ", `{"roomID":"777"}`)
	if id, _ := taken["roomID"].(string); len(id) != 8 || taken["creator"] != "oZ" {
		t.Errorf("a taken id: %v", taken)
	}
	if fresh, _ := create.Reply(t, "oZ", `{}`)["roomID"].(string); len(fresh) != 8 {
		t.Errorf("no id: %q", fresh)
	}
}

func TestPrivate(t *testing.T) {
	create := scftest.New(t).Function("webrtc-create-room", open)
	for _, private := range []string{`true`, `"true"`} {
		reply := create.Reply(t, "oA", `{"private":`+private+`}`)
		if invitation, _ := reply["invitation"].(string); len(invitation) != 22 || reply["private"] != true {
			t.Errorf("private %s: %v", private, reply)
		}
	}
	for _, event := range []string{`{}`, `{"private":false}`, `{"private":null}`} {
		reply := create.Reply(t, "oA", event)
		_, private := reply["private"]
		if _, invitation := reply["invitation"]; private || invitation {
			t.Errorf("%s: %v", event, reply)
		}
	}
}

func TestTooManyRooms(t *testing.T) {
	cloud := scftest.New(t)
	cloud.Settings["MAX_ROOMS_PER_USER"] = "2"
	create := cloud.Function("webrtc-create-room", open)
	create.Reply(t, "oA", `{"roomID":"1"}`)
	create.Reply(t, "oA", `{"roomID":"2"}`)
	reply := create.Reply(t, "oA", `{"roomID":"3"}`)
	msg, _ := reply["msg"].(string)
	rooms, _ := reply["rooms"].([]any)
	if reply["code"] != 6.0 || reply["reason"] != "TOO_MANY_ROOMS" || len(rooms) != 2 || !strings.Contains(msg, "2 个房间") {
		t.Errorf("the third room: %v", reply)
	}
	for _, room := range rooms {
		if !strings.Contains(msg, room.(string)) {
			t.Errorf("%q doesn't name %v", msg, room)
		}
	}
	if reply := create.Reply(t, "oB", `{"roomID":"3"}`); reply["roomID"] != "3" {
		t.Errorf("somebody else: %v", reply)
	}
}

func TestWithoutSigningKey(t *testing.T) {
	cloud := scftest.New(t)
	delete(cloud.Settings, "TRTC_SECRET_KEY")
	reply := cloud.Function("webrtc-create-room", open).Reply(t, "oA", `{}`)
	if key, ok := reply["privateMapKey"]; key != "" || !ok || reply["code"] != nil {
		t.Errorf("got %v, want a room with an empty privateMapKey", reply)
	}
}

func TestRefusals(t *testing.T) {
	create := scftest.New(t).Function("webrtc-create-room", open)
	for _, tt := range []struct {
		openID, event string
		code          any
	}{
		{"", `{}`, 2.0},
		{"oA", `{"userID":"oB"}`, 4.0},
		{"oA", `{"roomID":"0"}`, "12"},
		{"oA", `{"roomName":[]}`, 5.0},
		{"oA", `{"roomName":"a\u202eb"}`, 5.0},
		{"oA", `{"private":1}`, 5.0},
		{"oA", `{"Private":true}`, 5.0},
		{"oA", `{"roomId":"777"}`, 5.0},
		{"oA", `[]`, 5.0},
	} {
		if reply := create.Reply(t, tt.openID, tt.event); reply["code"] != tt.code {
			t.Errorf("%s as %q: %v, want code %#v", tt.event, tt.openID, reply, tt.code)
		}
	}
}
