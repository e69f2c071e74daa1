package scf

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"webrtc-room/pkg/settings"
)

const (
	jwtSecret  = "a-secret-of-more-than-32-bytes-for-tests"
	jwtKeys    = "web:HS256:" + jwtSecret
	pageOrigin = "https://app.example.com"
)

// token returns a good token for the user.
func token(t *testing.T, user string) string {
	t.Helper()
	token := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"sub": user, "exp": time.Now().Add(time.Hour).Unix()})
	token.Header["kid"] = "web"
	text, err := token.SignedString([]byte(jwtSecret))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// An event is what a function is called with.
type event map[string]any

// post is the event of a POST with the user's token, or without one for "".
func post(t *testing.T, user, body string) event {
	t.Helper()
	headers := map[string]any{"content-type": "application/json"}
	if user != "" {
		headers["authorization"] = "Bearer " + token(t, user)
	}
	return event{"httpMethod": "POST", "path": "/", "headers": headers, "queryString": map[string]any{}, "body": body}
}

// with returns the event with another field.
func (e event) with(field string, value any) event {
	changed := event{field: value}
	for name, value := range e {
		if name != field {
			changed[name] = value
		}
	}
	return changed
}

// withHeader returns the event with one more header.
func (e event) withHeader(name string, value any) event {
	headers := map[string]any{name: value}
	for name, value := range e["headers"].(map[string]any) {
		headers[name] = value
	}
	return e.with("headers", headers)
}

func (e event) String() string {
	text, err := json.Marshal(map[string]any(e))
	if err != nil {
		panic(err)
	}
	return string(text)
}

type rawEvent string

func (e rawEvent) String() string { return string(e) }

// A page is what an HTTP client gets.
type page struct {
	Status  int
	Headers map[string]string
	Body    string
	Reply   map[string]any // the body
}

// fetch calls the function with an event that is an HTTP request, which must
// not fail as an invocation.
func fetch(t *testing.T, f Function, environment map[string]string, event fmt.Stringer) page {
	t.Helper()
	if _, set := environment["HTTP_JWT_KEYS"]; !set {
		all := map[string]string{"HTTP_JWT_KEYS": jwtKeys}
		for name, value := range environment {
			all[name] = value
		}
		environment = all
	}
	text, err := invoke(t, f, environment, event.String())
	if err != nil {
		t.Fatalf("the invocation failed: %v", err)
	}
	var response struct {
		IsBase64Encoded *bool
		StatusCode      int
		Headers         map[string]string
		Body            string
	}
	if err := json.Unmarshal([]byte(text), &response); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	if response.IsBase64Encoded == nil || *response.IsBase64Encoded || response.StatusCode == 0 {
		t.Fatalf("not an HTTP response: %s", text)
	}
	p := page{Status: response.StatusCode, Headers: response.Headers, Body: response.Body}
	if p.Body != "" {
		if err := json.Unmarshal([]byte(p.Body), &p.Reply); err != nil {
			t.Fatalf("%v in %s", err, p.Body)
		}
	}
	return p
}

