package client

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
)

// local is a server that has written its address into the data folder of root.
func local(t *testing.T, handler http.HandlerFunc) (root string, server *httptest.Server) {
	t.Helper()
	server = httptest.NewServer(handler)
	t.Cleanup(server.Close)
	root = t.TempDir()
	written := fmt.Sprintf(`{"env":"local","serviceUrl":"%s/admin"}`, server.URL)
	if err := errors.Join(
		os.Mkdir(filepath.Join(root, DataFolder), 0o700),
		os.WriteFile(filepath.Join(root, DataFolder, File), []byte(written), 0o600),
	); err != nil {
		t.Fatal(err)
	}
	return root, server
}

func TestFind(t *testing.T) {
	root, server := local(t, func(http.ResponseWriter, *http.Request) {})
	if c := Find(root, ""); c.URL != server.URL {
		t.Errorf("the server that uses the data folder is %s, found at %s", server.URL, c.URL)
	}
	if err := Find(root, "").Ping(t.Context()); err != nil {
		t.Error(err)
	}
	if c := Find(root, "127.0.0.1:1234"); c.URL != "http://127.0.0.1:1234" {
		t.Errorf("found at %s", c.URL)
	}
	if c := Find(t.TempDir(), ""); c.URL != "http://"+DefaultAddr {
		t.Errorf("without a data folder, found at %s", c.URL)
	}
	server.Close() // as if it had been killed
	if c := Find(root, ""); c.URL != "http://"+DefaultAddr {
		t.Errorf("the server is gone, and found at %s", c.URL)
	}
}

func TestCall(t *testing.T) {
	_, server := local(t, func(w http.ResponseWriter, r *http.Request) {
		event, _ := io.ReadAll(r.Body)
		switch r.URL.Path {
		case "/v1/functions/echo":
			w.Header().Set(HeaderRequestID, "1")
			w.Header().Set(HeaderColdStart, "true")
			if r.Header.Get(HeaderLogType) == "Tail" {
				w.Header().Set(HeaderLogResult, base64.StdEncoding.EncodeToString([]byte("a line")))
			}
			fmt.Fprintf(w, "%s: %s", r.Header.Get(HeaderOpenID), event)
		case "/v1/functions/fail":
			w.Header().Set(HeaderRequestID, "2")
			w.WriteHeader(http.StatusInternalServerError)
			io.WriteString(w, `{"errorMessage":"no database","stackTrace":"here"}`)
		case "/v1/functions/missing":
			w.WriteHeader(http.StatusNotFound)
			io.WriteString(w, `{"errorMessage":"unknown function"}`)
		default:
			w.WriteHeader(http.StatusTeapot)
		}
	})
	c := New(server.URL, 0)
	reply, err := c.Call(t.Context(), "echo", "alice", []byte("{}"))
	if err != nil || string(reply.Body) != "alice: {}" || !reply.Cold || reply.Log != "" {
		t.Errorf("%+v, %v", reply, err)
	}
	c.WithLog = true
	if reply, err := c.Call(t.Context(), "echo", "", []byte("{}")); err != nil || string(reply.Body) != ": {}" || reply.Log != "a line" {
		t.Errorf("with its log: %+v, %v", reply, err)
	}
	var failure *FunctionError
	if reply, err := c.Call(t.Context(), "fail", "", nil); !errors.As(err, &failure) || *failure != (FunctionError{"no database", "here"}) || reply == nil {
		t.Errorf("a function that fails: %v, %v", reply, err)
	}
	if _, err := c.Call(t.Context(), "missing", "", nil); err == nil || errors.As(err, &failure) || err.Error() != "unknown function" {
		t.Errorf("a function that isn't there: %v", err)
	}
	if _, err := c.Call(t.Context(), "a/b", "", nil); err == nil || errors.Is(err, ErrNoServer) {
		t.Errorf("a stranger: %v", err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	if err := New("http://"+listener.Addr().String(), 0).Ping(t.Context()); !errors.Is(err, ErrNoServer) {
		t.Errorf("nobody: %v", err)
	}
}
