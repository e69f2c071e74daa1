package scfemu

import (
	"context"
	"errors"
	"net"
	"net/rpc"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/tencentyun/scf-go-lib/cloudfunction/messages"

	"webrtc-room/pkg/scf"
)

func TestInvoke(t *testing.T) {
	h, _ := newHost(t, Config{Namespace: "local", Region: "ap-guangzhou", MemoryMB: 256})

	t.Run("Echo", func(t *testing.T) {
		result := invoke(t, h, Call{Function: "one", Event: []byte(`{"a": 1}`)})
		if got := string(result.Payload); got != `{"a": 1}` || result.Error != nil {
			t.Errorf("payload = %s, error = %v", got, result.Error)
		}
		if !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(result.RequestID) {
			t.Errorf("request id %q is no UUID", result.RequestID)
		}
		if result.Duration <= 0 {
			t.Errorf("duration = %v", result.Duration)
		}
	})

	t.Run("ColdThenWarm", func(t *testing.T) {
		h, _ := newHost(t, Config{})
		cold, first := invokeReport(t, h, Call{Function: "one"})
		warm, second := invokeReport(t, h, Call{Function: "one"})
		if !first.Cold || first.Start <= 0 || second.Cold || second.Start != 0 {
			t.Errorf("cold = %t in %v, then %t in %v", first.Cold, first.Start, second.Cold, second.Start)
		}
		if cold.Pid != warm.Pid || first.Instance != second.Instance {
			t.Errorf("process %d (instance %s), then %d (%s)", cold.Pid, first.Instance, warm.Pid, second.Instance)
		}
		if other, _ := invokeReport(t, h, Call{Function: "two"}); other.Pid == cold.Pid {
			t.Error("two functions share a process")
		}
	})

	t.Run("Context", func(t *testing.T) {
		r, _ := invokeReport(t, h, Call{
			Function:    "one",
			RequestID:   "request-1",
			Timeout:     90 * time.Second,
			Environment: map[string]string{"WX_OPENID": "alice"},
		})
		want := report{}.Context
		want.RequestID, want.Namespace, want.FunctionName, want.FunctionVersion = "request-1", "local", "one", "$LATEST"
		want.TencentcloudRegion, want.MemoryLimitInMb, want.TimeLimitInMs = "ap-guangzhou", 256, 90_000
		if diff := cmp.Diff(want, r.Context); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(map[string]string{"WX_OPENID": "alice"}, r.Environment); diff != "" {
			t.Error(diff)
		}
		if r.Remaining <= 60*time.Second || r.Remaining > 90*time.Second {
			t.Errorf("%v to the deadline", r.Remaining)
		}
		if r, _ = invokeReport(t, h, Call{Function: "one"}); len(r.Environment) != 0 {
			t.Errorf("without an environment, the function got %v", r.Environment)
		}
	})

	t.Run("EventAsItIs", func(t *testing.T) {
		for event, want := range map[string]string{"": "unexpected end of JSON input", "x": "invalid character 'x' looking for beginning of value"} {
			result := invoke(t, h, Call{Function: "one", Event: []byte(event)})
			if result.Error == nil || result.Error.Message != want {
				t.Errorf("event %q: error = %v, want %s", event, result.Error, want)
			}
		}
	})

	t.Run("Stranger", func(t *testing.T) {
		r, _ := invokeReport(t, h, Call{Function: "one"})
		client, err := rpc.Dial("tcp", net.JoinHostPort("127.0.0.1", r.Port))
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		request := &messages.InvokeRequest{Payload: []byte("{}"), Environment: `{"WX_OPENID": "alice"}`}
		if err := client.Call("Function.Invoke", request, &messages.InvokeResponse{}); err == nil {
			t.Error("whoever finds the port is answered")
		}
	})

	t.Run("ErrUnknownFunction", func(t *testing.T) {
		_, err := h.Invoke(t.Context(), Call{Function: "../one"})
		if !errors.Is(err, ErrUnknownFunction) || !strings.Contains(err.Error(), "one, two") {
			t.Errorf("err = %v", err)
		}
	})

	t.Run("ErrEventTooLarge", func(t *testing.T) {
		if _, err := h.Invoke(t.Context(), Call{Function: "one", Event: make([]byte, MaxEvent+1)}); !errors.Is(err, ErrEventTooLarge) {
			t.Errorf("err = %v", err)
		}
	})

	t.Run("ErrClosed", func(t *testing.T) {
		h, _ := newHost(t, Config{})
		h.Close()
		if _, err := h.Invoke(t.Context(), Call{Function: "one"}); !errors.Is(err, ErrClosed) {
			t.Errorf("err = %v", err)
		}
	})
}

