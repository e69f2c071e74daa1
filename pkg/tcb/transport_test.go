package tcb

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const inserted = `{"data":{"insertedIds":["a"]}}`

// A lineServer speaks HTTP over raw connections, so that a test decides what becomes
// of each.
type lineServer struct {
	url      string
	accepted atomic.Int32
	requests atomic.Int32 // read whole
}

// serve starts a lineServer whose connections are each handled by handle, which
// calls next for a request and answers on the connection; it is closed afterwards.
func serve(t *testing.T, handle func(s *lineServer, conn net.Conn, next func() bool)) *lineServer {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &lineServer{url: "http://" + listener.Addr().String() + "/admin"}
	var group sync.WaitGroup
	t.Cleanup(func() {
		listener.Close()
		group.Wait()
	})
	group.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			s.accepted.Add(1)
			group.Go(func() {
				defer conn.Close()
				in := bufio.NewReader(conn)
				handle(s, conn, func() bool {
					r, err := http.ReadRequest(in)
					if err != nil {
						return false
					}
					if _, err := io.Copy(io.Discard, r.Body); err != nil {
						return false
					}
					s.requests.Add(1)
					return true
				})
			})
		}
	})
	return s
}

func answerOn(t *testing.T, conn net.Conn, body string) {
	response := jsonResponse(http.StatusOK, body)
	response.ProtoMajor, response.ProtoMinor = 1, 1
	if err := response.Write(conn); err != nil {
		t.Log("the client didn't wait for the reply:", err)
	}
}

func TestConnectionIsReused(t *testing.T) {
	var conns, requests atomic.Int32
	status := []int{200, 200, 500, 429, 200}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		w.WriteHeader(status[requests.Add(1)-1])
		io.WriteString(w, inserted)
	}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			conns.Add(1)
		}
	}
	server.Start()
	defer server.Close()
	app := initApp(t, Config{URL: server.URL + "/admin"})
	for i, want := range status {
		err := insert(M{"_id": "a"}).do(t.Context(), app)
		if (err == nil) != (want == http.StatusOK) {
			t.Errorf("request %d: %v", i, err)
		}
	}
	if conns.Load() != 1 {
		t.Errorf("%d requests took %d connections", requests.Load(), conns.Load())
	}
}

// The connection dies when the request has been read but not answered: it may have
// been carried out, so nobody may send it again, not even net/http.
func TestConnectionDiesAfterRequest(t *testing.T) {
	t.Run("Fresh", func(t *testing.T) {
		server := serve(t, func(_ *lineServer, _ net.Conn, next func() bool) { next() })
		err := insert(M{"_id": "a"}).do(t.Context(), initApp(t, Config{URL: server.url}))
		var e *Error
		if !errors.As(err, &e) || e.Code != CodeConnectionLost || !MaybeApplied(err) {
			t.Errorf("error %v", err)
		}
		if n := server.requests.Load(); n != 1 {
			t.Errorf("the server read %d requests", n)
		}
	})
	t.Run("Reused", func(t *testing.T) {
		server := serve(t, func(_ *lineServer, conn net.Conn, next func() bool) {
			if next() {
				answerOn(t, conn, inserted)
				next()
			}
		})
		app := initApp(t, Config{URL: server.url})
		if err := insert(M{"_id": "a"}).do(t.Context(), app); err != nil {
			t.Fatal(err)
		}
		err := insert(M{"_id": "b"}).do(t.Context(), app)
		var e *Error
		if !errors.As(err, &e) || e.Code != CodeConnectionLost || !MaybeApplied(err) {
			t.Errorf("error %v", err)
		}
		if n, conns := server.requests.Load(), server.accepted.Load(); n != 2 || conns != 1 {
			t.Errorf("the server read %d requests on %d connections", n, conns)
		}
	})
	t.Run("ReadIsRepeated", func(t *testing.T) {
		server := serve(t, func(s *lineServer, conn net.Conn, next func() bool) {
			for next() && s.requests.Load() != 2 {
				answerOn(t, conn, `{"data":{"total":1}}`)
			}
		})
		app := initApp(t, Config{URL: server.url})
		ctx, stats := WithStats(t.Context())
		for range 2 {
			if err := count(nil).do(ctx, app); err != nil {
				t.Error(err)
			}
		}
		if n, conns := server.requests.Load(), server.accepted.Load(); n != 3 || conns != 2 || stats.Requests() != 3 {
			t.Errorf("the server read %d requests on %d connections; %d counted", n, conns, stats.Requests())
		}
	})
}

// The server closes connections that the client is about to use again, some before
// it has read another request and some after. What comes of each write is a race,
// but the answer must be true either way.
func TestStaleConnectionIsNoWrongAnswer(t *testing.T) {
	var read [100]atomic.Int32 // how often each write was read
	var current atomic.Int32
	server := serve(t, func(s *lineServer, conn net.Conn, next func() bool) {
		before := s.accepted.Load()%2 == 0
		if next() {
			read[current.Load()].Add(1)
			answerOn(t, conn, inserted)
		}
		if !before && next() {
			read[current.Load()].Add(1)
		}
	})
	app := initApp(t, Config{URL: server.url})
	outcomes := map[string]int{}
	for i := range read {
		current.Store(int32(i))
		err := insert(M{"_id": "a"}).do(t.Context(), app)
		n := read[i].Load()
		switch {
		case err == nil && n == 1:
			outcomes["applied"]++
		case MaybeApplied(err) && n <= 1:
			outcomes["unknown"]++
		case err != nil && n == 0:
			outcomes["not applied"]++
		default:
			t.Errorf("write %d was read %d times: %v", i, n, err)
		}
	}
	if outcomes["applied"] == 0 || outcomes["unknown"] == 0 {
		t.Errorf("the test shows nothing: %v", outcomes)
	}
}

