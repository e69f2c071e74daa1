package console

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"webrtc-room/pkg/local/client"
	"webrtc-room/pkg/local/platform"
	"webrtc-room/pkg/local/scfemu"
	"webrtc-room/pkg/tcb"
)

// A caller who hangs up ends nothing, and the call is told of.
func TestCallerWhoDoesNotWait(t *testing.T) {
	s := start(t, Config{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, record, err := s.run(ctx, invocation{function: "one", event: []byte(`{}`), environment: s.environment().Call(nil, nil), via: "http"})
	if err != nil || record.Reply != "{}" {
		t.Errorf("%+v, %v", record, err)
	}
	if entries, _, _ := s.journal.since(0); len(entries) != 1 {
		t.Errorf("the journal has %d entries", len(entries))
	}
}

func TestServeFunction(t *testing.T) {
	var log buffer
	s := start(t, Config{Log: &log})

	t.Run("OK", func(t *testing.T) {
		call(t, s, "one", `{}`) // so that there is an instance
		r := call(t, s, "one", `{"a": "中"}`)
		if r.Status != http.StatusOK || r.Body != `{"a": "中"}` {
			t.Errorf("%d %s", r.Status, r.Body)
		}
		for name, pattern := range map[string]string{
			client.HeaderRequestID: `^[0-9a-f-]{36}$`,
			client.HeaderDuration:  `^\d+\.\d{3}$`,
			client.HeaderColdStart: `^false$`,
			client.HeaderLogResult: `^$`,
			"Content-Type":         `^application/json; charset=utf-8$`,
		} {
			if got := r.Header.Get(name); !regexp.MustCompile(pattern).MatchString(got) {
				t.Errorf("%s: %s", name, got)
			}
		}
	})

	t.Run("EmptyBody", func(t *testing.T) {
		if r := call(t, s, "one", ``); !strings.Contains(r.Body, "unexpected end of JSON input") {
			t.Errorf("%d %s", r.Status, r.Body)
		}
	})

	t.Run("Log", func(t *testing.T) {
		r := call(t, s, "one", `{"Print": ["first", "second"]}`, client.HeaderLogType, "Tail")
		text, err := base64.StdEncoding.DecodeString(r.Header.Get(client.HeaderLogResult))
		if string(text) != "first\nsecond" || err != nil {
			t.Errorf("log = %q, %v", text, err)
		}
		if got := log.String(); !strings.Contains(got, "one#1 | first\none#1 | second\n") {
			t.Errorf("terminal = %q", got)
		}
		r = call(t, s, "one", `{"Print": ["`+strings.Repeat("x", 10_000)+`", "the end"]}`, client.HeaderLogType, "Tail")
		text, _ = base64.StdEncoding.DecodeString(r.Header.Get(client.HeaderLogResult))
		if len(text) != 4096 || !strings.HasSuffix(string(text), "x\nthe end") {
			t.Errorf("log has %d bytes and ends in %.20q", len(text), text[max(0, len(text)-20):])
		}
	})

	for name, test := range map[string]struct {
		function, event string
		status          int
		want            failure
	}{
		"ErrReturned":        {"one", `{"Fail": "no database"}`, 500, failure{ErrorMessage: "no database", ErrorType: "errorString", StatusCode: 430}},
		"ErrPanic":           {"one", `{"Panic": "boom"}`, 500, failure{ErrorMessage: "boom", ErrorType: "string", StatusCode: 430}},
		"ErrExit":            {"one", `{"Exit": 3}`, 500, failure{ErrorMessage: "the process of one ended during the call: exit status 3", StatusCode: 439}},
		"ErrUnknownFunction": {"three", `{}`, 404, failure{ErrorMessage: `unknown function "three": there are one, two`, StatusCode: 435}},
		"ErrEventTooLarge":   {"one", strings.Repeat(" ", scfemu.MaxEvent+1), 413, failure{ErrorMessage: scfemu.ErrEventTooLarge.Error(), StatusCode: 406}},
	} {
		t.Run(name, func(t *testing.T) {
			r := call(t, s, test.function, test.event)
			var got failure
			if err := json.Unmarshal([]byte(r.Body), &got); err != nil || r.Status != test.status {
				t.Fatalf("%d %s: %v", r.Status, r.Body, err)
			}
			if got.RequestID != r.Header.Get(client.HeaderRequestID) || (got.RequestID == "") != (test.status < 500) {
				t.Errorf("request id %q, header %q", got.RequestID, r.Header.Get(client.HeaderRequestID))
			}
			if name == "ErrPanic" && !strings.Contains(got.StackTrace, "main.go") {
				t.Errorf("stack trace = %q", got.StackTrace)
			}
			got.RequestID, got.StackTrace = "", ""
			test.want.ErrorCode = -1
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}

	t.Run("ErrTimeout", func(t *testing.T) {
		s := start(t, Config{Timeout: 300 * time.Millisecond})
		door := newDoor(t)
		r := call(t, s, "one", door.event())
		if r.Status != http.StatusGatewayTimeout || !strings.Contains(r.Body, `"errorMessage":"Invoking task timed out after 0.3 seconds"`) {
			t.Errorf("%d %s", r.Status, r.Body)
		}
	})

	t.Run("OtherMethods", func(t *testing.T) {
		for _, test := range []struct {
			method, target string
			status         int
			want           string
		}{
			{"GET", "/v1/functions/one", 405, "nothing for GET at /v1/functions/one: use POST"},
			{"GET", "/admin", 405, "nothing for GET at /admin: use POST"},
			{"POST", "/call", 405, "nothing for POST at /call: use GET"},
			{"POST", "/api/data", 405, "nothing for POST at /api/data: use GET or PUT or DELETE"},
			{"GET", "/nothing", 404, `nothing for GET at /nothing"`},
			{"GET", "/a%3Cb%3E&c", 404, `nothing for GET at /a<b>&c"`}, // as it was typed, not in \u003c
		} {
			request, _ := http.NewRequestWithContext(t.Context(), test.method, s.URL+test.target, nil)
			if r := do(t, request); r.Status != test.status || !strings.Contains(r.Body, test.want) {
				t.Errorf("%s %s: %d %s, want %d %s", test.method, test.target, r.Status, r.Body, test.status, test.want)
			}
		}
	})
}

func TestEnvironment(t *testing.T) {
	s := start(t, Config{})
	// Those that are there in every call, whose values are random or the server's.
	common := func(t *testing.T, r report) {
		t.Helper()
		for name, want := range map[string]string{
			"TENCENTCLOUD_RUNENV":       "SCF",
			"TENCENTCLOUD_REGION":       "ap-shanghai",
			"TENCENTCLOUD_SECRETID":     s.role.SecretID,
			"TENCENTCLOUD_SECRETKEY":    s.role.SecretKey,
			"TENCENTCLOUD_SESSIONTOKEN": s.role.sessionToken,
			"SCF_NAMESPACE":             "local",
			"TCB_CONTEXT_CNFG":          `{"URL":"` + s.URL + `/admin"}`,
			"TCB_ENV":                   "local",
		} {
			if got := r.Environment[name]; got != want {
				t.Errorf("%s = %q, want %q", name, got, want)
			}
			delete(r.Environment, name)
		}
		if r.Environment["TCB_SEQID"] == "" {
			t.Error("TCB_SEQID is missing")
		}
		delete(r.Environment, "TCB_SEQID")
	}
	for name, test := range map[string]struct {
		header []string
		want   map[string]string
	}{
		"MiniProgram": {
			[]string{"X-WX-OPENID", "alice"},
			map[string]string{
				"WX_OPENID": "alice", "WX_APPID": platform.AppID, "WX_CLIENTIP": "127.0.0.1",
				"WX_CONTEXT_KEYS": "WX_APPID,WX_CLIENTIP,WX_OPENID",
				"TCB_SOURCE":      "wx_client", "TRIGGER_SRC": "tcb", "TCB_ISANONYMOUS_USER": "false",
				"TCB_CONTEXT_KEYS": "TCB_ENV,TCB_ISANONYMOUS_USER,TCB_SEQID,TCB_SOURCE,TRIGGER_SRC",
			},
		},
		"OtherHeaders": {
			[]string{"X-WX-OPENID", "alice", "X-WX-APPID", "wx1", "X-WX-UNIONID", "u", "X-WX-FROM-OPENID", "bob", "X-WX-FROM-APPID", "wx2", "X-WX-SOURCE", "wx_devtools"},
			map[string]string{
				"WX_OPENID": "alice", "WX_APPID": "wx1", "WX_UNIONID": "u", "WX_FROM_OPENID": "bob", "WX_FROM_APPID": "wx2", "WX_CLIENTIP": "127.0.0.1",
				"WX_CONTEXT_KEYS": "WX_APPID,WX_CLIENTIP,WX_FROM_APPID,WX_FROM_OPENID,WX_OPENID,WX_UNIONID",
				"TCB_SOURCE":      "wx_devtools", "TRIGGER_SRC": "tcb", "TCB_ISANONYMOUS_USER": "false",
				"TCB_CONTEXT_KEYS": "TCB_ENV,TCB_ISANONYMOUS_USER,TCB_SEQID,TCB_SOURCE,TRIGGER_SRC",
			},
		},
		"MiniProgramWithoutLogin": {
			[]string{"X-WX-SOURCE", "wx_client"},
			map[string]string{
				"WX_APPID": platform.AppID, "WX_CLIENTIP": "127.0.0.1",
				"WX_CONTEXT_KEYS": "WX_APPID,WX_CLIENTIP",
				"TCB_SOURCE":      "wx_client", "TRIGGER_SRC": "tcb", "TCB_ISANONYMOUS_USER": "false",
				"TCB_CONTEXT_KEYS": "TCB_ENV,TCB_ISANONYMOUS_USER,TCB_SEQID,TCB_SOURCE,TRIGGER_SRC",
			},
		},
		"ConsoleTest": {nil, map[string]string{"TCB_CONTEXT_KEYS": "TCB_ENV,TCB_SEQID"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := callReport(t, s, test.header...)
			common(t, r)
			if diff := cmp.Diff(test.want, r.Environment); diff != "" {
				t.Error(diff)
			}
		})
	}

	t.Run("SDK", func(t *testing.T) {
		text, err := sdk(t, s).CallFunction(t.Context(), "one", map[string]any{"Report": true})
		var r report
		if err == nil {
			err = json.Unmarshal(text, &r)
		}
		if err != nil {
			t.Fatal(err)
		}
		common(t, r)
		if source := r.Environment["TCB_SOURCE"]; !strings.HasPrefix(source, ",") {
			t.Errorf("TCB_SOURCE = %q, want no source before the SDK", source)
		}
		delete(r.Environment, "TCB_SOURCE")
		want := map[string]string{"TRIGGER_SRC": "tcb", "TCB_CONTEXT_KEYS": "TCB_ENV,TCB_SEQID,TCB_SOURCE,TRIGGER_SRC"}
		if diff := cmp.Diff(want, r.Environment); diff != "" {
			t.Error(diff)
		}
	})
}

func TestSDKCallFails(t *testing.T) {
	app := sdk(t, start(t, Config{}))
	for name, test := range map[string]struct {
		function string
		data     map[string]any
		want     string
	}{
		"ErrReturned":        {"one", map[string]any{"Fail": "no database"}, "no database"},
		"ErrUnknownFunction": {"three", nil, "FUNCTION_NOT_FOUND"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := app.CallFunction(t.Context(), test.function, test.data); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("err = %v", err)
			}
		})
	}
}

// sdk is a CloudBase client with the developer's keys.
func sdk(t *testing.T, s *Server) *tcb.App {
	t.Helper()
	var options cloudBaseOptions
	if err := readJSON(s.Data+"/"+client.File, &options); err != nil {
		t.Fatal(err)
	}
	app, err := tcb.Init(&tcb.Config{
		EnvID: options.Env, URL: options.ServiceURL, SecretID: options.SecretID, SecretKey: options.SecretKey,
		Transport: browser.Transport,
	})
	if err != nil {
		t.Fatal(err)
	}
	return app
}
