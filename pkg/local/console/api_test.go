package console

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"webrtc-room/pkg/local/race"
	"webrtc-room/pkg/local/scfemu"
	"webrtc-room/pkg/tcb"
)

func ask(t *testing.T, s *Server, method, target, body string) reply {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, s.URL+target, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return do(t, request)
}

// A listener reads the stream to a page.
type listener struct {
	t     *testing.T
	lines *bufio.Scanner
	id    string
}

func listenTo(t *testing.T, s *Server, lastEventID string) *listener {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	request, _ := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+"/api/events", nil)
	request.Header.Set("Last-Event-ID", lastEventID)
	response, err := browser.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { response.Body.Close() })
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, 1<<20)
	return &listener{t: t, lines: lines}
}

// next returns the data of the next event of a kind.
func (l *listener) next(kind string) string {
	l.t.Helper()
	return l.all(kind)[kind]
}

// all returns the data of the next event of each kind.
func (l *listener) all(kinds ...string) map[string]string {
	l.t.Helper()
	found := make(map[string]string)
	kind := ""
	for len(found) < len(kinds) && l.lines.Scan() {
		name, value, _ := strings.Cut(l.lines.Text(), ": ")
		switch name {
		case "id":
			l.id = value
		case "event":
			kind = value
		case "data":
			if slices.Contains(kinds, kind) && found[kind] == "" {
				found[kind] = value
			}
		}
	}
	if len(found) < len(kinds) {
		l.t.Fatalf("the stream ended before all of %v: %v", kinds, l.lines.Err())
	}
	return found
}

func TestEvents(t *testing.T) {
	s := start(t, Config{})
	l := listenTo(t, s, "")
	if got := l.next("hello"); !strings.Contains(got, `"collections":{}`) || !strings.Contains(got, `{"name":"one","event":"{}"}`) {
		t.Errorf("hello = %s", got)
	}
	call(t, s, "one", `{"a":1}`, "X-WX-OPENID", "alice")
	var record CallRecord
	if err := json.Unmarshal([]byte(l.next("call")), &record); err != nil {
		t.Fatal(err)
	}
	if record.Function != "one" || record.Caller != "alice" || record.Via != "http" || record.Reply != `{"a":1}` || !record.Cold {
		t.Errorf("call = %+v", record)
	}
	if err := sdk(t, s).Database().CreateCollection(t.Context(), "rooms"); err != nil {
		t.Fatal(err)
	}
	both := l.all("wire", "data") // in any order
	if got := both["wire"]; !strings.Contains(got, `"action":"database.addCollection"`) {
		t.Errorf("wire = %s", got)
	}
	if got := both["data"]; got != `{"collections":{"rooms":{"total":0,"documents":[]}}}` {
		t.Errorf("data = %s", got)
	}

	// Who was cut off goes on where they were, unless the server is another.
	call(t, s, "one", `{"a":2}`)
	if got := listenTo(t, s, l.id).next("call"); !strings.Contains(got, `{\"a\":2}`) {
		t.Errorf("after resuming: %s", got)
	}
	if got := listenTo(t, s, "other-99").next("call"); !strings.Contains(got, `{\"a\":1}`) {
		t.Errorf("after another server: %s", got)
	}

	// The streams don't keep the server from stopping.
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	for l.lines.Scan() {
	}
}

func TestJournalForgets(t *testing.T) {
	j := newJournal()
	for i := range 2 * mostEntries {
		j.add("n", i)
	}
	entries, _, ok := j.since(0)
	if n := len(entries); n < mostEntries || n > mostEntries*5/4 || !ok || string(entries[n-1].data) != fmt.Sprint(2*mostEntries-1) {
		t.Errorf("%d entries, %t", n, ok)
	}
	if entries, _, _ := j.since(2*mostEntries - 1); len(entries) != 1 {
		t.Errorf("%d entries after the last but one", len(entries))
	}
}

