package tcbemu_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"webrtc-room/pkg/local/tcbemu"
	"webrtc-room/pkg/tcb/tc3"
)

const (
	envID     = "local"
	secretID  = "AKIDlocalTest"
	secretKey = "a-key-for-tests"
)

func open(t testing.TB, config tcbemu.Config) *tcbemu.Emulator {
	t.Helper()
	if config.EnvID == "" {
		config.EnvID = envID
	}
	if config.Keys == nil {
		config.Keys = map[string]string{secretID: secretKey}
	}
	e, err := tcbemu.Open(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

// params are a request's parameters beside the envelope.
type params map[string]any

// reply is what the SDKs read of an answer.
type reply struct {
	RequestID string `json:"requestId"`
	Code      string
	Message   string
	Data      struct {
		InsertedIDs []any    `json:"insertedIds"`
		List        []string `json:"list"`
		Offset      *int
		Limit       *int
		Total       *int
		Updated     *int
		UpsertID    any `json:"upsert_id"`
		Deleted     *int
		Doc         *string
		Response    *string `json:"response_data"`
	}
}

// newRequest makes a signed request, as the Node SDK does.
func newRequest(t testing.TB, action string, p params, now time.Time) *http.Request {
	t.Helper()
	all := params{"action": action, "envName": envID, "wxCloudApiToken": "", "tcb_sessionToken": ""}
	for name, value := range p {
		all[name] = value
	}
	body, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return sign(t, body, now)
}

func sign(t testing.TB, body []byte, now time.Time) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/admin?env="+envID+"&seqId=seq-1&scfRequestId=scf-1", bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-TCB-Source", "wx_client,scf")
	signed, err := tc3.Params(body)
	if err != nil {
		t.Fatal(err)
	}
	message := tc3.Message{
		Host:  r.Host,
		Path:  r.URL.EscapedPath(),
		Query: r.URL.RawQuery,
		Header: []tc3.Field{
			{Name: "content-type", Value: r.Header.Get("Content-Type")},
			{Name: "host", Value: r.Host},
			{Name: "x-tcb-source", Value: r.Header.Get("X-TCB-Source")},
		},
		Params: signed,
	}
	r.Header.Set("Authorization", tc3.Sign(message, tc3.Key{SecretID: secretID, SecretKey: secretKey}, now))
	r.Header.Set(tc3.HeaderTimestamp, strconv.FormatInt(now.Unix(), 10))
	r.Header.Set(tc3.HeaderExpires, "600")
	return r
}

// send expects HTTP status 200 and returns the reply.
func send(t testing.TB, server http.Handler, r *http.Request) reply {
	t.Helper()
	w := httptest.NewRecorder()
	server.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		t.Fatalf("HTTP status %d: %s", w.Code, w.Body)
	}
	return parse(t, w)
}

func parse(t testing.TB, w *httptest.ResponseRecorder) reply {
	t.Helper()
	var answer reply
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
		t.Fatalf("the reply is not JSON: %v: %s", err, w.Body)
	}
	if answer.RequestID == "" {
		t.Errorf("the reply has no requestId: %s", w.Body)
	}
	return answer
}

func do(t testing.TB, server http.Handler, action string, p params) reply {
	t.Helper()
	return send(t, server, newRequest(t, action, p, time.Now()))
}

// must is do for requests that have to succeed.
func must(t testing.TB, server http.Handler, action string, p params) reply {
	t.Helper()
	answer := do(t, server, action, p)
	if answer.Code != "" {
		t.Fatalf("%s %v: %s: %s", action, p, answer.Code, answer.Message)
	}
	return answer
}

// openRooms opens an emulator in memory with the collection rooms.
func openRooms(t testing.TB, documents ...string) *tcbemu.Emulator {
	t.Helper()
	e := open(t, tcbemu.Config{})
	must(t, e, "database.addCollection", params{"collectionName": "rooms"})
	if len(documents) > 0 {
		insert(t, e, documents...)
	}
	return e
}

func insert(t testing.TB, server http.Handler, documents ...string) reply {
	t.Helper()
	return must(t, server, "database.insertDocument", params{"collectionName": "rooms", "data": documents})
}

func find(t testing.TB, server http.Handler, query string) []string {
	t.Helper()
	return must(t, server, "database.getDocument", params{"collectionName": "rooms", "queryType": "WHERE", "query": query}).Data.List
}

func modify(query, data string) params {
	return params{
		"collectionName": "rooms", "queryType": "WHERE", "query": query, "data": data,
		"multi": false, "merge": true, "upsert": false,
	}
}
