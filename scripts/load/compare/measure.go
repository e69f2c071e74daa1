package compare

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"webrtc-room/pkg/local/tcbemu"
	"webrtc-room/pkg/roomapi"
)

// Config says what is measured and how long.
type Config struct {
	Root string // of the repository
	Dir  string // for what is built and installed

	Node   bool          // also the demo's way, which needs Node.js and npm
	Firsts int           // first answers from nothing, at most
	Rounds int           // turns that the subjects take, at most
	Calls  int           // of each operation in a turn
	Shares []float64     // of a core, to which processes are held afterwards
	Budget time.Duration // if it isn't enough, on a slow machine, turns are left out; 0 for no limit

	Progress func(what string) // is told what happens now; may be nil
	Out      io.Writer         // for what takes place once, such as an installation
}

// usage is what processes have used.
type usage struct {
	cpu    time.Duration
	memory int64 // bytes; of several processes, those of the largest
}

func (u usage) add(other usage) usage {
	return usage{u.cpu + other.cpu, max(u.memory, other.memory)}
}

// An operation is a call that a client makes.
type operation struct {
	name     string
	function string
	user     string
	event    func(roomID string) map[string]any
}

// operations are what a room sees from its beginning to its end. The first two enter.
var operations = []operation{
	{"create", "webrtc-enter-room", "alice", func(id string) map[string]any { return map[string]any{"roomID": id, "roomName": "room"} }},
	{"enter", "webrtc-enter-room", "bob", func(id string) map[string]any { return map[string]any{"roomID": id} }},
	{"sig", "webrtc-sig-api", "bob", func(string) map[string]any { return map[string]any{} }},
	{"info", "webrtc-get-room-info", "bob", func(id string) map[string]any { return map[string]any{"roomID": id} }},
	{"list", "webrtc-get-room-list", "bob", func(string) map[string]any { return map[string]any{"limit": 10} }},
	{"quit", "webrtc-quit-room", "bob", func(id string) map[string]any { return map[string]any{"roomID": id, "userID": "bob"} }},
	{"quit, last", "webrtc-quit-room", "alice", func(id string) map[string]any { return map[string]any{"roomID": id, "userID": "alice"} }},
}

// The operations of the trivial function.
const (
	trivialName = "trivial"
	postName    = "trivial with a bare POST"
)

// A lab has the subjects of one run.
type lab struct {
	Config
	trivial, ours *subject
	demo          []*subject
	echo          *echo
	rooms         int
	bin           string
	began         time.Time
}

// until is when what comes next should end, that is to take a share of the time left.
func (l *lab) until(share float64) time.Time {
	if l.Budget == 0 {
		return time.Now().Add(time.Hour)
	}
	left := l.Budget - time.Since(l.began)
	return time.Now().Add(time.Duration(share * float64(left)))
}

// A plan says what is measured in turns.
type plan struct {
	held       string // says to what processes are held
	firstOf    []string
	operations []operation
	firsts     int
	rounds     int
	calls      int
	until      time.Time // then it ends, with one of each at least

	// failed is told what kept a subject from being measured any further. If it is
	// nil, that ends the run.
	failed func(s *subject, err error)
}

// A sample gathers what calls of an operation took.
type sample struct {
	firsts, times         []time.Duration
	cpu                   time.Duration
	requests, invocations int64
}

// Run measures. The error says what could not be measured at all.
func Run(ctx context.Context, config Config) (*Report, error) {
	l := &lab{Config: config, began: time.Now()}
	if l.Progress == nil {
		l.Progress = func(string) {}
	}
	defer l.close()
	if err := l.open(ctx); err != nil {
		return nil, err
	}
	report := &Report{OS: runtime.GOOS + "/" + runtime.GOARCH, Cores: runtime.NumCPU()}
	samples, err := l.measure(ctx, plan{
		firstOf: []string{"create", "info", "sig"}, operations: operations,
		firsts: l.Firsts, rounds: l.Rounds, calls: l.Calls, until: l.until(0.5),
	})
	if err != nil {
		return nil, err
	}
	report.Whole = l.summarize(samples)
	if report.ZIP, err = zipSize(filepath.Join(l.bin, executable("webrtc-enter-room"))); err != nil {
		return nil, err
	}
	if report.Cost, err = l.cost(ctx); err != nil {
		return nil, err
	}
	for i, share := range l.Shares {
		held, err := l.held(ctx, share, l.until(1/float64(len(l.Shares)-i)), func(s *subject, err error) {
			why, _, _ := strings.Cut(strings.ReplaceAll(err.Error(), `\n`, "\n"), "\n") // without a stack
			report.Notes = append(report.Notes, fmt.Sprintf("Held to %g of a core, this failed: %s", share, why))
		})
		if err != nil {
			report.Notes = append(report.Notes, fmt.Sprintf("Not held to %g of a core, because processes can't be here: %v", share, err))
			break
		}
		report.Held = append(report.Held, Share{share, held})
	}
	if !canMeasure {
		report.Notes = append(report.Notes, "Processor time and memory are measured on Linux only.")
	}
	if !l.Node {
		report.Notes = append(report.Notes, "The demo's way was left out.")
	}
	report.check()
	return report, nil
}

