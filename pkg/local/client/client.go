// Package client calls the functions of a local server, for commands and tests:
//
//	server := client.Find(root, "") // where the server of this repository is
//	reply, err := server.Call(ctx, "webrtc-enter-room", "alice", event)
//
// The server writes its address into its data folder, so that it is found also
// where it listens at another port than usual.
package client

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// DefaultAddr is where the local server listens unless told otherwise.
const DefaultAddr = "127.0.0.1:9527"

// Where the local server keeps its data unless told otherwise, in the repository,
// and the file in there that has its address while it runs.
const (
	DataFolder = ".local"
	File       = "cloudbase.json"
)

// Headers of a call and of its reply.
const (
	HeaderOpenID    = "X-WX-OPENID"
	HeaderRequestID = "X-Request-Id"
	HeaderDuration  = "X-Scf-Duration"
	HeaderColdStart = "X-Scf-Cold-Start"
	HeaderLogType   = "X-Scf-Log-Type"
	HeaderLogResult = "X-Scf-Log-Result"
)

// ErrNoServer is the error where nothing answers.
var ErrNoServer = errors.New("no local server answers")

// A FunctionError is a call that the function failed, rather than the way to it.
type FunctionError struct {
	Message string
	Stack   string
}

func (e *FunctionError) Error() string { return e.Message }

// A Reply is what a call came back with.
type Reply struct {
	Body []byte // JSON
	Cold bool   // a process was started for the call
	Log  string // the end of what the function printed, if the client asks for it
}

// A Client calls functions. It may be used by several goroutines.
type Client struct {
	URL     string // as http://127.0.0.1:9527
	WithLog bool   // ask for the log

	http *http.Client
}

// New returns a client of the server at a URL, that keeps up to idle connections.
// It uses no proxy: the server is on this machine.
func New(url string, idle int) *Client {
	return &Client{URL: url, http: &http.Client{Transport: &http.Transport{
		DisableKeepAlives:   idle == 0,
		MaxIdleConnsPerHost: idle,
	}}}
}

// Find returns a client of the server at addr, as host:port, or with "" of the one
// that the repository's data folder names. Without any of those it is where the
// server listens unless told otherwise.
func Find(root, addr string) *Client {
	if addr == "" {
		addr = DefaultAddr
		if written := WrittenURL(filepath.Join(root, DataFolder)); written != "" && answers(written) {
			return New(written, 0)
		}
	}
	return New("http://"+addr, 0)
}

// WrittenURL returns the URL that a server has written into its data folder, ""
// if none has. A server that was killed left its own.
func WrittenURL(dataFolder string) string {
	text, err := os.ReadFile(filepath.Join(dataFolder, File))
	if err != nil {
		return ""
	}
	var written struct{ ServiceURL string }
	_ = json.Unmarshal(text, &written) // what is no JSON has no URL
	return strings.TrimSuffix(written.ServiceURL, "/admin")
}

// answers reports whether anybody listens there.
func answers(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	conn, err := net.Dial("tcp", u.Host)
	if err != nil {
		return false
	}
	conn.Close()
	return true
}

// Close closes connections that are kept.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Ping returns an error, which may be ErrNoServer, unless the local server answers.
func (c *Client) Ping(ctx context.Context) error {
	response, err := c.do(ctx, http.MethodGet, "/", nil, "")
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return c.stranger(response)
	}
	return nil
}

// Call calls a function with an event, as the mini program's user with this
// OPENID, or with "" as the test button of the SCF console. An error is
// ErrNoServer, or a *FunctionError, which comes with a reply for its log; or the
// function was not called.
func (c *Client) Call(ctx context.Context, function, openID string, event []byte) (*Reply, error) {
	response, err := c.do(ctx, http.MethodPost, "/v1/functions/"+url.PathEscape(function), event, openID)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	log, _ := base64.StdEncoding.DecodeString(response.Header.Get(HeaderLogResult))
	reply := &Reply{Body: body, Cold: response.Header.Get(HeaderColdStart) == "true", Log: string(log)}
	called := response.Header.Get(HeaderRequestID) != ""
	if called && response.StatusCode == http.StatusOK {
		return reply, nil
	}
	var failure struct{ ErrorMessage, StackTrace string }
	switch err := json.Unmarshal(body, &failure); {
	case err != nil || failure.ErrorMessage == "":
		return nil, c.stranger(response)
	case !called:
		return nil, errors.New(failure.ErrorMessage)
	}
	return reply, &FunctionError{failure.ErrorMessage, failure.StackTrace}
}

func (c *Client) do(ctx context.Context, method, path string, body []byte, openID string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, method, c.URL+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	if c.WithLog {
		request.Header.Set(HeaderLogType, "Tail")
	}
	if openID != "" {
		request.Header.Set(HeaderOpenID, openID)
	}
	response, err := c.http.Do(request)
	var refused *net.OpError
	if errors.As(err, &refused) && refused.Op == "dial" {
		return nil, fmt.Errorf("%w at %s", ErrNoServer, c.URL)
	}
	return response, err
}

// stranger is the error of a response that is not the local server's.
func (c *Client) stranger(response *http.Response) error {
	return fmt.Errorf("what answers at %s is not the local server: %s", c.URL, response.Status)
}
