package console

import (
	"net/http"
	"net/http/httptest"
	"testing"
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
