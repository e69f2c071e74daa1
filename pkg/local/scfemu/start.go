package scfemu

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/rpc"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/tencentyun/scf-go-lib/cloudfunction/messages"

	"webrtc-room/pkg/scf"
)

// start starts an instance. What it prints until it is ready belongs to the call
// that it is started for.
//
// It returns a *startError when there is something wrong with the function, or
// ErrClosed.
func (f *function) start(requestID string) (*instance, error) {
	const attempts = 5
	for attempt := 1; ; attempt++ {
		in, err := f.startOnce(requestID)
		// Between the moment that a port is found free and the moment that the
		// function listens on it, anybody on the machine may take it.
		var failure *startError
		if errors.As(err, &failure) && failure.portTaken() && attempt < attempts {
			continue
		}
		return in, err
	}
}

func (f *function) startOnce(requestID string) (*instance, error) {
	h := f.host
	port, err := h.ports.take()
	if err != nil {
		return nil, &startError{reason: err.Error()}
	}
	in := &instance{function: f, id: f.nextID(), port: port}
	h.instances.Add(1)
	in.output, err = newOutput(requestID, func(requestID, text string) {
		h.log(Line{Function: f.name, Instance: in.id, RequestID: requestID, Text: text})
	})
	if err != nil {
		in.stop()
		return nil, &startError{reason: err.Error()}
	}

	cmd := exec.Command(f.executable)
	cmd.Dir = f.workingDir()
	cmd.Env = f.environ(cmd.Dir, port)
	cmd.Stdout, cmd.Stderr = in.output.writer, in.output.writer
	in.process, err = h.spawner.start(cmd)
	in.output.writer.Close() // the child has its own now, whose end we want to notice
	if err != nil {
		in.stop()
		return nil, &startError{reason: err.Error()}
	}
	if err := in.waitReady(); err != nil {
		in.stop()
		var failure *startError
		if errors.As(err, &failure) {
			failure.log = in.output.end()
		}
		return nil, err
	}
	return in, nil
}

// waitReady connects to the instance once that answers.
func (in *instance) waitReady() error {
	h := in.function.host
	ctx, cancel := context.WithTimeout(context.Background(), h.config.StartTimeout)
	defer cancel()
	go func() {
		select {
		case <-in.process.exited:
		case <-h.killed:
		case <-ctx.Done():
		}
		cancel()
	}()
	// A function needs a few milliseconds to listen. Growing by a fourth, the
	// delay stays a fraction of the time that it has taken so far.
	for delay := 500 * time.Microsecond; ctx.Err() == nil; delay = min(delay+delay/4, 100*time.Millisecond) {
		client, err := in.ping(ctx)
		if err == nil {
			in.client = client
			return nil
		}
		select {
		case <-time.After(delay):
		case <-ctx.Done():
		}
	}
	switch {
	case isClosed(in.process.exited):
		return &startError{reason: "its process ended before it answered: " + in.process.state.String()}
	case isClosed(h.killed):
		return ErrClosed
	}
	return &startError{reason: fmt.Sprintf("it did not answer within %v", h.config.StartTimeout)}
}

// ping connects to the instance, and returns the connection if there is somebody
// at its other end.
func (in *instance) ping(ctx context.Context) (*rpc.Client, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", address(in.port))
	if err != nil {
		return nil, err
	}
	client := rpc.NewClient(conn)
	select {
	case call := <-client.Go("Function.Ping", &messages.PingRequest{}, &messages.PingResponse{}, make(chan *rpc.Call, 1)).Done:
		err = call.Error
	case <-ctx.Done():
	}
	// If the process has ended meanwhile, it was another one that answered.
	if err = errors.Join(err, ctx.Err()); err != nil {
		client.Close()
		return nil, err
	}
	return client, nil
}

func address(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

// workingDir is where the function finds the files of its package.
func (f *function) workingDir() string {
	if code := f.host.config.Code; code != "" {
		dir, err := filepath.Abs(filepath.Join(code, f.name))
		if info, statErr := os.Stat(dir); err == nil && statErr == nil && info.IsDir() {
			return dir
		}
	}
	return filepath.Dir(f.executable)
}

// environ is the whole environment of the process.
func (f *function) environ(dir string, port int) []string {
	environ := make(map[string]string)
	// What the operating system's own libraries need; on Windows, no socket
	// opens without SystemRoot.
	for _, name := range []string{"PATH", "TMPDIR", "TMP", "TEMP", "SystemRoot"} {
		if value, ok := os.LookupEnv(name); ok {
			environ[name] = value
		}
	}
	maps.Copy(environ, f.host.config.Variables)
	maps.Copy(environ, map[string]string{
		"TZ":                  "UTC",
		"TENCENTCLOUD_RUNENV": "SCF",
		"TENCENTCLOUD_REGION": f.host.config.Region,
		"SCF_NAMESPACE":       f.host.config.Namespace,
		"SCF_FUNCTIONNAME":    f.name,
		"SCF_FUNCTIONVERSION": "$LATEST",
		"USER_CODE_ROOT":      dir + string(filepath.Separator),
		"_SCF_SERVER_PORT":    strconv.Itoa(port),
		"_LAMBDA_SERVER_PORT": strconv.Itoa(port),
		scf.ListenVariable:    address(port),
		scf.SecretVariable:    f.host.secret,
	})
	var list []string
	for name, value := range environ {
		list = append(list, name+"="+value)
	}
	return list
}

// A startError is why an instance could not be started.
type startError struct {
	reason string
	log    []string // what it printed
}

func (e *startError) Error() string { return e.reason }

// portTaken reports whether the function ended because it could not listen. The
// text is net.OpError's, in which only the last part depends on the system.
func (e *startError) portTaken() bool {
	for _, line := range e.log {
		if strings.Contains(line, "listen tcp ") && strings.Contains(line, ": bind: ") {
			return true
		}
	}
	return false
}

func (e *startError) functionError(name string) *FunctionError {
	return &FunctionError{
		Status:  StatusStartFailed,
		Message: withCause(fmt.Sprintf("%s could not be started: %s", name, e.reason), e.log),
		Stack:   lastLines(e.log),
	}
}
