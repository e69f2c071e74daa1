package tcbtest_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"webrtc-room/pkg/local/tcbemu"
	"webrtc-room/pkg/tcb"
	"webrtc-room/pkg/tcb/tcbtest"
)

func TestEmulator(t *testing.T) {
	const id, key = "AKIDtcbtest", "the-key-of-the-test"
	emulator, err := tcbemu.Open(tcbemu.Config{EnvID: "test", Keys: map[string]string{id: key}})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(emulator)
	t.Cleanup(func() {
		server.Close()
		if err := emulator.Close(); err != nil {
			t.Error(err)
		}
	})
	tcbtest.Run(t, tcb.Config{EnvID: "test", SecretID: id, SecretKey: key, URL: server.URL + "/admin"})
}

// TestEnvironment is for somebody with a CloudBase environment; see the package
// comment.
func TestEnvironment(t *testing.T) {
	config := tcb.Config{
		EnvID:        os.Getenv("TCB_ENV_ID"),
		SecretID:     os.Getenv("TENCENTCLOUD_SECRETID"),
		SecretKey:    os.Getenv("TENCENTCLOUD_SECRETKEY"),
		SessionToken: os.Getenv("TENCENTCLOUD_SESSIONTOKEN"),
		Region:       os.Getenv("TENCENTCLOUD_REGION"),
		Transport:    transcript{t},
	}
	if config.EnvID == "" || config.SecretID == "" || config.SecretKey == "" {
		t.Skip("needs a CloudBase environment: set TCB_ENV_ID, TENCENTCLOUD_SECRETID and TENCENTCLOUD_SECRETKEY")
	}
	tcbtest.Run(t, config)
}

// transcript prints requests and replies, without what must stay secret.
type transcript struct{ t *testing.T }

func (p transcript) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r.Body.Close()
	r.Body = io.NopCloser(bytes.NewReader(body))
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		p.t.Logf("> %s\n< %v", asked(body), err)
		return nil, err
	}
	reply, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	resp.Body = io.NopCloser(bytes.NewReader(reply))
	p.t.Logf("> %s\n< %s %s", asked(body), resp.Status, cmp.Or(string(reply), "nothing"))
	return resp, err
}

// asked is what a request asks for: an allowed list, so that no new parameter can
// give anything away.
func asked(body []byte) []byte {
	var params map[string]json.RawMessage
	_ = json.Unmarshal(body, &params) // what isn't JSON is shown as nothing
	shown := make(map[string]json.RawMessage)
	for _, name := range []string{"action", "collectionName", "queryType", "query", "data", "order", "projection", "offset", "limit", "multi", "merge", "upsert"} {
		if value, ok := params[name]; ok {
			shown[name] = value
		}
	}
	text, _ := json.Marshal(shown) // raw JSON can't fail to encode
	return text
}
