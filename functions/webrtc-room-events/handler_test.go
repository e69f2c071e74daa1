package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"webrtc-room/pkg/local/scftest"
	"webrtc-room/pkg/roomstore"
	"webrtc-room/pkg/scf"
	"webrtc-room/pkg/settings"
	"webrtc-room/pkg/trtc"
)

const key = "Callback0Key1"

// A post is what TRTC sends.
type post struct {
	body, sign string
	base64     bool
}

func signed(body string) post {
	return post{body: body, sign: trtc.SignReport(key, []byte(body))}
}

// event is the event of the platform's HTTP trigger.
func (p post) event() string {
	event := map[string]any{"httpMethod": "POST", "path": "/", "headers": map[string]string{"sign": p.sign, "SdkAppId": "1400000001"}, "body": p.body}
	if p.base64 {
		event["body"], event["isBase64Encoded"] = base64.StdEncoding.EncodeToString([]byte(p.body)), true
	}
	text, err := json.Marshal(event)
	if err != nil {
		panic(err)
	}
	return string(text)
}

func happened(kind, room, user string, reason int, at time.Time) string {
	return fmt.Sprintf(`{"EventGroupId":1,"EventType":%s,"CallbackTs":1,"EventInfo":{"RoomId":%s,"EventTs":%d,"EventMsTs":%d,"UserId":%q,"Role":20,"Reason":%d,"New":{}}}`,
		kind, room, at.Unix(), at.UnixMilli(), user, reason)
}

// openAt opens the function at a time that is yet to come.
func openAt(now time.Time) scf.Open {
	return func(lookup settings.Lookup) (scf.Handler, error) {
		h, err := newHandler(lookup)
		h.now = func() time.Time { return now }
		return h.report, err
	}
}

const entered, left, dismissed = "103", "104", "102"

func TestEvents(t *testing.T) {
	soon := time.Now().Add(time.Minute)      // after everybody has entered
	later := time.Now().Add(2 * time.Minute) // and long after
	early := time.Now().Add(-time.Minute)
	both := []roomstore.UserID{"alice", "bob"}
	for _, tt := range []struct {
		name string
		body string
		want []roomstore.UserID
	}{
		{"left", happened(left, `9527`, "alice", 1, soon), both[1:]},
		{"timed out", happened(left, `9527`, "alice", 2, later), both[1:]},
		{"timed out, and came back before TRTC noticed", happened(left, `9527`, "alice", 2, soon), both},
		{"removed", happened(left, `9527`, "alice", 3, soon), both[1:]},
		{"killed", happened(left, `9527`, "alice", 5, soon), both[1:]},
		{"left a room whose name is a number", happened(left, `"9527"`, "bob", 1, soon), both},
		{"dismissed a room whose name is a number", happened(dismissed, `"9527"`, "", 0, later), both},
		{"left before coming back", happened(left, `9527`, "alice", 1, early), both},
		{"left another room by the connection of two", happened(left, `9527`, "alice", 4, soon), both},
		{"somebody else left", happened(left, `9527`, "carol", 1, soon), both},
		{"left another room", happened(left, `9528`, "alice", 1, soon), both},
		{"left a room with a name", happened(left, `"lobby"`, "alice", 1, soon), both},
		{"nobody left", happened(left, `9527`, "", 1, soon), both},
		{"entered", happened(entered, `9527`, "alice", 1, soon), both},
		{"entered without a seat", happened(entered, `9527`, "carol", 1, soon), both},
		{"dismissed", happened(dismissed, `9527`, "", 0, later), nil},
		{"dismissed by those who were in TRTC already", happened(dismissed, `9527`, "", 0, soon), both},
		{"dismissed before", happened(dismissed, `9527`, "", 0, early), both},
		{"unknown", happened("999", `9527`, "alice", 1, soon), both},
		{"left, of another group", strings.Replace(happened(left, `9527`, "alice", 1, soon), `"EventGroupId":1`, `"EventGroupId":3`, 1), both},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cloud := scftest.New(t)
			cloud.Settings["TRTC_CALLBACK_KEY"] = key
			events := cloud.Webhook("webrtc-room-events", openAt(later))
			rooms := roomstore.New(cloud.Database(t).Collection("webrtcRooms"), roomstore.Options{})
			for _, user := range both {
				if _, _, err := rooms.Enter(t.Context(), roomstore.Entry{Room: "9527", User: user}); err != nil {
					t.Fatal(err)
				}
			}
			p := signed(tt.body)
			for range 2 { // TRTC reports twice
				reply := events.Reply(t, "", p.event())
				if reply["statusCode"] != 200.0 || reply["body"] != `{"code":0}` {
					t.Errorf("answered %v", reply)
				}
				p.base64 = true
			}
			room, _ := rooms.Get(t.Context(), "9527", "", "")
			if !slices.Equal(room.Members, tt.want) {
				t.Errorf("members: %v, want %v", room.Members, tt.want)
			}
		})
	}
}

