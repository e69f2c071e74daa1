package scftest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// A Media stands in for TRTC's server API, which ends calls.
type Media struct {
	mu    sync.Mutex
	calls []string
	code  string
}

// Media sets TRTC_KICK, and returns what the functions' calls to TRTC then reach.
func (c *Cloud) Media(t *testing.T) *Media {
	t.Helper()
	m := new(Media)
	server := httptest.NewServer(m)
	t.Cleanup(server.Close)
	c.Settings["TRTC_KICK"], c.Settings["TRTC_API_ENDPOINT"] = "true", server.URL
	return m
}

// Fail has the API answer with an error from now on; "" ends that.
func (m *Media) Fail(code string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.code = code
}

// Calls returns what the API was asked for since the last time, each as in
// `RemoveUser {"RoomId":9527,…}`.
func (m *Media) Calls() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	calls := m.calls
	m.calls = nil
	return calls
}

func (m *Media) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	m.mu.Lock()
	defer m.mu.Unlock()
	if !strings.Contains(r.Header.Get("Authorization"), "Credential="+secretID+"/") {
		m.code = "AuthFailure.SecretIdNotFound"
	}
	m.calls = append(m.calls, r.Header.Get("X-TC-Action")+" "+string(body))
	response := map[string]any{"RequestId": fmt.Sprint("request-", len(m.calls))}
	if m.code != "" {
		response["Error"] = map[string]string{"Code": m.code, "Message": "no"}
	}
	json.NewEncoder(w).Encode(map[string]any{"Response": response})
}
