package main

import (
	"fmt"
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
