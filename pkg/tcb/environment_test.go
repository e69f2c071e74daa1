package tcb

import (
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tencentyun/scf-go-lib/functioncontext"
)

// inFunction is the context of an invocation.
func inFunction(t *testing.T, f functioncontext.FunctionContext) context.Context {
	t.Helper()
	return functioncontext.NewContext(t.Context(), &f)
}

// platformVars are the variables of an invocation, and more.
func platformVars(more map[string]string) map[string]string {
	vars := map[string]string{
		"TENCENTCLOUD_RUNENV": "SCF", "TENCENTCLOUD_REGION": "ap-shanghai", "SCF_NAMESPACE": "room-1a2b3c",
		"TENCENTCLOUD_SECRETID": "AKIDplatform", "TENCENTCLOUD_SECRETKEY": "platform-key", "TENCENTCLOUD_SESSIONTOKEN": "platform-token",
	}
	maps.Copy(vars, more)
	return vars
}

func TestEndpoint(t *testing.T) {
	tests := []struct {
		name   string
		config Config
		vars   map[string]string
		want   string
	}{
		{"InSCF", Config{}, platformVars(nil), "http://room-1a2b3c.internal.ap-shanghai.tcb-api.tencentcloudapi.com/admin"},
		{"InSCFWithoutRegion", Config{}, platformVars(map[string]string{"TENCENTCLOUD_REGION": ""}), "http://room-1a2b3c.internal.tcb-api.tencentcloudapi.com/admin"},
		{"InSCFSameRegion", Config{Region: "ap-shanghai"}, platformVars(nil), "http://room-1a2b3c.internal.ap-shanghai.tcb-api.tencentcloudapi.com/admin"},
		{"InSCFOtherRegion", Config{Region: "ap-beijing"}, platformVars(nil), "http://room-1a2b3c.ap-beijing.tcb-api.tencentcloudapi.com/admin"},
		{"InSCFOtherEnv", Config{EnvID: "other-1"}, platformVars(nil), "http://other-1.internal.ap-shanghai.tcb-api.tencentcloudapi.com/admin"},
		{"Run", Config{EnvID: "e1"}, map[string]string{"CBR_ENV_ID": "e1"}, "http://e1.internal.tcb-api.tencentcloudapi.com/admin"},
		{"Sumeru", Config{EnvID: "e1"}, map[string]string{"SUMERU_ENV": "pre"}, "http://e1.internal.tcb-api.tencentcloudapi.com/admin"},
		{"CloudMachine", Config{EnvID: "e1"}, map[string]string{"TENCENTCLOUD": "true"}, "http://e1.internal.tcb-api.tencentcloudapi.com/admin"},
		{"Outside", Config{EnvID: "e1"}, nil, "https://e1.tcb-api.tencentcloudapi.com/admin"},
		{"OutsideWithRegion", Config{EnvID: "e1", Region: "ap-beijing"}, nil, "https://e1.ap-beijing.tcb-api.tencentcloudapi.com/admin"},
		{"OddEnv", Config{EnvID: "$:Page"}, nil, "https://tcb-api.tencentcloudapi.com/admin"},
		{"LongEnv", Config{EnvID: strings.Repeat("e", 41)}, nil, "https://tcb-api.tencentcloudapi.com/admin"},
		{"Injected", Config{}, platformVars(map[string]string{"TCB_CONTEXT_CNFG": `{"URL":"http://127.0.0.1:9527/admin"}`}), "http://127.0.0.1:9527/admin"},
		{"InjectedNothing", Config{}, platformVars(map[string]string{"TCB_CONTEXT_CNFG": `{}`}), "http://room-1a2b3c.internal.ap-shanghai.tcb-api.tencentcloudapi.com/admin"},
		{"InjectedNonsense", Config{}, platformVars(map[string]string{"TCB_CONTEXT_CNFG": `{`}), "http://room-1a2b3c.internal.ap-shanghai.tcb-api.tencentcloudapi.com/admin"},
		{"ConfigBeatsInjected", Config{URL: "https://127.0.0.1:1/x/admin"}, platformVars(map[string]string{"TCB_CONTEXT_CNFG": `{"URL":"http://127.0.0.1:9527/admin"}`}), "https://127.0.0.1:1/x/admin"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.config.Environment = environmentOf(tt.vars)
			app, err := Init(&tt.config)
			if err != nil {
				t.Fatal(err)
			}
			to, err := app.endpoint(app.environment(t.Context()))
			if err != nil {
				t.Fatal(err)
			}
			if got := to.url.String(); got != tt.want {
				t.Errorf("\n got %s\nwant %s", got, tt.want)
			}
		})
	}
}

