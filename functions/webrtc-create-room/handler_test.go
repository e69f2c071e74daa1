package main

import (
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
		"creator": "oA", "roomID": "777", "roomName": "hi", "members": []any{"oA"},
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
		{"oA", `[]`, 5.0},
	} {
		if reply := create.Reply(t, tt.openID, tt.event); reply["code"] != tt.code {
			t.Errorf("%s as %q: %v, want code %#v", tt.event, tt.openID, reply, tt.code)
		}
	}
}
