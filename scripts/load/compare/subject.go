package compare

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"webrtc-room/pkg/local/platform"
	"webrtc-room/pkg/local/scfemu"
	"webrtc-room/pkg/local/tcbemu"
	"webrtc-room/pkg/roomapi"
)

// A runner runs the functions of a subject, each in a process of its own.
type runner interface {
	// invoke calls a function. took begins before the process is started, if there
	// is none.
	invoke(ctx context.Context, function string, event []byte, environment map[string]string) (reply []byte, took time.Duration, err error)
	// pids are the processes that live, by function.
	pids() map[string]int
	// stop ends the processes: the next call starts one.
	stop() error
}

// A subject is functions with a CloudBase of their own.
type subject struct {
	name     string
	emulator *tcbemu.Emulator
	server   *http.Server
	runner   runner
	platform platform.Environment

	requests    atomic.Int64
	invocations atomic.Int64
	tally       atomic.Pointer[tally] // what counts a meeting, if there is one
	record      atomic.Pointer[echo]  // what keeps the next requests, if anything
}

const envID = "compare"

// variables are the configuration of the functions. The key is nobody's.
var variables = map[string]string{
	"TRTC_SDK_APP_ID":   "1400704311",
	"TRTC_SECRET_KEY":   "5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e",
	"TRTC_CALLBACK_KEY": callbackKey,
	"TCB_ENV":           envID,
}

const callbackKey = "compare"

func newSubject(name string) (*subject, error) {
	s := &subject{name: name, platform: platform.Environment{
		ID: envID, SecretID: "AKIDcompare", SecretKey: "compare-secret-key", SessionToken: "compare-session-token",
	}}
	var err error
	s.emulator, err = tcbemu.Open(tcbemu.Config{
		Indexes:       map[string][]string{roomapi.Collection: roomapi.Indexes()},
		EnvID:         envID,
		Keys:          map[string]string{s.platform.SecretID: s.platform.SecretKey},
		SessionTokens: map[string]string{s.platform.SecretID: s.platform.SessionToken},
		Invoke: func(ctx context.Context, call tcbemu.FunctionCall) ([]byte, error) {
			reply, _, err := s.call(ctx, call.Name, "", call.Event)
			return reply, err
		},
		Observe: func(r tcbemu.Request) {
			if strings.HasPrefix(r.Action, "database.") {
				s.requests.Add(1)
				s.tally.Load().asked(r.Action)
			}
		},
	})
	if err != nil {
		return nil, err
	}
	if err := s.emulator.Import(tcbemu.Snapshot{roomapi.Collection: {}}); err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s.server = &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if e := s.record.Load(); e != nil {
			e.record(s.emulator, w, r)
			return
		}
		s.emulator.ServeHTTP(w, r)
	})}
	s.platform.Database = "http://" + listener.Addr().String() + "/admin"
	go s.server.Serve(listener)
	return s, nil
}

func (s *subject) close() error {
	var err error
	if s.runner != nil {
		err = s.runner.stop()
	}
	return errors.Join(err, s.server.Close(), s.emulator.Close())
}

// call calls a function as a user, or as another function if user is "".
func (s *subject) call(ctx context.Context, function, user string, event []byte) (reply []byte, took time.Duration, err error) {
	s.invocations.Add(1)
	reply, took, err = s.runner.invoke(ctx, function, event, s.environment(user))
	s.tally.Load().invoked(took)
	if err != nil {
		err = fmt.Errorf("%s: %s: %w", s.name, function, err)
	}
	return reply, took, err
}

// environment is what CloudBase tells a function that a user calls, or with ""
// another function.
func (s *subject) environment(user string) map[string]string {
	if user == "" {
		return s.platform.Call(platform.MiniProgram("wx_client,scf"), nil)
	}
	return s.platform.As(user)
}

// usage is what the living processes have used so far.
func (s *subject) usage() (u usage) {
	for _, pid := range s.runner.pids() {
		u = u.add(usageOf(pid))
	}
	return u
}

// A goRunner runs what was built of this repository, in the local server's way.
type goRunner struct {
	bin string

	mu   sync.Mutex
	host *scfemu.Host // nil before the first call
	seen map[string]int
}

func (r *goRunner) started() (*scfemu.Host, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.host != nil {
		return r.host, nil
	}
	host, err := scfemu.New(scfemu.Config{
		Dir: r.bin, Variables: variables, Namespace: envID, Timeout: time.Minute, StartTimeout: time.Minute, IdleTimeout: time.Hour,
	})
	if err != nil {
		return nil, err
	}
	r.host, r.seen = host, make(map[string]int)
	return host, nil
}

func (r *goRunner) invoke(ctx context.Context, function string, event []byte, environment map[string]string) ([]byte, time.Duration, error) {
	host, err := r.started()
	if err != nil {
		return nil, 0, err
	}
	result, err := host.Invoke(ctx, scfemu.Call{Function: function, Event: event, Environment: environment})
	if err != nil {
		return nil, 0, err
	}
	if result.Error != nil {
		return nil, 0, errors.New(result.Error.Message)
	}
	r.mu.Lock()
	r.seen[function] = result.PID
	r.mu.Unlock()
	return result.Payload, result.Start + result.Duration, nil
}

func (r *goRunner) pids() map[string]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.seen)
}

func (r *goRunner) stop() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.host == nil {
		return nil
	}
	host := r.host
	r.host, r.seen = nil, nil
	return host.Close()
}

// held returns a folder of executables that hold themselves to a share of a core and
// become those in bin.
func held(bin, dir string, l *limiter) (string, error) {
	entries, err := os.ReadDir(bin)
	if err != nil {
		return "", err
	}
	for _, entry := range entries {
		group, err := l.group(entry.Name())
		if err != nil {
			return "", err
		}
		script := "#!/bin/sh\n" + enter(group) + "exec '" + filepath.Join(bin, entry.Name()) + "'\n"
		if err := os.WriteFile(filepath.Join(dir, entry.Name()), []byte(script), 0o700); err != nil {
			return "", err
		}
	}
	return dir, nil
}
