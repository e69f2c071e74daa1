package trtcemu

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"webrtc-room/pkg/sig"
	"webrtc-room/pkg/trtc"
)

const (
	mostSessions = 256
	mostMembers  = 16 // of a room
)

// Config says what an Emulator is for.
type Config struct {
	// SDKAppID and Key are the app's. Without a key, nobody can enter.
	SDKAppID uint32
	Key      sig.VerifyKey

	// CallbackURL is where reports go, signed with CallbackKey; "" makes none.
	CallbackURL string
	CallbackKey string
	// Transport carries reports; nil is one that never uses a proxy.
	Transport http.RoundTripper
	// Observe, if not nil, sees each report when its last try is over.
	Observe func(Report)

	// Keys has the SecretKey of each SecretId that may use the server API, and
	// SessionTokens the token of each that is temporary.
	Keys          map[string]string
	SessionTokens map[string]string

	// Vanish is after how long without a sign of life a client is given up; 0 is
	// TRTC's, trtc.Silence.
	Vanish time.Duration
}

// An Emulator is TRTC for one app. It is safe for concurrent use.
type Emulator struct {
	config   Config
	verifier *sig.Verifier // nil without a key
	beat     time.Duration // between two signs of life

	mu             sync.Mutex
	highPermission bool
	rooms          map[sig.Room][]*session // in the order of entering; none is empty
	sessions       map[string]*session     // by token; also those that must still be told of their end
	connections    int
	latest         time.Time // of what was reported
	pending        int       // reports
	changed        chan struct{}

	ctx     context.Context // of what outlives a request
	cancel  context.CancelFunc
	reports sync.WaitGroup
}

// New returns an Emulator without rooms. The error is sig.NewVerifier's.
func New(config Config) (*Emulator, error) {
	e := &Emulator{
		config:         config,
		highPermission: true,
		rooms:          make(map[sig.Room][]*session),
		sessions:       make(map[string]*session),
		changed:        make(chan struct{}),
	}
	if config.Key != nil {
		var err error
		if e.verifier, err = sig.NewVerifier(config.SDKAppID, config.Key); err != nil {
			return nil, err
		}
	}
	if config.Vanish <= 0 {
		e.config.Vanish = trtc.Silence
	}
	if config.Transport == nil {
		e.config.Transport = &http.Transport{}
	}
	if config.Observe == nil {
		e.config.Observe = func(Report) {}
	}
	e.beat = min(e.config.Vanish/9, 10*time.Second)
	e.ctx, e.cancel = context.WithCancel(context.Background())
	return e, nil
}

// Close ends all streams, and gives up reports that nobody took yet.
func (e *Emulator) Close() {
	e.cancel()
	e.mu.Lock()
	for _, s := range e.sessions {
		s.timer.Stop()
	}
	e.mu.Unlock()
	e.reports.Wait()
}

// PassTime gives up everybody who has vanished by now, as if 90 seconds had passed.
func (e *Emulator) PassTime() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, s := range e.sessions {
		if s.over == nil && s.vanished {
			e.end(s, timedOut)
		}
	}
}

// SetHighPermission says whether entering takes a privateMapKey.
func (e *Emulator) SetHighPermission(on bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.highPermission = on
	e.wakeAll()
}

// A State is what a console shows.
type State struct {
	HighPermission bool    `json:"highPermission"`
	VanishSeconds  float64 `json:"vanishSeconds"`
	Rooms          []Room  `json:"rooms"`
}

// A Room has a number or a name, and at least one member.
type Room struct {
	Room    string   `json:"room"`
	Named   bool     `json:"named"`
	Members []Member `json:"members"`
}

// A Member is somebody who is connected to a room.
type Member struct {
	User       string `json:"userId"`
	Connection string `json:"connection"`
	Role       string `json:"role"`
	Media
	Vanished bool  `json:"vanished,omitempty"`
	FreeAt   int64 `json:"freeAt,omitempty"` // Unix milliseconds; when a vanished one is given up
}

func (e *Emulator) members(room sig.Room) []Member {
	list := []Member{}
	for _, s := range e.rooms[room] {
		m := s.member()
		if s.vanished {
			m.Vanished, m.FreeAt = true, s.lastSign().Add(e.config.Vanish).UnixMilli()
		}
		list = append(list, m)
	}
	return list
}

// Media is what a client publishes.
type Media struct {
	Audio  bool `json:"audio"`
	Video  bool `json:"video"`
	Screen bool `json:"screen"`
}

// State returns who is where, and a channel that is closed when that has changed.
func (e *Emulator) State() (State, <-chan struct{}) {
	e.mu.Lock()
	defer e.mu.Unlock()
	state := State{HighPermission: e.highPermission, VanishSeconds: e.config.Vanish.Seconds(), Rooms: []Room{}}
	byName := func(a, b sig.Room) int { return strings.Compare(a.String(), b.String()) }
	for _, room := range slices.SortedFunc(maps.Keys(e.rooms), byName) {
		name := strings.Trim(room.String(), `"`)
		state.Rooms = append(state.Rooms, Room{name, name != room.String(), e.members(room)})
	}
	return state, e.changed
}

// wakeAll tells a console that the state has changed.
func (e *Emulator) wakeAll() {
	close(e.changed)
	e.changed = make(chan struct{})
}
