package console

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"webrtc-room/pkg/local/tcbemu/faults"
)

// A FaultKind is what can go wrong between a function and its database.
type FaultKind string

const (
	Slow        FaultKind = "slow"        // the request takes long
	DropRequest FaultKind = "dropRequest" // it never arrives
	DropReply   FaultKind = "dropReply"   // it is carried out, and nobody hears of it
	AppliedLate FaultKind = "late"        // it is carried out after its caller gave up
	Duplicated  FaultKind = "duplicate"   // it is carried out twice
	Conflicted  FaultKind = "conflict"    // a transaction holds the document
	ErrorCode   FaultKind = "error"       // CloudBase refuses it with a code
	Killed      FaultKind = "kill"        // the function dies when it has been carried out
)

var faultKinds = []FaultKind{Slow, DropRequest, DropReply, AppliedLate, Duplicated, Conflicted, ErrorCode, Killed}

// A Switch makes requests fail until it is switched off.
type Switch struct {
	Kind  FaultKind `json:"kind"`
	On    string    `json:"on"`             // "reads", "writes" or "all"
	Times int       `json:"times"`          // how many requests more; 0 for every one
	Code  string    `json:"code,omitempty"` // of ErrorCode
}

func (s Switch) check() error {
	switch {
	case !slices.Contains(faultKinds, s.Kind):
		return fmt.Errorf("there is no fault %q", s.Kind)
	case s.On != "reads" && s.On != "writes" && s.On != "all":
		return fmt.Errorf("on must be reads, writes or all, not %q", s.On)
	case s.Times < 0:
		return fmt.Errorf("times must not be negative")
	}
	return nil
}

// hits reports whether the switch is for requests with this action.
func (s Switch) hits(action string) bool {
	if !strings.HasPrefix(action, "database.") {
		return false
	}
	reads := action == "database.getDocument" || action == "database.calculateDocument"
	return s.On == "all" || (s.On == "reads") == reads
}

func (s Switch) fault() faults.Fault {
	switch s.Kind {
	case Slow:
		return faults.Fault{Delay: 800 * time.Millisecond}
	case DropRequest:
		return faults.Fault{Kind: faults.LoseRequest}
	case DropReply:
		return faults.Fault{Kind: faults.LoseReply}
	case AppliedLate:
		return faults.Fault{Kind: faults.Late, Delay: 300 * time.Millisecond}
	case Duplicated:
		return faults.Fault{Kind: faults.Duplicate, Delay: 50 * time.Millisecond}
	case Conflicted:
		return faults.Conflict
	case Killed:
		return faults.Fault{Kind: faults.LoseReply, Silent: true}
	}
	if s.Code == "" {
		return faults.Busy
	}
	return faults.Fault{Kind: faults.Refuse, Code: s.Code}
}

// putFaults sets the switches.
func (s *Server) putFaults(w http.ResponseWriter, r *http.Request) {
	var switches []Switch
	if !readBody(w, r, &switches) {
		return
	}
	for _, one := range switches {
		if err := one.check(); err != nil {
			writeBadRequest(w, err)
			return
		}
	}
	s.gate.set(switches)
	writeJSON(w, s.gate.get())
}

// readBody reads JSON of a page, or answers that it can't.
func readBody(w http.ResponseWriter, r *http.Request, into any) bool {
	const most = 32 << 20
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, most)).Decode(into); err != nil {
		writeBadRequest(w, fmt.Errorf("the body can't be read: %w", err))
		return false
	}
	return true
}
