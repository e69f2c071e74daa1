package tcb

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// hang is a Transport whose service never answers.
func hang(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

func TestTimeouts(t *testing.T) {
	const pauses = firstPause/2 + firstPause // Rand is 0: half of 50 and of 100 ms
	tests := []struct {
		name     string
		config   Config
		deadline time.Duration // of the caller; 0: none
		write    bool
		took     time.Duration
		requests int
		says     string
	}{
		{name: "Write", write: true, took: 2 * time.Second, requests: 1, says: "within 2s"},
		{name: "Read", took: 6*time.Second + pauses, requests: 3, says: "within 2s"},
		{name: "ConfiguredWrite", config: Config{Timeout: time.Minute}, write: true, took: time.Minute, requests: 1, says: "within 1m0s"},
		{name: "DeadlineOfWrite", deadline: time.Second, write: true, took: time.Second, requests: 1, says: "caller's deadline"},
		{name: "DeadlineOfRead", deadline: time.Second, took: time.Second, requests: 1, says: "caller's deadline"},
		{name: "DeadlineInSecondRead", deadline: 3 * time.Second, took: 3 * time.Second, requests: 2, says: "caller's deadline"},
		{name: "DeadlineInPause", deadline: 2*time.Second + firstPause/4, took: 2 * time.Second, requests: 1, says: "within 2s"},
	}
	for _, tt := range tests {
		t.Run(tt.name, inBubble(func(t *testing.T) {
			tt.config.Transport = roundTripper(hang)
			app := initApp(t, tt.config)
			ctx, stats := WithStats(t.Context())
			if tt.deadline > 0 {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, tt.deadline)
				defer cancel()
			}
			start := time.Now()
			call := get("a").do
			if tt.write {
				call = insert(M{"_id": "a"}).do
			}
			err := call(ctx, app)
			var e *Error
			if !errors.As(err, &e) || e.Code != CodeTimeout || !errors.Is(err, context.DeadlineExceeded) || MaybeApplied(err) != tt.write {
				t.Errorf("error %v", err)
			} else if !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%q doesn't say %q", err, tt.says)
			}
			if took := time.Since(start); took != tt.took {
				t.Errorf("took %s, want %s", took, tt.took)
			}
			if stats.Requests() != tt.requests {
				t.Errorf("%d requests, want %d", stats.Requests(), tt.requests)
			}
		}))
	}
}

func TestFunctionsGetLonger(t *testing.T) {
	t.Run("", inBubble(func(t *testing.T) {
		start := time.Now()
		err := callFunction("f", nil).do(t.Context(), withTransport(t, hang))
		if took := time.Since(start); took != 15*time.Second || !MaybeApplied(err) {
			t.Errorf("%v after %s", err, took)
		}
	}))
}

func TestCanceled(t *testing.T) {
	t.Run("WhileWaiting", inBubble(func(t *testing.T) {
		for _, m := range methods {
			ctx, cancel := context.WithCancel(t.Context())
			ctx, stats := WithStats(ctx)
			app := withTransport(t, func(r *http.Request) (*http.Response, error) {
				cancel()
				return hang(r)
			})
			err := m.call(ctx, app)
			var e *Error
			if !errors.As(err, &e) || e.Code != CodeCanceled || !errors.Is(err, context.Canceled) || MaybeApplied(err) != m.writes || stats.Requests() != 1 {
				t.Errorf("%s: %v after %d requests", m.name, err, stats.Requests())
			}
		}
	}))
	t.Run("WhilePausing", inBubble(func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		time.AfterFunc(firstPause/4, cancel)
		ctx, stats := WithStats(ctx)
		start := time.Now()
		err := get("a").do(ctx, answering(t, http.StatusBadGateway, ""))
		if took := time.Since(start); err == nil || took != firstPause/4 || stats.Requests() != 1 {
			t.Errorf("%v after %s and %d requests", err, took, stats.Requests())
		}
	}))
	t.Run("Before", inBubble(func(t *testing.T) {
		for _, m := range methods {
			ctx, stats := WithStats(t.Context())
			ctx, cancel := context.WithDeadline(ctx, time.Now())
			err := m.call(ctx, withTransport(t, hang))
			cancel()
			if !errors.Is(err, context.DeadlineExceeded) || MaybeApplied(err) || stats.Requests() != 0 {
				t.Errorf("%s: %v after %d requests", m.name, err, stats.Requests())
			}
		}
	}))
}