func TestFunctionError(t *testing.T) {
	h, _ := newHost(t, Config{})
	for name, test := range map[string]struct {
		event event
		want  FunctionError
		warm  bool // the instance serves the next call
	}{
		"Returned":   {event{"Fail": "no database"}, FunctionError{Status: StatusException, Message: "no database", Type: "errorString"}, true},
		"Panic":      {event{"Panic": "boom"}, FunctionError{Status: StatusException, Message: "boom", Type: "string"}, false},
		"Exit":       {event{"Exit": 3, "Print": []string{"bye"}}, FunctionError{Status: StatusExited, Message: "the process of one ended during the call: exit status 3: bye"}, false},
		"Crash":      {event{"Crash": "boom"}, FunctionError{Status: StatusExited, Message: "the process of one ended during the call: exit status 2: panic: boom"}, false},
		"LargeReply": {event{"Reply": MaxReply}, FunctionError{Status: StatusReplyTooLarge, Message: "the reply has 6291458 bytes, and may have 6291456"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			before, _ := invokeReport(t, h, Call{Function: "one"})
			result := invoke(t, h, Call{Function: "one", Event: test.event.json()})
			if result.Error == nil {
				t.Fatalf("no error, payload = %.80s", result.Payload)
			}
			got := *result.Error
			if dead := got.Status == StatusExited; dead || name == "Panic" {
				if len(got.Stack) == 0 {
					t.Error("no stack")
				}
			}
			got.Stack = nil
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
			if result.Payload != nil {
				t.Errorf("an error and a payload, %.80s", result.Payload)
			}
			after, next := invokeReport(t, h, Call{Function: "one"})
			if warm := !next.Cold && after.Pid == before.Pid; warm != test.warm {
				t.Errorf("next call warm = %t, want %t", warm, test.warm)
			}
		})
	}
}

func TestTimeout(t *testing.T) {
	h, _ := newHost(t, Config{})
	door := newDoor(t)
	call := async(h, t.Context(), Call{Function: "one", Event: door.knock(), Timeout: 500 * time.Millisecond})
	visitor := door.visitor()
	result := <-call
	want := &FunctionError{Status: StatusTimeout, Message: "Invoking task timed out after 0.5 seconds"}
	if diff := cmp.Diff(want, result.Error); diff != "" || result.err != nil {
		t.Error(diff, result.err)
	}
	visitor.waitGone()
	if next := invoke(t, h, Call{Function: "one", Event: []byte("{}")}); !next.Cold {
		t.Error("the next call was warm")
	}
}

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

func TestOneCallAtATime(t *testing.T) {
	h, _ := newHost(t, Config{MaxInstances: 2})
	door := newDoor(t)
	knock := Call{Function: "one", Event: door.knock()}
	first, second := async(h, t.Context(), knock), async(h, t.Context(), knock)
	a, b := door.visitor(), door.visitor()
	if a.pid == b.pid {
		t.Fatal("two calls at a time in one process")
	}

	// There are two instances, so that the third call waits for one of them.
	third := async(h, t.Context(), knock)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := h.Invoke(ctx, knock); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a fourth call that doesn't want to wait: err = %v", err)
	}
	a.letGo()
	c := door.visitor()
	if c.pid != a.pid {
		t.Errorf("the third call ran in process %d, not in %d, which was free", c.pid, a.pid)
	}

	// Another function isn't held up by this one.
	if result := invoke(t, h, Call{Function: "two", Event: []byte("{}")}); result.Error != nil {
		t.Error(result.Error)
	}
	b.letGo()
	c.letGo()
	for i, call := range []<-chan outcome{first, second, third} {
		if o := <-call; o.err != nil || o.Error != nil || o.Cold != (i < 2) {
			t.Errorf("call %d: %v, %v, cold = %t", i+1, o.err, o.Error, o.Cold)
		}
	}
}

