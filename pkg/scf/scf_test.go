package scf

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/tencentyun/scf-go-lib/functioncontext"

	"webrtc-room/pkg/settings"
)

const (
	alice = "oAlice-0123456789abcdefghijk"
	bob   = "oBob-0123456789abcdefghijklm"
)

// invoke calls a function once, as Serve does.
func invoke(t *testing.T, f Function, environment map[string]string, event string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	ctx = functioncontext.NewContext(ctx, &functioncontext.FunctionContext{RequestID: "req-1", Environment: environment})
	reply, err := f.Invoke(ctx, []byte(event))
	return string(reply), err
}

// whoami opens a function that answers with the user its call is about.
func whoami(settings.Lookup) (Handler, error) {
	return func(_ context.Context, call *Call) (any, error) {
		user, err := call.User()
		return map[string]string{"user": user}, err
	}, nil
}

func TestWarmInstanceForgetsCaller(t *testing.T) {
	f := New("f", whoami, &bytes.Buffer{})
	reply, err := invoke(t, f, map[string]string{"WX_OPENID": alice, "TCB_SOURCE": "wx_client"}, "{}")
	if want := fmt.Sprintf(`{"user":%q}`, alice); reply != want || err != nil {
		t.Fatalf("first call: %s, %v; want %s", reply, err, want)
	}
	// Whatever the process itself has for variables, such as with scf-go-lib's StartHandler
	// those of the call before, says nothing about the caller.
	t.Setenv("WX_OPENID", alice)
	t.Setenv("TCB_SOURCE", "wx_client")
	for event, want := range map[string]string{
		`{}`:               `"reason":"MISSING_PARAM"`,
		`{"userID":"bob"}`: `"user":"bob"`,
	} {
		reply, err = invoke(t, f, map[string]string{}, event)
		if err != nil || !strings.Contains(reply, want) {
			t.Errorf("call without identity, event %s: %s, %v; want %s", event, reply, err, want)
		}
	}
}

