package main

import (
	"errors"
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

// What the creator does to others, and who else may not.
func TestBan(t *testing.T) {
	cloud := scftest.New(t)
	quit := cloud.Function("webrtc-quit-room", open)
	seat(t, cloud, "9527", "oA", "oB", "oC")
	rooms := roomstore.New(cloud.Database(t).Collection("webrtcRooms"), roomstore.Options{})

	for _, tt := range []struct {
		name, user, event string
		updated           float64
		banned            bool // oB, afterwards
	}{
		{"a member", "oA", `{"roomID":"9527","userID":"oB","banSeconds":60}`, 1, true},
		{"who is out already, for longer", "oA", `{"roomID":"9527","userID":"oB","banSeconds":"604800"}`, 1, true},
		{"lifted", "oA", `{"roomID":"9527","userID":"oB","banSeconds":0}`, 1, false},
		{"a member, as without banSeconds", "oA", `{"roomID":"9527","userID":"oB","banSeconds":0}`, 1, false},
	} {
		reply := quit.Reply(t, tt.user, tt.event)
		want := map[string]any{"stats": map[string]any{"updated": tt.updated}, "errMsg": "document.update:ok"}
		if diff := cmp.Diff(want, reply["res"]); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
		if _, told := reply["mediaRemoved"]; told {
			t.Errorf("%s: the call is none of its business: %v", tt.name, reply)
		}
		_, _, err := rooms.Enter(t.Context(), roomstore.Entry{Room: "9527", User: "oB"})
		var banned *roomstore.BannedError
		if errors.As(err, &banned) != tt.banned {
			t.Errorf("%s: entering: %v", tt.name, err)
		}
	}
	for _, tt := range []struct {
		user, event, reason string
	}{
		{"oC", `{"roomID":"9527","userID":"oB","banSeconds":60}`, "USER_ID_MISMATCH"},
		{"oA", `{"roomID":"9527","userID":"oB","banSeconds":-1}`, "BAD_PARAM"},
		{"oA", `{"roomID":"9527","userID":"oB","banSeconds":604801}`, "BAD_PARAM"},
		{"oA", `{"roomID":"9527","userID":"oB","banSeconds":1.5}`, "BAD_PARAM"},
		{"oA", `{"roomID":"9527","userID":"oB","banSeconds":"soon"}`, "BAD_PARAM"},
		{"oA", `{"roomID":"9527","userID":"oB","bansecONDS":60}`, "BAD_PARAM"},
		{"oA", `{"roomID":"9527","userID":"oA","banSeconds":60}`, "BAD_PARAM"},
		{"oA", `{"roomID":"9527","banSeconds":60}`, "BAD_PARAM"},
		{"oA", `{"roomID":"9527","userID":"oB","closeRoom":true,"banSeconds":60}`, "BAD_PARAM"},
		{"oA", `{"roomID":"9527","userId":"oB"}`, "BAD_PARAM"},
	} {
		if reply := quit.Reply(t, tt.user, tt.event); reply["reason"] != tt.reason {
			t.Errorf("%s as %s: %v, want %s", tt.event, tt.user, reply, tt.reason)
		}
	}
	if room, err := rooms.Get(t.Context(), "9527", "", ""); err != nil || !room.Has("oB") || !room.Has("oA") {
		t.Errorf("what was refused took somebody out: %v, %v", room.Members, err)
	}
}

func TestPrivateRoom(t *testing.T) {
	cloud := scftest.New(t)
	quit := cloud.Function("webrtc-quit-room", open)
	rooms := roomstore.New(cloud.Database(t).Collection("webrtcRooms"), roomstore.Options{})
	room, err := rooms.Create(t.Context(), roomstore.Entry{Room: "9527", User: "oA", Private: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := rooms.Enter(t.Context(), roomstore.Entry{Room: "9527", User: "oB", Invitation: room.Invitation}); err != nil {
		t.Fatal(err)
	}
	if reply := quit.Reply(t, "oStranger", `{"roomID":"9527"}`); reply["code"] != 3.0 {
		t.Errorf("a stranger learns %v", reply)
	}
	info := quit.Reply(t, "oB", `{"roomID":"9527"}`)["roomInfo"].(map[string]any)
	if _, shown := info["invitation"]; shown || info["private"] != true {
		t.Errorf("who has left sees %v", info)
	}
	if reply := quit.Reply(t, "oB", `{"roomID":"9527"}`); reply["code"] != 3.0 {
		t.Errorf("who left before learns %v", reply)
	}
}

func TestHiddenMembers(t *testing.T) {
	cloud := scftest.New(t)
	cloud.Settings["HIDE_MEMBERS"] = "true"
	quit := cloud.Function("webrtc-quit-room", open)
	seat(t, cloud, "9527", "oA", "oB")
	info := quit.Reply(t, "oStranger", `{"roomID":"9527"}`)["roomInfo"].(map[string]any)
	if members := info["members"].([]any); len(members) != 0 || info["creator"] != "" || info["memberCount"] != 2.0 {
		t.Errorf("a stranger sees %v", info)
	}
}

// Those who have to leave the room are out of the call, too.
func TestOutOfTheCall(t *testing.T) {
	cloud := scftest.New(t)
	media := cloud.Media(t)
	quit := cloud.Function("webrtc-quit-room", open)
	seat(t, cloud, "9527", "oA", "oB", "oC", "oD")

	const removed = `RemoveUser {"RoomId":9527,"SdkAppId":1400000001,"UserIds":["%s"]}`
	for _, tt := range []struct {
		name, user, event string
		call              string // "" for none
	}{
		{"one leaves", "oD", `{"roomID":"9527"}`, ""},
		{"a stranger leaves", "oX", `{"roomID":"9527"}`, ""},
		{"a member removes another", "oC", `{"roomID":"9527","userID":"oB"}`, ""},
		{"the creator removes a member", "oA", `{"roomID":"9527","userID":"oB"}`, fmt.Sprintf(removed, "oB")},
		{"once more", "oA", `{"roomID":"9527","userID":"oB"}`, fmt.Sprintf(removed, "oB")},
		{"the creator bans a member", "oA", `{"roomID":"9527","userID":"oC","banSeconds":60}`, fmt.Sprintf(removed, "oC")},
		{"the creator bans a stranger", "oA", `{"roomID":"9527","userID":"oX","banSeconds":60}`, fmt.Sprintf(removed, "oX")},
		{"a stranger closes the room", "oX", `{"roomID":"9527","closeRoom":true}`, ""},
		{"the creator closes the room", "oA", `{"roomID":"9527","closeRoom":true}`, `DismissRoom {"RoomId":9527,"SdkAppId":1400000001}`},
		{"a room that is gone", "oA", `{"roomID":"9527","userID":"oB"}`, ""},
	} {
		reply := quit.Reply(t, tt.user, tt.event)
		var want []string
		if tt.call != "" {
			want = []string{tt.call}
		}
		if diff := cmp.Diff(want, media.Calls()); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
		if told, isTold := reply["mediaRemoved"]; isTold != (tt.call != "") || isTold && told != true || reply["mediaError"] != nil {
			t.Errorf("%s: %v", tt.name, reply)
		}
	}
}

// The record says who is in the room, whatever TRTC says, and the reply hides nothing.
func TestStillInTheCall(t *testing.T) {
	cloud := scftest.New(t)
	cloud.Media(t).Fail("UnauthorizedOperation")
	quit := cloud.Function("webrtc-quit-room", open)
	seat(t, cloud, "9527", "oA", "oB")

	reply := quit.Reply(t, "oA", `{"roomID":"9527","userID":"oB"}`)
	problem, _ := reply["mediaError"].(string)
	if reply["mediaRemoved"] != false || !strings.Contains(problem, "QcloudTRTCFullAccess") {
		t.Errorf("got %v", reply)
	}
	if diff := cmp.Diff([]any{"oA"}, reply["roomInfo"].(map[string]any)["members"]); diff != "" {
		t.Error(diff)
	}
	if log := cloud.Log(); !strings.Contains(log, `"level":"WARN"`) || !strings.Contains(log, `"warning":"没能在 TRTC 一侧移出（RemoveUser: UnauthorizedOperation`) || strings.Contains(log, "oB") {
		t.Errorf("logged %s", log)
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
