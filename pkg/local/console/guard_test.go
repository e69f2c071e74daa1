package console

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestGuardHost(t *testing.T) {
	for _, test := range []struct {
		addr, host string
		want       bool
	}{
		{"127.0.0.1:9527", "127.0.0.1:9527", true},
		{"127.0.0.1:9527", "127.0.0.1:8080", true}, // through a tunnel
		{"127.0.0.1:9527", "localhost:9527", true},
		{"127.0.0.1:9527", "LOCALHOST.", true},
		{"127.0.0.1:9527", "room.localhost:9527", true},
		{"127.0.0.1:9527", "[::1]:9527", true},
		{"127.0.0.1:9527", "[::1]", true},
		{"127.0.0.1:9527", "evil.example:9527", false},
		{"127.0.0.1:9527", "127.0.0.1.evil.example", false},
		{"127.0.0.1:9527", "localhost.evil.example", false},
		{"127.0.0.1:9527", "evillocalhost", false},
		{"127.0.0.1:9527", "192.168.1.5:9527", false},
		{"127.0.0.1:9527", "", false},
		{"192.168.1.5:9527", "192.168.1.5:9527", true},
		{"192.168.1.5:9527", "192.168.1.6:9527", false},
		{"mybox:9527", "MyBox:9527", true},
		{"mybox:9527", "evil.example", false},
		{":9527", "192.168.1.5:9527", true},
		{":9527", "mybox:9527", false},
		{":9527", "", false},
		{"0.0.0.0:9527", "192.168.1.5:9527", true},
		{"0.0.0.0:9527", "evil.example:9527", false},
		{"[::]:9527", "[fd00::5]:9527", true},
	} {
		if got := guarded(test.addr, http.MethodPost, test.host, nil); got != test.want {
			t.Errorf("listening at %q, Host %q passes = %t, want %t", test.addr, test.host, got, test.want)
		}
	}
}

func TestGuardOrigin(t *testing.T) {
	for _, test := range []struct {
		method string
		header map[string]string
		want   bool
	}{
		{http.MethodPost, nil, true}, // curl, SDKs
		{http.MethodPost, map[string]string{"Origin": "http://127.0.0.1:9527"}, true},
		{http.MethodPost, map[string]string{"Origin": "http://127.0.0.1:9527", "Sec-Fetch-Site": "same-origin"}, true},
		{http.MethodPost, map[string]string{"Origin": "http://127.0.0.1:3000"}, false},
		{http.MethodPost, map[string]string{"Origin": "http://127.0.0.1:3000", "Sec-Fetch-Site": "same-site"}, false},
		{http.MethodPost, map[string]string{"Origin": "http://evil.example"}, false},
		{http.MethodPost, map[string]string{"Origin": "null"}, false},
		{http.MethodPost, map[string]string{"Sec-Fetch-Site": "cross-site"}, false},
		{http.MethodGet, map[string]string{"Sec-Fetch-Site": "cross-site"}, true}, // a link to the page
	} {
		if got := guarded("127.0.0.1:9527", test.method, "127.0.0.1:9527", test.header); got != test.want {
			t.Errorf("%s with %v passes = %t, want %t", test.method, test.header, got, test.want)
		}
	}
}

func guarded(addr, method, host string, header map[string]string) (passed bool) {
	handler := guard(addr, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { passed = true }))
	request := httptest.NewRequest(method, "/v1/functions/one", nil)
	request.Host = host
	for name, value := range header {
		request.Header.Set(name, value)
	}
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, request)
	return passed && recorder.Code != http.StatusForbidden
}

// A request whose body doesn't come is ended. One whose body came may take its time.
func TestLimitBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		handled := make(chan error, 1)
		server := &http.Server{Handler: limitBody(mostBodyTime, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, err := io.ReadAll(r.Body)
			if err == nil {
				select {
				case <-time.After(10 * mostBodyTime):
				case <-r.Context().Done():
					err = r.Context().Err()
				}
			}
			handled <- err
		}))}
		listener := make(pipes)
		go server.Serve(listener)
		defer server.Close()
		client := listener.dial()
		defer client.Close()
		go io.Copy(io.Discard, client)

		const head = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n"
		io.WriteString(client, head+"{}")
		if err := <-handled; err != nil {
			t.Errorf("a call that takes long: %v", err)
		}
		io.WriteString(client, head+"{")
		begin := time.Now()
		if err := <-handled; !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(begin) != mostBodyTime {
			t.Errorf("half a body: %v after %v", err, time.Since(begin))
		}
	})
}

// pipes is a listener without a network.
type pipes chan net.Conn

func (p pipes) dial() net.Conn {
	client, server := net.Pipe()
	p <- server
	return client
}

func (p pipes) Accept() (net.Conn, error) {
	conn, ok := <-p
	if !ok {
		return nil, net.ErrClosed
	}
	return conn, nil
}

func (p pipes) Close() error {
	close(p)
	return nil
}

func (p pipes) Addr() net.Addr { return &net.TCPAddr{} }

func TestElapsing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var shown strings.Builder
		(&terminal{out: &shown}).elapsing("building", func() { time.Sleep(12 * time.Second) })
		if diff := cmp.Diff("server | building, 5s so far\nserver | building, 10s so far\n", shown.String()); diff != "" {
			t.Error(diff)
		}
	})
}
