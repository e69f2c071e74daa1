package cloudtest

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
)

// post calls an action as the CLI does, and returns the code of the error.
func (c *Cloud) post(t *testing.T, service, action string, params map[string]any) string {
	t.Helper()
	authority, err := os.ReadFile(c.authority())
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(authority)
	proxy, err := url.Parse(c.proxy.url())
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{Proxy: http.ProxyURL(proxy), TLSClientConfig: &tls.Config{RootCAs: roots}}
	defer transport.CloseIdleConnections()
	body, err := json.Marshal(params)
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://"+service+".tencentcloudapi.com/", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-TC-Action", action)
	request.Header.Set("Authorization", "TC3-HMAC-SHA256 Credential="+SecretID+"/2020-01-02/"+service+"/tc3_request")
	response, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var reply struct {
		Response struct{ Error struct{ Code string } }
	}
	if err := json.NewDecoder(response.Body).Decode(&reply); err != nil {
		t.Fatal(err)
	}
	return reply.Response.Error.Code
}

// A test that passes against this cloud says something only if it can fail.
func TestRules(t *testing.T) {
	c := New(t, Config{EnvID: "prod-1gabc"})
	c.Put(Function{Name: "there", Runtime: "Go1", Handler: "main"})
	create := func(change ...string) map[string]any {
		params := map[string]any{
			"Namespace": "prod-1gabc", "FunctionName": "f", "Runtime": "Go1", "Handler": "main",
			"Role": "TCB_QcsRole", "Stamp": "MINI_QCBASE", "Code": map[string]string{"TempCosObjectName": "/none.zip"},
		}
		for i := 0; i < len(change); i += 2 {
			params[change[i]] = change[i+1]
		}
		return params
	}
	tests := []struct {
		action string
		params map[string]any
		want   string
	}{
		{"CreateFunction", create("Stamp", ""), "InvalidParameterValue.Stamp"},
		{"CreateFunction", create("Role", "SCF_ExecuteRole"), "InvalidParameterValue.Role"},
		{"CreateFunction", create("Namespace", "default"), "ResourceNotFound.Namespace"},
		{"CreateFunction", create("FunctionName", "there"), "ResourceInUse.Function"},
		{"CreateFunction", create(), "InvalidParameterValue.CosObjectName"},
		{"UpdateFunctionCode", create(), "ResourceNotFound.Function"},
		{"DeleteEverything", create(), "InvalidAction"},
	}
	for _, test := range tests {
		if got := c.post(t, "scf", test.action, test.params); got != test.want {
			t.Errorf("%s %v: got %q, want %q", test.action, test.params, got, test.want)
		}
	}
	c.Fail("GetFunction", "there", &Error{"InternalError", "as ordered"})
	there := map[string]any{"Namespace": "prod-1gabc", "FunctionName": "there"}
	if got := c.post(t, "scf", "GetFunction", there); got != "InternalError" {
		t.Errorf("an ordered failure: got %q", got)
	}
}

func TestCheckExecutable(t *testing.T) {
	if err := checkExecutable([]byte("no zip"), "main"); err == nil || !strings.Contains(err.Error(), "zip") {
		t.Errorf("got %v", err)
	}
}