// The events of the two services, as their documents show them.
func TestHTTPEvents(t *testing.T) {
	bearer := "Bearer " + token(t, "alice")
	encoded := base64.StdEncoding.EncodeToString([]byte(`{"userID":"alice"}`))
	for name, e := range map[string]event{
		"function URL": {
			"body":        `{"userID":"alice"}`,
			"headers":     map[string]any{"accept": "*/*", "authorization": bearer, "content-length": "18"},
			"httpMethod":  "POST",
			"path":        "/",
			"queryString": map[string]any{"a": "1"},
		},
		"HTTP access service": {
			"path":                  "/room",
			"httpMethod":            "POST",
			"headers":               map[string]any{"host": "env-id.service.tcloudbase.com", "Authorization": bearer},
			"multiValueHeaders":     map[string]any{"Host": []string{"env-id.service.tcloudbase.com"}, "Authorization": []string{bearer}},
			"queryStringParameters": map[string]any{},
			"requestContext":        map[string]any{"requestId": "x", "envId": "env-id", "appId": 123456789, "uin": 123456789},
			"body":                  `{"userID":"alice"}`,
			"isBase64Encoded":       false,
		},
		"in base64":           {"httpMethod": "POST", "headers": map[string]any{"AUTHORIZATION": bearer}, "body": encoded, "isBase64Encoded": true},
		"in base64, said so":  {"httpMethod": "POST", "headers": map[string]any{"authorization": bearer}, "body": encoded, "isBase64Encoded": "true"},
		"not in base64":       {"httpMethod": "POST", "headers": map[string]any{"authorization": bearer}, "body": "{}", "isBase64Encoded": "false"},
		"headers in lists":    {"httpMethod": "POST", "headers": map[string]any{"authorization": []string{bearer}}, "body": "{}", "isBase64Encoded": nil},
		"only multi-value":    {"httpMethod": "POST", "headers": nil, "multiValueHeaders": map[string]any{"authorization": []string{bearer}}, "body": "{}"},
		"headers of no value": {"httpMethod": "POST", "headers": map[string]any{"authorization": bearer, "x-none": nil, "x-number": 5}, "body": "{}"},
	} {
		t.Run(name, func(t *testing.T) {
			got := fetch(t, New("f", whoami, &bytes.Buffer{}), nil, e)
			want := page{
				Status: 200,
				Headers: map[string]string{
					"Content-Type":           "application/json; charset=utf-8",
					"Cache-Control":          "no-store",
					"Vary":                   "Origin",
					"X-Content-Type-Options": "nosniff",
				},
				Body:  `{"user":"alice"}`,
				Reply: map[string]any{"user": "alice"},
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestHTTPStatus(t *testing.T) {
	f := New("f", whoami, &bytes.Buffer{})
	good := post(t, "alice", `{}`)
	large := `{"x":"` + strings.Repeat("x", maxEvent) + `"}`
	tests := []struct {
		name   string
		event  event
		status int
		reason string // "" for a good reply
	}{
		{"OK", good, 200, ""},
		{"refused by the handler", post(t, "alice", `{"userID":"bob"}`), 200, "USER_ID_MISMATCH"},
		{"no token", post(t, "", `{}`), 401, "NO_IDENTITY"},
		{"bad token", post(t, "", `{}`).withHeader("authorization", "Bearer a.b.c"), 401, "BAD_TOKEN"},
		{"other credentials", post(t, "", `{}`).withHeader("authorization", "Basic YWxpY2U6"), 401, "NO_IDENTITY"},
		{"token in another place", post(t, "", `{}`).with("queryString", event{"access_token": token(t, "alice")}), 401, "NO_IDENTITY"},
		{"two headers", good.withHeader("Authorization", "Bearer "+token(t, "bob")), 401, "BAD_TOKEN"},
		{"two values", post(t, "", `{}`).withHeader("authorization", []string{"Bearer " + token(t, "alice"), "Bearer " + token(t, "alice")}), 401, "BAD_TOKEN"},
		{"another value in the other form", good.with("multiValueHeaders", event{"authorization": []string{"Bearer " + token(t, "bob")}}), 401, "BAD_TOKEN"},
		{"oversized header", post(t, "", `{}`).withHeader("authorization", "Bearer "+strings.Repeat("a", 9000)), 401, "BAD_TOKEN"},
		{"sub that is no user id", post(t, "al ice", `{}`), 401, "BAD_TOKEN"},
		{"GET", good.with("httpMethod", "GET"), 405, "BAD_METHOD"},
		{"GET without token", post(t, "", `{}`).with("httpMethod", "GET"), 401, "NO_IDENTITY"},
		{"PUT", good.with("httpMethod", "PUT"), 405, "BAD_METHOD"},
		{"post in lower case", good.with("httpMethod", "post"), 405, "BAD_METHOD"},
		{"no method", good.with("httpMethod", ""), 400, "BAD_EVENT"},
		{"method null", good.with("httpMethod", nil), 400, "BAD_EVENT"},
		{"method that is no string", good.with("httpMethod", 5), 400, "BAD_EVENT"},
		{"body that is no string", good.with("body", event{}), 400, "BAD_EVENT"},
		{"no body", good.with("body", nil), 400, "MISSING_PARAM"},
		{"empty body", post(t, "alice", ""), 400, "MISSING_PARAM"},
		{"cut off", post(t, "alice", `{"roomID":`), 400, "BAD_EVENT"},
		{"list", post(t, "alice", `[]`), 400, "BAD_EVENT"},
		{"invalid UTF-8", post(t, "alice", base64.StdEncoding.EncodeToString([]byte("{\"x\":\"\xff\"}"))).with("isBase64Encoded", true), 400, "BAD_EVENT"},
		{"invalid base64", post(t, "alice", `{}`).with("isBase64Encoded", true), 400, "BAD_EVENT"},
		{"flag that is none", good.with("isBase64Encoded", "maybe"), 400, "BAD_EVENT"},
		{"too large", post(t, "alice", large), 413, "BAD_EVENT"},
		{"too large in base64", post(t, "alice", base64.StdEncoding.EncodeToString([]byte(large))).with("isBase64Encoded", true), 413, "BAD_EVENT"},
		{"too large without token", post(t, "", large), 401, "NO_IDENTITY"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := fetch(t, f, nil, tt.event)
			reason, _ := got.Reply["reason"].(string)
			if got.Status != tt.status || reason != tt.reason {
				t.Errorf("got %d %s, want %d %s", got.Status, got.Body, tt.status, tt.reason)
			}
			if tt.reason != "" && (got.Reply["code"] == nil || got.Reply["msg"] == "") {
				t.Errorf("no code or no msg in %s", got.Body)
			}
			if challenge := got.Headers["Www-Authenticate"] + got.Headers["WWW-Authenticate"]; strings.HasPrefix(challenge, "Bearer") != (tt.status == 401) {
				t.Errorf("%d with WWW-Authenticate %q", got.Status, challenge)
			}
			if allow := got.Headers["Allow"]; (allow == "OPTIONS, POST") != (tt.status == 405) {
				t.Errorf("%d with Allow %q", got.Status, allow)
			}
		})
	}

	t.Run("a header twice in the JSON", func(t *testing.T) {
		text := strings.Replace(good.String(), `"authorization":`, `"authorization":"Bearer a.b.c","authorization":`, 1)
		if got := fetch(t, f, nil, rawEvent(text)); got.Status != 401 || got.Reply["reason"] != "BAD_TOKEN" {
			t.Errorf("got %d %s", got.Status, got.Body)
		}
	})
}

func TestHTTPWithoutKeys(t *testing.T) {
	f := New("f", whoami, &bytes.Buffer{})
	for name, e := range map[string]event{
		"without token": post(t, "", `{"userID":"alice"}`),
		"with a token":  post(t, "alice", `{}`),
		"GET":           post(t, "", "").with("httpMethod", "GET"),
	} {
		got := fetch(t, f, map[string]string{"HTTP_JWT_KEYS": ""}, e)
		if got.Status != 401 || got.Reply["reason"] != "NO_IDENTITY" || !strings.Contains(got.Body, "HTTP_JWT_KEYS") || !strings.Contains(got.Body, ".env") {
			t.Errorf("%s: %d %s; want 401 and what to set", name, got.Status, got.Body)
		}
	}
	if reply, err := invoke(t, f, map[string]string{"WX_OPENID": alice}, `{}`); err != nil || !strings.Contains(reply, alice) {
		t.Errorf("a mini program gets %s, %v", reply, err)
	}
}

// Who calls over HTTP is who the token says, and nobody else.
func TestHTTPCaller(t *testing.T) {
	type env = map[string]string
	good := post(t, "alice", `{}`)
	tests := []struct {
		name  string
		env   env
		event event
		want  string // user, or reason
	}{
		{"the token's user", nil, good, "alice"},
		{"named, too", nil, post(t, "alice", `{"userID":"alice"}`), "alice"},
		{"somebody else", nil, post(t, "alice", `{"userID":"bob"}`), "USER_ID_MISMATCH"},
		{"somebody else, where mini programs may", env{"ALLOW_CUSTOM_USER_ID": "true"}, post(t, "alice", `{"userID":"bob"}`), "USER_ID_MISMATCH"},
		{"somebody else, from a function", env{"TCB_SOURCE": "wx_client,scf"}, post(t, "alice", `{"userID":"bob"}`), "USER_ID_MISMATCH"},
		{"named beside the body", nil, good.with("userID", "bob"), "alice"},
		{"logged in to CloudBase as somebody else", env{"TCB_UUID": "u1", "TCB_CUSTOM_USER_ID": "c1"}, good, "alice"},
		{"logged in to CloudBase, without token", env{"TCB_UUID": "u1", "TCB_CUSTOM_USER_ID": "c1"}, post(t, "", `{}`), "NO_IDENTITY"},
		{"without token, like a console test", nil, post(t, "", `{"userID":"bob"}`).with("userID", "bob"), "NO_IDENTITY"},
		{"without token, like a function", env{"TCB_SOURCE": "scf"}, post(t, "", `{"userID":"bob"}`).with("userID", "bob"), "NO_IDENTITY"},
		{"a method and a user id", nil, event{"httpMethod": "POST", "userID": "bob"}, "NO_IDENTITY"},
		{"headers and a user id", nil, event{"headers": event{}, "userID": "bob"}, "BAD_EVENT"},
		{"a context and a user id", nil, event{"requestContext": nil, "userID": "bob"}, "BAD_EVENT"},
		{"preflight with a user id", nil, event{"httpMethod": "OPTIONS", "userID": "bob"}, "BAD_ORIGIN"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := fetch(t, New("f", whoami, &bytes.Buffer{}), tt.env, tt.event)
			user, _ := got.Reply["user"].(string)
			reason, _ := got.Reply["reason"].(string)
			if user+reason != tt.want {
				t.Errorf("got %d %s, want %s", got.Status, got.Body, tt.want)
			}
		})
	}
}

// A mini program's event may look like anything: the platform has said who calls.
func TestMiniProgramIsNoHTTP(t *testing.T) {
	for _, environment := range []map[string]string{
		{"WX_OPENID": alice, "TCB_SOURCE": "wx_client"},
		{"WX_FROM_OPENID": alice},
	} {
		environment["HTTP_JWT_KEYS"] = jwtKeys
		for want, e := range map[string]event{
			fmt.Sprintf(`{"user":%q}`, alice): post(t, "bob", `{"userID":"bob"}`),
			`"reason":"USER_ID_MISMATCH"`:     post(t, "bob", `{}`).with("userID", "bob"),
		} {
			reply, err := invoke(t, New("f", whoami, &bytes.Buffer{}), environment, e.String())
			if err != nil || !strings.Contains(reply, want) || strings.Contains(reply, "statusCode") {
				t.Errorf("%s: got %s, %v; want %s", e, reply, err, want)
			}
		}
	}
}

// A warm instance keeps nothing of the caller before.
func TestHTTPThenConsoleTest(t *testing.T) {
	f := New("f", whoami, &bytes.Buffer{})
	for range 2 {
		if got := fetch(t, f, nil, post(t, "alice", `{}`)); got.Reply["user"] != "alice" {
			t.Errorf("with alice's token: %s", got.Body)
		}
		if got := fetch(t, f, nil, post(t, "", `{}`)); got.Status != 401 {
			t.Errorf("without: %d %s", got.Status, got.Body)
		}
		reply, err := invoke(t, f, nil, `{"userID":"carol"}`)
		if reply != `{"user":"carol"}` || err != nil {
			t.Errorf("console test: %s, %v", reply, err)
		}
	}
}

func TestHTTPTokenLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, e := New("f", whoami, &bytes.Buffer{}), post(t, "alice", `{}`)
		time.Sleep(time.Hour)
		if got := fetch(t, f, nil, e); got.Status != 200 {
			t.Errorf("within the leeway: %d %s", got.Status, got.Body)
		}
		time.Sleep(time.Minute)
		got := fetch(t, f, nil, e)
		if got.Status != 401 || got.Reply["reason"] != "TOKEN_EXPIRED" {
			t.Errorf("after it: %d %s", got.Status, got.Body)
		}
		want := `Bearer error="invalid_token", error_description="the token has expired"`
		if diff := cmp.Diff(want, got.Headers["WWW-Authenticate"]); diff != "" {
			t.Error(diff)
		}
	})
}