func executable(name string) string {
	if runtime.GOOS == "windows" {
		return name + ".exe"
	}
	return name
}

// open builds, installs, and starts what is measured.
func (l *lab) open(ctx context.Context) (err error) {
	l.Progress("building the functions as they are deployed")
	if l.bin, err = l.build(ctx); err != nil {
		return err
	}
	if l.echo, err = newEcho(); err != nil {
		return err
	}
	for _, s := range []struct {
		name string
		to   **subject
	}{{"trivial", &l.trivial}, {"ours", &l.ours}} {
		if *s.to, err = newSubject(s.name); err != nil {
			return err
		}
		(*s.to).runner = &goRunner{bin: l.bin}
	}
	if !l.Node {
		return nil
	}
	l.Progress("installing the demo's packages")
	dir := filepath.Join(l.Dir, "demo")
	if err := installNode(ctx, filepath.Join(l.Root, "scripts", "load", "demo"), dir, l.Out); err != nil {
		return fmt.Errorf("the demo's way can't be measured (-node=false leaves it out): %w", err)
	}
	for _, version := range []string{"2", "4"} {
		s, err := newSubject("demo, SDK " + version)
		if err != nil {
			return err
		}
		s.runner = &nodeRunner{dir: dir, sdk: "wx-server-sdk-" + version, base: s.environment(""), processes: make(map[string]*nodeProcess)}
		l.demo = append(l.demo, s)
	}
	return nil
}

func (l *lab) close() {
	for _, s := range l.subjects() {
		if s != nil {
			s.close()
		}
	}
	if l.echo != nil {
		l.echo.server.Close()
	}
}

func (l *lab) subjects() []*subject { return append([]*subject{l.trivial, l.ours}, l.demo...) }

// build compiles the functions as scripts/package does, for this system.
func (l *lab) build(ctx context.Context) (bin string, err error) {
	bin, err = filepath.Abs(filepath.Join(l.Dir, "bin"))
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(bin, 0o700); err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid=",
		"-o", bin+string(filepath.Separator), "./functions/...", "./scripts/load/trivial")
	cmd.Dir = l.Root
	cmd.Env = append(os.Environ(), "GOOS="+runtime.GOOS, "GOARCH="+runtime.GOARCH, "CGO_ENABLED=0")
	if text, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building: %w\n%s", err, text)
	}
	return bin, nil
}

func zipSize(path string) (int64, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	var archive bytes.Buffer
	z := zip.NewWriter(&archive)
	w, err := z.Create("main")
	if err != nil {
		return 0, err
	}
	if _, err := w.Write(text); err != nil {
		return 0, err
	}
	return int64(archive.Len()), z.Close()
}

// measure has the subjects take turns. The samples are by subject and operation.
func (l *lab) measure(ctx context.Context, p plan) (map[*subject]map[string]*sample, error) {
	samples := make(map[*subject]map[string]*sample)
	for _, s := range l.subjects() {
		samples[s] = make(map[string]*sample)
		for _, op := range operations {
			samples[s][op.name] = new(sample)
		}
		samples[s][trivialName], samples[s][postName] = new(sample), new(sample)
	}
	left := l.subjects()
	each := func(step func(s *subject) error) error {
		for _, s := range slices.Clone(left) {
			err := step(s)
			if err != nil && (p.failed == nil || ctx.Err() != nil) {
				return err
			}
			if err != nil {
				p.failed(s, err)
				left = slices.DeleteFunc(left, func(other *subject) bool { return other == s })
			}
		}
		return nil
	}
	half := time.Now().Add(time.Until(p.until) / 2)
	for i := range p.firsts {
		if i > 0 && time.Now().After(half) {
			break
		}
		if err := each(func(s *subject) error {
			l.Progress(fmt.Sprintf("first answers%s, %d of %d: %s", p.held, i+1, p.firsts, s.name))
			return l.first(ctx, s, p.firstOf, samples[s])
		}); err != nil {
			return nil, err
		}
	}
	for i := range p.rounds + 1 {
		if i > 1 && time.Now().After(p.until) {
			break
		}
		if err := each(func(s *subject) error {
			l.Progress(fmt.Sprintf("warm calls%s, round %d of %d: %s", p.held, i, p.rounds, s.name))
			into, n := samples[s], p.calls
			if _, fast := s.runner.(*goRunner); fast {
				n *= 3 // what takes little must be measured more often
			}
			if i == 0 { // to warm up
				into, n = nil, min(p.calls, 5)
			}
			return l.turn(ctx, s, p.operations, into, n)
		}); err != nil {
			return nil, err
		}
	}
	return samples, nil
}

// first takes the time of first answers.
func (l *lab) first(ctx context.Context, s *subject, names []string, into map[string]*sample) error {
	if s == l.trivial {
		if err := s.runner.stop(); err != nil {
			return err
		}
		_, took, err := s.call(ctx, trivialName, "alice", []byte(`{}`))
		into[trivialName].firsts = append(into[trivialName].firsts, took)
		return err
	}
	for _, op := range operations {
		if !slices.Contains(names, op.name) {
			continue
		}
		if err := s.runner.stop(); err != nil {
			return err
		}
		took, err := l.do(ctx, s, op, l.room())
		if err != nil {
			return err
		}
		into[op.name].firsts = append(into[op.name].firsts, took)
	}
	return s.emulator.Import(tcbemu.Snapshot{roomapi.Collection: {}})
}

