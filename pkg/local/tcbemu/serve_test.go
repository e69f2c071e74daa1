package tcbemu_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"webrtc-room/pkg/local/tcbemu"
	"webrtc-room/pkg/tcb/tc3"
)

func TestAuthorization(t *testing.T) {
	add := func(p params) *http.Request { return newRequest(t, "database.addCollection", p, time.Now()) }
	for _, c := range []struct {
		name    string
		request func() *http.Request
		code    string
		text    string
	}{
		{"nothing", func() *http.Request {
			r := add(params{"collectionName": "c"})
			r.Header.Del("Authorization")
			return r
		}, "MISSING_CREDENTIALS", "Authorization"},
		{"API key", func() *http.Request {
			r := add(params{"collectionName": "c"})
			r.Header.Set("Authorization", "Bearer "+secretKey)
			return r
		}, "INVALID_ACCESS_TOKEN", "Bearer"},
		{"another scheme", func() *http.Request {
			r := add(params{"collectionName": "c"})
			r.SetBasicAuth(secretID, secretKey)
			return r
		}, "SIGN_PARAM_INVALID", ""},
		{"unknown key", func() *http.Request {
			r := add(params{"collectionName": "c"})
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), secretID, "AKIDother", 1))
			return r
		}, "SIGN_PARAM_INVALID", "AKIDother"},
		{"bad signature", func() *http.Request {
			r := add(params{"collectionName": "c"})
			r.Header.Set("X-TCB-Source", "wx_client,wx_client")
			return r
		}, "SIGN_PARAM_INVALID", "match"},
		{"altered query string", func() *http.Request {
			r := add(params{"collectionName": "c"})
			r.URL.RawQuery += "&x=1"
			return r
		}, "SIGN_PARAM_INVALID", "match"},
		{"too old", func() *http.Request {
			return newRequest(t, "database.addCollection", params{"collectionName": "c"}, time.Now().Add(-11*time.Minute))
		}, "SIGN_PARAM_INVALID", "clock"},
		{"from the future", func() *http.Request {
			return newRequest(t, "database.addCollection", params{"collectionName": "c"}, time.Now().Add(11*time.Minute))
		}, "SIGN_PARAM_INVALID", "clock"},
		{"signed for a shorter time", func() *http.Request {
			r := newRequest(t, "database.addCollection", params{"collectionName": "c"}, time.Now().Add(-time.Minute))
			r.Header.Set(tc3.HeaderExpires, "30")
			return r
		}, "SIGN_PARAM_INVALID", "clock"},
		{"a temporary key", func() *http.Request {
			return add(params{"collectionName": "c", "sessionToken": "the-token"})
		}, "", ""},
		{"a temporary key without its token", func() *http.Request {
			return add(params{"collectionName": "c"})
		}, "SIGN_PARAM_INVALID", "session token"},
		{"another token", func() *http.Request {
			return add(params{"collectionName": "c", "sessionToken": "of-yesterday"})
		}, "SIGN_PARAM_INVALID", "session token"},
		{"wrong environment", func() *http.Request {
			return add(params{"collectionName": "c", "envName": "prod-1"})
		}, "INVALID_ENV", "prod-1"},
		{"no environment", func() *http.Request {
			return add(params{"collectionName": "c", "envName": ""})
		}, "", ""},
		{"nine minutes old", func() *http.Request {
			return newRequest(t, "database.addCollection", params{"collectionName": "c"}, time.Now().Add(-9*time.Minute))
		}, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			config := tcbemu.Config{}
			if strings.Contains(c.name, "token") || strings.Contains(c.name, "temporary") {
				config.SessionTokens = map[string]string{secretID: "the-token"}
			}
			e := open(t, config)
			answer := send(t, e, c.request())
			if answer.Code != c.code || !strings.Contains(answer.Message, c.text) {
				t.Errorf("%q: %s, expected %q with %q", answer.Code, answer.Message, c.code, c.text)
			}
			if strings.Contains(answer.Message, secretKey) {
				t.Errorf("the secret key is in the message: %s", answer.Message)
			}
			snapshot, err := e.Export()
			if err != nil {
				t.Fatal(err)
			}
			if (len(snapshot) == 1) != (c.code == "") {
				t.Errorf("code %q, collections afterwards: %v", c.code, snapshot)
			}
		})
	}
}