func TestUser(t *testing.T) {
	type env = map[string]string
	tests := []struct {
		name  string
		env   env
		event string
		want  string // user, or reason
	}{
		{"OPENID", env{"WX_OPENID": alice}, `{}`, alice},
		{"OPENID named too", env{"WX_OPENID": alice}, `{"userID":"` + alice + `"}`, alice},
		{"empty userID", env{"WX_OPENID": alice}, `{"userID":""}`, alice},
		{"null userID", env{"WX_OPENID": alice}, `{"userID":null}`, alice},
		{"shared environment first", env{"WX_FROM_OPENID": bob, "WX_OPENID": alice}, `{}`, bob},
		{"custom login", env{"TCB_CUSTOM_USER_ID": "c1", "TCB_UUID": "u1"}, `{}`, "c1"},
		{"any login", env{"TCB_UUID": "u1"}, `{}`, "u1"},
		{"userInfo is the client's word", env{"WX_OPENID": alice}, `{"userInfo":{"openId":"` + bob + `"}}`, alice},
		{"userInfo without caller", env{}, `{"userInfo":{"openId":"` + bob + `"}}`, "MISSING_PARAM"},
		{"somebody else", env{"WX_OPENID": alice}, `{"userID":"bob"}`, "USER_ID_MISMATCH"},
		{"somebody else, allowed", env{"WX_OPENID": alice, "ALLOW_CUSTOM_USER_ID": "true"}, `{"userID":"bob"}`, "bob"},
		{"somebody else, from a function", env{"WX_OPENID": alice, "TCB_SOURCE": "wx_client,scf"}, `{"userID":"bob"}`, "bob"},
		{"somebody else, from a client behind a function", env{"WX_OPENID": alice, "TCB_SOURCE": "scf,wx_client"}, `{"userID":"bob"}`, "USER_ID_MISMATCH"},
		{"console test", env{}, `{"userID":"bob"}`, "bob"},
		{"console test, number", env{}, `{"userID":12345}`, "12345"},
		{"server", env{"TCB_SOURCE": "wx_http"}, `{"userID":"bob"}`, "bob"},
		{"function without caller", env{"TCB_SOURCE": "wx_client,scf"}, `{"userID":"bob"}`, "bob"},
		{"client without caller", env{"TCB_SOURCE": "wx_client"}, `{"userID":"bob"}`, "NO_IDENTITY"},
		{"client without caller, custom ids allowed", env{"TCB_SOURCE": "wx_client", "ALLOW_CUSTOM_USER_ID": "true"}, `{"userID":"bob"}`, "NO_IDENTITY"},
		{"server with an SDK", env{"TCB_SOURCE": ",unknown"}, `{"userID":"bob"}`, "bob"},
		{"server with an older SDK", env{"TCB_SOURCE": ",not_scf"}, `{"userID":"bob"}`, "bob"},
		{"timer", env{"TCB_SOURCE": "wx_trigger"}, `{"userID":"bob"}`, "bob"},
		{"web client without caller", env{"TCB_SOURCE": "web_client"}, `{"userID":"bob"}`, "NO_IDENTITY"},
		{"client with an empty link", env{"TCB_SOURCE": "wx_client,"}, `{"userID":"bob"}`, "NO_IDENTITY"},
		{"client behind something that is no function", env{"TCB_SOURCE": "wx_client,not_scf"}, `{"userID":"bob"}`, "NO_IDENTITY"},
		{"client behind the HTTP API", env{"TCB_SOURCE": "wx_http,wx_client"}, `{"userID":"bob"}`, "NO_IDENTITY"},
		{"client of a kind that nobody knows", env{"TCB_SOURCE": "xr_client"}, `{"userID":"bob"}`, "NO_IDENTITY"},
		{"devtools without caller", env{"TCB_SOURCE": "wx_devtools"}, `{"userID":"bob"}`, "NO_IDENTITY"},
		{"nobody", env{}, `{}`, "MISSING_PARAM"},
		{"operator in place of an id", env{}, `{"userID":{"$gt":""}}`, "BAD_USER_ID"},
		{"list in place of an id", env{}, `{"userID":["bob"]}`, "BAD_USER_ID"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			reply, err := invoke(t, New("f", whoami, &bytes.Buffer{}), tt.env, tt.event)
			if err != nil {
				t.Fatal(err)
			}
			var got struct{ User, Reason string }
			if err := json.Unmarshal([]byte(reply), &got); err != nil {
				t.Fatal(err)
			}
			if got.User+got.Reason != tt.want {
				t.Errorf("got %s, want %s", reply, tt.want)
			}
		})
	}
}

func TestEventThatIsNoObject(t *testing.T) {
	f := New("f", func(settings.Lookup) (Handler, error) {
		return func(context.Context, *Call) (any, error) { return "answered", nil }, nil
	}, &bytes.Buffer{})
	const missing, bad = `{"code":2,"msg":"请求失败，缺少参数","reason":"MISSING_PARAM"}`, `"code":5,`
	tests := []struct{ name, event, want string }{
		{"empty", "", missing},
		{"blank", " \n", missing},
		{"null", "null", missing},
		{"list", "[]", bad},
		{"string", `"x"`, bad},
		{"number", "12", bad},
		{"cut off", `{"roomID":`, bad},
		{"two objects", `{}{}`, bad},
		{"junk", strings.Repeat("j", 1<<20), bad},
		{"big object", `{"x":"` + strings.Repeat("j", 1<<20) + `"}`, bad},
		{"deeply nested", strings.Repeat(`{"a":`, 20000) + "1" + strings.Repeat("}", 20000), bad},
		{"invalid UTF-8", "{\"roomName\":\"\xff\"}", bad},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			reply, err := invoke(t, f, nil, tt.event)
			if err != nil || !strings.Contains(reply, tt.want) {
				t.Errorf("got %s, %v; want %s", reply, err, tt.want)
			}
		})
	}
}

