package console

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"webrtc-room/pkg/local/trtcemu"
)

// A caller is somebody in the call, with the seat and the signatures of
// webrtc-enter-room.
type caller struct {
	t       *testing.T
	server  *Server
	user    string
	session string
	events  *bufio.Scanner
	hangUp  context.CancelFunc
}

// enterRoom takes a seat as a mini program does, and returns what enterRoom needs.
func enterRoom(t *testing.T, s *Server, user string) map[string]any {
	t.Helper()
	r := call(t, s, "webrtc-enter-room", `{"roomID":9527}`, "X-WX-OPENID", user)
	var entered struct {
		RoomInfo struct{ RoomID string }
		SignInfo struct {
			SDKAppID                       json.Number
			UserID, UserSig, PrivateMapKey string
		}
	}
	if err := json.Unmarshal([]byte(r.Body), &entered); err != nil || entered.SignInfo.UserSig == "" {
		t.Fatalf("%s: %s", user, r.Body)
	}
	return map[string]any{
		"sdkAppId": entered.SignInfo.SDKAppID, "userId": user, "userSig": entered.SignInfo.UserSig,
		"roomId": json.Number(entered.RoomInfo.RoomID), "privateMapKey": entered.SignInfo.PrivateMapKey,
	}
}

func post(t *testing.T, s *Server, path string, what any, header ...string) reply {
	t.Helper()
	body, err := json.Marshal(what)
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+path, strings.NewReader(string(body)))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	if host := request.Header.Get("Host"); host != "" {
		request.Host = host
	}
	return do(t, request)
}

// join enters the call with these parameters.
func join(t *testing.T, s *Server, parameters map[string]any) *caller {
	t.Helper()
	c := &caller{t: t, server: s, user: fmt.Sprint(parameters["userId"])}
	r := post(t, s, "/trtc/enter", parameters)
	var entered struct{ Session string }
	if err := json.Unmarshal([]byte(r.Body), &entered); err != nil || entered.Session == "" {
		t.Fatalf("%s: %d %s", c.user, r.Status, r.Body)
	}
	c.session = entered.Session
	ctx, cancel := context.WithCancel(t.Context())
	c.hangUp = cancel
	t.Cleanup(cancel)
	request, _ := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+"/trtc/events?session="+c.session, nil)
	response, err := browser.Do(request)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatal(response, err)
	}
	t.Cleanup(func() { response.Body.Close() })
	c.events = bufio.NewScanner(response.Body)
	return c
}

// next returns the next event of a kind.
func (c *caller) next(kind string) string {
	c.t.Helper()
	is := ""
	for c.events.Scan() {
		switch name, value, _ := strings.Cut(c.events.Text(), ": "); {
		case name == "event":
			is = value
		case name == "data" && is == kind:
			return value
		}
	}
	c.t.Fatalf("%s: the stream ended before %q: %v", c.user, kind, c.events.Err())
	return ""
}

// reported waits until the function has taken TRTC's report of a type about a user.
func (l *listener) reported(kind int, user string) trtcemu.Report {
	l.t.Helper()
	for {
		var r trtcemu.Report
		if err := json.Unmarshal([]byte(l.next("report")), &r); err != nil {
			l.t.Fatal(err)
		}
		if r.Status != http.StatusOK || r.Tries != 1 {
			l.t.Errorf("the function didn't take %+v", r)
		}
		if r.Type == kind && r.User == user {
			return r
		}
	}
}

func members(t *testing.T, s *Server) (list []string) {
	t.Helper()
	records, err := recordsOf(s.emulator, "9527")
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range records {
		var record struct{ Members []string }
		if err := json.Unmarshal(text, &record); err != nil {
			t.Fatal(err)
		}
		list = append(list, record.Members...)
	}
	return list
}

// Two enter the call, one of them vanishes, TRTC reports it, and the seat is free.
func TestCallAndVanish(t *testing.T) {
	s := start(t, Config{Data: realData(t)})
	page := listenTo(t, s, "")
	if got := page.next("hello"); !strings.Contains(got, `"trtc":{"highPermission":true,"vanishSeconds":90,"rooms":[]}`) {
		t.Errorf("hello = %s", got)
	}
	alice := join(t, s, enterRoom(t, s, "alice"))
	bob := join(t, s, enterRoom(t, s, "bob"))
	alice.next("entered")
	page.reported(103, "bob")
	bob.hangUp()
	for {
		var state trtcemu.State
		if err := json.Unmarshal([]byte(page.next("trtc")), &state); err != nil {
			t.Fatal(err)
		}
		if room := state.Rooms[0]; len(room.Members) == 2 && room.Members[1].Vanished {
			break
		}
	}
	if diff := cmp.Diff([]string{"alice", "bob"}, members(t, s)); diff != "" {
		t.Error(diff)
	}
	if r := ask(t, s, "POST", "/api/trtc/pass", ""); r.Status != http.StatusNoContent {
		t.Errorf("time doesn't pass: %d %s", r.Status, r.Body)
	}
	if got := alice.next("left"); !strings.Contains(got, `"reason":1`) {
		t.Errorf("left: %s", got)
	}
	page.reported(104, "bob")
	if diff := cmp.Diff([]string{"alice"}, members(t, s)); diff != "" {
		t.Error(diff)
	}
}

