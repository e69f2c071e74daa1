package scfemu

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"webrtc-room/pkg/local/scfemu/scfemutest"
)

// built is the folder with the functions of these tests: "one" and "two", both
// of package scfemutest.
var built string

func TestMain(m *testing.M) {
	if dir := os.Getenv("SCFEMU_TEST_PARENT"); dir != "" {
		parentMain(dir)
		return
	}
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "scfemu")
		if err != nil {
			panic(err)
		}
		defer os.RemoveAll(dir)
		if err := makeModule(dir, "one", "two"); err != nil {
			panic(err)
		}
		built, err = Build(context.Background(), dir, filepath.Join(dir, "out"))
		if err != nil {
			panic(err)
		}
		code := m.Run()
		if err := goleak.Find(); err != nil && code == 0 {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
		return code
	}())
}

// parentMain runs a host in a process of its own, for the tests below to kill.
func parentMain(dir string) {
	h, err := New(Config{Dir: dir})
	if err != nil {
		panic(err)
	}
	go h.Invoke(context.Background(), Call{Function: "two", Event: []byte("{}")}) // another one, soon idle
	h.Invoke(context.Background(), Call{Function: "one", Event: []byte(os.Getenv("SCFEMU_TEST_EVENT")), Timeout: time.Hour})
}

func makeModule(dir string, functions ...string) error {
	return scfemutest.WriteModule(dir, "../../..", functions...)
}

// newHost returns a host of the functions of these tests, and the lines that
// they print.
func newHost(t testing.TB, config Config) (*Host, *lines) {
	t.Helper()
	lines := new(lines)
	config.Dir, config.Log = built, lines.add
	if config.Timeout == 0 {
		config.Timeout = time.Minute // slow machines must not fail tests
	}
	if config.StartTimeout == 0 {
		config.StartTimeout = time.Minute
	}
	h, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	return h, lines
}

// lines collects what a host logs.
type lines struct {
	mu   sync.Mutex
	list []Line
}

func (l *lines) add(line Line) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.list = append(l.list, line)
}

func (l *lines) all() []Line {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.list[:len(l.list):len(l.list)]
}

// event is what a function of scfemutest understands.
type event map[string]any

func (e event) json() []byte {
	text, err := json.Marshal(e)
	if err != nil {
		panic(err)
	}
	return text
}

// invoke calls a function that is expected to be called, whether or not it
// fails then.
func invoke(t testing.TB, h *Host, call Call) Result {
	t.Helper()
	result, err := h.Invoke(t.Context(), call)
	if err != nil {
		t.Fatalf("Invoke: %v", err)
	}
	return result
}

// report is what a function of scfemutest answers to {"Report": true}.
type report struct {
	Pid         int
	Port        string
	Dir         string
	Environ     []string
	Environment map[string]string
	Context     struct {
		RequestID, Namespace, FunctionName, FunctionVersion, TencentcloudRegion string
		MemoryLimitInMb, TimeLimitInMs                                          int32
	}
	Remaining time.Duration
}

func invokeReport(t testing.TB, h *Host, call Call) (report, Result) {
	t.Helper()
	call.Event = event{"Report": true}.json()
	result := invoke(t, h, call)
	if result.Error != nil {
		t.Fatalf("the function failed: %v", result.Error)
	}
	var r report
	if err := json.Unmarshal(result.Payload, &r); err != nil {
		t.Fatal(err)
	}
	return r, result
}

// A door is where functions knock that are told to, by {"Dial": address}, and
// wait until they are let go.
type door struct {
	t        testing.TB
	listener net.Listener
}

func newDoor(t testing.TB) *door {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	return &door{t, listener}
}

func (d *door) knock() []byte { return event{"Dial": d.listener.Addr().String()}.json() }

// A visitor is a function that waits at a door.
type visitor struct {
	t    testing.TB
	conn net.Conn
	pid  int
}

func (d *door) visitor() *visitor {
	d.t.Helper()
	conn, err := d.listener.Accept()
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { conn.Close() })
	v := &visitor{t: d.t, conn: conn}
	if _, err := fmt.Fscanln(conn, &v.pid); err != nil {
		d.t.Fatal(err)
	}
	return v
}

func (v *visitor) letGo() { v.conn.Close() }

// waitGone waits for the end of the function's process.
func (v *visitor) waitGone() {
	v.t.Helper()
	v.conn.SetReadDeadline(time.Now().Add(30 * time.Second))
	if _, err := v.conn.Read(make([]byte, 1)); err == nil || os.IsTimeout(err) {
		v.t.Errorf("process %d still runs", v.pid)
	}
}

// async makes a call, whose result can be waited for.
func async(h *Host, ctx context.Context, call Call) <-chan outcome {
	done := make(chan outcome, 1)
	go func() {
		result, err := h.Invoke(ctx, call)
		done <- outcome{result, err}
	}()
	return done
}

type outcome struct {
	Result
	err error
}

func contains(list []string, text string) bool {
	return strings.Contains(strings.Join(list, "\n"), text)
}
