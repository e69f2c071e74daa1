package scf

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"github.com/tencentyun/scf-go-lib/functioncontext"

	"webrtc-room/pkg/settings"
	"webrtc-room/pkg/tcb"
)

// A Call is one invocation, as a handler sees it.
type Call struct {
	Event  Event
	Caller string // who the platform, or an HTTP request's token, says is calling; "" when it names nobody

	// Room is the room that the call is about, for the log line. The handler
	// sets it as soon as it knows.
	Room string

	// Warning is a fault that didn't fail the call, for the log line.
	Warning error

	// Request is what a webhook was called with; nil for other functions.
	Request *Request

	source        source
	customUserIDs bool
	http          *response // the answer to an HTTP request; nil for other calls
	token         string    // of that request
}

// A Handler answers one call. The reply is written as JSON. An error with a
// known reason is a refusal, which is a reply too; any other error fails the
// invocation.
type Handler func(ctx context.Context, call *Call) (reply any, err error)

// Open makes a function's handler from its settings. It runs at the first call
// rather than at start, because that is when an error has somebody to be told:
// the error fails the call, and the next call tries again.
type Open func(lookup settings.Lookup) (Handler, error)

// Start serves the function of this name; see Serve.
func Start(name string, open Open) { Serve(New(name, open, os.Stdout)) }

// New returns the function that Start serves, which writes its log lines to log.
// It is safe for concurrent use, though SCF makes one call at a time.
func New(name string, open Open, log io.Writer) Function {
	return &function{name: name, open: open, log: log, level: new(slog.LevelVar)}
}

type function struct {
	name  string
	open  Open
	log   io.Writer
	level *slog.LevelVar

	webhook bool

	mu            sync.Mutex
	handler       Handler // nil until a first call could open it
	customUserIDs bool
	access        *access // nil until a first HTTP call could open it
}

// Invoke answers one call; see the package comment.
func (f *function) Invoke(ctx context.Context, payload []byte) (reply []byte, err error) {
	start := time.Now()
	invocation, ok := functioncontext.FromContext(ctx)
	if !ok {
		invocation = &functioncontext.FunctionContext{}
	}
	ctx, cancel := withMargin(ctx, start, invocation.TimeLimitInMs)
	defer cancel()
	ctx, stats := tcb.WithStats(ctx)

	call, answer := &Call{Caller: caller(invocation.Environment), source: source(invocation.Environment["TCB_SOURCE"])}, f.answer
	switch {
	case f.webhook:
		call, answer = &Call{http: newResponse()}, f.answerWebhook
	case isHTTP(payload, invocation.Environment):
		call, answer = &Call{http: newResponse()}, f.answerHTTP
	}
	line := line{function: f.name, requestID: invocation.RequestID, http: call.http}
	reply, err = answer(ctx, call, payload, invocation.Environment, &line)
	if err != nil {
		redact := redactor(lookupIn(invocation.Environment), call)
		line.err = &InvocationError{Function: f.name, RequestID: invocation.RequestID, Text: redact(err.Error())}
		line.stack = redact(line.stack)
		if call.http != nil {
			reply, err = call.http.failed(err, invocation.RequestID)
		} else {
			err = line.err
		}
	}
	if call.Warning != nil {
		line.warning = redactor(lookupIn(invocation.Environment), call)(call.Warning.Error())
	}
	line.caller, line.room, line.misspelt = call.identity(), call.Room, call.Event.misspelt()
	line.elapsed, line.requests = time.Since(start), stats.Requests()
	line.write(ctx, slog.New(slog.NewJSONHandler(f.log, &slog.HandlerOptions{Level: f.level})))
	return reply, err
}

// answer runs the handler and writes its reply, or turns its error or its panic
// into what the caller gets.
func (f *function) answer(ctx context.Context, call *Call, payload []byte, environment map[string]string, line *line) (reply []byte, err error) {
	defer caught(line, &err)

	handler, err := f.openOnce(environment)
	if err != nil {
		return nil, err
	}
	// An HTTP caller's token names the app's own user already.
	call.customUserIDs = f.customUserIDs && call.http == nil

	var answer any
	call.Event, err = decodeEvent(payload)
	if err == nil {
		answer, err = handler(ctx, call)
	}
	if refusal, ok := asRefusal(err); ok {
		line.refusal = refusal
		answer, err = refusal, nil
	}
	if err != nil {
		return nil, err
	}
	return encode(answer)
}

// caught makes an error of a panic. It is for a defer statement.
func caught(line *line, err *error) {
	if p := recover(); p != nil {
		line.stack = string(debug.Stack())
		*err = fmt.Errorf("函数内部错误，请凭 request id 查看日志；internal error, look the request id up in the log: panic: %v", p)
	}
}

// openOnce returns the handler. The first call opens it, and the next ones find it open;
// where that failed, the next call tries again.
func (f *function) openOnce(environment map[string]string) (Handler, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.handler != nil {
		return f.handler, nil
	}
	lookup := lookupIn(environment)
	level, err := logLevel(lookup)
	if err != nil {
		return nil, err
	}
	custom, err := lookup.Bool("ALLOW_CUSTOM_USER_ID")
	if err != nil {
		return nil, err
	}
	handler, err := f.open(lookup)
	if err != nil {
		return nil, err
	}
	f.level.Set(level)
	f.handler, f.customUserIDs = handler, custom
	return handler, nil
}

// openAccessOnce is openOnce for what HTTP requests need.
func (f *function) openAccessOnce(environment map[string]string) (*access, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.access == nil {
		access, err := openAccess(lookupIn(environment))
		if err != nil {
			return nil, err
		}
		f.access = access
	}
	return f.access, nil
}

// An InvocationError is a call that failed for reasons that are not the
// caller's. SCF counts it, and shows its text to whoever called.
type InvocationError struct {
	Function  string
	RequestID string
	Text      string
}

func (e *InvocationError) Error() string {
	return fmt.Sprintf("%s: %s (request id %s)", e.Function, e.Text, e.RequestID)
}

// withMargin gives the handler a little less time than the platform gives the
// function, so that it can answer and log when time is up.
func withMargin(ctx context.Context, now time.Time, limitMs int32) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok || deadline.Before(now.Add(-time.Hour)) {
		// A deadline that was never set arrives as 1970.
		limit := time.Duration(limitMs) * time.Millisecond
		if limit <= 0 {
			limit = 3 * time.Second // the platform's own default
		}
		ctx, deadline = context.WithoutCancel(ctx), now.Add(limit)
	}
	margin := min(deadline.Sub(now)/5, 500*time.Millisecond)
	return context.WithDeadlineCause(ctx, deadline.Add(-margin), errTimeUp)
}

var errTimeUp = errors.New("the function's time limit was reached")
