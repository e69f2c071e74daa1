package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"
	"time"

	"webrtc-room/pkg/local/client"
)

// A caller calls functions over HTTP as users, and takes the time.
type caller struct {
	server *client.Client

	mu    sync.Mutex
	times map[string][]time.Duration // of each function's calls
	cold  int
}

func newCaller(url string) *caller {
	return &caller{server: client.New(url, 1000), times: make(map[string][]time.Duration)}
}

func (c *caller) close() { c.server.Close() }

// A reply is what the functions answer, as far as it matters here.
type reply struct {
	Code     any
	Reason   string
	RoomInfo *room
	Data     []room
	Res      struct{ ErrMsg string }
}

type room struct {
	RoomID  string
	Members []string
}

// call calls a function. When ctx ends meanwhile, the answer is waited for: it is
// to be checked and counted like any other.
func (c *caller) call(ctx context.Context, function, user string, event map[string]any) (r reply, err error) {
	body, err := json.Marshal(event)
	if err != nil {
		return r, err
	}
	begin := time.Now()
	answer, err := c.server.Call(context.WithoutCancel(ctx), function, user, body)
	if err != nil {
		return r, fmt.Errorf("%s: %w", function, err)
	}
	c.took(function, time.Since(begin), answer.Cold)
	return r, json.Unmarshal(answer.Body, &r)
}

func (c *caller) took(function string, d time.Duration, cold bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.times[function] = append(c.times[function], d)
	if cold {
		c.cold++
	}
}

// forget forgets the times so far.
func (c *caller) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.times)
}

// calls is how many there were since then.
func (c *caller) calls() (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, times := range c.times {
		n += len(times)
	}
	return n
}

// print prints how long calls took.
func (c *caller) print(out io.Writer) {
	fmt.Fprintf(out, "%-22s %9s %9s %9s %9s\n", "function", "calls", "median", "99 %", "longest")
	for _, function := range slices.Sorted(maps.Keys(c.times)) {
		times := slices.Sorted(slices.Values(c.times[function]))
		at := func(share float64) time.Duration {
			return times[int(share*float64(len(times)-1))].Round(10 * time.Microsecond)
		}
		fmt.Fprintf(out, "%-22s %9d %9s %9s %9s\n", function, len(times), at(0.5), at(0.99), at(1))
	}
	fmt.Fprintf(out, "%d processes were started\n", c.cold)
}