func TestOrderOfArrival(t *testing.T) {
	cloud := scftest.New(t)
	cloud.Settings["TRTC_CALLBACK_KEY"] = key
	out, back := time.Now().Add(time.Second), time.Now().Add(2*time.Second)
	events := cloud.Webhook("webrtc-room-events", openAt(back))
	rooms := roomstore.New(cloud.Database(t).Collection("webrtcRooms"), roomstore.Options{})
	if _, _, err := rooms.Enter(t.Context(), roomstore.Entry{Room: "9527", User: "alice"}); err != nil {
		t.Fatal(err)
	}
	events.Reply(t, "", signed(happened(entered, `9527`, "alice", 2, back)).event())
	events.Reply(t, "", signed(happened(left, `9527`, "alice", 2, out)).event())
	if room, err := rooms.Get(t.Context(), "9527", "", ""); err != nil || !room.Has("alice") {
		t.Errorf("alice, who came back, was removed: %v, %v", room.Members, err)
	}
}

// A report of the future can't keep a seat for ever.
func TestFuture(t *testing.T) {
	cloud := scftest.New(t)
	cloud.Settings["TRTC_CALLBACK_KEY"] = key
	events := cloud.Webhook("webrtc-room-events", open)
	rooms := roomstore.New(cloud.Database(t).Collection("webrtcRooms"), roomstore.Options{})
	for _, user := range []roomstore.UserID{"alice", "bob"} {
		if _, _, err := rooms.Enter(t.Context(), roomstore.Entry{Room: "9527", User: user}); err != nil {
			t.Fatal(err)
		}
	}
	events.Reply(t, "", signed(happened(entered, `9527`, "alice", 1, time.Now().AddDate(70, 0, 0))).event())
	now := time.Now().Add(time.Millisecond)
	for !time.Now().After(now) { // the reports count milliseconds
		runtime.Gosched()
	}
	events.Reply(t, "", signed(happened(left, `9527`, "alice", 1, now)).event())
	if room, err := rooms.Get(t.Context(), "9527", "", ""); err != nil || room.Has("alice") {
		t.Errorf("members: %v, %v", room.Members, err)
	}
}

func TestApp(t *testing.T) {
	for _, tt := range []struct {
		name, setting, header string
		status                float64
	}{
		{"of the app", "1400000001", "1400000001", 200},
		{"of another app", "1400000001", "1400000002", 400},
		{"of no app", "1400000001", "", 400},
		{"no app configured", "", "1400000002", 200},
	} {
		cloud := scftest.New(t)
		cloud.Settings["TRTC_CALLBACK_KEY"], cloud.Settings["TRTC_SDK_APP_ID"] = key, tt.setting
		event := strings.Replace(signed(happened(entered, `9527`, "alice", 1, time.Now())).event(), `"SdkAppId":"1400000001"`, `"SdkAppId":"`+tt.header+`"`, 1)
		reply := cloud.Webhook("webrtc-room-events", open).Reply(t, "", event)
		if body, _ := reply["body"].(string); reply["statusCode"] != tt.status || strings.Contains(body, "TRTC_SDK_APP_ID") != (tt.status == 400) {
			t.Errorf("%s: %v", tt.name, reply)
		}
	}
}

