package main

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"webrtc-room/pkg/local/scftest"
	"webrtc-room/pkg/roomstore"
)

// field returns reply.path, with objects taken apart at dots.
func field(reply map[string]any, path string) any {
	var v any = reply
	for name := range strings.SplitSeq(path, ".") {
		v = v.(map[string]any)[name]
	}
	return v
}

func TestFillARoom(t *testing.T) {
	enter := scftest.New(t).Function("webrtc-enter-room", open)
	for i, user := range []string{"oA", "oB", "oC", "oD"} {
		reply := enter.Reply(t, user, `{"roomID":"9527","roomName":4711}`)
		if want := []string{"create", "enter", "enter", "enter"}[i]; reply["msg"] != want {
			t.Errorf("%s: msg = %v, want %s", user, reply["msg"], want)
		}
		if got := field(reply, "signInfo.userID"); got != user {
			t.Errorf("%s: signed in as %v", user, got)
		}
	}
	full := map[string]any{"code": "5001", "msg": "超出房间人数上限", "reason": "ROOM_FULL"}
	if diff := cmp.Diff(full, enter.Reply(t, "oE", `{"roomID":"9527"}`)); diff != "" {
		t.Error(diff)
	}
	again := enter.Reply(t, "oB", `{"roomID":"9527"}`)
	if diff := cmp.Diff([]any{"oA", "oB", "oC", "oD"}, field(again, "roomInfo.members")); diff != "" || again["msg"] != "enter" {
		t.Errorf("entering again: %v", again)
	}
}

// TestReplyShapes holds the replies against what the JavaScript demo answered,
// field by field.
func TestReplyShapes(t *testing.T) {
	cloud := scftest.New(t)
	cloud.Settings["TRTC_ACCOUNT_TYPE"] = "36862"
	enter := cloud.Function("webrtc-enter-room", open)

	shape := func(m any) map[string]string {
		types := map[string]string{}
		for name, value := range m.(map[string]any) {
			types[name] = fmt.Sprintf("%T", value)
		}
		return types
	}
	signInfo := map[string]string{
		"userID": "string", "roomID": "string", "sdkAppID": "float64", "accountType": "string",
		"privateMapKey": "string", "userSig": "string", "expire": "float64", "expireAt": "float64",
	}
	room := map[string]string{
		"creator": "string", "roomID": "string", "roomName": "string", "members": "[]interface {}",
		"memberCount": "float64", "createTime": "string", "privateMapKey": "string",
	}

	created := enter.Reply(t, "oA", `{"userID":"","roomID":"9527","roomName":4711}`)
	if diff := cmp.Diff(room, shape(created["roomInfo"])); diff != "" {
		t.Errorf("room made: %s", diff)
	}
	if diff := cmp.Diff(signInfo, shape(created["signInfo"])); diff != "" {
		t.Errorf("signInfo: %s", diff)
	}
	if got := field(created, "roomInfo.roomName"); got != "4711" {
		t.Errorf("roomName = %v, want the number as a string", got)
	}

	room["_id"] = "string"
	if diff := cmp.Diff(room, shape(enter.Reply(t, "oA", `{"roomID":"9527"}`)["roomInfo"])); diff != "" {
		t.Errorf("room found, by its creator: %s", diff)
	}
	delete(room, "privateMapKey")
	if diff := cmp.Diff(room, shape(enter.Reply(t, "oB", `{"roomID":9527}`)["roomInfo"])); diff != "" {
		t.Errorf("room found, by another: %s", diff)
	}
}

func TestOneRoomPerNumber(t *testing.T) {
	enter := scftest.New(t).Function("webrtc-enter-room", open)
	for i, id := range []string{`"9527"`, `9527`, `"00009527"`, `9527.0`} {
		reply := enter.Reply(t, fmt.Sprintf("oUser%d", i), `{"roomID":`+id+`}`)
		if got := field(reply, "roomInfo.roomID"); got != "9527" {
			t.Errorf("%s: entered room %v", id, got)
		}
		if n := len(field(reply, "roomInfo.members").([]any)); n != i+1 {
			t.Errorf("%s: %d members, want %d", id, n, i+1)
		}
	}
}

func TestGeneratedRoom(t *testing.T) {
	enter := scftest.New(t).Function("webrtc-enter-room", open)
	for _, event := range []string{`{}`, `{"roomID":""}`, `{"roomID":null,"roomName":"by name"}`} {
		reply := enter.Reply(t, "oA", event)
		id, _ := field(reply, "roomInfo.roomID").(string)
		if len(id) != 8 || id[0] == '0' || reply["msg"] != "create" || field(reply, "signInfo.roomID") != id {
			t.Errorf("%s: %v", event, reply)
		}
	}
}