func TestHTTPIssuerAndAudience(t *testing.T) {
	for _, name := range []string{"HTTP_JWT_ISSUER", "HTTP_JWT_AUDIENCE"} {
		got := fetch(t, New("f", whoami, &bytes.Buffer{}), map[string]string{name: "https://login.example"}, post(t, "alice", `{}`))
		if got.Status != 401 || got.Reply["reason"] != "BAD_TOKEN" {
			t.Errorf("%s, and a token without: %d %s", name, got.Status, got.Body)
		}
	}
}

func TestCORS(t *testing.T) {
	environment := map[string]string{"HTTP_ALLOWED_ORIGINS": pageOrigin + ", http://localhost:5173"}
	granted := map[string]string{
		"Access-Control-Allow-Methods": "POST",
		"Access-Control-Allow-Headers": "Authorization, Content-Type",
		"Access-Control-Max-Age":       "600",
	}
	preflight := event{"httpMethod": "OPTIONS", "path": "/", "body": "", "headers": map[string]any{
		"access-control-request-method":  "POST",
		"access-control-request-headers": "authorization,content-type",
	}}
	tests := []struct {
		name   string
		env    map[string]string
		event  event
		origin any
		status int
		allow  string
	}{
		{"preflight", environment, preflight, pageOrigin, 204, pageOrigin},
		{"preflight of the second", environment, preflight, "http://localhost:5173", 204, "http://localhost:5173"},
		{"preflight of a stranger", environment, preflight, "https://evil.example", 403, ""},
		{"preflight of a longer name", environment, preflight, pageOrigin + ".evil.example", 403, ""},
		{"preflight of another port", environment, preflight, pageOrigin + ":8443", 403, ""},
		{"preflight of another scheme", environment, preflight, "http://app.example.com", 403, ""},
		{"preflight of a sandbox", environment, preflight, "null", 403, ""},
		{"preflight of two", environment, preflight, []string{pageOrigin, "https://evil.example"}, 403, ""},
		{"preflight of nobody", environment, preflight, nil, 403, ""},
		{"preflight, none configured", nil, preflight, pageOrigin, 403, ""},
		{"POST", environment, post(t, "alice", `{}`), pageOrigin, 200, pageOrigin},
		{"POST that is refused", environment, post(t, "", `{}`), pageOrigin, 401, pageOrigin},
		{"POST of an app", environment, post(t, "alice", `{}`), nil, 200, ""},
		{"POST of a stranger", environment, post(t, "alice", `{}`), "https://evil.example", 200, ""},
		{"GET", environment, post(t, "alice", `{}`).with("httpMethod", "GET"), pageOrigin, 405, pageOrigin},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := tt.event
			if tt.origin != nil {
				e = e.withHeader("origin", tt.origin)
			}
			got := fetch(t, New("f", whoami, &bytes.Buffer{}), tt.env, e)
			if got.Status != tt.status || got.Headers["Access-Control-Allow-Origin"] != tt.allow || got.Headers["Vary"] != "Origin" {
				t.Errorf("got %d %v, want %d for %q", got.Status, got.Headers, tt.status, tt.allow)
			}
			if (got.Body == "") != (tt.status == 204) {
				t.Errorf("%d with body %q", got.Status, got.Body)
			}
			for name, value := range granted {
				if tt.allow == "" {
					value = ""
				}
				if got.Headers[name] != value {
					t.Errorf("%s: %q, want %q", name, got.Headers[name], value)
				}
			}
			if value, ok := got.Headers["Access-Control-Allow-Credentials"]; ok {
				t.Errorf("credentials: %s", value)
			}
		})
	}
}