func TestEventText(t *testing.T) {
	tests := []struct{ raw, want string }{
		{`"9527"`, "9527"}, {`9527`, "9527"}, {`9527.0`, "9527"}, {`9.527e3`, "9527"},
		{`-0`, "0"}, {`1.5`, "1.5"}, {`""`, ""}, {`null`, ""}, {`"房间"`, "房间"},
		{`4294967294`, "4294967294"}, {`"00012"`, "00012"}, {`1e999`, "Infinity"}, {`0.00001`, "0.00001"}, {`1e-7`, "1e-7"}, {`1234567.5`, "1234567.5"},
		{`true`, "refused"}, {`[1]`, "refused"}, {`{"$gt":""}`, "refused"},
	}
	for _, tt := range tests {
		got, err := Event{"f": json.RawMessage(tt.raw)}.Text("f", "BAD_PARAM")
		if err != nil {
			got = "refused"
		}
		if got != tt.want {
			t.Errorf("Text of %s = %q, want %q", tt.raw, got, tt.want)
		}
	}
	if got, err := (Event{}).Text("f", "BAD_PARAM"); got != "" || err != nil {
		t.Errorf("Text of an absent field = %q, %v", got, err)
	}
}

func TestEventInt(t *testing.T) {
	for raw, want := range map[string]int{`20`: 20, `"20"`: 20, `null`: 10, `""`: 10, `-1`: -1} {
		if got, err := (Event{"f": json.RawMessage(raw)}).Int("f", 10, "BAD_PAGE"); got != want || err != nil {
			t.Errorf("Int of %s = %d, %v; want %d", raw, got, err, want)
		}
	}
	for _, raw := range []string{`1.5`, `"x"`, `{}`, `1e30`, `true`} {
		if got, err := (Event{"f": json.RawMessage(raw)}).Int("f", 10, "BAD_PAGE"); err == nil {
			t.Errorf("Int of %s = %d, want a refusal", raw, got)
		}
	}
}

// A field whose name is misspelt is not taken for absent.
func TestMisspeltField(t *testing.T) {
	for text, want := range map[string]string{
		`{"roomId":"9527"}`:               "BAD_PARAM",
		`{"ROOMID":9527}`:                 "BAD_PARAM",
		`{"roomID":null,"roomid":"9527"}`: "BAD_PARAM",
		`{"roomID":"","roomId":"9527"}`:   "BAD_PARAM",
		`{"roomID":"1","roomId":"9527"}`:  "",
		`{"room":"9527","roomIDs":[1]}`:   "",
		`{}`:                              "",
	} {
		var event Event
		if err := json.Unmarshal([]byte(text), &event); err != nil {
			t.Fatal(err)
		}
		_, asText := event.Text("roomID", "BAD_ROOM_ID")
		_, asInt := event.Int("roomID", 0, "BAD_ROOM_ID")
		for _, err := range []error{asText, asInt} {
			refusal, _ := asRefusal(err)
			if want == "" && err != nil || want != "" && (refusal == nil || refusal.Reason != want || !strings.Contains(refusal.Msg, "应为 roomID")) {
				t.Errorf("%s: %v, want %q", text, err, want)
			}
		}
	}
	if _, err := (Event{"closeroom": json.RawMessage("true")}).Bool("closeRoom", "BAD_PARAM"); err == nil {
		t.Error("closeroom is taken for no closeRoom")
	}
}

type reasoned string

func (r reasoned) Error() string  { return "an error with a reason" }
func (r reasoned) Reason() string { return string(r) }

func TestErrorsOfOtherPackages(t *testing.T) {
	answer := func(err error) (string, error) {
		return invoke(t, New("f", func(settings.Lookup) (Handler, error) {
			return func(context.Context, *Call) (any, error) { return nil, err }, nil
		}, &bytes.Buffer{}), nil, "{}")
	}
	reply, err := answer(fmt.Errorf("entering: %w", reasoned("ROOM_FULL")))
	if want := `{"code":"5001","msg":"超出房间人数上限","reason":"ROOM_FULL"}`; reply != want || err != nil {
		t.Errorf("got %s, %v; want %s", reply, err, want)
	}
	for _, err := range []error{errors.New("database down"), reasoned("OF_NO_TABLE")} {
		if reply, got := answer(err); reply != "" || got == nil || !strings.Contains(got.Error(), "req-1") {
			t.Errorf("got %s, %v; want an invocation error with the request id", reply, got)
		}
	}
}

