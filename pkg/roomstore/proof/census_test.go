package proof

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"webrtc-room/pkg/roomstore"
)

// A census counts what histories had in them: a proof by histories in which
// nothing happens proves nothing.
type census struct {
	mu     sync.Mutex
	counts map[string]int
}

func (n *census) count(w *world) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.counts == nil {
		n.counts = make(map[string]int)
	}
	n.counts["torn pages"] += int(w.gateway.torn.Load())
	for _, c := range w.calls {
		n.counts["calls"]++
		n.counts["requests"] += c.trip.requests
		n.counts[string(c.kind)]++
		switch {
		case c.answered && c.answer.refusal != nil:
			n.counts["refused"]++
		case c.answered && len(c.losses) > 0:
			n.counts["answered after a loss"]++
		case c.answered:
			n.counts["answered"]++
		case errors.Is(c.err, roomstore.ErrOutcomeUnknown):
			n.counts["outcome unknown"]++
		case errors.Is(c.err, roomstore.ErrBusy):
			n.counts["busy"]++
		case c.err != nil:
			n.counts["failed"]++
		default:
			n.counts["killed"]++
		}
		for _, l := range c.losses {
			n.counts[string(l.kind)]++
		}
		for _, f := range c.trip.faults {
			n.counts["fault "+f]++
		}
	}
}

func (n *census) String() string {
	var words []string
	for _, what := range slices.Sorted(maps.Keys(n.counts)) {
		words = append(words, fmt.Sprintf("%s %d", what, n.counts[what]))
	}
	return strings.Join(words, ", ")
}

// expectEverything fails the test if something never happened.
func (n *census) expectEverything(t *testing.T) {
	for _, what := range []string{
		"create", "enter", "quit", "ban", "close", "entered", "left", "vanished", "dismissed", "get", "list",
		"answered", "answered after a loss", "refused", "outcome unknown", "killed", "failed",
		"lost insert", "lost change", "lost sweep", "torn pages",
		"fault LoseRequest", "fault LoseReply", "fault Late", "fault Duplicate", "fault Resend", "fault Refuse", "fault Garble",
	} {
		if n.counts[what] == 0 {
			t.Errorf("%s: this never happened", what)
		}
	}
}