// Everybody who is in the call without a seat is removed from it; but a client that
// reconnects by itself gets its seat back.
func TestStrangers(t *testing.T) {
	soon, later := time.Now().Add(time.Minute), time.Now().Add(5*time.Minute)
	for _, tt := range []struct {
		name    string
		before  func(rooms *roomstore.Store) error
		report  string
		unkept  bool
		removed bool
		members []roomstore.UserID
	}{
		{name: "a member", report: happened(entered, `9527`, "bob", 1, soon), members: []roomstore.UserID{"alice", "bob"}},
		{name: "a stranger", report: happened(entered, `9527`, "carol", 1, soon), removed: true, members: []roomstore.UserID{"alice", "bob"}},
		{name: "a stranger in a call that two are connected by", report: happened(entered, `9527`, "carol", 4, soon), members: []roomstore.UserID{"alice", "bob"}},
		{name: "a stranger in a room with a name", report: happened(entered, `"9527"`, "carol", 1, soon), members: []roomstore.UserID{"alice", "bob"}},
		{name: "in a room that isn't kept", report: happened(entered, `9528`, "bob", 1, soon), removed: true, members: []roomstore.UserID{"alice", "bob"}},
		{name: "in a room that needn't be kept", report: happened(entered, `9528`, "bob", 1, soon), unkept: true, members: []roomstore.UserID{"alice", "bob"}},
		{name: "a stranger, where rooms needn't be kept", report: happened(entered, `9527`, "carol", 1, soon), unkept: true, removed: true, members: []roomstore.UserID{"alice", "bob"}},
		{
			name: "who was banned",
			before: func(rooms *roomstore.Store) error {
				_, err := rooms.Ban(t.Context(), "9527", "bob", "alice", time.Hour)
				return err
			},
			report: happened(entered, `9527`, "bob", 1, soon), removed: true, members: []roomstore.UserID{"alice"},
		},
		{
			name: "who has quit",
			before: func(rooms *roomstore.Store) error {
				_, err := rooms.Quit(t.Context(), "9527", "bob", "bob")
				return err
			},
			report: happened(entered, `9527`, "bob", 1, soon), removed: true, members: []roomstore.UserID{"alice"},
		},
		{
			name: "who had vanished",
			before: func(rooms *roomstore.Store) error {
				_, err := rooms.Vanished(t.Context(), "9527", "bob", soon, 0)
				return err
			},
			report: happened(entered, `9527`, "bob", 2, later), members: []roomstore.UserID{"alice", "bob"},
		},
		{
			name: "who had vanished, and then quit",
			before: func(rooms *roomstore.Store) error {
				if _, err := rooms.Vanished(t.Context(), "9527", "bob", soon, 0); err != nil {
					return err
				}
				_, err := rooms.Quit(t.Context(), "9527", "bob", "bob")
				return err
			},
			report: happened(entered, `9527`, "bob", 2, later), removed: true, members: []roomstore.UserID{"alice"},
		},
		{
			name: "who vanished later than this report's time",
			before: func(rooms *roomstore.Store) error {
				_, err := rooms.Vanished(t.Context(), "9527", "bob", later, 0)
				return err
			},
			report: happened(entered, `9527`, "bob", 1, soon), members: []roomstore.UserID{"alice"},
		},
	} {
		for _, kick := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, TRTC_KICK=%t", tt.name, kick), func(t *testing.T) {
				cloud := scftest.New(t)
				media := cloud.Media(t)
				cloud.Settings["TRTC_CALLBACK_KEY"] = key
				cloud.Settings["TRTC_KICK"] = strconv.FormatBool(kick)
				cloud.Settings["ALLOW_UNKEPT_ROOMS"] = strconv.FormatBool(tt.unkept)
				rooms := roomstore.New(cloud.Database(t).Collection("webrtcRooms"), roomstore.Options{})
				for _, user := range []roomstore.UserID{"alice", "bob"} {
					if _, _, err := rooms.Enter(t.Context(), roomstore.Entry{Room: "9527", User: user}); err != nil {
						t.Fatal(err)
					}
				}
				if tt.before != nil {
					if err := tt.before(rooms); err != nil {
						t.Fatal(err)
					}
				}
				events := cloud.Webhook("webrtc-room-events", openAt(later))
				for range 2 { // TRTC reports twice
					if reply := events.Reply(t, "", signed(tt.report).event()); reply["statusCode"] != 200.0 {
						t.Errorf("answered %v", reply)
					}
					if calls := media.Calls(); (len(calls) == 1 && strings.HasPrefix(calls[0], "RemoveUser ")) != (tt.removed && kick) {
						t.Errorf("asked TRTC for %q", calls)
					}
				}
				room, _ := rooms.Get(t.Context(), "9527", "", "")
				if diff := cmp.Diff(tt.members, room.Members); diff != "" {
					t.Error(diff)
				}
			})
		}
	}
}

// A report whose stranger could not be removed is one that TRTC has to repeat.
func TestStrangerWhoStays(t *testing.T) {
	cloud := scftest.New(t)
	media := cloud.Media(t)
	cloud.Settings["TRTC_CALLBACK_KEY"] = key
	events := cloud.Webhook("webrtc-room-events", open)
	report := signed(happened(entered, `9527`, "carol", 1, time.Now())).event()
	for code, status := range map[string]float64{"InternalError": 500, "": 200} {
		media.Fail(code)
		if reply := events.Reply(t, "", report); reply["statusCode"] != status {
			t.Errorf("TRTC answers %q: %v, want status %v", code, reply, status)
		}
	}
}

func TestRefused(t *testing.T) {
	cloud := scftest.New(t)
	cloud.Settings["TRTC_CALLBACK_KEY"] = key
	events := cloud.Webhook("webrtc-room-events", open)
	good := signed(happened("104", `9527`, "alice", 1, time.Now()))
	forged := good
	forged.body = strings.Replace(good.body, "alice", "carol", 1)
	unsigned := good
	unsigned.sign = ""
	for name, tt := range map[string]struct {
		event  string
		status float64
	}{
		"forged":        {forged.event(), 401},
		"not signed":    {unsigned.event(), 401},
		"no event":      {signed(`not json`).event(), 400},
		"another event": {signed(`[]`).event(), 400},
		"bad room":      {signed(`{"EventInfo":{"RoomId":-1}}`).event(), 400},
		"GET":           {strings.Replace(good.event(), "POST", "GET", 1), 405},
		"not HTTP":      {`{"userID":"alice","roomID":"9527"}`, 400},
	} {
		if reply := events.Reply(t, "", tt.event); reply["statusCode"] != tt.status {
			t.Errorf("%s: %v, want status %v", name, reply, tt.status)
		}
	}
}

func TestOffWithoutAKey(t *testing.T) {
	reply := scftest.New(t).Webhook("webrtc-room-events", open).Reply(t, "", signed(`{}`).event())
	if body, _ := reply["body"].(string); reply["statusCode"] != 500.0 || !strings.Contains(body, "TRTC_CALLBACK_KEY") {
		t.Errorf("answered %v", reply)
	}
}