func TestPostCall(t *testing.T) {
	s := start(t, Config{})
	var record CallRecord
	r := ask(t, s, http.MethodPost, "/api/calls/one", `{"Print":["hello"],"Panic":"boom"}`)
	if err := json.Unmarshal([]byte(r.Body), &record); err != nil || r.Status != http.StatusOK {
		t.Fatalf("%d %s", r.Status, r.Body)
	}
	if record.Error == nil || record.Error.StatusCode != scfemu.StatusException || record.Error.ErrorMessage != "boom" || record.Log[0] != "hello" {
		t.Errorf("%+v", record)
	}
	if r := ask(t, s, http.MethodPost, "/api/calls/none", `{}`); r.Status != http.StatusNotFound {
		t.Errorf("an unknown function: %d %s", r.Status, r.Body)
	}
	r = ask(t, s, http.MethodPost, "/api/calls/one", `{"Reply":200000}`)
	if err := json.Unmarshal([]byte(r.Body), &record); err != nil || !record.Shortened || len(record.Reply) > longestText+3 {
		t.Errorf("a long reply has %d bytes, %v", len(record.Reply), err)
	}
}

func TestRecordsAPI(t *testing.T) {
	s := start(t, Config{})
	for _, test := range []struct {
		method, target, body string
		status               int
		says                 string
	}{
		{"PUT", "/api/records/rooms", `{"_id":"1"}`, 400, "no such collection"},
		{"PUT", "/api/data", `{"rooms":{"documents":[{"_id":"1","n":1}]}}`, 204, ""},
		{"PUT", "/api/records/rooms", `{"_id":"1","n":2}`, 204, ""},
		{"PUT", "/api/records/rooms", `{"n":2}`, 400, "_id"},
		{"PUT", "/api/records/rooms", `[]`, 400, "_id"},
		{"PUT", "/api/records/rooms", `{`, 400, "can't be read"},
		{"PUT", "/api/data", `{"rooms":{"documents":[{"$bad":1}]}}`, 400, "document 0"},
		{"GET", "/api/data", "", 200, `{"_id":"1","n":{"$numberInt":"2"}}`},
		{"DELETE", "/api/records/rooms?id=1x", "", 400, "quotes"},
		{"DELETE", `/api/records/rooms?id="1"`, "", 204, ""},
		{"GET", "/api/data", "", 200, `{"rooms":{"documents":[]}}`},
		{"DELETE", "/api/data", "", 204, ""},
		{"GET", "/api/data", "", 200, `{}`},
	} {
		if r := ask(t, s, test.method, test.target, test.body); r.Status != test.status || !strings.Contains(r.Body, test.says) {
			t.Errorf("%s %s %s: %d %s", test.method, test.target, test.body, r.Status, r.Body)
		}
	}
}

func TestFaultsAPI(t *testing.T) {
	s := start(t, Config{})
	for body, status := range map[string]int{
		`[{"kind":"slow","on":"all","times":1}]`:    200,
		`[{"kind":"none","on":"all"}]`:              400,
		`[{"kind":"slow","on":"some"}]`:             400,
		`[{"kind":"slow","on":"all","times":-1}]`:   400,
		`{"kind":"slow"}`:                           400,
		`[{"kind":"conflict","on":"writes"}]`:       200,
		`[{"kind":"error","on":"reads","code":""}]`: 200,
	} {
		if r := ask(t, s, http.MethodPut, "/api/faults", body); r.Status != status {
			t.Errorf("%s: %d %s", body, r.Status, r.Body)
		}
	}
	ask(t, s, http.MethodPut, "/api/faults", `[{"kind":"error","on":"writes","times":1,"code":"PERMISSION_DENIED"}]`)
	database := sdk(t, s).Database()
	if _, err := database.Collection("rooms").Count(t.Context(), nil); err == nil || strings.Contains(err.Error(), "PERMISSION") {
		t.Errorf("a read is hit by a fault for writes: %v", err)
	}
	if err := database.CreateCollection(t.Context(), "rooms"); err == nil || !strings.Contains(err.Error(), "PERMISSION_DENIED") {
		t.Errorf("the first write: %v", err)
	}
	if err := database.CreateCollection(t.Context(), "rooms"); err != nil {
		t.Errorf("the second write: %v", err)
	}
	if left := s.gate.get(); len(left) != 0 {
		t.Errorf("the fault was for one request, and is left: %v", left)
	}
	// One that is carried out later, the server waits for.
	ask(t, s, http.MethodPut, "/api/faults", `[{"kind":"late","on":"writes","times":1}]`)
	if _, err := database.Collection("rooms").Insert(t.Context(), tcb.M{"_id": "1"}); err == nil {
		t.Error("the late request was answered")
	}
	s.Close()
}