// script is a Transport that plays one scene per request, the last one again and
// again.
type script struct {
	scenes []roundTripper
	played []*http.Request
	at     []time.Time
}

func (s *script) RoundTrip(r *http.Request) (*http.Response, error) {
	scene := s.scenes[min(len(s.played), len(s.scenes)-1)]
	s.played = append(s.played, r)
	s.at = append(s.at, time.Now())
	return scene.RoundTrip(r)
}

func answer(status int, body string) roundTripper {
	return func(*http.Request) (*http.Response, error) { return jsonResponse(status, body), nil }
}

func failWith(err error) roundTripper {
	return func(*http.Request) (*http.Response, error) { return nil, err }
}

func TestRepeats(t *testing.T) {
	refused := failWith(&net.OpError{Op: "dial", Err: errors.New("connection refused")})
	tests := []struct {
		name  string
		fault roundTripper
		read  bool // a read is repeated after it
		write bool // a write is, too
	}{
		{"Refused", refused, true, true},
		{"Lost", failWith(io.ErrUnexpectedEOF), true, false},
		{"HTTP502", answer(502, ""), true, false},
		{"HTTP429", answer(429, ""), true, false},
		{"HTTP400", answer(400, ""), false, false},
		{"HTTP307", answer(307, ""), false, false},
		{"System", answer(200, `{"code":"SYS_ERR"}`), true, false},
		{"ServerTimeout", answer(200, `{"code":"SERVER_TIMEOUT"}`), true, false},
		{"DatabaseTimeout", answer(200, `{"code":"DATABASE_TIMEOUT"}`), true, false},
		{"Rate", answer(200, `{"code":"EXCEED_RATELIMIT"}`), true, false},
		{"Quota", answer(200, `{"code":"EXCEED_REQUEST_LIMIT"}`), false, false},
		{"Invalid", answer(200, `{"code":"INVALID_PARAM"}`), false, false},
		{"Unauthorized", answer(200, `{"code":"SIGN_PARAM_INVALID"}`), false, false},
		{"NoCollection", answer(200, `{"code":"DATABASE_COLLECTION_NOT_EXIST"}`), false, false},
		{"Unknown", answer(200, `{"code":"SOMETHING_NEW"}`), false, false},
		{"NotJSON", answer(200, `<html>`), false, false},
	}
	good := answer(200, `{"data":{"insertedIds":["a"],"list":["{}"],"total":1,"updated":1,"doc":"{}","deleted":1,"response_data":"1"}}`)
	for _, tt := range tests {
		t.Run(tt.name, inBubble(func(t *testing.T) {
			for _, m := range methods {
				repeated := tt.read && !m.writes || tt.write
				s := &script{scenes: []roundTripper{tt.fault, tt.fault, good}}
				err := m.call(t.Context(), initApp(t, Config{Transport: s}))
				if got := len(s.played); repeated && (err != nil || got != 3) || !repeated && (err == nil || got != 1) {
					t.Errorf("%s: %v after %d requests", m.name, err, got)
				}
				s = &script{scenes: []roundTripper{tt.fault}}
				if err := m.call(t.Context(), initApp(t, Config{Transport: s})); err == nil || len(s.played) > maxAttempts {
					t.Errorf("%s: %v after %d requests", m.name, err, len(s.played))
				}
			}
		}))
	}
}

// Pauses grow and spread, and each attempt is a request of its own.
func TestPauses(t *testing.T) {
	for _, tt := range []struct {
		rand   float64
		pauses []time.Duration
	}{
		{0, []time.Duration{firstPause / 2, firstPause}},
		{0.5, []time.Duration{firstPause * 3 / 4, firstPause * 3 / 2}},
	} {
		t.Run(fmt.Sprint(tt.rand), inBubble(func(t *testing.T) {
			s := &script{scenes: []roundTripper{answer(500, "")}}
			app := initApp(t, Config{Transport: s, Rand: func() float64 { return tt.rand }})
			if err := get("a").do(t.Context(), app); err == nil {
				t.Fatal("no error")
			}
			var pauses []time.Duration
			urls := map[string]bool{}
			for i, at := range s.at {
				if i > 0 {
					pauses = append(pauses, at.Sub(s.at[i-1]))
				}
				urls[s.played[i].URL.String()] = true
			}
			if diff := cmp.Diff(tt.pauses, pauses); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if len(urls) != len(s.played) {
				t.Errorf("%d requests have %d URLs", len(s.played), len(urls))
			}
		}))
	}
}

