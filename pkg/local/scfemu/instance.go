package scfemu

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/rpc"
	"strings"
	"time"

	"github.com/tencentyun/scf-go-lib/cloudfunction/messages"
)

// An instance is one running process of a function. It has an owner at any time:
// the call that it runs, or the pool while it is idle.
type instance struct {
	function *function
	id       string
	port     int
	process  *process
	client   *rpc.Client
	output   *output
	taken    chan<- struct{} // while idle: closed when a call takes it
}

// invoke calls the function and fills in the result. It reports whether the
// instance may serve another call.
func (in *instance) invoke(call Call, result *Result) (reusable bool, err error) {
	f := in.function
	environment, err := json.Marshal(call.Environment)
	if err != nil {
		return true, fmt.Errorf("the call's environment: %w", err)
	}
	begin := time.Now()
	deadline := begin.Add(call.Timeout)
	request := &messages.InvokeRequest{
		Payload:            call.Event,
		RequestId:          call.RequestID,
		TraceId:            f.host.secret,
		Deadline:           messages.InvokeRequest_Timestamp{Seconds: deadline.Unix(), Nanos: int64(deadline.Nanosecond())},
		Namespace:          f.host.config.Namespace,
		FunctionName:       f.name,
		FunctionVersion:    "$LATEST",
		MemoryLimitInMb:    int32(f.host.config.MemoryMB),
		TimeLimitInMs:      int32(call.Timeout.Milliseconds()),
		Environment:        string(environment),
		TencentcloudRegion: f.host.config.Region,
	}
	reply := new(messages.InvokeResponse)
	limit := time.NewTimer(call.Timeout)
	defer limit.Stop()
	invoked := in.client.Go("Function.Invoke", request, reply, make(chan *rpc.Call, 1)).Done
	defer func() { result.Duration = time.Since(begin) }()

	select {
	case <-limit.C:
		in.process.kill()
		result.Error = timeoutError(call.Timeout)
		return false, nil
	case <-f.host.killed:
		return false, ErrClosed
	case <-call.Kill:
		in.process.kill()
		result.Error = in.broken((<-invoked).Error)
		return false, nil
	case done := <-invoked:
		if done.Error != nil {
			result.Error = in.broken(done.Error)
			return false, nil
		}
	}
	switch {
	case reply.Error != nil:
		result.Error = exception(reply.Error)
		return !reply.Error.ShouldExit, nil
	case len(reply.Payload) > MaxReply:
		result.Error = &FunctionError{
			Status:  StatusReplyTooLarge,
			Message: fmt.Sprintf("the reply has %d bytes, and may have %d", len(reply.Payload), MaxReply),
		}
		return true, nil
	}
	result.Payload = reply.Payload
	return true, nil
}

// exception is the error that a function answered with.
func exception(e *messages.InvokeResponse_Error) *FunctionError {
	failure := &FunctionError{Status: StatusException, Message: e.Message, Type: e.Type}
	for _, frame := range e.StackTrace {
		failure.Stack = append(failure.Stack, fmt.Sprintf("%s (%s:%d)", frame.Label, frame.Path, frame.Line))
	}
	return failure
}

// broken is the error of a call that got no answer, usually because the process
// ended.
func (in *instance) broken(err error) *FunctionError {
	var answered rpc.ServerError // about a request that net/rpc itself refused
	if errors.As(err, &answered) {
		return &FunctionError{Status: StatusException, Message: err.Error()}
	}
	name := in.function.name
	select {
	case <-in.process.exited: // the connection breaks a moment before
	case <-time.After(time.Second):
		return &FunctionError{Status: StatusExited, Message: fmt.Sprintf("%s cut the connection: %v", name, err)}
	}
	lines := in.output.lines()
	message := fmt.Sprintf("the process of %s ended during the call: %v", name, in.process.state)
	return &FunctionError{Status: StatusExited, Message: withCause(message, lines), Stack: lastLines(lines)}
}

// stop ends the instance, which nobody may use any more, and returns when it is
// gone. Every instance that startOnce made is stopped once.
func (in *instance) stop() {
	h := in.function.host
	if in.process != nil {
		in.process.kill()
		<-in.process.exited
	}
	if in.client != nil {
		in.client.Close()
	}
	if in.output != nil {
		in.output.close()
	}
	h.ports.release(in.port)
	h.instances.Done()
}

// withCause adds to a message about a dead process the line that tells why it
// died: Go's own verdict if there is one, else the last one.
func withCause(message string, lines []string) string {
	if len(lines) == 0 {
		return message
	}
	cause := lines[len(lines)-1]
	for _, line := range lines {
		if strings.HasPrefix(line, "panic: ") || strings.HasPrefix(line, "fatal error: ") {
			cause = line
			break
		}
	}
	return message + ": " + cause
}

func lastLines(lines []string) []string {
	const most = 20
	return lines[max(0, len(lines)-most):]
}