// A token whose user looks like an OPENID would make its bearer that mini program's
// user, and is refused unless that is what somebody wants.
func TestHTTPOpenID(t *testing.T) {
	const openID = "o6zAJs3oh85dP7MdmaT2rQPEeSVX"
	for _, tt := range []struct {
		user, setting string
		status        int
	}{
		{openID, "", 401},
		{openID, "false", 401},
		{openID, "true", 200},
		{openID[1:], "", 200},
		{"x" + openID[1:], "", 200},
	} {
		environment := map[string]string{"HTTP_JWT_KEYS": jwtKeys, "HTTP_JWT_OPENIDS": tt.setting}
		got := fetch(t, New("f", whoami, &bytes.Buffer{}), environment, post(t, tt.user, `{}`))
		if got.Status != tt.status {
			t.Errorf("sub %s with HTTP_JWT_OPENIDS=%q: %d %s, want %d", tt.user, tt.setting, got.Status, got.Body, tt.status)
		}
		if tt.status == 401 && (got.Reply["reason"] != "BAD_TOKEN" || !strings.Contains(got.Body, "HTTP_JWT_OPENIDS")) {
			t.Errorf("sub %s: %s", tt.user, got.Body)
		}
	}
}

func TestHTTPSettings(t *testing.T) {
	for _, tt := range []struct{ name, value, problem string }{
		{"HTTP_JWT_KEYS", "too-short-for-a-secret", "kid:ALG:key"},
		{"HTTP_JWT_KEYS", "web:HS256:too-short-for-a-secret", "32 bytes"},
		{"HTTP_ALLOWED_ORIGINS", "*", "origins"},
		{"HTTP_ALLOWED_ORIGINS", "https://*.example.com", "origins"},
		{"HTTP_ALLOWED_ORIGINS", "app.example.com", "origins"},
		{"HTTP_ALLOWED_ORIGINS", "null", "origins"},
		{"HTTP_ALLOWED_ORIGINS", pageOrigin + "/", "origins"},
		{"HTTP_ALLOWED_ORIGINS", pageOrigin + "/page", "origins"},
		{"HTTP_ALLOWED_ORIGINS", pageOrigin + ":443", "origins"},
		{"HTTP_ALLOWED_ORIGINS", "HTTPS://App.example.com", "origins"},
		{"HTTP_ALLOWED_ORIGINS", "https://", "origins"},
		{"HTTP_ALLOWED_ORIGINS", "https://user@app.example.com", "origins"},
		{"HTTP_ALLOWED_ORIGINS", pageOrigin + ";" + pageOrigin, "origins"},
	} {
		var log bytes.Buffer
		f := New("f", whoami, &log)
		environment := map[string]string{"HTTP_JWT_KEYS": jwtKeys}
		environment[tt.name] = tt.value
		for range 2 { // every call says so, not only the first
			got := fetch(t, f, environment, post(t, "alice", `{}`))
			msg, _ := got.Reply["msg"].(string)
			if got.Status != 500 || !strings.Contains(msg, tt.name) || !strings.Contains(msg, tt.problem) || strings.Contains(msg, "too-short-for-a-secret") {
				t.Errorf("%s=%s: %d %s", tt.name, tt.value, got.Status, got.Body)
			}
		}
		if !strings.Contains(log.String(), tt.name) {
			t.Errorf("%s is not in %s", tt.name, &log)
		}
		if reply, err := invoke(t, f, map[string]string{tt.name: tt.value, "WX_OPENID": alice}, `{}`); err != nil {
			t.Errorf("%s=%s is in the way of a mini program: %s, %v", tt.name, tt.value, reply, err)
		}
		if got := fetch(t, f, nil, post(t, "alice", `{}`)); got.Status != 200 {
			t.Errorf("after %s was corrected: %d %s", tt.name, got.Status, got.Body)
		}
	}
}