func TestCallerLeaves(t *testing.T) {
	h, lines := newHost(t, Config{})
	door := newDoor(t)
	ctx, cancel := context.WithCancel(t.Context())
	call := async(h, ctx, Call{Function: "one", Event: door.knock()})
	visitor := door.visitor()
	cancel()
	if o := <-call; !errors.Is(o.err, context.Canceled) {
		t.Errorf("err = %v", o.err)
	}
	visitor.letGo() // the call went on
	if err := h.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if all := lines.all(); len(all) > 0 {
		t.Errorf("the host had to say %v", all)
	}
}

func TestIdle(t *testing.T) {
	t.Run("Expires", func(t *testing.T) {
		h, _ := newHost(t, Config{IdleTimeout: time.Millisecond})
		before, _ := invokeReport(t, h, Call{Function: "one"})
		h.instances.Wait() // none is left
		after, result := invokeReport(t, h, Call{Function: "one"})
		if !result.Cold || after.Pid == before.Pid {
			t.Errorf("the call after was cold = %t, in process %d after %d", result.Cold, after.Pid, before.Pid)
		}
	})

	t.Run("Dies", func(t *testing.T) {
		h, lines := newHost(t, Config{})
		result := invoke(t, h, Call{Function: "one", Event: event{"Later": "boom"}.json()})
		in := idleInstance(h, "one")
		knock(t, strings.Trim(string(result.Payload), `"`))
		<-in.process.exited
		if result := invoke(t, h, Call{Function: "one", Event: []byte("{}")}); result.Error != nil {
			t.Errorf("the call after failed: %v", result.Error)
		}
		h.Close()
		var texts []string
		for _, line := range lines.all() {
			if line.RequestID != "" {
				t.Errorf("%q belongs to a call", line.Text)
			}
			texts = append(texts, line.Text)
		}
		if !contains(texts, "panic: boom") || !contains(texts, "the process ended while no call was running: exit status 2") {
			t.Errorf("lines = %q", texts)
		}
	})
}

func idleInstance(h *Host, function string) *instance {
	f := h.functions[function]
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.idle[0]
}

