package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"webrtc-room/pkg/local/console"
)

// A client calls functions over HTTP as users, and takes the time.
type client struct {
	url  string
	http *http.Client

	mu    sync.Mutex
	times map[string][]time.Duration // of each function's calls
	cold  int
}

func newClient(url string) *client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 1000
	return &client{url: url, http: &http.Client{Transport: transport}, times: make(map[string][]time.Duration)}
}

func (c *client) close() { c.http.CloseIdleConnections() }

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
func (c *client) call(ctx context.Context, function, user string, event map[string]any) (r reply, err error) {
	body, err := json.Marshal(event)
	if err != nil {
		return r, err
	}
	req, err := http.NewRequestWithContext(context.WithoutCancel(ctx), http.MethodPost, c.url+"/v1/functions/"+function, bytes.NewReader(body))
	if err != nil {
		return r, err
	}
	req.Header.Set("X-WX-OPENID", user)
	begin := time.Now()
	resp, err := c.http.Do(req)
	if err != nil {
		return r, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return r, err
	}
	c.took(function, time.Since(begin), resp.Header.Get(console.HeaderColdStart) == "true")
	if resp.StatusCode != http.StatusOK {
		return r, fmt.Errorf("%s: %s: %s", function, resp.Status, text)
	}
	return r, json.Unmarshal(text, &r)
}

func (c *client) took(function string, d time.Duration, cold bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.times[function] = append(c.times[function], d)
	if cold {
		c.cold++
	}
}

// forget forgets the times so far.
func (c *client) forget() { clear(c.times) }

// calls is how many there were since then.
func (c *client) calls() (n int) {
	for _, times := range c.times {
		n += len(times)
	}
	return n
}

// print prints how long calls took.
func (c *client) print(out io.Writer) {
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
