package scf

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/tencentyun/scf-go-lib/functioncontext"

	"webrtc-room/pkg/settings"
)

// FuzzEvent sends a function any bytes as an event. It must answer with JSON and
// without an invocation error, and what a handler reads from a field is a plain
// string or number, or the field is refused.
func FuzzEvent(f *testing.F) {
	events, err := filepath.Glob("../../functions/*/event.json")
	if err != nil || len(events) == 0 {
		f.Fatal("no events of functions", err)
	}
	for _, file := range events {
		event, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(event)
	}
	for _, event := range []string{
		"", " ", "null", "[]", `"x"`, "7", "{", "{}", "\xff", `{"roomID":{"$gt":""}}`, `{"roomID":9527.0,"userID":"","roomName":4711}`,
		`{"__proto__":{"userID":"root"},"userID":["a"]}`, `{"skip":"1e1","limit":-0}`, `{"userID":"\ud800"}`, `{"roomID":1e400,"roomID":"1"}`,
		`{"httpMethod":"POST","headers":{},"body":"{}"}`, strings.Repeat(`{"a":`, 2000) + strings.Repeat("}", 2000),
	} {
		f.Add([]byte(event))
	}

	environment := map[string]string{"WX_OPENID": alice, "TCB_SOURCE": "wx_client"}
	f.Fuzz(func(t *testing.T, payload []byte) {
		function := New("f", func(settings.Lookup) (Handler, error) {
			return func(_ context.Context, call *Call) (any, error) {
				checkFields(t, call.Event)
				user, err := call.User()
				if err == nil && user != alice {
					t.Errorf("%q makes %s into %q", payload, alice, user)
				}
				return map[string]any{}, err
			}, nil
		}, io.Discard)
		ctx := functioncontext.NewContext(t.Context(), &functioncontext.FunctionContext{RequestID: "r", Environment: environment})
		reply, err := function.Invoke(ctx, payload)
		if err != nil || !json.Valid(reply) {
			t.Errorf("%q: answered %s, %v", payload, reply, err)
		}
	})
}

// checkFields reads each field in each way.
func checkFields(t *testing.T, event Event) {
	for field, raw := range event {
		text, err := event.Text(field, "BAD_PARAM")
		var refusal *Refusal
		switch {
		case err != nil && (!errors.As(err, &refusal) || refusal.Reason != "BAD_PARAM"):
			t.Errorf("%s: %v, want a refusal", raw, err)
		case err == nil && strings.ContainsRune("{[tf", rune(raw[0])):
			t.Errorf("%s is taken for the text %q", raw, text)
		case !utf8.ValidString(text):
			t.Errorf("%s makes a text that isn't UTF-8: %q", raw, text)
		}
		n, err := event.Int(field, 0, "BAD_PARAM")
		if err == nil && text != "" && !isNumber(text, n) {
			t.Errorf("%s, whose text is %q, is taken for %d", raw, text, n)
		}
		if err != nil && !errors.As(err, &refusal) {
			t.Errorf("%s: %v, want a refusal", raw, err)
		}
		if _, err := event.Bool(field, "BAD_PARAM"); err != nil && !errors.As(err, &refusal) {
			t.Errorf("%s: %v, want a refusal", raw, err)
		}
	}
}

// isNumber reports whether a decimal text, maybe with a sign or leading zeros, is n.
func isNumber(text string, n int) bool {
	digits := strings.TrimLeft(strings.TrimLeft(text, "+-"), "0")
	if strings.HasPrefix(text, "-") && digits != "" {
		digits = "-" + digits
	}
	return digits == strconv.Itoa(n) || digits == "" && n == 0
}
