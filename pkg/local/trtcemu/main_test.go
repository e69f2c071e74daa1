package trtcemu

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"webrtc-room/pkg/sig"
	"webrtc-room/pkg/trtc"
)

const (
	app         = 1400000001
	callbackKey = "Callback0Key1"
)

// A callbackServer takes reports, without a network.
type callbackServer struct {
	mu      sync.Mutex
	answers []any // an int, a time.Duration to wait, or an error; the last one stays
	posts   []posted
}

type posted struct {
	trtc.Report
	at     time.Time
	header http.Header
	body   string
}

func (c *callbackServer) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	report, err := trtc.ParseReport(body)
	if err != nil {
		panic(err)
	}
	c.mu.Lock()
	c.posts = append(c.posts, posted{report, time.Now(), r.Header, string(body)})
	var answer any = http.StatusOK
	if len(c.answers) > 0 {
		answer = c.answers[0]
	}
	if len(c.answers) > 1 {
		c.answers = c.answers[1:]
	}
	c.mu.Unlock()
	switch answer := answer.(type) {
	case error:
		return nil, answer
	case time.Duration:
		select {
		case <-time.After(answer):
			return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	default:
		return &http.Response{StatusCode: answer.(int), Body: http.NoBody}, nil
	}
}

// reports returns what was reported, each event once, in the order in which it
// happened.
func (c *callbackServer) reports() (list []string) {
	synctest.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	slices.SortStableFunc(c.posts, func(a, b posted) int { return a.At.Compare(b.At) })
	for i, p := range c.posts {
		if i == 0 || p.body != c.posts[i-1].body {
			list = append(list, p.brief())
		}
	}
	return list
}

func (p posted) brief() string {
	var wire callback
	if err := json.Unmarshal([]byte(p.body), &wire); err != nil {
		panic(err)
	}
	text, err := json.Marshal([]any{int(wire.EventType), wire.EventInfo.RoomID, wire.EventInfo.UserID, wire.EventInfo.Reason})
	if err != nil {
		panic(err)
	}
	return string(text)
}

// A world is an emulator in a bubble of time, and what tests do to it.
type world struct {
	*testing.T
	*Emulator
	mux       *http.ServeMux
	callbacks *callbackServer
	signer    *sig.Signer
	observed  []Report
}

var secret = strings.Repeat("5bd2850fff3ecb11", 4)

// inBubble runs a test with an emulator whose time passes when nothing else is to be
// done.
func inBubble(t *testing.T, test func(w *world), options ...func(*Config)) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, options...)
		test(w)
		w.Close()
	})
}

func newWorld(t *testing.T, options ...func(*Config)) *world {
	t.Helper()
	key, err := sig.ParseSecretKey(secret)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{T: t, mux: http.NewServeMux(), callbacks: &callbackServer{}}
	if w.signer, err = sig.NewSigner(app, key, ""); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	config := Config{
		SDKAppID:      app,
		Key:           key,
		CallbackURL:   "http://functions.example/http/webrtc-room-events",
		CallbackKey:   callbackKey,
		Transport:     w.callbacks,
		Keys:          map[string]string{"AKIDrole": "secret-of-role", "AKIDuser": "secret-of-user"},
		SessionTokens: map[string]string{"AKIDrole": "token"},
		Observe: func(r Report) {
			mu.Lock()
			defer mu.Unlock()
			w.observed = append(w.observed, r)
		},
	}
	for _, option := range options {
		option(&config)
	}
	if w.Emulator, err = New(config); err != nil {
		t.Fatal(err)
	}
	w.Routes(w.mux)
	return w
}

// post sends a request, and returns the status and the reply.
func (w *world) post(path string, what any) (int, map[string]any) {
	w.Helper()
	body, err := json.Marshal(what)
	if err != nil {
		w.Fatal(err)
	}
	return w.send(httptest.NewRequest(http.MethodPost, path, bytes.NewReader(body)))
}

func (w *world) send(r *http.Request) (int, map[string]any) {
	w.Helper()
	recorder := httptest.NewRecorder()
	w.mux.ServeHTTP(recorder, r)
	var answer map[string]any
	if text := recorder.Body.Bytes(); len(text) > 0 {
		if err := json.Unmarshal(text, &answer); err != nil {
			w.Fatalf("%s %s: %s", r.Method, r.URL, text)
		}
	}
	return recorder.Code, answer
}

