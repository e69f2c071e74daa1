package faults_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"webrtc-room/pkg/local/tcbemu"
	"webrtc-room/pkg/local/tcbemu/faults"
	"webrtc-room/pkg/tcb"
)

// server counts what it carries out, and when.
type server struct {
	mu    sync.Mutex
	start time.Time
	times []time.Duration
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.times = append(s.times, time.Since(s.start))
	w.Header().Set("X-Seen", string(body))
	fmt.Fprintf(w, "reply %d", len(s.times))
}

func (s *server) carriedOut() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return fmt.Sprint(s.times)
}

func TestRoundTrip(t *testing.T) {
	const patience = 10 * time.Second
	for _, c := range []struct {
		fault   faults.Fault
		reply   string // "" if there is none
		status  int
		silence bool          // no reply until the caller gives up
		after   time.Duration // when the caller knows
		times   string        // when the server carried it out
	}{
		{fault: faults.Fault{}, reply: "reply 1", status: 200, times: "[0s]"},
		{fault: faults.Fault{Delay: time.Second}, reply: "reply 1", status: 200, after: time.Second, times: "[1s]"},
		{fault: faults.Fault{Delay: time.Minute}, silence: true, after: patience, times: "[]"},
		{fault: faults.Fault{Kind: faults.LoseRequest}, times: "[]"},
		{fault: faults.Fault{Kind: faults.LoseRequest, Silent: true}, silence: true, after: patience, times: "[]"},
		{fault: faults.Fault{Kind: faults.LoseReply}, times: "[0s]"},
		{fault: faults.Fault{Kind: faults.LoseReply, Silent: true}, silence: true, after: patience, times: "[0s]"},
		{fault: faults.Fault{Kind: faults.Late, Delay: 3 * time.Second}, times: "[3s]"},
		{fault: faults.Fault{Kind: faults.Late, Delay: 3 * time.Second, Silent: true}, silence: true, after: patience, times: "[13s]"},
		{fault: faults.Fault{Kind: faults.Duplicate, Delay: 3 * time.Second}, reply: "reply 1", status: 200, times: "[0s 3s]"},
		{fault: faults.Fault{Kind: faults.Resend, Delay: 3 * time.Second}, reply: "reply 2", status: 200, after: 3 * time.Second, times: "[0s 3s]"},
		{fault: faults.BadGateway, reply: "", status: 502, times: "[]"},
		{fault: faults.Fault{Kind: faults.Garble, Status: 504, Delay: time.Second}, reply: "", status: 504, after: time.Second, times: "[0s]"},
		{fault: faults.Busy, reply: `"code":"EXCEED_CONCURRENT_REQUEST_LIMIT"`, status: 200, times: "[]"},
		{fault: faults.QuotaUsedUp, reply: `"code":"EXCEED_REQUEST_LIMIT"`, status: 200, times: "[]"},
		{fault: faults.Conflict, reply: `TransactionConflict`, status: 200, times: "[]"},
	} {
		t.Run(c.fault.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &server{start: time.Now()}
				link := &faults.Link{Server: s, Plan: func(faults.Request) faults.Fault { return c.fault }}
				ctx, cancel := context.WithTimeout(t.Context(), patience)
				defer cancel()
				r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://local.test/admin", strings.NewReader("hello"))
				if err != nil {
					t.Fatal(err)
				}
				response, err := link.RoundTrip(r)
				if after := time.Since(s.start); after != c.after {
					t.Errorf("the caller knew after %s, expected %s", after, c.after)
				}
				switch {
				case c.silence:
					if !errors.Is(err, context.DeadlineExceeded) {
						t.Errorf("%v, expected the deadline", err)
					}
				case c.status == 0:
					if !errors.Is(err, faults.ErrBroken) {
						t.Errorf("%v, expected ErrBroken", err)
					}
				case err != nil:
					t.Error(err)
				default:
					body, err := io.ReadAll(response.Body)
					if err != nil {
						t.Fatal(err)
					}
					if response.StatusCode != c.status || !strings.Contains(string(body), c.reply) || c.reply == "" && len(body) > 0 {
						t.Errorf("%s: %s", response.Status, body)
					}
					if c.status == 200 && strings.HasPrefix(c.reply, "reply") && response.Header.Get("X-Seen") != "hello" {
						t.Errorf("the server saw %q", response.Header.Get("X-Seen"))
					}
				}
				link.Wait()
				if got := s.carriedOut(); got != c.times {
					t.Errorf("carried out at %s, expected %s", got, c.times)
				}
			})
		})
	}
}

