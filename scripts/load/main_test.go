package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"webrtc-room/pkg/local/client"
	"webrtc-room/scripts/internal/cmdline"
)

func TestShortLoad(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and runs the functions")
	}
	var out strings.Builder
	err := run(t.Context(), []string{"-rounds", "3", "-rooms", "50", "-clients", "8", "-for", "1s"}, &out)
	t.Log("\n" + out.String())
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`200 callers at once for 4 seats: 4 got in and 196 were refused, in 3 of 3 rounds`,
		`8 clients in 50 rooms for \d+s: [1-9]\d* calls`,
		`webrtc-enter-room +[1-9]`,
	} {
		if !regexp.MustCompile(want).MatchString(out.String()) {
			t.Errorf("%q wasn't printed", want)
		}
	}
	if strings.Count(out.String(), "violations") != 1 || !strings.HasSuffix(out.String(), "\n0 violations\n") {
		t.Error("the violations aren't printed once, at the end")
	}
}

// A cutter cuts a run short when something was printed.
type cutter struct {
	strings.Builder
	at  string
	cut context.CancelFunc
}

func (c *cutter) Write(text []byte) (int, error) {
	if strings.Contains(string(text), c.at) {
		c.cut()
	}
	return c.Builder.Write(text)
}

func TestCutShort(t *testing.T) {
	for _, test := range []struct {
		at   string // where
		err  string
		want []string
	}{
		{"Building and starting", "it was cut short before anything was measured", nil},
		{"callers at once", "it was cut short", []string{
			"20 callers at once for 4 seats: 4 got in and 16 were refused, in 1 of 1 rounds",
			"\n0 violations until it was cut short\n",
		}},
	} {
		if test.want != nil && testing.Short() {
			continue // it builds and runs the functions
		}
		ctx, cancel := context.WithCancel(t.Context())
		out := &cutter{at: test.at, cut: cancel}
		err := run(ctx, []string{"-callers", "20", "-rounds", "1", "-for", "1h"}, out)
		if !errors.Is(err, errCutShort) || err.Error() != test.err {
			t.Errorf("at %q: %v, want %s", test.at, err, test.err)
		}
		for _, want := range test.want {
			if !strings.Contains(out.String(), want) {
				t.Errorf("at %q: %q wasn't printed:\n%s", test.at, want, out.String())
			}
		}
	}
}

// fullHouse is a server whose rooms are all full, and nobody is in any of them.
// It is cut short at one of its calls.
func fullHouse(t *testing.T, at int64) (*caller, context.Context) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var calls atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if calls.Add(1) == at {
			cancel()
		}
		w.Header().Set(client.HeaderRequestID, "1")
		io.WriteString(w, `{"code":"5001","reason":"ROOM_NOT_FOUND"}`)
	}))
	t.Cleanup(server.Close)
	c := newCaller(server.URL)
	t.Cleanup(c.close)
	return c, ctx
}

// The calls that run when it is cut short come to their end, and count.
func TestChurnCutShort(t *testing.T) {
	c, ctx := fullHouse(t, 50)
	var out strings.Builder
	violations, err := churn(ctx, c, 10, 4, time.Hour, new(progress), &out)
	if err != nil || len(violations) > 0 {
		t.Errorf("%v, %q", err, violations)
	}
	if n := c.calls(); n < 50 || n > 53 {
		t.Errorf("%d calls were counted, want the 50th and those that ran beside it", n)
	}
	if !regexp.MustCompile(`^4 clients in 10 rooms for \d+s: 5\d calls, \d+ a second\n$`).MatchString(out.String()) {
		t.Error(out.String())
	}
}

// A round is finished, and no other begun.
func TestFightCutShort(t *testing.T) {
	c, ctx := fullHouse(t, 1)
	var out strings.Builder
	violations, err := fight(ctx, c, 8, 10, new(progress), &out)
	if err != nil || len(violations) == 0 || !strings.Contains(out.String(), "in 0 of 1 rounds") {
		t.Errorf("%v, %q, %s", err, violations, out.String())
	}
}

func TestDurationWithoutUnit(t *testing.T) {
	if err := run(t.Context(), []string{"-for", "5"}, io.Discard); !errors.Is(err, cmdline.ErrUsage) {
		t.Errorf("a duration without a unit: %v", err)
	}
}

func TestFlagsThatMakeNoLoad(t *testing.T) {
	for _, flag := range []string{"-clients=0", "-rooms=0", "-callers=3", "-rounds=-1"} {
		err := run(t.Context(), []string{flag}, io.Discard)
		if err == nil || !strings.Contains(err.Error(), "must be at least") {
			t.Errorf("%s: error is %v", flag, err)
		}
	}
}

func TestProgress(t *testing.T) {
	for terminal, want := range map[bool]string{
		true:  "\r\x1b[K1s  1 calls\r\x1b[K2s  2 calls\r\x1b[K3s  3 calls\r\x1b[K",
		false: "10s  1 calls\n20s  2 calls\n",
	} {
		synctest.Test(t, func(t *testing.T) {
			var out strings.Builder
			p := newProgress(&out, terminal)
			calls := 0
			p.show(func() string { calls++; return fmt.Sprint(calls, " calls") })
			lasting := 25 * time.Second
			if terminal {
				lasting = 3500 * time.Millisecond
			}
			time.Sleep(lasting) // of the bubble's clock
			p.end()
			if out.String() != want {
				t.Errorf("terminal %v: printed %q, want %q", terminal, out.String(), want)
			}
		})
	}
}
