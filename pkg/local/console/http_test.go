package console

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"webrtc-room/pkg/local/scfemu"
)

// realData is a data folder with the built functions of the real repository.
func realData(t *testing.T) string {
	t.Helper()
	root := filepath.Join("..", "..", "..")
	bin, err := scfemu.Build(t.Context(), root, filepath.Join(root, ".local", "test"))
	if err != nil {
		t.Fatal(err)
	}
	return copyOf(t, bin)
}

// A web page enters a room next to a mini program's user, as client.html does it.
func TestHTTP(t *testing.T) {
	data := realData(t)
	s := start(t, Config{Data: data, Getenv: func(name string) string {
		return map[string]string{"HTTP_ALLOWED_ORIGINS": "https://app.example.com"}[name]
	}})
	if r := call(t, s, "webrtc-enter-room", `{"roomID":"9527"}`, "X-WX-OPENID", "alice"); r.Status != http.StatusOK {
		t.Fatalf("alice: %d %s", r.Status, r.Body)
	}
	fetch := func(method, path, body string, header ...string) reply {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(header); i += 2 {
			request.Header.Add(header[i], header[i+1])
		}
		return do(t, request)
	}
	token := fetch("GET", "/http/token?user=bob", "").Body

	r := fetch("POST", "/http/webrtc-enter-room?x=1", `{"roomID":"9527"}`, "Authorization", "Bearer "+token, "Origin", "https://app.example.com", "Sec-Fetch-Site", "cross-site")
	var entered struct {
		Msg      string
		RoomInfo struct{ Members []string }
		SignInfo struct{ UserID, UserSig, PrivateMapKey string }
	}
	if err := json.Unmarshal([]byte(r.Body), &entered); err != nil || r.Status != http.StatusOK {
		t.Fatalf("bob: %d %s", r.Status, r.Body)
	}
	if diff := cmp.Diff([]string{"alice", "bob"}, entered.RoomInfo.Members); diff != "" || entered.SignInfo.UserID != "bob" || entered.SignInfo.PrivateMapKey == "" {
		t.Errorf("bob: %s", r.Body)
	}
	if got := r.Header.Get("Access-Control-Allow-Origin"); got != "https://app.example.com" {
		t.Errorf("the page may not read it: %q", got)
	}

	if r := fetch("GET", "/http/token", ""); !strings.Contains(r.Body, "as in /http/token?user=alice") {
		t.Errorf("a token for nobody: %s", r.Body)
	}

	for _, tt := range []struct {
		name, method, path, body string
		header                   []string
		status                   int
	}{
		{"preflight", "OPTIONS", "/http/webrtc-enter-room", "", []string{"Origin", "https://app.example.com", "Access-Control-Request-Method", "POST"}, 204},
		{"preflight of a stranger", "OPTIONS", "/http/webrtc-enter-room", "", []string{"Origin", "https://evil.example"}, 403},
		{"no token", "POST", "/http/webrtc-enter-room", `{"userID":"alice"}`, nil, 401},
		{"no token, with the local server's header", "POST", "/http/webrtc-enter-room", `{}`, []string{"X-WX-OPENID", "alice"}, 401},
		{"two headers", "POST", "/http/webrtc-enter-room", `{}`, []string{"Authorization", "Bearer " + token, "Authorization", "Bearer " + token}, 401},
		{"not a text", "POST", "/http/webrtc-enter-room", "\xff", []string{"Authorization", "Bearer " + token}, 400},
		{"GET", "GET", "/http/webrtc-enter-room", "", []string{"Authorization", "Bearer " + token}, 405},
		{"no such function", "POST", "/http/nosuch", "", nil, 404},
		{"a token for nobody", "GET", "/http/token", "", nil, 400},
		{"a token for a mini program's user", "GET", "/http/token?user=oExample-12345678901234567_a", "", nil, 404},
		{"a token for an empty name", "GET", "/http/token?user=", "", nil, 400},
	} {
		if r := fetch(tt.method, tt.path, tt.body, tt.header...); r.Status != tt.status {
			t.Errorf("%s: %d %s, want %d", tt.name, r.Status, r.Body, tt.status)
		}
	}
}

func TestJWTSecret(t *testing.T) {
	data := newData(t)
	before := start(t, Config{Data: data})
	secret := before.keys.JWT
	before.Close()
	if after := start(t, Config{Data: data}); after.keys.JWT != secret || len(secret) != 64 {
		t.Errorf("after a restart: %q, want %q", after.keys.JWT, secret)
	} else {
		after.Close()
	}

	// A folder of before there were tokens.
	file := filepath.Join(data, "keys.json")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var old map[string]any
	if err := json.Unmarshal(text, &old); err != nil {
		t.Fatal(err)
	}
	delete(old, "jwt")
	if err := writeSecret(file, old); err != nil {
		t.Fatal(err)
	}
	upgraded := start(t, Config{Data: data})
	if upgraded.keys.JWT == "" || upgraded.keys.TRTC != before.keys.TRTC {
		t.Errorf("an old folder's keys: %v", upgraded.keys)
	}

	mine := start(t, Config{Getenv: func(name string) string {
		return map[string]string{"HTTP_JWT_KEYS": "HS256:" + strings.Repeat("x", 32)}[name]
	}})
	response, err := browser.Get(mine.URL + "/http/token?user=bob")
	if err != nil {
		t.Fatal(err)
	}
	if r := read(t, response); r.Status != http.StatusNotFound || !strings.Contains(r.Body, "scripts/token") {
		t.Errorf("with a developer's key: %d %s", r.Status, r.Body)
	}
}

func TestWriteHTTPReply(t *testing.T) {
	for payload, want := range map[string]string{
		`{"statusCode":200,"body":"` + base64.StdEncoding.EncodeToString([]byte("text")) + `","isBase64Encoded":true}`: "200 text",
		`{"statusCode":418,"body":"text"}`: "418 text",
		`{"code":2}`:                       `200 {"code":2}`,
		`{"statusCode":7,"body":"text"}`:   `200 {"statusCode":7,"body":"text"}`,
		`"text"`:                           `200 "text"`,
	} {
		w := httptest.NewRecorder()
		writeHTTPReply(w, []byte(payload))
		if got := fmt.Sprint(w.Code, " ", w.Body); got != want {
			t.Errorf("%s: %s, want %s", payload, got, want)
		}
	}
}
