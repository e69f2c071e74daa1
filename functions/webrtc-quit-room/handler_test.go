package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"webrtc-room/pkg/local/scftest"
	"webrtc-room/pkg/roomstore"
)

// seat puts users into a room of the cloud, the first as its creator.
func seat(t *testing.T, cloud *scftest.Cloud, room roomstore.RoomID, users ...roomstore.UserID) {
	t.Helper()
	rooms := roomstore.New(cloud.Database(t).Collection("webrtcRooms"), roomstore.Options{})
	for _, user := range users {
		entry := roomstore.Entry{Room: room, User: user, Key: func(roomstore.RoomID) (string, time.Time, error) {
			return "key of " + string(user), time.Time{}, nil
		}}
		if _, _, err := rooms.Enter(t.Context(), entry); err != nil {
			t.Fatal(err)
		}
	}
}

func TestEverybodyLeaves(t *testing.T) {
	cloud := scftest.New(t)
	quit := cloud.Function("webrtc-quit-room", open)
	seat(t, cloud, "9527", "oA", "oB", "oC")

	updated := map[string]any{"stats": map[string]any{"updated": 1.0}, "errMsg": "document.update:ok"}
	removed := map[string]any{"stats": map[string]any{"removed": 1.0}, "errMsg": "document.remove:ok"}
	for _, tt := range []struct {
		user    string
		res     map[string]any
		members []any
	}{
		{"oB", updated, []any{"oA", "oC"}},
		{"oA", updated, []any{"oC"}},
		{"oC", removed, []any{}},
	} {
		reply := quit.Reply(t, tt.user, `{"roomID":"9527"}`)
		if diff := cmp.Diff(tt.res, reply["res"]); diff != "" {
			t.Errorf("%s: %s", tt.user, diff)
		}
		info := reply["roomInfo"].(map[string]any)
		if diff := cmp.Diff(tt.members, info["members"]); diff != "" {
			t.Errorf("%s: members %s", tt.user, diff)
		}
		if key, shown := info["privateMapKey"]; shown && key == "key of oA" {
			t.Errorf("%s gets the key that is oA's", tt.user)
		}
	}
	gone := map[string]any{"code": 3.0, "msg": "请求失败，房间不存在", "reason": "ROOM_NOT_FOUND"}
	if diff := cmp.Diff(gone, quit.Reply(t, "oC", `{"roomID":"9527"}`)); diff != "" {
		t.Error(diff)
	}
	if n, err := cloud.Database(t).Collection("webrtcRooms").Count(t.Context(), nil); n != 0 || err != nil {
		t.Errorf("%d records left, %v", n, err)
	}
}

func TestWhoMayRemoveWhom(t *testing.T) {
	cloud := scftest.New(t)
	quit := cloud.Function("webrtc-quit-room", open)
	seat(t, cloud, "9527", "oCreator", "oB", "oC")

	none := map[string]any{"stats": map[string]any{"updated": 0.0}, "errMsg": "document.update:ok"}
	if diff := cmp.Diff(none, quit.Reply(t, "oStranger", `{"roomID":"9527"}`)["res"]); diff != "" {
		t.Errorf("who isn't in changes nothing: %s", diff)
	}
	if got := quit.Reply(t, "oB", `{"roomID":"9527","userID":"oC"}`)["reason"]; got != "USER_ID_MISMATCH" {
		t.Errorf("a member removes another: %v", got)
	}
	reply := quit.Reply(t, "oCreator", `{"roomID":"9527","userID":"oC"}`)
	if diff := cmp.Diff([]any{"oCreator", "oB"}, reply["roomInfo"].(map[string]any)["members"]); diff != "" {
		t.Errorf("the creator removes a member: %s", diff)
	}
	reply = quit.Reply(t, "", `{"roomID":9527,"userID":"oB"}`)
	if diff := cmp.Diff([]any{"oCreator"}, reply["roomInfo"].(map[string]any)["members"]); diff != "" {
		t.Errorf("a server speaks for a user: %s", diff)
	}
}

func TestCloseRoom(t *testing.T) {
	cloud := scftest.New(t)
	quit := cloud.Function("webrtc-quit-room", open)
	seat(t, cloud, "9527", "oA", "oB", "oC")

	reply := quit.Reply(t, "oB", `{"roomID":"9527","closeRoom":true}`)
	if reply["code"] != 4.0 || reply["reason"] != "NOT_ALLOWED" {
		t.Errorf("a member closes the room: %v", reply)
	}
	reply = quit.Reply(t, "oA", `{"roomID":"9527","closeRoom":false}`)
	if got := reply["roomInfo"].(map[string]any)["creator"]; got != "oB" {
		t.Errorf("the creator left: the room is %v's", got)
	}
	reply = quit.Reply(t, "oB", `{"roomID":"9527","closeRoom":"true"}`)
	removed := map[string]any{"stats": map[string]any{"removed": 1.0}, "errMsg": "document.remove:ok"}
	if diff := cmp.Diff(removed, reply["res"]); diff != "" {
		t.Errorf("the creator closes the room: %s", diff)
	}
}

func TestRefusals(t *testing.T) {
	quit := scftest.New(t).Function("webrtc-quit-room", open)
	for _, tt := range []struct {
		openID, event string
		code          any
	}{
		{"oA", `{}`, 2.0},
		{"oA", `{"userID":"oA"}`, 2.0},
		{"", `{"roomID":"9527"}`, 2.0},
		{"oA", `{"roomID":"9527"}`, 3.0},
		{"oA", `{"roomID":"x"}`, "12"},
		{"", `{"roomID":"9527","userID":"a b"}`, 5.0},
		{"oA", `{"roomID":"9527","closeRoom":1}`, 5.0},
	} {
		if reply := quit.Reply(t, tt.openID, tt.event); reply["code"] != tt.code {
			t.Errorf("%s as %q: %v, want code %#v", tt.event, tt.openID, reply, tt.code)
		}
	}
}

func TestRoundTrips(t *testing.T) {
	cloud := scftest.New(t)
	quit := cloud.Function("webrtc-quit-room", open)
	seat(t, cloud, "9527", "oA", "oB")
	for _, tt := range []struct {
		name, openID string
		want         int
	}{
		{"not in", "oC", 1}, {"one of two", "oB", 2}, {"the last", "oA", 2}, {"no room", "oA", 1},
	} {
		before := len(cloud.Log())
		quit.Reply(t, tt.openID, `{"roomID":"9527"}`)
		if want := fmt.Sprintf(`"databaseRequests":%d`, tt.want); !strings.Contains(cloud.Log()[before:], want) {
			t.Errorf("%s: want %s in %s", tt.name, want, cloud.Log()[before:])
		}
	}
}