func TestHTTPFailure(t *testing.T) {
	fail := func(err error) Open {
		return func(settings.Lookup) (Handler, error) {
			return func(context.Context, *Call) (any, error) {
				if err == nil {
					panic("lost")
				}
				return nil, err
			}, nil
		}
	}
	for name, open := range map[string]Open{
		"error": fail(errors.New("the database of tenant 17 is down")),
		"panic": fail(nil),
		"setting": func(settings.Lookup) (Handler, error) {
			return nil, settings.Missing("TRTC_SECRET_KEY")
		},
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			environment := map[string]string{"HTTP_ALLOWED_ORIGINS": pageOrigin}
			got := fetch(t, New("f", open, &log), environment, post(t, "alice", `{}`).withHeader("origin", pageOrigin))
			msg, _ := got.Reply["msg"].(string)
			want := page{Status: 500, Headers: got.Headers, Body: got.Body, Reply: map[string]any{
				"code": -1.0, "msg": msg, "reason": "INTERNAL", "requestId": "req-1",
			}}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			if strings.Contains(msg, "tenant") || strings.Contains(msg, "lost") || (name == "setting") != strings.Contains(msg, "TRTC_SECRET_KEY") {
				t.Errorf("msg = %s", msg)
			}
			if got.Headers["Access-Control-Allow-Origin"] != pageOrigin {
				t.Errorf("the page can't read it: %v", got.Headers)
			}
			if line := log.String(); !strings.Contains(line, `"level":"ERROR"`) || !strings.Contains(line, `"status":500`) || !strings.Contains(line, `"requestId":"req-1"`) {
				t.Errorf("logged as %s", line)
			}
		})
	}
}