// params are what a client with good signatures gives enterRoom.
func (w *world) params(user string, room sig.Room, privilege sig.Privilege) map[string]any {
	w.Helper()
	userSig, err := w.signer.UserSig(user, time.Now(), time.Hour)
	if err != nil {
		w.Fatal(err)
	}
	key, err := w.signer.PrivateMapKey(user, room, privilege, time.Now(), time.Hour)
	if err != nil {
		w.Fatal(err)
	}
	p := map[string]any{"sdkAppId": app, "userId": user, "userSig": userSig, "privateMapKey": key}
	if name, found := strings.CutPrefix(room.String(), `"`); found {
		p["strRoomId"] = strings.TrimSuffix(name, `"`)
	} else {
		p["roomId"] = json.Number(name)
	}
	return p
}

// A client is somebody in a room, with a stream.
type client struct {
	world      *world
	user       string
	session    string
	connection string
	members    []any

	mu     sync.Mutex
	events []string // without beats; kind and data
	silent bool     // doesn't answer beats
	deaf   bool     // has no stream
	hangUp context.CancelFunc
	ended  chan struct{} // when the stream has
	lastID string
}

// enter has a user with good signatures enter, and opens a stream.
func (w *world) enter(user string, room sig.Room) *client {
	w.Helper()
	c := w.enterOnly(user, room)
	c.listen()
	return c
}

func (w *world) enterOnly(user string, room sig.Room) *client {
	w.Helper()
	status, answer := w.post("/trtc/enter", w.params(user, room, sig.PrivilegeAll))
	if status != http.StatusOK {
		w.Fatalf("%s: %d %v", user, status, answer)
	}
	return &client{world: w, user: user, session: answer["session"].(string), connection: answer["connection"].(string), members: answer["members"].([]any)}
}

// listen opens a stream, which goes on where the last one ended, and answers beats.
func (c *client) listen() {
	ctx, cancel := context.WithCancel(context.Background())
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/trtc/events?session="+c.session, nil)
	if c.lastID != "" {
		r.Header.Set("Last-Event-ID", c.lastID)
	}
	reader, writer := io.Pipe()
	ended := make(chan struct{})
	c.hangUp, c.ended, c.deaf = cancel, ended, false
	go func() {
		c.world.mux.ServeHTTP(&pipeResponse{writer, http.Header{}}, r)
		writer.Close()
	}()
	go func() {
		defer close(ended)
		kind, id := "", ""
		lines := bufio.NewScanner(reader)
		lines.Buffer(nil, 2*mostKept)
		for lines.Scan() {
			name, value, _ := strings.Cut(lines.Text(), ": ")
			switch name {
			case "id":
				id = value
			case "event":
				kind = value
			case "data":
				c.take(kind, id, value)
			}
		}
		if err := lines.Err(); err != nil {
			c.world.Error(err)
		}
	}()
	synctest.Wait()
}

func (c *client) take(kind, id, data string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if kind != "beat" {
		c.events, c.lastID = append(c.events, kind+" "+data), id
	} else if !c.silent {
		c.do("beat", nil)
	}
}

// got returns the events since the last call.
func (c *client) got() []string {
	synctest.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	events := c.events
	c.events = nil
	return events
}

// freeze makes the client as a browser is that was stopped: the stream stays open.
func (c *client) freeze() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.silent = true
}

// kill ends the client as a closed tab does that couldn't say so.
func (c *client) kill() {
	c.deaf = true
	c.hangUp()
	<-c.ended
	synctest.Wait()
}

// do sends a message of the client, and returns the status.
func (c *client) do(path string, what map[string]any) int {
	m := map[string]any{"session": c.session}
	for name, value := range what {
		m[name] = value
	}
	status, _ := c.world.post("/trtc/"+path, m)
	return status
}

// A pipeResponse is a response that is read while it is written.
type pipeResponse struct {
	*io.PipeWriter
	header http.Header
}

func (p *pipeResponse) Header() http.Header { return p.header }
func (p *pipeResponse) WriteHeader(int)     {}
func (p *pipeResponse) FlushError() error   { return nil }
