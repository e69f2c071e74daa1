// Command trivial is the least that a function of this project does, the floor for
// go run ./scripts/load -compare: it reads its event, answers, and logs its line. An
// event that names a url is posted there before, as it is, over a connection that is
// kept: nothing that asks a database can do less.
package main

import (
	"context"
	"io"
	"net/http"
	"strings"

	"webrtc-room/pkg/scf"
	"webrtc-room/pkg/settings"
)

func main() { scf.Start("trivial", open) }

func open(settings.Lookup) (scf.Handler, error) { return handle, nil }

func handle(ctx context.Context, call *scf.Call) (any, error) {
	url, err := call.Event.Text("url", "BAD_PARAM")
	if err != nil || url == "" {
		return map[string]bool{"ok": true}, err
	}
	body, err := call.Event.Text("body", "BAD_PARAM")
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	n, err := io.Copy(io.Discard, resp.Body)
	return map[string]int64{"bytes": n}, err
}
