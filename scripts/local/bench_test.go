package main

import (
	"io"
	"slices"
	"testing"
	"time"

	"webrtc-room/pkg/local/client"
)

// BenchmarkWarmEnterRoom measures what a client waits for: HTTP, the function,
// and its two database requests. The user is in the room already.
func BenchmarkWarmEnterRoom(b *testing.B) {
	p := &program{stdout: io.Discard, stderr: io.Discard, getenv: func(string) string { return "" }}
	if err := p.start(b.Context(), []string{"-addr", "127.0.0.1:0", "-memory", "-data", built, "-build=false"}); err != nil {
		b.Fatal(err)
	}
	defer p.close()
	server := client.New(p.server.URL, 1)
	defer server.Close()
	enter := func() {
		if _, err := server.Call(b.Context(), "webrtc-enter-room", "alice", []byte(`{"roomID": 9527}`)); err != nil {
			b.Fatal(err)
		}
	}
	enter()
	var times []time.Duration
	for b.Loop() {
		begin := time.Now()
		enter()
		times = append(times, time.Since(begin))
	}
	slices.Sort(times)
	b.ReportMetric(float64(times[len(times)/2].Nanoseconds()), "p50-ns")
	b.ReportMetric(float64(times[len(times)*99/100].Nanoseconds()), "p99-ns")
	b.ReportMetric(0, "ns/op") // a mean that says less than these
}