// Whom the creator removes is out of the call too, and so is everybody when the room is
// closed. Who is removed and comes back without a seat is out again.
func TestRemovedFromTheCall(t *testing.T) {
	s := start(t, Config{Data: realData(t)})
	page := listenTo(t, s, "")
	alice := join(t, s, enterRoom(t, s, "alice"))
	parameters := enterRoom(t, s, "bob")
	bob := join(t, s, parameters)
	page.reported(103, "bob")
	quit := func(event string) {
		t.Helper()
		if r := call(t, s, "webrtc-quit-room", event, "X-WX-OPENID", "alice"); !strings.Contains(r.Body, `"mediaRemoved":true`) {
			t.Errorf("%s: %s", event, r.Body)
		}
	}
	quit(`{"roomID":9527,"userID":"bob","banSeconds":3600}`)
	if got := bob.next("kicked"); got != `{"reason":"banned"}` {
		t.Errorf("bob: %s", got)
	}
	if got := alice.next("left"); !strings.Contains(got, `"reason":2,"userId":"bob"`) {
		t.Errorf("alice: %s", got)
	}
	bob = join(t, s, parameters) // his key is still valid
	if got := bob.next("kicked"); got != `{"reason":"banned"}` {
		t.Errorf("bob, again: %s", got)
	}
	quit(`{"roomID":9527,"closeRoom":true}`)
	if got := alice.next("kicked"); got != `{"reason":"room_disband"}` {
		t.Errorf("alice: %s", got)
	}
}

// Where TRTC asks for no key, somebody without a seat gets in, and out again.
func TestStrangerInTheCall(t *testing.T) {
	s := start(t, Config{Data: realData(t)})
	ask(t, s, "PUT", "/api/trtc", `{"highPermission":false}`)
	alice := join(t, s, enterRoom(t, s, "alice"))
	parameters := enterRoom(t, s, "mallory")
	call(t, s, "webrtc-quit-room", `{"roomID":9527}`, "X-WX-OPENID", "mallory")
	delete(parameters, "privateMapKey")
	begin := time.Now()
	mallory := join(t, s, parameters)
	if got := mallory.next("kicked"); got != `{"reason":"banned"}` {
		t.Errorf("mallory: %s", got)
	}
	t.Logf("mallory was in the call for %v", time.Since(begin))
	alice.next("left")
	if diff := cmp.Diff([]string{"alice"}, members(t, s)); diff != "" {
		t.Error(diff)
	}
}

func TestVanishFlag(t *testing.T) {
	s := start(t, Config{Vanish: 7 * time.Second})
	if got := ask(t, s, "GET", "/trtc/rooms", "").Body; !strings.Contains(got, `"vanishSeconds":7`) {
		t.Error(got)
	}
}

func TestHighPermissionSwitch(t *testing.T) {
	s := start(t, Config{Data: realData(t)})
	parameters := enterRoom(t, s, "alice")
	delete(parameters, "privateMapKey")
	if r := post(t, s, "/trtc/enter", parameters); r.Status != http.StatusForbidden || !strings.Contains(r.Body, "-100006") {
		t.Errorf("without a key: %d %s", r.Status, r.Body)
	}
	if r := ask(t, s, "PUT", "/api/trtc", `{"highPermission":false}`); r.Status != http.StatusNoContent {
		t.Errorf("the switch: %d %s", r.Status, r.Body)
	}
	if r := post(t, s, "/trtc/enter", parameters); r.Status != http.StatusOK {
		t.Errorf("without a key, switched off: %d %s", r.Status, r.Body)
	}
}

// A page of somebody else can't enter, signal, read or leave, even if it had a session.
func TestForeignCall(t *testing.T) {
	s := start(t, Config{Data: realData(t)})
	parameters := enterRoom(t, s, "alice")
	alice := join(t, s, parameters)
	bob := join(t, s, enterRoom(t, s, "bob"))
	for name, header := range map[string][]string{
		"form of another page":    {"Origin", "https://evil.example", "Content-Type", "text/plain"},
		"script of another page":  {"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "no-cors"},
		"another port":            {"Origin", "http://127.0.0.1:3000", "Sec-Fetch-Site", "same-site"},
		"sandboxed frame":         {"Origin", "null"},
		"name that leads to here": {"Host", "evil.example:9527", "Origin", "http://evil.example:9527", "Sec-Fetch-Site", "same-origin"},
	} {
		for path, body := range map[string]any{
			"/trtc/enter":    parameters,
			"/trtc/signal":   map[string]any{"session": alice.session, "to": "c2", "data": name},
			"/trtc/leave":    map[string]any{"session": alice.session},
			"/trtc":          map[string]any{},
			"/api/trtc/pass": nil,
		} {
			if r := post(t, s, path, body, header...); r.Status != http.StatusForbidden || !strings.Contains(r.Body, "errorMessage") {
				t.Errorf("%s: %s: %d %s", name, path, r.Status, r.Body)
			}
		}
	}
	for _, session := range []string{"", "c1", "alice"} {
		if r := ask(t, s, "GET", "/trtc/events?session="+session, ""); r.Status != http.StatusNotFound {
			t.Errorf("events of session %q: %d", session, r.Status)
		}
	}
	if r := post(t, s, "/trtc/signal", map[string]any{"session": alice.session, "to": "c2", "data": "mine"}); r.Status != http.StatusNoContent {
		t.Errorf("alice can't signal: %d %s", r.Status, r.Body)
	}
	if got := bob.next("signal"); !strings.Contains(got, `"mine"`) {
		t.Errorf("bob got %s", got)
	}
}