func TestPanicIsAnError(t *testing.T) {
	var log bytes.Buffer
	f := New("f", func(settings.Lookup) (Handler, error) {
		return func(context.Context, *Call) (any, error) { panic("lost " + alice) }, nil
	}, &log)
	reply, err := invoke(t, f, map[string]string{"WX_OPENID": alice}, "{}")
	if reply != "" || err == nil || !strings.Contains(err.Error(), "req-1") {
		t.Fatalf("got %s, %v", reply, err)
	}
	if text := err.Error() + log.String(); strings.Contains(text, alice) {
		t.Errorf("the OPENID is in %s", text)
	}
	if !strings.Contains(log.String(), "scf_test.go") {
		t.Errorf("no stack in %s", &log)
	}
}

func TestLogLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		f := New("webrtc-x", func(settings.Lookup) (Handler, error) {
			return func(_ context.Context, call *Call) (any, error) {
				call.Room = "9527"
				time.Sleep(1500 * time.Microsecond)
				return nil, Refuse("ROOM_FULL", "")
			}, nil
		}, &log)
		if _, err := invoke(t, f, map[string]string{"WX_OPENID": alice}, "{}"); err != nil {
			t.Fatal(err)
		}
		var got map[string]any
		if err := json.Unmarshal(log.Bytes(), &got); err != nil {
			t.Fatalf("not one JSON line: %v\n%s", err, &log)
		}
		hash, _ := got["caller"].(string)
		delete(got, "time")
		delete(got, "caller")
		want := map[string]any{
			"level": "INFO", "msg": "call", "requestId": "req-1", "function": "webrtc-x",
			"room": "9527", "ms": 1.5, "databaseRequests": 0.0, "code": "5001", "reason": "ROOM_FULL",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if len(hash) != 12 || strings.Contains(log.String(), alice) {
			t.Errorf("caller is logged as %q", hash)
		}
	})
}

// A fault that didn't fail the call is for the operator to find.
func TestWarning(t *testing.T) {
	var log bytes.Buffer
	f := New("f", func(settings.Lookup) (Handler, error) {
		return func(_ context.Context, call *Call) (any, error) {
			call.Warning = errors.New("no such user: " + bob)
			return map[string]any{}, nil
		}, nil
	}, &log)
	if reply, err := invoke(t, f, map[string]string{"WX_OPENID": alice}, "{}"); reply != "{}" || err != nil {
		t.Errorf("answered %s, %v", reply, err)
	}
	for _, want := range []string{`"level":"WARN"`, `"warning":"no such user: [OPENID]"`, `"code":0`} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log has no %s: %s", want, &log)
		}
	}
}

// What the reply leaves open, the log tells a developer.
func TestLogTellsWhatIsMissing(t *testing.T) {
	for name, tt := range map[string]struct {
		env   map[string]string
		event string
		want  string
	}{
		"nobody":       {nil, `{}`, `"detail":"there is no caller, and no userID in the event"`},
		"a client":     {map[string]string{"TCB_SOURCE": "web_client"}, `{"userID":"bob"}`, `"detail":"there is no caller, and TCB_SOURCE (\"web_client\") is that of a client"`},
		"in lowercase": {nil, `{"userid":"bob","roomId":1,"other":2}`, `"misspelt":["roomId","userid"]`},
		"in many ways": {nil, `{"userid":1,"Userid":1,"uSerid":1,"usErid":1,"useRid":1,"userId":1}`, `"misspelt":["Userid","uSerid","usErid","useRid","userId"],`},
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			if _, err := invoke(t, New("f", whoami, &log), tt.env, tt.event); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(log.String(), tt.want) {
				t.Errorf("the log has no %s: %s", tt.want, &log)
			}
		})
	}
}

