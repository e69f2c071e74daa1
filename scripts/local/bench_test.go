package main

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// BenchmarkWarmEnterRoom measures what a client waits for: HTTP, the function,
// and its two database requests. The user is in the room already.
func BenchmarkWarmEnterRoom(b *testing.B) {
	p := &program{stdout: io.Discard, stderr: io.Discard, getenv: func(string) string { return "" }}
	if err := p.start(b.Context(), []string{"-addr", "127.0.0.1:0", "-memory", "-data", built, "-build=false"}); err != nil {
		b.Fatal(err)
	}
	defer p.close()
	enter := func() {
		request, err := http.NewRequest(http.MethodPost, p.server.URL+"/v1/functions/webrtc-enter-room", strings.NewReader(`{"roomID": 9527}`))
		if err != nil {
			b.Fatal(err)
		}
		request.Header.Set("X-WX-OPENID", "alice")
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			b.Fatal(err)
		}
		defer response.Body.Close()
		if _, err := io.Copy(io.Discard, response.Body); err != nil || response.StatusCode != http.StatusOK {
			b.Fatal(response.Status, err)
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