func TestReplyTooLarge(t *testing.T) {
	for _, m := range methods[:2] { // a write and a read
		body := &endless{}
		err := m.call(t.Context(), withTransport(t, func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: http.StatusOK, Body: body, ContentLength: -1}, nil
		}))
		var e *Error
		if !errors.As(err, &e) || e.Code != CodeReplyTooLarge || MaybeApplied(err) != m.writes {
			t.Errorf("%s: %v", m.name, err)
		}
		if !body.closed || body.read > maxReply+maxReply/2 {
			t.Errorf("%s: read %d bytes, closed: %t", m.name, body.read, body.closed)
		}
	}
}

type endless struct {
	read   int
	closed bool
}

func (e *endless) Read(p []byte) (int, error) { e.read += len(p); return len(p), nil }
func (e *endless) Close() error               { e.closed = true; return nil }

// A reply that stops half-way is lost, also if that takes until the timeout.
func TestReplyBreaksOff(t *testing.T) {
	t.Run("EOF", inBubble(func(t *testing.T) {
		for _, m := range methods {
			err := m.call(t.Context(), withTransport(t, func(*http.Request) (*http.Response, error) {
				half := io.MultiReader(strings.NewReader(`{"data":`), errReader{io.ErrUnexpectedEOF})
				return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(half)}, nil
			}))
			var e *Error
			if !errors.As(err, &e) || e.Code != CodeConnectionLost || !errors.Is(err, io.ErrUnexpectedEOF) || MaybeApplied(err) != m.writes {
				t.Errorf("%s: %v", m.name, err)
			}
		}
	}))
	t.Run("Timeout", inBubble(func(t *testing.T) {
		for _, m := range methods {
			err := m.call(t.Context(), withTransport(t, func(r *http.Request) (*http.Response, error) {
				half := io.MultiReader(strings.NewReader(`{"data":`), waitReader{r.Context()})
				return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(half)}, nil
			}))
			var e *Error
			if !errors.As(err, &e) || e.Code != CodeTimeout || MaybeApplied(err) != m.writes {
				t.Errorf("%s: %v", m.name, err)
			}
		}
	}))
}

type errReader struct{ err error }

func (r errReader) Read([]byte) (int, error) { return 0, r.err }

type waitReader struct{ ctx context.Context }

func (r waitReader) Read([]byte) (int, error) { <-r.ctx.Done(); return 0, r.ctx.Err() }

func TestStats(t *testing.T) {
	app := answering(t, http.StatusOK, `{"data":{"total":0}}`)
	games := app.Database().Collection("games")
	ask := func(ctx context.Context) {
		if _, err := games.Count(ctx, nil); err != nil {
			t.Fatal(err)
		}
	}
	ask(t.Context())
	outer, outerStats := WithStats(t.Context())
	inner, innerStats := WithStats(outer)
	ask(outer)
	ask(inner)
	ask(inner)
	if outerStats.Requests() != 1 || innerStats.Requests() != 2 {
		t.Errorf("counted %d and %d", outerStats.Requests(), innerStats.Requests())
	}
}

// One App serves many invocations at once.
func TestConcurrentUse(t *testing.T) {
	var mu sync.Mutex
	numbers := map[string]bool{}
	app := withTransport(t, func(r *http.Request) (*http.Response, error) {
		mu.Lock()
		defer mu.Unlock()
		numbers[r.URL.Query().Get("seqId")] = true
		return jsonResponse(http.StatusOK, `{"data":{"total":0}}`), nil
	})
	const callers, calls = 8, 20
	var group sync.WaitGroup
	for range callers {
		group.Go(func() {
			for range calls {
				if err := count(nil).do(t.Context(), app); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	if len(numbers) != callers*calls {
		t.Errorf("%d requests have %d numbers", callers*calls, len(numbers))
	}
}
