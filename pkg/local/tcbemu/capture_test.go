package tcbemu_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"webrtc-room/pkg/local/tcbemu"
)

// capture is a whole request of @cloudbase/node-sdk or wx-server-sdk, as it was seen on
// the wire with the SDK's clock at captureTime.
type capture struct {
	Name      string
	SDK       string
	SecretKey string
	Target    string
	Headers   map[string]string
	Body      string
}

var captureTime = time.UnixMilli(1700000000123)

func (c capture) request() *http.Request {
	r := httptest.NewRequest(http.MethodPost, c.Target, strings.NewReader(c.Body))
	for name, value := range c.Headers {
		if name == "Host" {
			r.Host = value
		} else {
			r.Header.Set(name, value)
		}
	}
	return r
}

func readCaptures(t testing.TB) []capture {
	t.Helper()
	text, err := os.ReadFile("testdata/captures.json")
	if err != nil {
		t.Fatal(err)
	}
	var captures []capture
	if err := json.Unmarshal(text, &captures); err != nil {
		t.Fatal(err)
	}
	if len(captures) != 77 {
		t.Fatalf("%d captures, expected 77", len(captures))
	}
	return captures
}

// captureCodes are the captures that the emulator refuses, by the beginning of their
// name, and with which code. It carries out all others.
var captureCodes = []struct{ name, code, text string }{
	{"nodesdk3_aggregate", "INVALID_ACTION", "aggregation"},
	{"raw aggregate", "INVALID_ACTION", "aggregation"},
	{"nodesdk3_instance_database", "INVALID_PARAM", "another database"},
	{"nodesdk3_where_update_nofilter", "INVALID_PARAM", "query is missing"},
	{"nodesdk3_get_where_full", "DATABASE_REQUEST_FAILED", "exclusion on field secret"},
	{"raw get_where_full", "DATABASE_REQUEST_FAILED", "exclusion on field secret"},
	// The SDK's own hole: these three of a transaction's requests say nothing of it.
	{"nodesdk3_txn_full#8", "", ""},
	{"nodesdk3_txn_full#10", "", ""},
	{"nodesdk3_txn_full#11", "", ""},
	{"nodesdk3_txn", "INVALID_ACTION", "transaction"},
	{"wx4_txn", "INVALID_ACTION", "transaction"},
}

func (c capture) expected() (code, text string) {
	for _, e := range captureCodes {
		if strings.HasPrefix(c.Name, e.name) {
			return e.code, e.text
		}
	}
	return "", ""
}

func TestCaptures(t *testing.T) {
	for _, c := range readCaptures(t) {
		t.Run(c.Name, func(t *testing.T) {
			e := openForCaptures(t, c)
			answer := send(t, e, c.request())
			code, text := c.expected()
			if answer.Code != code || !strings.Contains(answer.Message, text) {
				t.Fatalf("%s: %q %q, expected %q with %q", c.Body, answer.Code, answer.Message, code, text)
			}
			if code == "" {
				checkShape(t, c, answer)
			}
		})
		t.Run(c.Name+" altered", func(t *testing.T) {
			e := openForCaptures(t, c)
			c.Body = strings.Replace(c.Body, "database.", "Database.", 1)
			c.Body = strings.Replace(c.Body, "functions.", "Functions.", 1)
			if answer := send(t, e, c.request()); answer.Code != "SIGN_PARAM_INVALID" {
				t.Errorf("%q %q, expected SIGN_PARAM_INVALID", answer.Code, answer.Message)
			}
		})
	}
}

func openForCaptures(t *testing.T, c capture) *tcbemu.Emulator {
	var body struct{ SessionToken string }
	_ = json.Unmarshal([]byte(c.Body), &body)
	e := open(t, tcbemu.Config{
		EnvID:         "test-env-1",
		Keys:          map[string]string{"AKIDexample": c.SecretKey, "AKIDtmp": c.SecretKey},
		SessionTokens: map[string]string{"AKIDtmp": body.SessionToken},
		Now:           func() time.Time { return captureTime },
		Invoke: func(context.Context, tcbemu.FunctionCall) ([]byte, error) {
			return []byte(`{"ok":true,"echo":1}`), nil
		},
	})
	games := tcbemu.Collection{}
	if !strings.Contains(c.Body, "insertDocument") {
		for _, doc := range []string{`{"_id":"room-1","v":3}`, `{"_id":5}`, `{"_id":"r","c":1,"m":true}`} {
			games.Documents = append(games.Documents, json.RawMessage(doc))
		}
	}
	snapshot := tcbemu.Snapshot{"games": games}
	if strings.Contains(c.Body, "addCollection") {
		snapshot = nil
	}
	if err := e.Import(snapshot); err != nil {
		t.Fatal(err)
	}
	return e
}

// checkShape checks what the SDK reads of each action's reply.
func checkShape(t *testing.T, c capture, answer reply) {
	var p struct {
		Action    string
		QueryType string
		Query     string
		Merge     bool
		Data      any
	}
	if err := json.Unmarshal([]byte(c.Body), &p); err != nil {
		t.Fatal(err)
	}
	d := answer.Data
	ok := true
	switch p.Action {
	case "database.addCollection":
	case "database.insertDocument":
		ok = len(d.InsertedIDs) == len(p.Data.([]any))
	case "database.getDocument":
		ok = d.List != nil && d.Offset != nil && d.Limit != nil
		if p.QueryType == "DOC" && strings.Contains(p.Query, "room-1") {
			ok = ok && len(d.List) == 1
		}
	case "database.calculateDocument":
		ok = d.Total != nil
	case "database.modifyDocument":
		ok = d.Updated != nil && d.UpsertID != nil
		if p.QueryType == "DOC" && strings.Contains(p.Query, "room-1") {
			ok = ok && *d.Updated == 1
		}
	case "database.modifyAndReturnDoc":
		ok = d.Updated != nil && *d.Updated == 1 && d.Doc != nil && strings.Contains(*d.Doc, `"v":{"$numberInt":"4"}`)
	case "database.removeDocument":
		ok = d.Deleted != nil
	case "functions.invokeFunction":
		ok = d.Response != nil && *d.Response == `{"ok":true,"echo":1}`
	default:
		t.Fatalf("unexpected action %q", p.Action)
	}
	if !ok {
		t.Errorf("%s: unexpected data %+v", c.Body, d)
	}
}
