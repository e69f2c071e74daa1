package scfemu

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"
)

// Config says which functions a Host runs, and how. Only Dir is needed.
type Config struct {
	// Dir is a folder with one executable per function, which has the
	// function's name (and .exe on Windows). New looks into it once.
	Dir string

	// Code is a folder with one folder per function, its package: what lies in
	// there is found relative to the working directory, as on SCF. An instance
	// of a function that has none starts in Dir.
	Code string

	Variables map[string]string // the functions' configuration variables

	Namespace string // default "default"
	Region    string // default "ap-shanghai"
	MemoryMB  int    // default 128; functions are told, nobody measures

	Timeout      time.Duration // of a call that sets none; default 3 s, as on SCF
	StartTimeout time.Duration // until an instance answers; default 10 s
	IdleTimeout  time.Duration // until an idle instance is stopped; default 5 min
	MaxInstances int           // per function; calls beyond it wait; default 10

	// Log gets each line that functions print, one at a time. It must not call
	// the host.
	Log func(Line)
}

// A Line is a line of text that an instance printed, or that the host has to say
// about it.
type Line struct {
	Function  string
	Instance  string
	RequestID string // of the call that was running; "" between calls
	Text      string
}

// A Host runs functions. It is safe for concurrent use.
type Host struct {
	config    Config
	functions map[string]*function
	secret    string // of this host and its instances
	spawner   *spawner
	ports     ports
	logging   sync.Mutex // held while Config.Log runs

	mu       sync.Mutex
	stopping chan struct{}  // closed when no new call may begin
	killed   chan struct{}  // closed when the running ones must end
	active   sync.WaitGroup // calls, queued or running

	instances sync.WaitGroup // that are not stopped yet
}

// New returns a host of the functions whose executables are in config.Dir. It
// starts none of them.
func New(config Config) (*Host, error) {
	setDefault(&config.Namespace, "default")
	setDefault(&config.Region, "ap-shanghai")
	setDefault(&config.MemoryMB, 128)
	setDefault(&config.Timeout, 3*time.Second)
	setDefault(&config.StartTimeout, 10*time.Second)
	setDefault(&config.IdleTimeout, 5*time.Minute)
	setDefault(&config.MaxInstances, 10)
	if config.Log == nil {
		config.Log = func(Line) {}
	}
	h := &Host{
		config:    config,
		functions: make(map[string]*function),
		secret:    rand.Text(),
		stopping:  make(chan struct{}),
		killed:    make(chan struct{}),
	}
	dir, err := filepath.Abs(config.Dir) // instances start in other folders
	if err != nil {
		return nil, fmt.Errorf("folder of functions: %w", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("no built functions: %w", err)
	}
	for _, entry := range entries {
		name, ok := functionName(entry)
		if ok {
			h.functions[name] = newFunction(h, name, filepath.Join(dir, entry.Name()))
		}
	}
	if len(h.functions) == 0 {
		return nil, fmt.Errorf("no built functions in %s", config.Dir)
	}
	h.spawner = newSpawner()
	return h, nil
}

func setDefault[T comparable](value *T, otherwise T) {
	var zero T
	if *value == zero {
		*value = otherwise
	}
}

// functionName returns the name of the function that a file of Config.Dir is the
// executable of, if it is one.
func functionName(entry os.DirEntry) (string, bool) {
	info, err := entry.Info()
	if err != nil || !info.Mode().IsRegular() {
		return "", false
	}
	if runtime.GOOS == "windows" {
		return strings.CutSuffix(entry.Name(), ".exe")
	}
	return entry.Name(), info.Mode()&0o111 != 0
}

// Functions returns the names of the functions, sorted.
func (h *Host) Functions() []string {
	return slices.Sorted(maps.Keys(h.functions))
}

// Invoke calls a function and waits for what becomes of it. When the function
// fails, that is the Result's Error, and the error of Invoke is nil.
//
// It returns ErrUnknownFunction, ErrEventTooLarge, or ErrClosed, and ctx's error
// when ctx ends first: a call that waits for a free instance is then forgotten,
// a running one goes on without an audience, as on SCF.
func (h *Host) Invoke(ctx context.Context, call Call) (Result, error) {
	f, ok := h.functions[call.Function]
	if !ok {
		return Result{}, fmt.Errorf("%w %q: there are %s", ErrUnknownFunction, call.Function, strings.Join(h.Functions(), ", "))
	}
	if len(call.Event) > MaxEvent {
		return Result{}, ErrEventTooLarge
	}
	setDefault(&call.RequestID, NewRequestID())
	setDefault(&call.Timeout, h.config.Timeout)

	if !h.begin() {
		return Result{}, ErrClosed
	}
	select {
	case f.slots <- struct{}{}:
	case <-ctx.Done():
		h.active.Done()
		return Result{}, ctx.Err()
	case <-h.killed:
		h.active.Done()
		return Result{}, ErrClosed
	}

	type outcome struct {
		result Result
		err    error
	}
	done := make(chan outcome, 1)
	go func() {
		defer h.active.Done()
		defer func() { <-f.slots }()
		result, err := f.run(call)
		done <- outcome{result, err}
	}()
	select {
	case o := <-done:
		return o.result, o.err
	case <-ctx.Done():
		return Result{}, ctx.Err()
	}
}

// begin counts a call in, unless the host is stopping.
func (h *Host) begin() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if isClosed(h.stopping) {
		return false
	}
	h.active.Add(1)
	return true
}

// Shutdown stops the host without cutting anybody off: it lets no new call in,
// waits until those that are queued or running have ended, and stops all
// instances. When ctx ends first, Shutdown kills what still runs and returns
// ctx's error.
func (h *Host) Shutdown(ctx context.Context) error {
	h.stop(h.stopping)
	idle := make(chan struct{})
	go func() {
		h.active.Wait()
		close(idle)
	}()
	var err error
	select {
	case <-idle:
	case <-ctx.Done():
		err = ctx.Err()
	}
	return errors.Join(err, h.Close())
}

// Close kills all instances and returns when they are gone. Calls that were
// running fail with ErrClosed.
func (h *Host) Close() error {
	h.stop(h.stopping)
	h.stop(h.killed)
	h.active.Wait() // then no instance is started or becomes idle any more
	h.instances.Wait()
	h.spawner.close()
	return nil
}

func (h *Host) stop(c chan struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !isClosed(c) {
		close(c)
	}
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

func (h *Host) log(line Line) {
	h.logging.Lock()
	defer h.logging.Unlock()
	h.config.Log(line)
}