// What the page may know, it is told; a key is not among it.
func TestNoKeys(t *testing.T) {
	s := start(t, Config{})
	call(t, s, "one", `{"Print":["x"]}`)
	l := listenTo(t, s, "")
	said := []string{l.next("hello"), l.next("call")}
	for _, r := range []reply{
		ask(t, s, http.MethodGet, "/", ""),
		ask(t, s, http.MethodPost, "/api/tokens", `{"token":"x"}`), ask(t, s, http.MethodPost, "/api/reports", `{}`), ask(t, s, http.MethodGet, "/api/data", ""),
		ask(t, s, http.MethodPost, "/api/calls/one", `{}`),
	} {
		said = append(said, r.Body)
	}
	for _, text := range said {
		for _, secret := range []string{s.keys.TRTC.SecretKey, s.keys.CloudBase.SecretKey, s.keys.JWT, s.callbackKey, s.role.SecretKey, s.role.sessionToken} {
			if strings.Contains(text, secret) {
				t.Errorf("a key is in %.200s", text)
			}
		}
	}
}

func TestTokens(t *testing.T) {
	s := start(t, Config{})
	for body, want := range map[string]string{
		`{"token":""}`:       `"code":70002`,
		`{"token":"%%"}`:     `"code":70003`,
		`{"token":"eJyrVg"}`: `"valid":false`,
	} {
		if r := ask(t, s, http.MethodPost, "/api/tokens", body); r.Status != http.StatusOK || !strings.Contains(r.Body, want) {
			t.Errorf("%s: %d %s", body, r.Status, r.Body)
		}
	}
}

func TestRaceAPI(t *testing.T) {
	s := start(t, Config{})
	for _, body := range []string{`{"callers":1,"algorithm":"ours"}`, `{"callers":51,"algorithm":"ours"}`, `{"callers":5,"algorithm":"2017"}`, `[`} {
		if r := ask(t, s, http.MethodPost, "/api/race", body); r.Status != http.StatusBadRequest {
			t.Errorf("%s: %d %s", body, r.Status, r.Body)
		}
	}
	r := ask(t, s, http.MethodPost, "/api/race", `{"callers":8,"algorithm":"2018","host":true}`)
	var result Race
	if err := json.Unmarshal([]byte(r.Body), &result); err != nil {
		t.Fatal(err)
	}
	// All read one member, and write two.
	held := make(map[string]race.Check)
	for _, check := range result.Checks {
		held[check.Name] = check
	}
	if len(result.Answers) != 9 || held["admitted"].OK || held["nobodyLost"].OK || !held["oneRecord"].OK || !held["limit"].OK {
		t.Errorf("%s", r.Body)
	}
}

// What another origin could make a browser send is refused for the page's own
// requests, too.
func TestForeignOrigin(t *testing.T) {
	s := start(t, Config{})
	for _, target := range []string{"POST /api/calls/one", "DELETE /api/data", "PUT /api/faults", "POST /api/race"} {
		method, path, _ := strings.Cut(target, " ")
		request, _ := http.NewRequestWithContext(t.Context(), method, s.URL+path, io.NopCloser(strings.NewReader("{}")))
		request.Header.Set("Origin", "http://evil.example")
		if r := do(t, request); r.Status != http.StatusForbidden {
			t.Errorf("%s: %d %s", target, r.Status, r.Body)
		}
	}
}
