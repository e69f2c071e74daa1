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
		"members": []any{"oA"}, "memberCount": 1.0, "createTime": room["createTime"],
	}
	if diff := cmp.Diff(map[string]any{"data": []any{want}, "roomInfo": want, "errMsg": "collection.get:ok"}, reply); diff != "" {
		t.Errorf("as somebody: %s", diff)
	}
	want["privateMapKey"] = "key-of-oA"
	if diff := cmp.Diff(want, info.Reply(t, "oA", `{"roomID":9527}`)["roomInfo"]); diff != "" {
		t.Errorf("as the creator: %s", diff)
	}
	if reply := info.Reply(t, "oB", `{"roomID":9527,"userID":"oA"}`); reply["roomInfo"].(map[string]any)["privateMapKey"] != nil {
		t.Errorf("the key goes to whoever says to be the creator: %v", reply)
	}
}

func TestKeyThatHasEnded(t *testing.T) {
	cloud := scftest.New(t)
	info := cloud.Function("webrtc-get-room-info", open)
	rooms := roomstore.New(cloud.Database(t).Collection("webrtcRooms"), roomstore.Options{})
	key := func(roomstore.RoomID) (string, time.Time, error) {
		return "key-of-oA", time.Now().Add(-time.Second), nil
	}
	if _, err := rooms.Create(t.Context(), roomstore.Entry{Room: "9527", User: "oA", Key: key}); err != nil {
		t.Fatal(err)
	}
	if key, shown := info.Reply(t, "oA", `{"roomID":9527}`)["roomInfo"].(map[string]any)["privateMapKey"]; shown {
		t.Errorf("its creator sees %q", key)
	}
}

func TestPrivateRoom(t *testing.T) {
	cloud := scftest.New(t)
	info := cloud.Function("webrtc-get-room-info", open)
	rooms := roomstore.New(cloud.Database(t).Collection("webrtcRooms"), roomstore.Options{})
	room, err := rooms.Create(t.Context(), roomstore.Entry{Room: "9527", User: "oA", Private: true})
	if err != nil {
		t.Fatal(err)
	}
	none := info.Reply(t, "oB", `{"roomID":"9528"}`)
	for _, event := range []string{`{"roomID":"9527"}`, `{"roomID":"9527","invitation":"x"}`, `{"roomID":"9527","userID":"oA"}`} {
		if diff := cmp.Diff(none, info.Reply(t, "oB", event)); diff != "" {
			t.Errorf("a stranger with %s: %s", event, diff)
		}
	}
	for _, tt := range []struct {
		user, event string
		invitation  any
	}{
		{"oA", `{"roomID":"9527"}`, room.Invitation},
		{"oB", `{"roomID":"9527","invitation":"` + room.Invitation + `"}`, nil},
		{"", `{"roomID":"9527","userID":"oA"}`, room.Invitation},
	} {
		shown, _ := info.Reply(t, tt.user, tt.event)["roomInfo"].(map[string]any)
		if shown["private"] != true || shown["invitation"] != tt.invitation {
			t.Errorf("%q with %s: %v", tt.user, tt.event, shown)
		}
	}
}

func TestHiddenMembers(t *testing.T) {
	cloud := scftest.New(t)
	cloud.Settings["HIDE_MEMBERS"] = "true"
	info := cloud.Function("webrtc-get-room-info", open)
	rooms := roomstore.New(cloud.Database(t).Collection("webrtcRooms"), roomstore.Options{})
	for _, user := range []roomstore.UserID{"oA", "oB"} {
		if _, _, err := rooms.Enter(t.Context(), roomstore.Entry{Room: "9527", User: user}); err != nil {
			t.Fatal(err)
		}
	}
	for user, want := range map[string]map[string]any{
		"oB": {"creator": "oA", "members": []any{"oA", "oB"}, "memberCount": 2.0},
		"oC": {"creator": "", "members": []any{}, "memberCount": 2.0},
	} {
		room := info.Reply(t, user, `{"roomID":"9527"}`)["roomInfo"].(map[string]any)
		for field, want := range want {
			if diff := cmp.Diff(want, room[field]); diff != "" {
				t.Errorf("%s sees %s: %s", user, field, diff)
			}
		}
	}
}

// A client whose login didn't arrive is told nothing, whatever it says.
func TestNobody(t *testing.T) {
	cloud := scftest.New(t)
	cloud.Settings["TCB_SOURCE"] = "wx_client"
	info := cloud.Function("webrtc-get-room-info", open)
	for _, event := range []string{`{"roomID":"9527"}`, `{"roomID":"9527","userID":"oA"}`} {
		if reply := info.Reply(t, "", event); reply["reason"] != "NO_IDENTITY" {
			t.Errorf("%s: %v", event, reply)
		}
	}
}

func TestRefusals(t *testing.T) {
	info := scftest.New(t).Function("webrtc-get-room-info", open)
	for event, code := range map[string]any{`{}`: 2.0, `{"roomId":"9527"}`: 5.0, `{"roomID":"9527","invitation":[]}`: 5.0, `{"roomID":null}`: 2.0, `{"roomID":"x"}`: "12", `{"roomID":[]}`: "12"} {
		if reply := info.Reply(t, "oA", event); reply["code"] != code {
			t.Errorf("%s: %v, want code %#v", event, reply, code)
		}
	}
}
