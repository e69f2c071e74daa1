package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"webrtc-room/pkg/local/scftest"
	"webrtc-room/pkg/roomstore"
)

func TestList(t *testing.T) {
	cloud := scftest.New(t)
	list := cloud.Function("webrtc-get-room-list", open)

	none := map[string]any{"data": []any{}, "errMsg": "collection.get:ok"}
	if diff := cmp.Diff(none, list.Reply(t, "oA", `{}`)); diff != "" {
		t.Errorf("before the collection is there: %s", diff)
	}

	rooms := roomstore.New(cloud.Database(t).Collection("webrtcRooms"), roomstore.Options{})
	for i := range 12 {
		entry := roomstore.Entry{
			Room: roomstore.RoomID(fmt.Sprint(100 + i)), User: roomstore.UserID(fmt.Sprint("oUser", i)),
			Key: func(roomstore.RoomID) (string, time.Time, error) { return "key", time.Time{}, nil },
		}
		if _, err := rooms.Create(t.Context(), entry); err != nil {
			t.Fatal(err)
		}
	}
	ids := func(event string) (ids []any) {
		for _, room := range list.Reply(t, "oUser3", event)["data"].([]any) {
			room := room.(map[string]any)
			if _, shown := room["privateMapKey"]; shown != (room["creator"] == "oUser3") || room["_id"] != room["roomID"] || room["rev"] != nil {
				t.Errorf("%s shows %v", event, room)
			}
			ids = append(ids, room["roomID"])
		}
		return ids
	}
	if reply := list.Reply(t, "oUser3", `{"limit":1}`); reply["data"].([]any)[0].(map[string]any)["memberCount"] != 1.0 {
		t.Errorf("no memberCount in %v", reply)
	}
	all := ids(`{"limit":100}`)
	if len(all) != 12 {
		t.Fatalf("%d rooms: %v", len(all), all)
	}
	for event, want := range map[string][]any{
		`{}`:                         all[:10],
		`{"skip":null,"limit":""}`:   all[:10],
		`{"skip":"2","limit":"3"}`:   all[2:5],
		`{"skip":10}`:                all[10:],
		`{"skip":12}`:                nil,
		`{"skip":0,"limit":1}`:       all[:1],
		`{"skip":1000000,"limit":1}`: nil,
	} {
		if diff := cmp.Diff(want, ids(event)); diff != "" {
			t.Errorf("%s: %s", event, diff)
		}
	}
}

// Pages that follow one another by next have each room once, and no private ones.
func TestNext(t *testing.T) {
	cloud := scftest.New(t)
	list := cloud.Function("webrtc-get-room-list", open)
	rooms := roomstore.New(cloud.Database(t).Collection("webrtcRooms"), roomstore.Options{})
	want := make(map[any]bool)
	for i := range 7 {
		room, err := rooms.Create(t.Context(), roomstore.Entry{User: "oA", Private: i == 3})
		if err != nil {
			t.Fatal(err)
		}
		if i != 3 {
			want[string(room.ID)] = true
		}
	}
	got := make(map[any]bool)
	for after, pages := "", 0; ; pages++ {
		event, _ := json.Marshal(map[string]any{"limit": 4, "after": after})
		reply := list.Reply(t, "oA", string(event))
		for _, room := range reply["data"].([]any) {
			id := room.(map[string]any)["roomID"]
			if got[id] {
				t.Errorf("%v is on two pages", id)
			}
			got[id] = true
		}
		next, more := reply["next"].(string)
		if !more {
			break
		}
		if pages > 2 {
			t.Fatalf("no page is the last one: %v", reply)
		}
		after = next
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, event := range []string{`{"after":"x"}`, `{"after":{}}`, `{"After":"x"}`} {
		if reply := list.Reply(t, "oA", event); reply["code"] != 5.0 || !strings.Contains(fmt.Sprint(reply["msg"]), "after") {
			t.Errorf("%s: %v", event, reply)
		}
	}
}

func TestHiddenMembers(t *testing.T) {
	cloud := scftest.New(t)
	cloud.Settings["HIDE_MEMBERS"] = "true"
	list := cloud.Function("webrtc-get-room-list", open)
	rooms := roomstore.New(cloud.Database(t).Collection("webrtcRooms"), roomstore.Options{})
	if _, err := rooms.Create(t.Context(), roomstore.Entry{User: "oA"}); err != nil {
		t.Fatal(err)
	}
	for user, want := range map[string][]any{"oA": {"oA"}, "oB": {}} {
		room := list.Reply(t, user, `{}`)["data"].([]any)[0].(map[string]any)
		if diff := cmp.Diff(any(want), room["members"]); diff != "" || room["memberCount"] != 1.0 {
			t.Errorf("%s sees %v", user, room)
		}
	}
}

// A client whose login didn't arrive is told nothing, whatever it says.
func TestNobody(t *testing.T) {
	cloud := scftest.New(t)
	cloud.Settings["TCB_SOURCE"] = "wx_client"
	list := cloud.Function("webrtc-get-room-list", open)
	for _, event := range []string{`{}`, `{"userID":"oA"}`} {
		if reply := list.Reply(t, "", event); reply["reason"] != "NO_IDENTITY" {
			t.Errorf("%s: %v", event, reply)
		}
	}
}

func TestRefusals(t *testing.T) {
	list := scftest.New(t).Function("webrtc-get-room-list", open)
	for _, event := range []string{
		`{"limit":0}`, `{"limit":101}`, `{"limit":-1}`, `{"skip":-1}`, `{"limit":"x"}`, `{"skip":1.5}`, `{"limit":{"$gt":0}}`,
	} {
		if reply := list.Reply(t, "oA", event); reply["code"] != 5.0 || reply["reason"] != "BAD_PAGE" {
			t.Errorf("%s: %v", event, reply)
		}
	}
}
