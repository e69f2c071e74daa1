package trtcemu

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// mostKept is how much of its events is kept for a client that doesn't fetch them.
// Messages of others may take half of it: nobody can keep somebody else from hearing
// who comes and goes.
const mostKept = 1 << 20

// writeTime is how long a client may take for an event.
const writeTime = 10 * time.Second

// An outbox has a client's events, in order. What a stream has sent stays for the next
// stream, as far as there is room. It is broken when the client can't get all any more.
type outbox struct {
	events []event
	bytes  int
	last   int // number of the newest event
	sent   int // number of the newest one that a stream has sent
	gone   int // number of the newest one that isn't kept any more
	broken bool
}

type event struct {
	number int
	kind   string
	data   []byte
}

// overhead is what an event takes beside its data.
const overhead = 64

// add reports whether there was room among most bytes.
func (o *outbox) add(kind string, what any, most int) bool {
	data, err := json.Marshal(what)
	if err != nil {
		panic(err) // of none of these types
	}
	size := len(data) + overhead
	for len(o.events) > 0 && o.bytes+size > most && o.events[0].number <= o.sent {
		o.bytes -= len(o.events[0].data) + overhead
		o.gone = o.events[0].number
		o.events = o.events[1:]
	}
	if o.bytes+size > most {
		return false
	}
	o.last++
	o.events = append(o.events, event{o.last, kind, data})
	o.bytes += size
	return true
}

// after returns the events behind a number.
func (o *outbox) after(number int) []event {
	i := len(o.events)
	for i > 0 && o.events[i-1].number > number {
		i--
	}
	return o.events[i:]
}

// serveEvents streams a session's events until the session or the client ends it, or
// the same client opens another stream.
func (e *Emulator) serveEvents(w http.ResponseWriter, r *http.Request) {
	e.mu.Lock()
	s := e.sessions[r.URL.Query().Get("session")]
	if s == nil {
		e.mu.Unlock()
		reply(w, http.StatusNotFound, problem{Message: "there is no such session"})
		return
	}
	s.stream++
	this := s.stream
	s.open, s.heard = true, time.Now()
	seen, _ := strconv.Atoi(r.Header.Get("Last-Event-ID"))
	s.outbox.broken = s.outbox.broken || seen < s.outbox.gone
	s.rouse() // ends the older stream
	e.check(s)
	e.mu.Unlock()
	defer func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		if s.stream == this {
			s.open, s.closed = false, time.Now()
			e.check(s)
		}
	}()

	header := w.Header()
	header.Set("Content-Type", "text/event-stream")
	header.Set("Cache-Control", "no-store")
	control := http.NewResponseController(w)
	send := func(text string) bool {
		_ = control.SetWriteDeadline(time.Now().Add(writeTime)) // a test's writer has none
		_, err := w.Write([]byte(text))
		return err == nil && control.Flush() == nil
	}
	const beat = "event: beat\ndata: {}\n\n"
	ticker := time.NewTicker(e.beat)
	defer ticker.Stop()
	if !send(beat) {
		return
	}
	for {
		e.mu.Lock()
		if s.stream != this {
			e.mu.Unlock()
			return
		}
		events, wake, over := s.outbox.after(seen), s.wake, s.over != nil
		if len(events) > 0 {
			seen = events[len(events)-1].number
			s.outbox.sent = max(s.outbox.sent, seen)
		}
		text := ""
		for _, one := range events {
			text += fmt.Sprintf("id: %d\nevent: %s\ndata: %s\n\n", one.number, one.kind, one.data)
		}
		e.mu.Unlock()
		if text != "" && !send(text) || over {
			return
		}
		select {
		case <-wake:
		case <-ticker.C:
			if !send(beat) {
				return
			}
		case <-r.Context().Done():
			return
		case <-e.ctx.Done():
			return
		}
	}
}
