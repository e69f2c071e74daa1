package scfemu

import (
	"errors"
	"slices"
	"strconv"
	"sync"
	"time"
)

// A function is the pool of one function's instances.
type function struct {
	host       *Host
	name       string
	executable string

	slots chan struct{} // holds one element per running call

	mu    sync.Mutex
	idle  []*instance // the one used last is last, and is used next
	count int         // of the instances ever started
}

func newFunction(host *Host, name, executable string) *function {
	return &function{
		host:       host,
		name:       name,
		executable: executable,
		slots:      make(chan struct{}, host.config.MaxInstances),
	}
}

// run calls the function on an idle instance, or on a new one. Its caller holds
// a slot: as an instance is started only when none is idle, there are never more
// instances than slots.
func (f *function) run(call Call) (Result, error) {
	result := Result{RequestID: call.RequestID}
	in := f.takeIdle()
	if in != nil {
		in.output.begin(call.RequestID)
	} else {
		begin := time.Now()
		var err error
		in, err = f.start(call.RequestID)
		result.Cold, result.Start = true, time.Since(begin)
		var failure *startError
		if errors.As(err, &failure) {
			result.Error, result.Log = failure.functionError(f.name), failure.log
			return result, nil
		}
		if err != nil {
			return result, err
		}
	}
	result.Instance, result.PID = in.id, in.process.pid
	reusable, err := in.invoke(call, &result)
	result.Log = in.output.end()
	if reusable {
		f.putIdle(in)
	} else {
		in.stop()
	}
	return result, err
}

// takeIdle returns the instance that was used last, or nil. Whoever takes an
// instance out of idle owns it: it serves one call and is put back, or is
// stopped.
func (f *function) takeIdle() *instance {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, in := range slices.Backward(f.idle) {
		if !isClosed(in.process.exited) { // a dead one is about to be removed
			f.idle = slices.Delete(f.idle, i, i+1)
			close(in.taken)
			return in
		}
	}
	return nil
}

// putIdle keeps an instance for the next call, until it expires or dies.
func (f *function) putIdle(in *instance) {
	f.mu.Lock()
	defer f.mu.Unlock()
	taken := make(chan struct{})
	in.taken = taken
	f.idle = append(f.idle, in)
	go func() {
		expiry := time.NewTimer(f.host.config.IdleTimeout)
		defer expiry.Stop()
		select {
		case <-taken:
			return
		case <-expiry.C:
		case <-in.process.exited:
		case <-f.host.killed:
		}
		f.stopIdle(in)
	}()
}

// stopIdle stops an instance, unless it was taken meanwhile.
func (f *function) stopIdle(in *instance) {
	f.mu.Lock()
	i := slices.Index(f.idle, in)
	if i >= 0 {
		f.idle = slices.Delete(f.idle, i, i+1)
	}
	f.mu.Unlock()
	if i < 0 {
		return
	}
	if isClosed(in.process.exited) {
		in.output.flush()
		f.host.log(Line{Function: f.name, Instance: in.id, Text: "the process ended while no call was running: " + in.process.state.String()})
	}
	in.stop()
}

func (f *function) nextID() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.count++
	return strconv.Itoa(f.count)
}