func TestRedaction(t *testing.T) {
	environment := map[string]string{}
	for i, name := range []string{
		"TRTC_SECRET_KEY", "TRTC_PRIVATE_KEY", "TRTC_CALLBACK_KEY", "TRTC_API_SECRET_ID", "TRTC_API_SECRET_KEY", "HTTP_JWT_KEYS",
		"TENCENTCLOUD_SECRETID", "TENCENTCLOUD_SECRETKEY", "TENCENTCLOUD_SESSIONTOKEN",
		"CLOUDBASE_APIKEY", "TCB_SESSIONTOKEN",
		"WX_API_TOKEN", "WX_TRIGGER_API_TOKEN_V0", "WX_CLOUDBASE_ACCESSTOKEN",
		"WX_OPENID", "WX_FROM_OPENID", "WX_UNIONID", "WX_FROM_UNIONID", "TCB_CUSTOM_USER_ID", "TCB_UUID",
	} {
		environment[name] = fmt.Sprintf("value-of-secret-%02d", i)
	}
	t.Setenv("TRTC_SECRET_KEY", "the-process-secret")
	delete(environment, "TRTC_SECRET_KEY")

	var log bytes.Buffer
	f := New("f", func(settings.Lookup) (Handler, error) {
		return func(context.Context, *Call) (any, error) {
			return nil, fmt.Errorf("carol-the-user said %v the-process-secret %s", environment, bob)
		}, nil
	}, &log)
	_, err := invoke(t, f, environment, `{"userID":"carol-the-user"}`)
	if err == nil {
		t.Fatal("no error")
	}
	text := err.Error() + log.String()
	for _, secret := range []string{"value-of-secret", "the-process-secret", "carol-the-user", bob} {
		if strings.Contains(text, secret) {
			t.Errorf("%s is in %s", secret, text)
		}
	}
}

func TestDeadlineLeavesTimeToAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		soon, cancelSoon := context.WithDeadline(t.Context(), now.Add(time.Second))
		defer cancelSoon()
		late, cancelLate := context.WithDeadline(t.Context(), now.Add(20*time.Second))
		defer cancelLate()
		unset, cancelUnset := context.WithDeadline(t.Context(), time.Unix(0, 0))
		defer cancelUnset()
		for name, tt := range map[string]struct {
			ctx   context.Context
			limit int32
			want  time.Duration
		}{
			"a fifth of a short time": {soon, 0, 800 * time.Millisecond},
			"half a second of a long": {late, 0, 19500 * time.Millisecond},
			"none was set":            {unset, 5000, 4500 * time.Millisecond},
			"nor a limit":             {unset, 0, 2500 * time.Millisecond},
		} {
			ctx, cancel := withMargin(tt.ctx, now, tt.limit)
			defer cancel()
			if deadline, _ := ctx.Deadline(); deadline.Sub(now) != tt.want || ctx.Err() != nil {
				t.Errorf("%s: ends after %v (%v), want %v", name, deadline.Sub(now), ctx.Err(), tt.want)
			}
		}
	})
}

func TestWrongSetting(t *testing.T) {
	for name, value := range map[string]string{"ALLOW_CUSTOM_USER_ID": "perhaps", "LOG_LEVEL": "loud"} {
		f := New("f", whoami, &bytes.Buffer{})
		for range 2 { // every call says so, not only the first
			_, err := invoke(t, f, map[string]string{name: value}, `{"userID":"bob"}`)
			if err == nil || !strings.Contains(err.Error(), name) || strings.Contains(err.Error(), value) {
				t.Errorf("%s=%s: %v; want an error that names the variable only", name, value, err)
			}
		}
		if _, err := invoke(t, f, nil, `{"userID":"bob"}`); err != nil {
			t.Errorf("after %s was corrected: %v", name, err)
		}
	}
}
