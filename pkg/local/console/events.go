package console

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	// mostDocuments of a collection are shown; the newest.
	mostDocuments = 300
	// calm is how long changes are gathered before pages are told.
	calm = 40 * time.Millisecond
	// heartbeat keeps a silent stream from looking dead.
	heartbeat = 15 * time.Second
)

// serveEvents streams what happens to a page, as server-sent events:
//
//	hello     the stream begins: what this server is, its switches, and all documents
//	data      all documents, after each change
//	call      a function was called
//	wire      the database was asked
//	faults    switches were changed
//	trtc      who is connected to TRTC, after each change
//	report    TRTC reported an event to webrtc-room-events
//
// Calls and requests have ids, by which a page that was cut off goes on where it
// was.
func (s *Server) serveEvents(w http.ResponseWriter, r *http.Request) {
	stream := stream{w: w, flush: http.NewResponseController(w).Flush}
	header := w.Header()
	header.Set("Content-Type", "text/event-stream")
	header.Set("Cache-Control", "no-store")

	seen := s.resumeAfter(r.Header.Get("Last-Event-ID"))
	changed := s.emulator.Changed() // asked before the documents, so that no change is missed
	collections, err := s.collections()
	if err != nil {
		return // the emulator is closed
	}
	trtc, moved := s.trtc.State()
	stream.send("", "hello", map[string]any{"state": s.state(), "faults": s.gate.get(), "trtc": trtc, "collections": collections})
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for {
		entries, more, ok := s.journal.since(seen)
		for _, e := range entries {
			stream.send(s.journalRun+"-"+strconv.Itoa(e.number), e.kind, e.data)
			seen = e.number
		}
		if !ok || stream.err != nil || stream.flush() != nil {
			return
		}
		select {
		case <-r.Context().Done():
			return
		case <-beat.C:
			stream.comment()
		case <-more:
		case <-moved:
			trtc, moved = s.trtc.State()
			stream.send("", "trtc", trtc)
		case <-changed:
			select {
			case <-time.After(calm):
			case <-r.Context().Done():
				return
			}
			changed = s.emulator.Changed()
			if collections, err = s.collections(); err != nil {
				return
			}
			stream.send("", "data", map[string]any{"collections": collections})
		}
	}
}

// resumeAfter is the number of the entry that a page has seen last.
func (s *Server) resumeAfter(lastEventID string) int {
	run, number, _ := strings.Cut(lastEventID, "-")
	n, err := strconv.Atoi(number)
	if run != s.journalRun || err != nil {
		return 0
	}
	return n
}

type stream struct {
	w     http.ResponseWriter
	flush func() error
	err   error
}

func (s *stream) send(id, kind string, what any) {
	data, err := json.Marshal(what)
	if err == nil {
		if id != "" { // an empty one would make the page forget where it was
			id = "id: " + id + "\n"
		}
		_, err = fmt.Fprintf(s.w, "%sevent: %s\ndata: %s\n\n", id, kind, data) // JSON has no line ends
	}
	if s.err == nil {
		s.err = err
	}
}

func (s *stream) comment() {
	if _, err := fmt.Fprint(s.w, ":\n\n"); s.err == nil {
		s.err = err
	}
}

type collection struct {
	Total     int               `json:"total"`
	Documents []json.RawMessage `json:"documents"` // the newest last
}

// collections are the newest documents of each collection.
func (s *Server) collections() (map[string]collection, error) {
	all, err := s.emulator.Export()
	if err != nil {
		return nil, err
	}
	shown := make(map[string]collection)
	for name, c := range all {
		shown[name] = collection{len(c.Documents), c.Documents[max(0, len(c.Documents)-mostDocuments):]}
	}
	return shown, nil
}
