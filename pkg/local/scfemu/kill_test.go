package scfemu

import (
	"testing"
	"time"
)

// A call that is killed ends as one whose process died, and the next call gets
// another process.
func TestKill(t *testing.T) {
	h, _ := newHost(t, Config{})
	door := newDoor(t)
	kill := make(chan struct{})
	running := async(h, t.Context(), Call{Function: "one", Event: door.knock(), Kill: kill, Timeout: time.Minute})
	visitor := door.visitor()
	close(kill)
	visitor.waitGone()
	if o := <-running; o.err != nil || o.Error == nil || o.Error.Status != StatusExited {
		t.Errorf("the killed call: %+v, %v", o.Error, o.err)
	}
	if r := invoke(t, h, Call{Function: "one", Event: []byte(`{}`), Timeout: time.Minute}); r.Error != nil || !r.Cold {
		t.Errorf("the call after it: %+v, cold = %t", r.Error, r.Cold)
	}
}
