package console

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// FuzzRoutes sends any request that the HTTP package reads. Whatever it is, the
// server goes on, answers programs in JSON, has nothing of a request become a
// part of a page, and blames itself for nothing but what a function did.
//
// More than the kept requests are tried by
//
//	go test -fuzz FuzzRoutes ./pkg/local/console
func FuzzRoutes(f *testing.F) {
	for _, seed := range []struct{ line, header, body string }{
		{"GET /", "", ""},
		{"GET /web/js/main.js", "Range: bytes=0-9", ""},
		{"GET /web/../server.go", "", ""},
		{"GET //evil.example/%3Cscript%3E/..", "", ""},
		{"GET /client", "", ""},
		{"GET /http/token?user=%3Cscript%3E", "", ""},
		{"GET /nothing", "", ""},
		{"GET /call?room=1&user=<b>", "Accept-Language: zh", ""},
		{"GET /call/minimal.html", "", ""},
		{"GET /api/events", "Last-Event-ID: 9-9", ""},
		{"GET /api/data", "", ""},
		{"PUT /api/data", "", `{"rooms":{"documents":[{"_id":"1"}]}}`},
		{"DELETE /api/data", "", ""},
		{"PUT /api/records/rooms", "", `{"_id":{"$oid":"0123456789abcdef01234567"},"a":{"$numberLong":"1"}}`},
		{"DELETE /api/records/rooms?id=%221%22", "", ""},
		{"PUT /api/faults", "", `[{"kind":"dropReply","on":"all","times":1}]`},
		{"PUT /api/faults", "", `[]`},
		{"POST /api/tokens", "", `{"token":"eJyrVgrx","userID":"a","room":"1"}`},
		{"POST /api/reports", "", `{"EventType":104}`},
		{"POST /api/race", "", `{"callers":2,"algorithm":"2018"}`},
		{"POST /api/calls/one", "X-WX-OPENID: <script>", `{"Print":["<script>"]}`},
		{"POST /v1/functions/one", "X-Scf-Log-Type: Tail", `{"Fail":"<script>"}`},
		{"POST /v1/functions/one", "X-WX-SOURCE: wx_client", "\xff"},
		{"POST /v1/functions/nosuch", "", `{}`},
		{"POST /http/one?x=%00", "Authorization: Bearer x", "\xff"},
		{"OPTIONS /http/one", "Origin: http://evil.example", ""},
		{"POST /admin?scfRequestId=1&seqId=2", "X-TCB-Source: x", `{"action":"database.getDocument","collectionName":"rooms"}`},
		{"POST /admin", "Origin: http://evil.example", `{}`},
		{"POST /api/calls/one", "Sec-Fetch-Site: cross-site", `{}`},
		{"POST /api/calls/one", "Transfer-Encoding: chunked", "not a chunk"},
	} {
		f.Add(seed.line, seed.header, []byte(seed.body))
	}
	s := start(f, Config{})
	f.Fuzz(func(t *testing.T, line, header string, body []byte) {
		if header != "" {
			header += "\r\n"
		}
		if !strings.Contains(header, "Transfer-Encoding") {
			header += fmt.Sprintf("Content-Length: %d\r\n", len(body))
		}
		text := line + " HTTP/1.1\r\nHost: 127.0.0.1\r\n" + header + "\r\n" + string(body)
		request, err := http.ReadRequest(bufio.NewReader(strings.NewReader(text)))
		if err != nil {
			return // the HTTP package refuses it before the server sees it
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		w := &leaver{ResponseRecorder: httptest.NewRecorder(), leave: cancel}
		s.http.Handler.ServeHTTP(w, request.WithContext(ctx))
		checkAnswer(t, request, w.Result(), w.Body.Bytes())
	})
}

// A leaver goes away when a stream has begun, which would never end.
type leaver struct {
	*httptest.ResponseRecorder
	leave func()
}

func (l *leaver) Flush() { l.leave() }

func checkAnswer(t *testing.T, request *http.Request, answer *http.Response, body []byte) {
	t.Helper()
	path := request.URL.Path
	if answer.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Error("a browser may take the answer for something else than it says")
	}
	if answer.StatusCode >= 500 {
		// A function that fails is told as SCF tells it.
		var shown failure
		calls := strings.HasPrefix(path, "/v1/functions/") || strings.HasPrefix(path, "/http/")
		if json.Unmarshal(body, &shown) != nil || shown.RequestID == "" || !calls {
			t.Errorf("%d %.300s", answer.StatusCode, body)
		}
	}
	switch kind, _, _ := strings.Cut(answer.Header.Get("Content-Type"), ";"); kind {
	case "text/html":
		moved := answer.StatusCode >= 300 && answer.StatusCode < 400
		to := answer.Header.Get("Location")
		if moved && (!strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || bytes.Count(body, []byte("<")) > 2) {
			t.Errorf("moved to %q: %.300s", to, body)
		}
		if !moved && answer.StatusCode != http.StatusNotModified && !ownPage(body) {
			t.Errorf("a page of somebody else: %.300s", body)
		}
	case "application/json":
		if !json.Valid(body) && request.Method != http.MethodHead {
			t.Errorf("no JSON: %.300q", body)
		}
	case "text/css", "text/javascript", "image/svg+xml", "text/event-stream":
	case "text/plain":
		// A token, a part of a file that isn't there, or what mux says itself.
		if strings.HasPrefix(path, "/api/") || strings.HasPrefix(path, "/v1/") || path == "/admin" {
			t.Errorf("programs get %d %.300q", answer.StatusCode, body)
		}
	default:
		if len(body) > 0 {
			t.Errorf("%d %q: %.300q", answer.StatusCode, kind, body)
		}
	}
}

// rootElement has the choices of whoever asks in it, and settings.
var rootElement = regexp.MustCompile("<html [^>]*>")

// ownPage reports whether a body is a page of this server, or a part of one.
func ownPage(body []byte) bool {
	part := rootElement.ReplaceAll(body, nil)
	return slices.ContainsFunc([][]byte{page().text, file("call/index.html"), file("call/minimal.html")}, func(text []byte) bool {
		return bytes.Contains(rootElement.ReplaceAll(text, nil), part)
	})
}