func TestHTTPLogLine(t *testing.T) {
	type fields = map[string]any
	for _, tt := range []struct {
		name  string
		event event
		want  fields
	}{
		{"OK", post(t, "alice", `{}`), fields{"status": 200.0, "code": 0.0}},
		{"refusal", post(t, "alice", `{"userID":"bob"}`), fields{"status": 200.0, "code": 4.0, "reason": "USER_ID_MISMATCH"}},
		{"401", post(t, "", `{}`).withHeader("authorization", "Bearer a.b.c"), fields{"status": 401.0, "code": 4.0, "reason": "BAD_TOKEN", "detail": "the token is malformed"}},
	} {
		var log bytes.Buffer
		fetch(t, New("webrtc-x", whoami, &log), nil, tt.event)
		got := make(fields)
		if err := json.Unmarshal(log.Bytes(), &got); err != nil {
			t.Fatalf("not one JSON line: %v\n%s", err, &log)
		}
		if hash, _ := got["caller"].(string); (len(hash) == 12) != (tt.want["status"] == 200.0) {
			t.Errorf("%s: caller is logged as %q", tt.name, hash)
		}
		for _, varying := range []string{"time", "ms", "caller"} {
			delete(got, varying)
		}
		want := fields{"level": "INFO", "msg": "call", "requestId": "req-1", "function": "webrtc-x", "room": "", "databaseRequests": 0.0, "via": "http"}
		for name, value := range tt.want {
			want[name] = value
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
	}
}

// Tokens, good and bad ones, reach neither the log nor an error's text; nor do
// the key and the user.
func TestTokensAreSecret(t *testing.T) {
	const user = "alice-the-web-user"
	good := token(t, user)
	tokens := map[string]string{
		"good":        good,
		"forged":      good[:len(good)-8] + "AAAAAAAA",
		"cut off":     good[:len(good)-9],
		"of no parts": "abcdefghijklmnopqrstuvwxyz",
		"with junk":   good + "!",
		"long":        strings.Repeat("abcdefgh", 2000),
	}
	open := func(settings.Lookup) (Handler, error) {
		return func(_ context.Context, call *Call) (any, error) {
			if call.Event["panic"] != nil {
				panic(fmt.Sprintf("%+v", call))
			}
			return nil, fmt.Errorf("%+v with %s", call, jwtKeys)
		}, nil
	}
	for name, token := range tokens {
		for _, body := range []string{`{}`, `{"panic":1}`, `{"roomID":`} {
			var log bytes.Buffer
			e := post(t, "", body).withHeader("Authorization", "Bearer "+token)
			got := fetch(t, New("f", open, &log), nil, e)
			text := log.String() + got.Body + fmt.Sprint(got.Headers)
			for _, secret := range append(strings.Split(token, "."), token, jwtSecret, user) {
				if strings.Contains(text, secret) {
					t.Errorf("%s token, %s: %.20s… is in %s", name, body, secret, text)
				}
			}
		}
	}
}