func TestStart(t *testing.T) {
	t.Run("Panic", func(t *testing.T) {
		h, _ := newHost(t, Config{Variables: map[string]string{"AT_START": "panic"}})
		result := invoke(t, h, Call{Function: "one"})
		if result.Error == nil || result.Error.Status != StatusStartFailed {
			t.Fatalf("error = %+v", result.Error)
		}
		const want = "one could not be started: its process ended before it answered: exit status 2: panic: no configuration"
		if result.Error.Message != want || !contains(result.Log, "panic: no configuration") {
			t.Errorf("message = %s, log = %q", result.Error.Message, result.Log)
		}
	})

	t.Run("Hang", func(t *testing.T) {
		h, _ := newHost(t, Config{StartTimeout: 100 * time.Millisecond, Variables: map[string]string{"AT_START": "hang"}})
		result := invoke(t, h, Call{Function: "one"})
		if result.Error == nil || result.Error.Message != "one could not be started: it did not answer within 100ms" {
			t.Errorf("error = %+v", result.Error)
		}
		h.instances.Wait()
	})

	t.Run("PortTaken", func(t *testing.T) {
		h, _ := newHost(t, Config{Variables: map[string]string{"AT_START": "taken", "MARKER": filepath.Join(t.TempDir(), "marker")}})
		r, result := invokeReport(t, h, Call{Function: "one"})
		if r.Port == "" || result.Instance != "2" {
			t.Errorf("instance %s answered on port %s", result.Instance, r.Port)
		}
	})

	t.Run("NotExecutable", func(t *testing.T) {
		dir := t.TempDir()
		name := "garbage"
		if os.PathSeparator == '\\' {
			name += ".exe"
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte("garbage"), 0o777); err != nil {
			t.Fatal(err)
		}
		h, err := New(Config{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		defer h.Close()
		result := invoke(t, h, Call{Function: "garbage"})
		if result.Error == nil || result.Error.Status != StatusStartFailed {
			t.Errorf("error = %+v", result.Error)
		}
	})

	t.Run("NoFunctions", func(t *testing.T) {
		for _, dir := range []string{t.TempDir(), filepath.Join(t.TempDir(), "missing")} {
			if _, err := New(Config{Dir: dir}); err == nil {
				t.Errorf("New in %s succeeded", dir)
			}
		}
	})
}

// A function must not see what happens to be in the developer's environment.
func TestProcessEnvironment(t *testing.T) {
	t.Setenv("AWS_SECRET_ACCESS_KEY", "of the developer")
	t.Setenv("HTTP_PROXY", "http://proxy.invalid")
	code := t.TempDir()
	if err := os.Mkdir(filepath.Join(code, "one"), 0o777); err != nil {
		t.Fatal(err)
	}
	h, _ := newHost(t, Config{Code: code, Variables: map[string]string{"ROOM_MAX_MEMBERS": "2", "_LAMBDA_SERVER_PORT": "80"}})
	r, _ := invokeReport(t, h, Call{Function: "one"})

	allowed := []string{"PATH", "TMPDIR", "TMP", "TEMP", "SystemRoot", "TZ", "TENCENTCLOUD_RUNENV", "TENCENTCLOUD_REGION", "SCF_NAMESPACE",
		"SCF_FUNCTIONNAME", "SCF_FUNCTIONVERSION", "USER_CODE_ROOT", "_SCF_SERVER_PORT", "_LAMBDA_SERVER_PORT", scf.ListenVariable, scf.SecretVariable, "ROOM_MAX_MEMBERS"}
	for _, variable := range r.Environ {
		if name, _, _ := strings.Cut(variable, "="); !slices.Contains(allowed, name) {
			t.Errorf("the function sees %s", variable)
		}
	}
	if !slices.Contains(r.Environ, "ROOM_MAX_MEMBERS=2") || r.Port == "80" {
		t.Errorf("environ = %q", r.Environ)
	}
	if want, _ := filepath.EvalSymlinks(filepath.Join(code, "one")); r.Dir != want {
		t.Errorf("working directory = %s, want %s", r.Dir, want)
	}
	if r, _ := invokeReport(t, h, Call{Function: "two"}); r.Dir != built {
		t.Errorf("working directory without a code folder = %s, want %s", r.Dir, built)
	}
}

func TestClose(t *testing.T) {
	t.Run("Kills", func(t *testing.T) {
		h, _ := newHost(t, Config{})
		door := newDoor(t)
		running := async(h, t.Context(), Call{Function: "one", Event: door.knock()})
		visitor := door.visitor()
		invoke(t, h, Call{Function: "two", Event: []byte("{}")}) // and is idle now
		idle := idleInstance(h, "two")
		if err := h.Close(); err != nil {
			t.Fatal(err)
		}
		if o := <-running; !errors.Is(o.err, ErrClosed) {
			t.Errorf("the running call: err = %v, error = %v", o.err, o.Error)
		}
		visitor.waitGone()
		if !isClosed(idle.process.exited) {
			t.Error("the idle instance runs")
		}
		if err := h.Close(); err != nil {
			t.Errorf("closing again: %v", err)
		}
	})

	t.Run("ShutdownWaits", func(t *testing.T) {
		h, _ := newHost(t, Config{})
		door := newDoor(t)
		running := async(h, t.Context(), Call{Function: "one", Event: door.knock()})
		visitor := door.visitor()
		down := make(chan error, 1)
		go func() { down <- h.Shutdown(t.Context()) }()
		<-h.stopping
		if _, err := h.Invoke(t.Context(), Call{Function: "one"}); !errors.Is(err, ErrClosed) {
			t.Errorf("a new call: err = %v", err)
		}
		visitor.letGo()
		if o := <-running; o.err != nil || o.Error != nil {
			t.Errorf("the running call: err = %v, error = %v", o.err, o.Error)
		}
		if err := <-down; err != nil {
			t.Error(err)
		}
	})

	t.Run("ShutdownGivesUp", func(t *testing.T) {
		h, _ := newHost(t, Config{})
		door := newDoor(t)
		running := async(h, t.Context(), Call{Function: "one", Event: door.knock()})
		visitor := door.visitor()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := h.Shutdown(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("err = %v", err)
		}
		if o := <-running; !errors.Is(o.err, ErrClosed) {
			t.Errorf("the running call: err = %v, error = %v", o.err, o.Error)
		}
		visitor.waitGone()
	})
}
