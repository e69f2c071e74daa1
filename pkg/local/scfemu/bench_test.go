package scfemu

import (
	"context"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"webrtc-room/pkg/local/platform"
)

// realFunction is a real function, and roomless an event that it answers without
// its database: what is measured is the function's and the host's own time.
const (
	realFunction = "webrtc-get-room-info"
	roomless     = `{"roomID": "not a number"}`
)

// newRealHost returns a host of the functions of this repository, built once.
func newRealHost(b *testing.B) *Host {
	b.Helper()
	bin, err := buildReal()
	if err != nil {
		b.Fatal(err)
	}
	h, err := New(Config{Dir: bin, Timeout: time.Minute, StartTimeout: time.Minute})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { h.Close() })
	return h
}

// It is next to the tests' own functions, which TestMain removes.
var buildReal = sync.OnceValues(func() (bin string, err error) {
	dir, err := os.MkdirTemp(built, "real")
	if err != nil {
		return "", err
	}
	return Build(context.Background(), "../../..", dir)
})

// BenchmarkColdStart measures from before the process is started to after it has
// answered its first call.
func BenchmarkColdStart(b *testing.B) {
	h := newRealHost(b)
	f := h.functions[realFunction]
	var times durations
	for b.Loop() {
		begin := time.Now()
		result := benchInvoke(b, h)
		times = append(times, time.Since(begin))
		if !result.Cold {
			b.Fatal("the call was warm")
		}

		b.StopTimer()
		in := f.takeIdle()
		in.stop()
		b.StartTimer()
	}
	times.report(b)
}

// BenchmarkWarmInvoke measures a call of an instance that waits for one.
func BenchmarkWarmInvoke(b *testing.B) {
	h := newRealHost(b)
	benchInvoke(b, h)
	var times durations
	for b.Loop() {
		begin := time.Now()
		benchInvoke(b, h)
		times = append(times, time.Since(begin))
	}
	times.report(b)
}

func benchInvoke(b *testing.B, h *Host) Result {
	result, err := h.Invoke(b.Context(), Call{
		Function:    realFunction,
		Event:       []byte(roomless),
		RequestID:   "00000000-0000-4000-8000-000000000000",
		Environment: platform.Environment{ID: "local", SecretID: "AKIDlocal", SecretKey: "key", SessionToken: "token"}.As("alice"),
	})
	if err != nil || result.Error != nil {
		b.Fatal(err, result.Error)
	}
	return result
}

type durations []time.Duration

func (d durations) report(b *testing.B) {
	slices.Sort(d)
	b.ReportMetric(float64(d[len(d)/2].Nanoseconds()), "p50-ns")
	b.ReportMetric(float64(d[len(d)*99/100].Nanoseconds()), "p99-ns")
	b.ReportMetric(0, "ns/op") // a mean that says less than these
}