func TestRefusals(t *testing.T) {
	cloud := scftest.New(t)
	enter := cloud.Function("webrtc-enter-room", open)
	tests := []struct {
		name, openID, event string
		code                any
		reason              string
	}{
		{"room 0", "oA", `{"roomID":"0"}`, "12", "BAD_ROOM_ID"},
		{"room 0 as a number", "oA", `{"roomID":0}`, "12", "BAD_ROOM_ID"},
		{"letters", "oA", `{"roomID":"abc"}`, "12", "BAD_ROOM_ID"},
		{"beyond uint32", "oA", `{"roomID":"4303294854"}`, "12", "BAD_ROOM_ID"},
		{"the last uint32", "oA", `{"roomID":4294967295}`, "12", "BAD_ROOM_ID"},
		{"a sign", "oA", `{"roomID":"+12"}`, "12", "BAD_ROOM_ID"},
		{"a space", "oA", `{"roomID":" 12"}`, "12", "BAD_ROOM_ID"},
		{"a fraction", "oA", `{"roomID":1.5}`, "12", "BAD_ROOM_ID"},
		{"an operator", "oA", `{"roomID":{"$gt":""}}`, "12", "BAD_ROOM_ID"},
		{"a list", "oA", `{"roomID":["9527"]}`, "12", "BAD_ROOM_ID"},
		{"a long name", "oA", `{"roomName":"` + strings.Repeat("房", 65) + `"}`, 5.0, "BAD_ROOM_NAME"},
		{"a name that is an object", "oA", `{"roomName":{}}`, 5.0, "BAD_ROOM_NAME"},
		{"somebody else", "oA", `{"userID":"oB","roomID":"9527"}`, 4.0, "USER_ID_MISMATCH"},
		{"nobody", "", `{"roomID":"9527"}`, 2.0, "MISSING_PARAM"},
		{"a misspelt room", "oA", `{"roomId":"9527"}`, 5.0, "BAD_PARAM"},
		{"a misspelt user", "", `{"userId":"oA","roomID":"9527"}`, 5.0, "BAD_PARAM"},
		{"a misspelt wish", "oA", `{"roomID":"9527","Private":true}`, 5.0, "BAD_PARAM"},
		{"a name of several lines", "oA", `{"roomName":"a\nb"}`, 5.0, "BAD_ROOM_NAME"},
		{"private in other words", "oA", `{"private":"yes"}`, 5.0, "BAD_PARAM"},
		{"an invitation that is an object", "oA", `{"roomID":"9527","invitation":{"$ne":""}}`, 5.0, "BAD_PARAM"},
		{"an invitation to a room that is gone", "oA", `{"roomID":"9527","invitation":"x"}`, 4.0, "NOT_INVITED"},
		{"a user id with a space", "", `{"userID":"a b"}`, 5.0, "BAD_USER_ID"},
		{"a user id beyond ASCII", "", `{"userID":"张三"}`, 5.0, "BAD_USER_ID"},
		{"a long user id", "", `{"userID":"` + strings.Repeat("u", 33) + `"}`, 5.0, "BAD_USER_ID"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			reply := enter.Reply(t, tt.openID, tt.event)
			if reply["code"] != tt.code || reply["reason"] != tt.reason || reply["msg"] == "" {
				t.Errorf("got %v, want code %#v and reason %s", reply, tt.code, tt.reason)
			}
		})
	}
	enter.Reply(t, "oA", `{"roomName":"`+strings.Repeat("房", 64)+`"}`)
	if n, err := cloud.Database(t).Collection("webrtcRooms").Count(t.Context(), nil); n != 1 || err != nil {
		t.Errorf("%d rooms (%v), want only the one with a name of 64 characters", n, err)
	}
}

func TestPrivateRoom(t *testing.T) {
	enter := scftest.New(t).Function("webrtc-enter-room", open)
	made := enter.Reply(t, "oA", `{"roomID":"9527","private":true}`)
	invitation, _ := field(made, "roomInfo.invitation").(string)
	if len(invitation) != 22 || field(made, "roomInfo.private") != true {
		t.Fatalf("made %v", made)
	}
	for _, event := range []string{`{"roomID":"9527"}`, `{"roomID":"9527","invitation":""}`, `{"roomID":"9527","invitation":"` + invitation[1:] + `"}`, `{"roomID":"9527","private":true}`} {
		reply := enter.Reply(t, "oB", event)
		if reply["code"] != 4.0 || reply["reason"] != "NOT_INVITED" || !strings.Contains(fmt.Sprint(reply["msg"]), "invitation") || len(reply) != 3 {
			t.Errorf("a stranger with %s: %v", event, reply)
		}
	}
	for _, event := range []string{`{"roomID":"9527","invitation":"` + invitation + `"}`, `{"roomID":"9527"}`} {
		reply := enter.Reply(t, "oB", event)
		if reply["msg"] != "enter" || field(reply, "roomInfo.invitation") != invitation {
			t.Errorf("with %s: %v", event, reply)
		}
	}
	for _, guest := range []string{"oC", "oD"} {
		enter.Reply(t, guest, `{"roomID":"9527","invitation":"`+invitation+`"}`)
	}
	for event, want := range map[string]string{`{"roomID":"9527"}`: "NOT_INVITED", `{"roomID":"9527","invitation":"` + invitation + `"}`: "ROOM_FULL"} {
		if reply := enter.Reply(t, "oE", event); reply["reason"] != want {
			t.Errorf("the fifth with %s: %v, want %s", event, reply, want)
		}
	}
}

