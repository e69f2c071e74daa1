package console

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"webrtc-room/pkg/local/tcbemu"
	"webrtc-room/pkg/local/tcbemu/faults"
)

// A gate stands before the emulated database. It knows which request belongs to
// which call of a function, tells the journal about each, and makes requests
// fail as its switches say.
type gate struct {
	database http.Handler
	journal  *journal

	mu       sync.Mutex
	calls    map[string]*openCall // that are running, by request id
	switches []Switch
	struck   map[string]FaultKind // which fault hit a request, by its seqId

	strays sync.WaitGroup // what arrives later than its caller waits
}

func newGate(j *journal) *gate {
	return &gate{
		journal: j,
		calls:   make(map[string]*openCall),
		struck:  make(map[string]FaultKind),
	}
}

// An openCall is a call of a function that is running.
type openCall struct {
	kill     chan struct{} // closed to end the function's process
	killOnce sync.Once
	latency  time.Duration // of its database requests, as if the database were far away
	requests int
}

// open says that a call begins, whose database requests take latency longer.
func (g *gate) open(requestID string, latency time.Duration) *openCall {
	g.mu.Lock()
	defer g.mu.Unlock()
	c := &openCall{kill: make(chan struct{}), latency: latency}
	g.calls[requestID] = c
	return c
}

// done says that a call has ended, and returns how many requests it made.
func (g *gate) done(requestID string) (requests int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	c := g.calls[requestID]
	delete(g.calls, requestID)
	return c.requests
}

// A passing is one request on its way through the gate.
type passing struct {
	at         time.Time
	requestID  string // of the call that it belongs to
	seqID      string
	source     string
	Action     string `json:"action"`
	Collection string `json:"collectionName"`
	Query      string `json:"query"`
	Data       any    `json:"data"`
}

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	p := passing{at: time.Now(), requestID: query.Get("scfRequestId"), seqID: query.Get("seqId"), source: r.Header.Get("X-TCB-Source")}
	g.mu.Lock()
	call := g.calls[p.requestID]
	if call != nil {
		call.requests++
	}
	quiet := len(g.switches) == 0 && (call == nil || call.latency == 0)
	g.mu.Unlock()
	if quiet {
		g.database.ServeHTTP(w, r)
		return
	}

	body, err := io.ReadAll(io.LimitReader(r.Body, tcbemu.MaxRequest+1))
	if err != nil {
		return // the caller is gone
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	_ = json.Unmarshal(body, &p) // what is no JSON has no action, and no fault
	kind, fault := g.strike(p, call)
	link := &faults.Link{Server: g.database, Plan: func(faults.Request) faults.Fault { return fault }}
	switch {
	case kind == Killed:
		link.Server = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			g.database.ServeHTTP(w, r)
			call.killOnce.Do(func() { close(call.kill) })
		})
	case fault.Kind == faults.Late || fault.Kind == faults.Duplicate:
		defer g.strays.Go(link.Wait)
	case fault.Kind == faults.LoseRequest || fault.Kind == faults.Refuse:
		g.journal.add("wire", p.lost(kind, fault)) // the database never sees it
	}
	link.ServeHTTP(w, r)
}

// strike decides which fault hits a request, and counts it.
func (g *gate) strike(p passing, call *openCall) (FaultKind, faults.Fault) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for i := range g.switches {
		s := &g.switches[i]
		if !s.hits(p.Action) || s.Kind == Killed && call == nil {
			continue
		}
		kind, fault := s.Kind, s.fault()
		if len(g.struck) > mostEntries {
			clear(g.struck)
		}
		g.struck[p.seqID] = kind
		if s.Times > 0 {
			if s.Times--; s.Times == 0 {
				g.switches = append(g.switches[:i:i], g.switches[i+1:]...)
			}
		}
		g.journal.add("faults", g.snapshot())
		return kind, fault
	}
	if call != nil {
		return "", faults.Fault{Delay: call.latency}
	}
	return "", faults.Fault{}
}

// set replaces all switches.
func (g *gate) set(switches []Switch) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.switches = switches
	g.journal.add("faults", g.snapshot())
}

func (g *gate) get() []Switch {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.snapshot()
}

func (g *gate) snapshot() []Switch { return append([]Switch{}, g.switches...) }

// A Wire is a database request, for the journal.
type Wire struct {
	RequestID  string    `json:"requestId,omitempty"` // of the call that made it
	At         int64     `json:"at"`                  // Unix milliseconds
	Ms         float64   `json:"ms"`
	Source     string    `json:"source,omitempty"`
	Action     string    `json:"action"`
	Collection string    `json:"collection,omitempty"`
	Function   string    `json:"function,omitempty"`
	Query      string    `json:"query,omitempty"`
	Data       string    `json:"data,omitempty"`
	Found      int       `json:"found,omitempty"`
	Inserted   int       `json:"inserted,omitempty"`
	Matched    int       `json:"matched,omitempty"`
	Updated    int       `json:"updated,omitempty"`
	Deleted    int       `json:"deleted,omitempty"`
	Code       string    `json:"code,omitempty"`
	Message    string    `json:"message,omitempty"`
	Fault      FaultKind `json:"fault,omitempty"`
	Lost       bool      `json:"lost,omitempty"` // the database never saw it
}

// observe is for tcbemu.Config.
func (g *gate) observe(r tcbemu.Request) {
	g.mu.Lock()
	fault := g.struck[r.SeqID]
	g.mu.Unlock()
	g.journal.add("wire", Wire{
		RequestID: r.SCFRequestID, At: r.Time.UnixMilli(), Ms: milliseconds(r.Duration), Source: r.Source,
		Action: r.Action, Collection: r.Collection, Function: r.Function, Query: shorten(r.Query), Data: shorten(r.Data),
		Found: r.Found, Inserted: r.Inserted, Matched: r.Matched, Updated: r.Updated, Deleted: r.Deleted,
		Code: r.Code, Message: r.Message, Fault: fault,
	})
}

func (p passing) lost(kind FaultKind, fault faults.Fault) Wire {
	data, ok := p.Data.(string)
	if list, isList := p.Data.([]any); isList && !ok {
		text, _ := json.Marshal(list)
		data = string(text)
	}
	return Wire{
		RequestID: p.requestID, At: p.at.UnixMilli(), Source: p.source,
		Action: p.Action, Collection: p.Collection, Query: shorten(p.Query), Data: shorten(data),
		Code: fault.Code, Fault: kind, Lost: true,
	}
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// longestText is how much of an event, a reply or a document a page gets to see.
const longestText = 64 << 10

func shorten(text string) string {
	if len(text) <= longestText {
		return text
	}
	return strings.ToValidUTF8(text[:longestText], "") + "…"
}