// seen is what a request tells of the invocation that it was made in.
type seen struct {
	Authorization string // up to the key's id
	Query         string
	Source        string
	Region        string
	Tracelog      string
	RouteKey      string
	Body          map[string]any
}

// look calls a function and returns what was sent.
func look(t *testing.T, ctx context.Context, config Config) seen {
	t.Helper()
	var s seen
	config.Now = stopped(captureTime)
	config.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
		auth, _, _ := strings.Cut(r.Header.Get("Authorization"), "/")
		s = seen{auth, r.URL.RawQuery, r.Header.Get("X-TCB-Source"), r.Header.Get("X-TCB-Region"),
			r.Header.Get("X-TCB-Tracelog"), r.Header.Get("X-TCB-Route-Key"), nil}
		body, err := io.ReadAll(r.Body)
		if err == nil {
			s.Body, err = decodeDocument(string(body))
		}
		return jsonResponse(http.StatusOK, `{"data":{"response_data":"1"}}`), err
	})
	app, err := Init(&config)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := app.CallFunction(ctx, "f", nil); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestInvocation(t *testing.T) {
	const tc3 = "TC3-HMAC-SHA256 Credential="
	perCall := map[string]string{
		"TCB_ENV": "tcb-env", "TCB_SEQID": "seq 0", "TCB_SOURCE": "wx_client,scf", "TCB_SESSIONTOKEN": "tcb-session",
		"TCB_TRACELOG": "trace", "TCB_ROUTE_KEY": "route", "WX_API_TOKEN": "wx-token", "WX_CLOUDBASE_ACCESSTOKEN": "wx-access",
	}
	and := func(more map[string]string) map[string]string {
		vars := platformVars(perCall)
		maps.Copy(vars, more)
		return vars
	}
	body := func(envID, wxToken, tcbSession string, more M) M {
		m := M{
			"action": "functions.invokeFunction", "function_name": "f", "request_data": "", "crossAuthorizationToken": "",
			"envName": envID, "wxCloudApiToken": wxToken, "tcb_sessionToken": tcbSession,
		}
		maps.Copy(m, more)
		return m
	}
	token := M{"sessionToken": "platform-token"}
	tests := []struct {
		name     string
		config   Config
		function functioncontext.FunctionContext
		want     seen
	}{
		{
			name:     "NoLists",
			function: functioncontext.FunctionContext{RequestID: "req-9", Environment: and(nil)},
			want: seen{tc3 + "AKIDplatform", "env=tcb-env&seqId=seq+0-18bcfe5687b_1&scfRequestId=req-9",
				"wx_client,scf,scf", "ap-shanghai", "trace", "route", body("tcb-env", "wx-token", "tcb-session", token)},
		},
		{
			name: "AllListed",
			function: functioncontext.FunctionContext{Environment: and(map[string]string{
				"TCB_CONTEXT_KEYS": "TCB_ENV,TCB_SEQID,TCB_SOURCE,TCB_SESSIONTOKEN,TCB_TRACELOG,TCB_ROUTE_KEY", "WX_CONTEXT_KEYS": "WX_API_TOKEN"})},
			want: seen{tc3 + "AKIDplatform", "env=tcb-env&seqId=seq+0-18bcfe5687b_1",
				"wx_client,scf,scf", "ap-shanghai", "trace", "route", body("tcb-env", "wx-token", "tcb-session", token)},
		},
		{
			name: "UnlistedIsStale",
			function: functioncontext.FunctionContext{Environment: and(map[string]string{
				"TCB_CONTEXT_KEYS": "TCB_ENV, TCB_SOURCE,TCB_SEQ"})},
			want: seen{tc3 + "AKIDplatform", "env=tcb-env&seqId=18bcfe5687b_1",
				"wx_client,scf,scf", "ap-shanghai", "", "", body("tcb-env", "", "", M{"sessionToken": "platform-token", "wxCloudbaseAccesstoken": ""})},
		},
		{
			name:     "EnvIDFromNamespace",
			function: functioncontext.FunctionContext{Namespace: "ns-1", Environment: platformVars(map[string]string{"SCF_NAMESPACE": ""})},
			want: seen{tc3 + "AKIDplatform", "env=ns-1&seqId=18bcfe5687b_1",
				",scf", "ap-shanghai", "", "", body("ns-1", "", "", M{"sessionToken": "platform-token", "wxCloudbaseAccesstoken": ""})},
		},
		{
			name:     "RegionFromRuntime",
			function: functioncontext.FunctionContext{TencentcloudRegion: "ap-beijing", Environment: platformVars(map[string]string{"TENCENTCLOUD_REGION": ""})},
			want: seen{tc3 + "AKIDplatform", "env=room-1a2b3c&seqId=18bcfe5687b_1",
				",scf", "ap-beijing", "", "", body("room-1a2b3c", "", "", M{"sessionToken": "platform-token", "wxCloudbaseAccesstoken": ""})},
		},
		{
			name:     "Timer",
			function: functioncontext.FunctionContext{Environment: and(map[string]string{"TRIGGER_SRC": "timer", "WX_TRIGGER_API_TOKEN_V0": "wx-timer"})},
			want: seen{tc3 + "AKIDplatform", "env=tcb-env&seqId=seq+0-18bcfe5687b_1",
				"wx_client,scf,scf", "ap-shanghai", "trace", "route", body("tcb-env", "wx-timer", "tcb-session", token)},
		},
		{
			name:     "TimerOfOldTools",
			function: functioncontext.FunctionContext{Environment: and(map[string]string{"TRIGGER_SRC": "timer"})},
			want: seen{tc3 + "AKIDplatform", "env=tcb-env&seqId=seq+0-18bcfe5687b_1",
				"wx_client,scf,scf", "ap-shanghai", "trace", "route", body("tcb-env", "wx-token", "tcb-session", token)},
		},
		{
			name:     "AccessTokenInsteadOfAPIToken",
			function: functioncontext.FunctionContext{Environment: and(map[string]string{"WX_API_TOKEN": ""})},
			want: seen{tc3 + "AKIDplatform", "env=tcb-env&seqId=seq+0-18bcfe5687b_1",
				"wx_client,scf,scf", "ap-shanghai", "trace", "route",
				body("tcb-env", "", "tcb-session", M{"sessionToken": "platform-token", "wxCloudbaseAccesstoken": "wx-access"})},
		},
		{
			name:     "APIKeyBeatsPlatformKeys",
			function: functioncontext.FunctionContext{Environment: platformVars(map[string]string{"CLOUDBASE_APIKEY": "api-key"})},
			want: seen{"Bearer api-key", "env=room-1a2b3c&seqId=18bcfe5687b_1",
				",scf", "ap-shanghai", "", "", body("room-1a2b3c", "", "", M{"wxCloudbaseAccesstoken": ""})},
		},
		{
			name:     "ConfigBeatsAll",
			config:   Config{EnvID: "mine", SecretID: "AKIDmine", SecretKey: "my-key", Region: "ap-beijing"},
			function: functioncontext.FunctionContext{Environment: platformVars(map[string]string{"CLOUDBASE_APIKEY": "api-key"})},
			want: seen{tc3 + "AKIDmine", "env=mine&seqId=18bcfe5687b_1",
				",scf", "ap-beijing", "", "", body("mine", "", "", M{"wxCloudbaseAccesstoken": ""})},
		},
		{
			name:     "ConfigWithItsOwnToken",
			config:   Config{SecretID: "AKIDmine", SecretKey: "my-key", SessionToken: "my-token"},
			function: functioncontext.FunctionContext{Environment: platformVars(nil)},
			want: seen{tc3 + "AKIDmine", "env=room-1a2b3c&seqId=18bcfe5687b_1",
				",scf", "ap-shanghai", "", "", body("room-1a2b3c", "", "", M{"sessionToken": "my-token", "wxCloudbaseAccesstoken": ""})},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, look(t, inFunction(t, tt.function), tt.config)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// Keys rotate and callers change while a process lives: each request must carry
// those of its own invocation.
func TestNothingIsKeptBetweenInvocations(t *testing.T) {
	var got []string
	app, err := Init(&Config{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		body, err := io.ReadAll(r.Body)
		got = append(got, r.Header.Get("Authorization")+string(body))
		return jsonResponse(http.StatusOK, `{"data":{"total":0}}`), err
	})})
	if err != nil {
		t.Fatal(err)
	}
	first := functioncontext.FunctionContext{Environment: platformVars(map[string]string{"WX_API_TOKEN": "wx-of-first", "TCB_SESSIONTOKEN": "tcb-of-first"})}
	second := functioncontext.FunctionContext{Environment: platformVars(map[string]string{
		"TENCENTCLOUD_SECRETID": "AKIDrotated", "TENCENTCLOUD_SECRETKEY": "rotated-key", "TENCENTCLOUD_SESSIONTOKEN": "rotated-token"})}
	for _, f := range []functioncontext.FunctionContext{first, second} {
		if _, err := app.Database().Collection("rooms").Count(inFunction(t, f), nil); err != nil {
			t.Fatal(err)
		}
	}
	for i, wants := range [][]string{{"AKIDplatform/", "platform-token", "wx-of-first", "tcb-of-first"}, {"AKIDrotated/", "rotated-token"}} {
		for _, want := range wants {
			if !strings.Contains(got[i], want) {
				t.Errorf("request %d doesn't carry %s: %s", i, want, got[i])
			}
		}
	}
	for _, old := range []string{"AKIDplatform", "platform-token", "of-first"} {
		if strings.Contains(got[1], old) {
			t.Errorf("the second request still carries %s: %s", old, got[1])
		}
	}
}

func TestNotConfigured(t *testing.T) {
	tests := []struct {
		name   string
		config Config
		vars   map[string]string
		says   []string
	}{
		{"NothingOutside", Config{}, nil, []string{"SecretID", "tcb.Config"}},
		{"NoEnvOutside", Config{SecretID: "AKIDmine", SecretKey: "k"}, nil, []string{"environment id", "EnvID", "tcb.Config"}},
		{"NoKeysInSCF", Config{}, map[string]string{"TENCENTCLOUD_RUNENV": "SCF", "TCB_ENV": "e1"}, []string{"TENCENTCLOUD_SECRETID", "role"}},
		{"HalfAKeyInSCF", Config{}, platformVars(map[string]string{"TENCENTCLOUD_SECRETKEY": ""}), []string{"TENCENTCLOUD_SECRETKEY"}},
		{"DefaultNamespace", Config{}, platformVars(map[string]string{"SCF_NAMESPACE": "default"}), []string{"namespace", "EnvID"}},
		{"InjectedURLWithQuery", Config{}, platformVars(map[string]string{"TCB_CONTEXT_CNFG": `{"URL":"http://127.0.0.1/admin?x=1"}`}), []string{"TCB_CONTEXT_CNFG", "query"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.config.Environment = environmentOf(tt.vars)
			tt.config.Transport = roundTripper(func(*http.Request) (*http.Response, error) {
				t.Error("a request was sent")
				return nil, errors.New("unexpected")
			})
			app, err := Init(&tt.config)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range methods {
				ctx, stats := WithStats(t.Context())
				err := m.call(ctx, app)
				var e *Error
				if !errors.Is(err, ErrNotConfigured) || !errors.As(err, &e) || e.Code != CodeNotConfigured || e.Action != m.action || MaybeApplied(err) {
					t.Errorf("%s: %#v", m.name, err)
					continue
				}
				for _, word := range tt.says {
					if !strings.Contains(err.Error(), word) {
						t.Errorf("%s: %q doesn't say %q", m.name, err, word)
					}
				}
				if stats.Requests() != 0 {
					t.Errorf("%s: counted %d requests", m.name, stats.Requests())
				}
			}
		})
	}
}

func TestInitRefuses(t *testing.T) {
	tests := []struct {
		config Config
		says   string
	}{
		{Config{SecretID: "AKIDmine"}, "SecretKey"},
		{Config{SecretKey: "my-key-is-secret"}, "SecretID"},
		{Config{SessionToken: "my-token-is-secret"}, "SessionToken"},
		{Config{Timeout: -1}, "Timeout"},
		{Config{URL: "127.0.0.1:9527/admin"}, "whole URL"},
		{Config{URL: "ftp://127.0.0.1/admin"}, "whole URL"},
		{Config{URL: "http://127.0.0.1:9527"}, "with its path"},
		{Config{URL: "http:///admin"}, "whole URL"},
		{Config{URL: "http://127.0.0.1:9527/admin?x=1"}, "query"},
		{Config{URL: "http://127.0.0.1:9527/admin?"}, "query"},
		{Config{URL: "http://user:my-password-is-secret@127.0.0.1/admin"}, "password"},
		{Config{URL: "http://my-password-is-secret\x7f/admin"}, "whole URL"},
	}
	for _, tt := range tests {
		if _, err := Init(&tt.config); err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%v: %v, doesn't say %q", tt.config, err, tt.says)
		} else if strings.Contains(err.Error(), "is-secret") {
			t.Errorf("%v: tells a secret: %v", tt.config, err)
		}
	}
	if app, err := Init(nil); err != nil || app == nil {
		t.Errorf("Init(nil) = %v, %v", app, err)
	}
}