// TestBadRequests is whatever is not a request of an SDK.
func TestBadRequests(t *testing.T) {
	post := func(body string) *http.Request {
		r := httptest.NewRequest(http.MethodPost, "/admin", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		return r
	}
	for _, c := range []struct {
		name    string
		request *http.Request
		status  int
		code    string
	}{
		{"GET", httptest.NewRequest(http.MethodGet, "/admin", nil), 405, "INVALID_ACTION"},
		{"another path", httptest.NewRequest(http.MethodPost, "/admin/x", strings.NewReader("{}")), 404, "INVALID_ACTION"},
		{"form", httptest.NewRequest(http.MethodPost, "/admin", strings.NewReader("a=b")), 200, "INVALID_PARAM"},
		{"no body", post(""), 200, "INVALID_PARAM"},
		{"null", post("null"), 200, "INVALID_PARAM"},
		{"array", post("[]"), 200, "INVALID_PARAM"},
		{"number", post("1"), 200, "INVALID_PARAM"},
		{"two values", post("{}{}"), 200, "INVALID_PARAM"},
		{"junk", post("\x00\x01\x02"), 200, "INVALID_PARAM"},
		{"invalid UTF-8", post("{\"action\":\"\xff\"}"), 200, "INVALID_PARAM"},
		{"deep", post(strings.Repeat("[", 1<<20)), 200, "INVALID_PARAM"},
		{"deep within", post(`{"action":` + strings.Repeat(`{"a":`, 1<<20)), 200, "INVALID_PARAM"},
		{"action of a wrong type", post(`{"action":{}}`), 200, "INVALID_PARAM"},
		{"unsigned", post(`{}`), 200, "MISSING_CREDENTIALS"},
		{"too large", post(`{"data":"` + strings.Repeat("x", 33<<20) + `"}`), 200, "EXCEED_REQUEST_SIZE_LIMIT"},
		{"deep query", newRequest(t, "database.getDocument", params{
			"collectionName": "rooms", "queryType": "WHERE",
			"query": strings.Repeat(`{"a":`, 5000) + "1" + strings.Repeat(`}`, 5000),
		}, time.Now()), 200, "INVALID_PARAM"},
		{"deep logic", newRequest(t, "database.getDocument", params{
			"collectionName": "rooms", "queryType": "WHERE",
			"query": strings.Repeat(`{"$and":[`, 80) + "{}" + strings.Repeat(`]}`, 80),
		}, time.Now()), 200, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := openRooms(t)
			w := httptest.NewRecorder()
			e.ServeHTTP(w, c.request)
			if w.Code != c.status {
				t.Errorf("HTTP status %d, expected %d", w.Code, c.status)
			}
			if answer := parse(t, w); answer.Code != c.code {
				t.Errorf("%q: %s, expected %q", answer.Code, answer.Message, c.code)
			}
			if got := w.Header().Get("Content-Type"); got != "application/json; charset=utf-8" {
				t.Errorf("content type %q", got)
			}
		})
	}
	t.Run("body that breaks off", func(t *testing.T) {
		e := openRooms(t)
		r := newRequest(t, "database.insertDocument", params{"collectionName": "rooms", "data": []string{`{}`}}, time.Now())
		r.Body = io.NopCloser(io.MultiReader(io.LimitReader(r.Body, 20), failingReader{}))
		if answer := send(t, e, r); answer.Code != "INVALID_PARAM" {
			t.Errorf("%q: %s", answer.Code, answer.Message)
		}
		if docs := find(t, e, `{}`); len(docs) != 0 {
			t.Errorf("stored %v", docs)
		}
	})
}

type failingReader struct{}

func (failingReader) Read([]byte) (int, error) { return 0, errors.New("connection reset") }

func TestCallerGone(t *testing.T) {
	e := openRooms(t)
	ctx, cancel := context.WithCancel(t.Context())
	r := newRequest(t, "database.insertDocument", params{"collectionName": "rooms", "data": []string{`{"_id":"a"}`}}, time.Now())
	cancel()
	e.ServeHTTP(httptest.NewRecorder(), r.WithContext(ctx))
	if docs := find(t, e, `{}`); len(docs) != 1 {
		t.Errorf("stored %v", docs)
	}
}

