package scfemu

import (
	"crypto/rand"
	"errors"
	"fmt"
	"time"
)

// What Invoke returns when a call didn't reach a function. The text around it
// says more.
var (
	ErrUnknownFunction = errors.New("unknown function")
	ErrEventTooLarge   = errors.New("the event is larger than 6 MB")
	ErrClosed          = errors.New("the functions are being stopped")
)

// SCF's limits for a synchronous call.
const (
	MaxEvent = 6 << 20
	MaxReply = 6 << 20
)

// A Call is one invocation of a function.
type Call struct {
	Function    string
	Event       []byte            // passed on as it is, also when it is empty or no JSON
	Environment map[string]string // what SCF tells with each call: the caller, credentials, …
	RequestID   string            // made up when empty
	Timeout     time.Duration     // Config.Timeout when 0
	Kill        <-chan struct{}   // when closed, the process is killed in the middle of the call; may be nil
}

// A Result is what became of a call. It has either a Payload or an Error.
type Result struct {
	RequestID string
	Payload   []byte
	Error     *FunctionError

	PID      int           // the instance's process
	Instance string        // which instance ran it: "1" is the function's first
	Cold     bool          // the instance was started for this call
	Start    time.Duration // how long that took
	Duration time.Duration // how long the call took, without the start
	Log      []string      // what the function printed meanwhile
}

// A Status is SCF's number for how a call failed.
type Status int

const (
	StatusReplyTooLarge Status = 407 // the reply is larger than 6 MB
	StatusException     Status = 430 // the function returned an error, or panicked
	StatusTimeout       Status = 433 // it ran out of time, and was killed
	StatusExited        Status = 439 // its process ended during the call
	StatusStartFailed   Status = 445 // its process could not be started
)

// A FunctionError is the failure of a function, as opposed to one of the host.
type FunctionError struct {
	Status  Status
	Message string
	Type    string   // the error's Go type when the function returned or panicked with one
	Stack   []string // of a panic, innermost frame first; of a dead process, what it printed last
}

func (e *FunctionError) Error() string { return e.Message }

func timeoutError(limit time.Duration) *FunctionError {
	return &FunctionError{
		Status:  StatusTimeout,
		Message: fmt.Sprintf("Invoking task timed out after %g seconds", limit.Seconds()),
	}
}

// NewRequestID returns a random UUID, the form of SCF's request ids.
func NewRequestID() string {
	var b [16]byte
	rand.Read(b[:])
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