// A connection whose end the client has seen is replaced without anybody noticing.
func TestClosedConnectionIsReplaced(t *testing.T) {
	server := serve(t, func(_ *lineServer, conn net.Conn, next func() bool) {
		if next() {
			answerOn(t, conn, inserted)
		}
	})
	closed := make(chan struct{}, 2)
	transport := newTransport()
	dial := transport.DialContext
	transport.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := dial(ctx, network, addr)
		return &watchedConn{Conn: conn, closed: closed}, err
	}
	app := initApp(t, Config{URL: server.url, Transport: transport})
	for range 2 {
		ctx, stats := WithStats(t.Context())
		if err := insert(M{"_id": "a"}).do(ctx, app); err != nil || stats.Requests() != 1 {
			t.Errorf("%v after %d requests", err, stats.Requests())
		}
		<-closed
	}
	if n, conns := server.requests.Load(), server.accepted.Load(); n != 2 || conns != 2 {
		t.Errorf("the server read %d requests on %d connections", n, conns)
	}
}

// A watchedConn tells when net/http closes it, having marked it as unusable.
type watchedConn struct {
	net.Conn
	closed chan<- struct{}
	once   sync.Once
}

func (c *watchedConn) Close() error {
	c.once.Do(func() { c.closed <- struct{}{} })
	return c.Conn.Close()
}

// Nobody listens: certainly not applied, so a write is tried again too.
func TestConnectionRefused(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	app := initApp(t, Config{URL: "http://" + listener.Addr().String() + "/admin"})
	ctx, stats := WithStats(t.Context())
	err = insert(M{"_id": "a"}).do(ctx, app)
	var e *Error
	if !errors.As(err, &e) || e.Code != CodeConnectionFailed || MaybeApplied(err) || stats.Requests() != maxAttempts {
		t.Errorf("%v after %d requests", err, stats.Requests())
	}
}

// The connection isn't there when time is up: certainly not applied.
func TestTimeoutWhileConnecting(t *testing.T) {
	t.Run("", inBubble(func(t *testing.T) {
		release := make(chan struct{})
		defer close(release)
		transport := newTransport()
		transport.DialContext = func(context.Context, string, string) (net.Conn, error) {
			<-release
			return nil, errors.New("released")
		}
		app := initApp(t, Config{URL: "http://127.0.0.1:1/admin", Transport: transport})
		ctx, stats := WithStats(t.Context())
		start := time.Now()
		err := insert(M{"_id": "a"}).do(ctx, app)
		var e *Error
		if !errors.As(err, &e) || e.Code != CodeTimeout || MaybeApplied(err) || stats.Requests() != maxAttempts {
			t.Errorf("%v after %d requests", err, stats.Requests())
		}
		if took, want := time.Since(start), maxAttempts*defaultTimeout+firstPause*3/2; took != want {
			t.Errorf("took %s, want %s", took, want)
		}
	}))
}

// A redirect would lead the signed request, and the tokens in it, elsewhere.
func TestRedirectIsNotFollowed(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		t.Error("the redirect was followed")
	}))
	defer elsewhere.Close()
	server := httptest.NewServer(http.RedirectHandler(elsewhere.URL, http.StatusTemporaryRedirect))
	defer server.Close()
	err := insert(M{"_id": "a"}).do(t.Context(), initApp(t, Config{URL: server.URL + "/admin"}))
	var e *Error
	if !errors.As(err, &e) || e.Code != "HTTP_307" || !MaybeApplied(err) {
		t.Errorf("error %v", err)
	}
}

// Connections are kept from one invocation to the next, but not so long that the
// service might be closing them.
func TestIdleConnections(t *testing.T) {
	for _, tt := range []struct {
		idle  time.Duration
		conns int
	}{{3 * time.Second, 1}, {5 * time.Second, 2}} {
		t.Run(tt.idle.String(), inBubble(func(t *testing.T) {
			conns := 0
			transport := newTransport()
			transport.DialContext = func(context.Context, string, string) (net.Conn, error) {
				conns++
				client, server := net.Pipe()
				go func() {
					defer server.Close()
					in := bufio.NewReader(server)
					for {
						r, err := http.ReadRequest(in)
						if err != nil {
							return
						}
						io.Copy(io.Discard, r.Body)
						answerOn(t, server, inserted)
					}
				}()
				return client, nil
			}
			app := initApp(t, Config{URL: "http://127.0.0.1:9527/admin", Transport: transport})
			for range 2 {
				if err := insert(M{"_id": "a"}).do(t.Context(), app); err != nil {
					t.Fatal(err)
				}
				time.Sleep(tt.idle)
			}
			if conns != tt.conns {
				t.Errorf("%d connections, want %d", conns, tt.conns)
			}
			app.CloseIdleConnections()
		}))
	}
}