func TestInvokeFunction(t *testing.T) {
	var got tcbemu.FunctionCall
	e := open(t, tcbemu.Config{Invoke: func(ctx context.Context, call tcbemu.FunctionCall) ([]byte, error) {
		got = call
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case call.Name == "broken":
			return nil, errors.New("exit status 2")
		case call.Name != "hello":
			return nil, fmt.Errorf("no file %q: %w", call.Name, tcbemu.ErrFunctionNotFound)
		}
		return []byte(`{"ok":true}`), nil
	}})
	answer := must(t, e, "functions.invokeFunction", params{"function_name": "hello", "request_data": `{"a":"中"}`})
	if *answer.Data.Response != `{"ok":true}` {
		t.Errorf("response %s", *answer.Data.Response)
	}
	if got.Name != "hello" || string(got.Event) != `{"a":"中"}` || got.Source != "wx_client,scf" || got.Header.Get("X-TCB-Source") != got.Source {
		t.Errorf("called as %+v", got)
	}
	must(t, e, "functions.invokeFunction", params{"function_name": "hello", "request_data": ""})
	if len(got.Event) != 0 {
		t.Errorf("no data arrived as %q", got.Event)
	}
	if answer := do(t, e, "functions.invokeFunction", params{"function_name": "none"}); answer.Code != "FUNCTION_NOT_FOUND" {
		t.Errorf("%q: %s", answer.Code, answer.Message)
	}
	if answer := do(t, e, "functions.invokeFunction", params{"function_name": "broken"}); answer.Code != "FUNCTIONS_EXECUTE_FAIL" || answer.Message != "exit status 2" {
		t.Errorf("%q: %s", answer.Code, answer.Message)
	}

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := newRequest(t, "functions.invokeFunction", params{"function_name": "hello"}, time.Now())
	if answer := send(t, e, r.WithContext(ctx)); answer.Code != "" {
		t.Errorf("a function was stopped when its caller hung up: %s", answer.Message)
	}
}

func TestObserve(t *testing.T) {
	var seen []tcbemu.Request
	clock := time.UnixMilli(1700000000000)
	e := open(t, tcbemu.Config{
		Now: func() time.Time {
			clock = clock.Add(time.Millisecond)
			return clock
		},
		Observe: func(r tcbemu.Request) { seen = append(seen, r) },
		Invoke:  func(context.Context, tcbemu.FunctionCall) ([]byte, error) { return nil, nil },
	})
	request := func(action string, p params) {
		answer := send(t, e, newRequest(t, action, p, clock))
		if last := seen[len(seen)-1]; last.ID != answer.RequestID || last.Code != answer.Code || last.Message != answer.Message {
			t.Errorf("observed %+v of the reply %+v", last, answer)
		}
	}
	request("database.addCollection", params{"collectionName": "rooms"})
	request("database.insertDocument", params{"collectionName": "rooms", "data": []string{`{"_id":"a"}`, `{"_id":"b"}`}})
	request("database.getDocument", params{"collectionName": "rooms", "queryType": "WHERE", "query": `{"_id":"a"}`})
	p := modify(`{}`, `{"$set":{"x":1}}`)
	p["multi"] = true
	request("database.modifyDocument", p)
	request("database.modifyDocument", modify(`{"_id":"a"}`, `{"$set":{"x":1}}`))
	request("database.removeDocument", params{"collectionName": "rooms", "queryType": "WHERE", "query": `{"_id":"a"}`})
	request("functions.invokeFunction", params{"function_name": "f"})
	request("database.getDocument", params{"collectionName": "none", "queryType": "WHERE"})
	e.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/admin", nil))

	for i, r := range seen {
		if r.Time.IsZero() || r.Duration <= 0 || r.ID == "" {
			t.Errorf("request %d: %+v", i, r)
		}
		if i < len(seen)-1 && (r.SeqID != "seq-1" || r.SCFRequestID != "scf-1" || r.Source != "wx_client,scf") {
			t.Errorf("request %d comes from %+v", i, r)
		}
		seen[i].ID, seen[i].Time, seen[i].Duration, seen[i].Message = "", time.Time{}, 0, ""
		seen[i].SeqID, seen[i].SCFRequestID, seen[i].Source = "", "", ""
	}
	want := []tcbemu.Request{
		{Action: "database.addCollection", Collection: "rooms"},
		{Action: "database.insertDocument", Collection: "rooms", Data: `[{"_id":"a"},{"_id":"b"}]`, Inserted: 2},
		{Action: "database.getDocument", Collection: "rooms", Query: `{"_id":"a"}`, Found: 1},
		{Action: "database.modifyDocument", Collection: "rooms", Query: `{}`, Data: `{"$set":{"x":1}}`, Matched: 2, Updated: 2},
		{Action: "database.modifyDocument", Collection: "rooms", Query: `{"_id":"a"}`, Data: `{"$set":{"x":1}}`, Matched: 1},
		{Action: "database.removeDocument", Collection: "rooms", Query: `{"_id":"a"}`, Deleted: 1},
		{Action: "functions.invokeFunction", Function: "f"},
		{Action: "database.getDocument", Collection: "none", Code: "DATABASE_COLLECTION_NOT_EXIST"},
		{Code: "INVALID_ACTION"},
	}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Error(diff)
	}
}

