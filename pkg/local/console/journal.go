package console

import (
	"encoding/json"
	"sync"
)

// mostEntries is how much of the past a page gets that is opened late.
const mostEntries = 1500

// A journal is what happened lately, for pages that look on. Who writes never
// waits for who reads: a reader asks for what is new since the entry that it has
// seen last, and misses what was dropped meanwhile.
type journal struct {
	mu      sync.Mutex
	entries []entry
	last    int // number of the last entry
	changed chan struct{}
	closed  bool
}

// An entry is an event of the stream: its kind, and what happened as JSON.
type entry struct {
	number int
	kind   string
	data   json.RawMessage
}

func newJournal() *journal { return &journal{changed: make(chan struct{})} }

func (j *journal) add(kind string, what any) {
	data, err := json.Marshal(what)
	if err != nil {
		return // none of the types of this package
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.last++
	j.entries = append(j.entries, entry{j.last, kind, data})
	if len(j.entries) > mostEntries+mostEntries/4 {
		j.entries = append([]entry(nil), j.entries[len(j.entries)-mostEntries:]...)
	}
	j.wake()
}

// wake tells readers that there is something new.
func (j *journal) wake() {
	if !j.closed {
		close(j.changed)
		j.changed = make(chan struct{})
	}
}

// since returns the entries after a number, and a channel that is closed when
// there are more, or when the journal is closed: then ok is false.
func (j *journal) since(number int) (entries []entry, changed <-chan struct{}, ok bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	first := len(j.entries)
	for first > 0 && j.entries[first-1].number > number {
		first--
	}
	return append([]entry(nil), j.entries[first:]...), j.changed, !j.closed
}

// close ends all streams.
func (j *journal) close() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.wake()
	j.closed = true
}
