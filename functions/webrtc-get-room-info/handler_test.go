package main

import (
	"regexp"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"webrtc-room/pkg/local/scftest"
	"webrtc-room/pkg/roomstore"
)

var javaScriptDate = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$`)

func TestInfo(t *testing.T) {
	cloud := scftest.New(t)
	info := cloud.Function("webrtc-get-room-info", open)

	none := map[string]any{"data": []any{}, "errMsg": "collection.get:ok"}
	if diff := cmp.Diff(none, info.Reply(t, "oA", `{"roomID":"9527"}`)); diff != "" {
		t.Errorf("before the collection is there: %s", diff)
	}

	rooms := roomstore.New(cloud.Database(t).Collection("webrtcRooms"), roomstore.Options{})
	_, err := rooms.Create(t.Context(), roomstore.Entry{
		Room: "9527", User: "oA", Name: "<b>&",
		Key: func(roomstore.RoomID) (string, time.Time, error) { return "key-of-oA", time.Time{}, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(none, info.Reply(t, "oA", `{"roomID":"9528"}`)); diff != "" {
		t.Errorf("another room: %s", diff)
	}

	reply := info.Reply(t, "oB", `{"roomID":9527}`)
	room := reply["roomInfo"].(map[string]any)
	if date, _ := room["createTime"].(string); !javaScriptDate.MatchString(date) {
		t.Errorf("createTime is %v", room["createTime"])
	}
	want := map[string]any{
		"_id": "9527", "creator": "oA", "roomID": "9527", "roomName": "<b>&",
		"members": []any{"oA"}, "createTime": room["createTime"],
	}
	if diff := cmp.Diff(map[string]any{"data": []any{want}, "roomInfo": want, "errMsg": "collection.get:ok"}, reply); diff != "" {
		t.Errorf("as somebody: %s", diff)
	}
	want["privateMapKey"] = "key-of-oA"
	if diff := cmp.Diff(want, info.Reply(t, "oA", `{"roomID":9527}`)["roomInfo"]); diff != "" {
		t.Errorf("as the creator: %s", diff)
	}
	if reply := info.Reply(t, "", `{"roomID":9527,"userID":"oA"}`); reply["roomInfo"].(map[string]any)["privateMapKey"] != nil {
		t.Errorf("the key goes to whoever says to be the creator: %v", reply)
	}
}

func TestRefusals(t *testing.T) {
	info := scftest.New(t).Function("webrtc-get-room-info", open)
	for event, code := range map[string]any{`{}`: 2.0, `{"roomID":null}`: 2.0, `{"roomID":"x"}`: "12", `{"roomID":[]}`: "12"} {
		if reply := info.Reply(t, "oA", event); reply["code"] != code {
			t.Errorf("%s: %v, want code %#v", event, reply, code)
		}
	}
}