func TestPlan(t *testing.T) {
	var seen []string
	link := &faults.Link{Server: &server{}, Plan: func(r faults.Request) faults.Fault {
		seen = append(seen, fmt.Sprintf("%d %s %s %s %s", r.Index, r.Action, r.Collection, r.Header.Get("X-Test"), r.Body))
		return faults.Fault{}
	}}
	for _, body := range []string{`{"action":"database.getDocument","collectionName":"rooms"}`, `junk`} {
		r := httptest.NewRequest(http.MethodPost, "http://local.test/admin", strings.NewReader(body))
		r.Header.Set("X-Test", "yes")
		if _, err := link.RoundTrip(r); err != nil {
			t.Fatal(err)
		}
	}
	want := `[0 database.getDocument rooms yes {"action":"database.getDocument","collectionName":"rooms"} 1   yes junk]`
	if got := fmt.Sprint(seen); got != want {
		t.Errorf("%s, expected %s", got, want)
	}
}

// TestHandler goes over real sockets.
func TestHandler(t *testing.T) {
	s := &server{start: time.Now()}
	var fault atomic.Pointer[faults.Fault]
	link := &faults.Link{Server: s, Plan: func(faults.Request) faults.Fault { return *fault.Load() }}
	listening := httptest.NewServer(link)
	defer listening.Close()
	post := func(ctx context.Context) (string, error) {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, listening.URL, strings.NewReader("hello"))
		if err != nil {
			t.Fatal(err)
		}
		response, err := listening.Client().Do(r)
		if err != nil {
			return "", err
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		return fmt.Sprint(response.StatusCode, " ", string(body)), err
	}

	fault.Store(&faults.Fault{})
	if got, err := post(t.Context()); got != "200 reply 1" {
		t.Errorf("%q, %v", got, err)
	}
	fault.Store(&faults.Fault{Kind: faults.LoseReply})
	if got, err := post(t.Context()); err == nil {
		t.Errorf("a lost reply came: %q", got)
	}
	fault.Store(&faults.BadGateway)
	if got, err := post(t.Context()); got != "502 " {
		t.Errorf("%q, %v", got, err)
	}
	fault.Store(&faults.Fault{Kind: faults.Late, Silent: true})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	var timeout net.Error
	if got, err := post(ctx); !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("%q, %v, expected a timeout", got, err)
	}
	listening.Close() // waits for the handler, which then has left its request behind
	link.Wait()
	if got := len(s.times); got != 3 {
		t.Errorf("%d requests were carried out, expected 3", got)
	}
}

// TestClient has the client of this project meet the faults on its way to an emulator.
func TestClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		emulator, err := tcbemu.Open(tcbemu.Config{EnvID: "local", Keys: map[string]string{"AKIDtest": "key"}})
		if err != nil {
			t.Fatal(err)
		}
		defer emulator.Close()
		var fault faults.Fault
		link := &faults.Link{Server: emulator, Plan: func(r faults.Request) faults.Fault {
			if strings.HasPrefix(r.Action, "database.insert") {
				return fault
			}
			return faults.Fault{}
		}}
		app, err := tcb.Init(&tcb.Config{
			EnvID: "local", SecretID: "AKIDtest", SecretKey: "key",
			URL: "http://local.test/admin", Transport: link,
		})
		if err != nil {
			t.Fatal(err)
		}
		rooms := app.Database().Collection("rooms")
		if err := rooms.Create(t.Context()); err != nil {
			t.Fatal(err)
		}
		for i, c := range []struct {
			fault        faults.Fault
			err          error // nil for success
			failed       bool  // with another error
			maybeApplied bool
			applied      bool
		}{
			{fault: faults.Fault{}, applied: true},
			{fault: faults.Fault{Kind: faults.LoseRequest}, failed: true, maybeApplied: true},
			{fault: faults.Fault{Kind: faults.LoseReply, Silent: true}, failed: true, maybeApplied: true, applied: true},
			{fault: faults.Fault{Kind: faults.Late, Delay: time.Second}, failed: true, maybeApplied: true, applied: true},
			{fault: faults.Fault{Kind: faults.Duplicate}, applied: true},
			{fault: faults.Fault{Kind: faults.Resend}, err: tcb.ErrDuplicate, applied: true},
			{fault: faults.Fault{Kind: faults.Garble, Status: 502}, failed: true, maybeApplied: true, applied: true},
			{fault: faults.Conflict, err: tcb.ErrConflict},
			{fault: faults.QuotaUsedUp, err: tcb.ErrQuota},
		} {
			fault = c.fault
			id := fmt.Sprint("r", i)
			_, err := rooms.Insert(t.Context(), tcb.M{"_id": id})
			if (err != nil) != (c.failed || c.err != nil) || c.err != nil && !errors.Is(err, c.err) || tcb.MaybeApplied(err) != c.maybeApplied {
				t.Errorf("%s: error %v, maybe applied %v", c.fault, err, tcb.MaybeApplied(err))
			}
			link.Wait()
			if _, err := rooms.Get(t.Context(), id); (err == nil) != c.applied {
				t.Errorf("%s: reading it back: %v", c.fault, err)
			}
		}
	})
}