// room returns the id of a room that wasn't there before.
func (l *lab) room() string {
	l.rooms++
	return fmt.Sprint(20_000_000 + l.rooms)
}

// do makes one call and returns its time. A refusal is an error.
func (l *lab) do(ctx context.Context, s *subject, op operation, room string) (time.Duration, error) {
	event, err := json.Marshal(op.event(room))
	if err != nil {
		return 0, err
	}
	reply, took, err := s.call(ctx, op.function, op.user, event)
	if err != nil {
		return 0, err
	}
	var refusal struct{ Code any }
	if err := json.Unmarshal(reply, &refusal); err != nil || refusal.Code != nil && op.name != "info" {
		return 0, fmt.Errorf("%s: %s answered %.200s", s.name, op.name, reply)
	}
	return took, nil
}

// turn makes n calls of each operation. A nil map forgets what they took.
func (l *lab) turn(ctx context.Context, s *subject, operations []operation, into map[string]*sample, n int) error {
	if s == l.trivial {
		for name, event := range map[string][]byte{trivialName: []byte(`{}`), postName: l.echo.event()} {
			if err := gather(s, into[name], n, func(int) (time.Duration, error) {
				_, took, err := s.call(ctx, "trivial", "alice", event)
				return took, err
			}); err != nil {
				return err
			}
		}
		return nil
	}
	rooms := make([]string, n)
	for i := range rooms {
		rooms[i] = l.room()
	}
	for _, op := range operations {
		if s == l.ours && op.name == "info" {
			s.record.Store(l.echo)
		}
		err := gather(s, into[op.name], n, func(i int) (time.Duration, error) { return l.do(ctx, s, op, rooms[i]) })
		s.record.Store(nil)
		if err != nil {
			return err
		}
	}
	return nil
}

// gather makes n calls.
func gather(s *subject, into *sample, n int, call func(i int) (time.Duration, error)) error {
	requests, invocations, before := s.requests.Load(), s.invocations.Load(), s.usage()
	times := make([]time.Duration, n)
	for i := range n {
		var err error
		if times[i], err = call(i); err != nil {
			return err
		}
	}
	if into == nil {
		return nil
	}
	into.times = append(into.times, times...)
	into.cpu += s.usage().cpu - before.cpu
	into.requests += s.requests.Load() - requests
	into.invocations += s.invocations.Load() - invocations
	return nil
}

// held measures with each process held to a share of a core. That is an enter only, and
// few calls: there a first answer in the demo's way takes so long that its SDK may give up,
// which failed is told.
func (l *lab) held(ctx context.Context, share float64, until time.Time, failed func(*subject, error)) (subjects []Subject, err error) {
	limit, err := newLimiter(share)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "webrtc-room-load")
	if err != nil {
		return nil, err
	}
	defer func() {
		for _, s := range l.subjects() {
			err = errors.Join(err, s.runner.stop())
		}
		err = errors.Join(err, limit.close(), os.RemoveAll(dir))
	}()
	bin, err := held(l.bin, dir, limit)
	if err != nil {
		return nil, err
	}
	for _, s := range l.subjects() {
		if err := s.runner.stop(); err != nil {
			return nil, err
		}
		switch r := s.runner.(type) {
		case *goRunner:
			r.bin = bin
		case *nodeRunner:
			r.limit = limit
		}
	}
	samples, err := l.measure(ctx, plan{
		held: fmt.Sprintf(" at %g of a core", share), firstOf: []string{"create"}, operations: operations[:2],
		firsts: 1, rounds: 10, calls: 2, until: until, failed: failed,
	})
	if err != nil {
		return nil, err
	}
	return l.summarize(samples), nil
}

// An echo answers POSTs with what a database answered to the same bytes.
type echo struct {
	server *http.Server
	url    string

	mu          sync.Mutex
	body, reply []byte
}

func newEcho() (*echo, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	e := &echo{url: "http://" + listener.Addr().String()}
	e.server = &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		e.mu.Lock()
		defer e.mu.Unlock()
		w.Write(e.reply)
	})}
	go e.server.Serve(listener)
	return e, nil
}

// event makes the trivial function post the bytes.
func (e *echo) event() []byte {
	e.mu.Lock()
	defer e.mu.Unlock()
	event, _ := json.Marshal(map[string]string{"url": e.url, "body": string(e.body)})
	return event
}

// record serves a request, and keeps it and its reply.
func (e *echo) record(h http.Handler, w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	recorder := &recorder{ResponseWriter: w}
	h.ServeHTTP(recorder, r)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.body, e.reply = body, recorder.reply.Bytes()
}

type recorder struct {
	http.ResponseWriter
	reply bytes.Buffer
}

func (r *recorder) Write(b []byte) (int, error) {
	r.reply.Write(b)
	return r.ResponseWriter.Write(b)
}