func TestBanned(t *testing.T) {
	cloud := scftest.New(t)
	enter := cloud.Function("webrtc-enter-room", open)
	enter.Reply(t, "oA", `{"roomID":"9527"}`)
	rooms := roomstore.New(cloud.Database(t).Collection("webrtcRooms"), roomstore.Options{})
	if _, err := rooms.Ban(t.Context(), "9527", "oB", "oA", time.Hour); err != nil {
		t.Fatal(err)
	}
	reply := enter.Reply(t, "oB", `{"roomID":"9527"}`)
	until, _ := reply["until"].(float64)
	if left := time.Until(time.Unix(int64(until), 0)); reply["code"] != 4.0 || reply["reason"] != "BANNED" || left < 50*time.Minute || left > time.Hour+time.Second {
		t.Errorf("got %v", reply)
	}
	if msg, _ := reply["msg"].(string); !strings.Contains(msg, time.Unix(int64(until), 0).UTC().Add(8*time.Hour).Format("2006-01-02 15:04:05")) {
		t.Errorf("%q doesn't say in Beijing's time when it ends", msg)
	}
}

// The key in a room is signed anew when its creator enters. What has ended isn't shown.
func TestCreatorsKey(t *testing.T) {
	cloud := scftest.New(t)
	enter := cloud.Function("webrtc-enter-room", open)
	rooms := roomstore.New(cloud.Database(t).Collection("webrtcRooms"), roomstore.Options{})
	ended := func(roomstore.RoomID) (string, time.Time, error) {
		return "a key that has ended", time.Now().Add(-time.Second), nil
	}
	if _, err := rooms.Create(t.Context(), roomstore.Entry{Room: "9527", User: "oA", Key: ended}); err != nil {
		t.Fatal(err)
	}
	if reply := enter.Reply(t, "oB", `{"roomID":"9527"}`); field(reply, "roomInfo.privateMapKey") != nil {
		t.Errorf("a member sees %v", reply)
	}
	reply := enter.Reply(t, "oA", `{"roomID":"9527"}`)
	key, _ := field(reply, "roomInfo.privateMapKey").(string)
	if key == "" || key == "a key that has ended" {
		t.Errorf("the creator sees the key %q", key)
	}
	if room, err := rooms.Get(t.Context(), "9527", "oA", ""); err != nil || room.PrivateMapKey != key {
		t.Errorf("kept is the key %q, %v", room.PrivateMapKey, err)
	}

	// Handed over, the room has none until its new creator enters.
	if _, err := rooms.Quit(t.Context(), "9527", "oA", "oA"); err != nil {
		t.Fatal(err)
	}
	reply = enter.Reply(t, "oB", `{"roomID":"9527"}`)
	if key, _ := field(reply, "roomInfo.privateMapKey").(string); key == "" {
		t.Errorf("the new creator sees %v", reply)
	}
}

func TestRoundTrips(t *testing.T) {
	cloud := scftest.New(t)
	enter := cloud.Function("webrtc-enter-room", open)
	enter.Reply(t, "oA", `{"roomID":"1"}`) // makes the collection, too
	for _, tt := range []struct {
		name, openID, event string
		want                int
	}{
		{"make a room", "oA", `{"roomID":"9527"}`, 2},
		{"take a seat", "oB", `{"roomID":"9527"}`, 2},
		{"already in, renews the seat", "oB", `{"roomID":"9527"}`, 2},
		{"make a room with a fresh id", "oA", `{}`, 1},
	} {
		before := len(cloud.Log())
		enter.Reply(t, tt.openID, tt.event)
		if want := fmt.Sprintf(`"databaseRequests":%d`, tt.want); !strings.Contains(cloud.Log()[before:], want) {
			t.Errorf("%s: want %s in %s", tt.name, want, cloud.Log()[before:])
		}
	}
}

func TestMissingSettings(t *testing.T) {
	for _, name := range []string{"TRTC_SDK_APP_ID", "TRTC_SECRET_KEY"} {
		cloud := scftest.New(t)
		delete(cloud.Settings, name)
		reply, err := cloud.Function("webrtc-enter-room", open).Invoke(context.Background(), "oA", `{}`)
		if err == nil || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), ".env") {
			t.Errorf("without %s: %s, %v", name, reply, err)
		}
	}
}