// TestAtomic has 64 callers enter and leave rooms of four seats by conditional updates.
func TestAtomic(t *testing.T) {
	const (
		callers = 64
		rounds  = 25
		rooms   = 4
	)
	e := openRooms(t, `{"_id":"counter","n":0}`)
	for i := range rooms {
		insert(t, e, fmt.Sprintf(`{"_id":"r%d","members":[],"entered":0}`, i))
	}
	update := func(query, data string) bool {
		answer := do(t, e, "database.modifyDocument", modify(query, data))
		if answer.Code != "" {
			t.Errorf("%s: %s", answer.Code, answer.Message)
			return false
		}
		return *answer.Data.Updated == 1
	}
	var entered [rooms][callers]int
	var everyone sync.WaitGroup
	for caller := range callers {
		everyone.Go(func() {
			for round := range rounds {
				room, user := (caller+round)%rooms, fmt.Sprintf("u%d", caller)
				if update(
					fmt.Sprintf(`{"_id":"r%d","members.3":{"$exists":false},"members":{"$ne":%q}}`, room, user),
					fmt.Sprintf(`{"$addToSet":{"members":%q},"$inc":{"entered":1}}`, user),
				) {
					entered[room][caller]++
					if !update(fmt.Sprintf(`{"_id":"r%d","members":%q}`, room, user), fmt.Sprintf(`{"$pull":{"members":%q}}`, user)) {
						t.Errorf("%s entered room %d and is not in it", user, room)
					}
				}
				if !update(`{"_id":"counter"}`, `{"$inc":{"n":1}}`) {
					t.Error("an increment was not counted")
				}
				for _, doc := range find(t, e, fmt.Sprintf(`{"_id":"r%d","members.4":{"$exists":true}}`, room)) {
					t.Errorf("more than four in %s", doc)
				}
			}
		})
	}
	everyone.Wait()
	if docs := find(t, e, fmt.Sprintf(`{"_id":"counter","n":%d}`, callers*rounds)); len(docs) != 1 {
		t.Errorf("increments were lost: %v", find(t, e, `{"_id":"counter"}`))
	}
	for room := range rooms {
		sum := 0
		for _, n := range entered[room] {
			sum += n
		}
		if sum == 0 {
			t.Errorf("nobody entered room %d", room)
		}
		if docs := find(t, e, fmt.Sprintf(`{"_id":"r%d","members":[],"entered":%d}`, room, sum)); len(docs) != 1 {
			t.Errorf("%d entered room %d, but: %v", sum, room, find(t, e, fmt.Sprintf(`{"_id":"r%d"}`, room)))
		}
	}
}

// TestBubble shows that an emulator in memory works in fake time and leaves nothing
// running.
func TestBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := openRooms(t)
		insert(t, e, `{"_id":"a","t":{"$tcb_server_date":{}}}`)
		changed := e.Changed()
		time.Sleep(24 * time.Hour)
		old := newRequest(t, "database.getDocument", params{"collectionName": "rooms", "queryType": "WHERE"}, time.Now().Add(-24*time.Hour))
		if answer := send(t, e, old); answer.Code != "SIGN_PARAM_INVALID" {
			t.Errorf("a signature of yesterday: %q", answer.Code)
		}
		go func() {
			time.Sleep(time.Second)
			insert(t, e, `{"_id":"b"}`)
		}()
		start := time.Now()
		<-changed
		if waited := time.Since(start); waited != time.Second {
			t.Errorf("the change was seen after %s", waited)
		}
	})
}
