// Package functions_test runs the built functions as SCF does, in front of a
// database that misbehaves, and looks at everything that comes out of them.
package functions_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"webrtc-room/pkg/local/platform"
	"webrtc-room/pkg/local/scfemu"
	"webrtc-room/pkg/local/tcbemu"
)

// What must never come out of a function.
const (
	secretKey    = "0123456789abcdef-the-sdk-secret-key-0123456789abcdef"
	databaseID   = "AKIDthe-database-secret-id"
	databaseKey  = "the-database-secret-key-of-the-role"
	sessionToken = "the-session-token-of-the-role-0123456789"
	wxToken      = "the-wx-api-token-0123456789"
	tcbToken     = "the-tcb-session-token-0123456789"
)

const (
	openID = "oABCD5_wxyz-0123456789abcdEF" // may be in replies, not in logs and errors
	other  = "oOther_wxyz-0123456789abcdEF"
)

var names = []string{
	"webrtc-sig-api", "webrtc-create-room", "webrtc-enter-room",
	"webrtc-quit-room", "webrtc-get-room-info", "webrtc-get-room-list",
}

var bin string // the folder of the built functions

func TestMain(m *testing.M) {
	var err error
	if bin, err = scfemu.Build(context.Background(), "..", filepath.Join("..", ".local", "test")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// A cloud is the functions with a database that can be told to misbehave.
type cloud struct {
	host *scfemu.Host
	url  string

	database atomic.Pointer[http.HandlerFunc] // instead of the real one

	mu     sync.Mutex
	output strings.Builder // what the functions printed
}

func newCloud(t *testing.T, variables map[string]string) *cloud {
	t.Helper()
	c := &cloud{}
	emulator, err := tcbemu.Open(tcbemu.Config{
		EnvID: "local", Keys: map[string]string{databaseID: databaseKey}, SessionTokens: map[string]string{databaseID: sessionToken},
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if misbehave := c.database.Load(); misbehave != nil {
			(*misbehave)(w, r)
			return
		}
		emulator.ServeHTTP(w, r)
	}))
	c.url = server.URL + "/admin"
	c.host, err = scfemu.New(scfemu.Config{Dir: bin, Variables: variables, Timeout: 10 * time.Second, Log: func(l scfemu.Line) {
		c.mu.Lock()
		defer c.mu.Unlock()
		fmt.Fprintln(&c.output, l.Text)
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.host.Close(); err != nil {
			t.Error(err)
		}
		server.CloseClientConnections()
		server.Close()
	})
	return c
}

// invoke calls a function, as a mini program's user or with caller "" as a test
// from the console.
func (c *cloud) invoke(t *testing.T, name, caller, event string, timeout time.Duration) scfemu.Result {
	t.Helper()
	tcb, wx := make(map[string]string), make(map[string]string)
	if caller != "" {
		tcb, wx["WX_OPENID"], wx["WX_API_TOKEN"] = platform.MiniProgram(""), caller, wxToken
	}
	tcb["TCB_SESSIONTOKEN"] = tcbToken
	environment := platform.Environment{
		ID: "local", Database: c.url,
		SecretID: databaseID, SecretKey: databaseKey, SessionToken: sessionToken,
	}.Call(tcb, wx)
	result, err := c.host.Invoke(t.Context(), scfemu.Call{Function: name, Event: []byte(event), Environment: environment, Timeout: timeout})
	if err != nil {
		t.Errorf("%s: %v", name, err)
	}
	return result
}

// check looks for what must not have come out in a result.
func check(t *testing.T, what string, r scfemu.Result) {
	t.Helper()
	failure := strings.Join(r.Log, "\n")
	if r.Error != nil {
		failure += fmt.Sprintf("\n%s\n%s\n%s", r.Error.Message, r.Error.Type, strings.Join(r.Error.Stack, "\n"))
	}
	all := failure + "\n" + string(r.Payload)
	for _, secret := range []string{secretKey, databaseKey, databaseID, sessionToken, wxToken, tcbToken, "MIGEAgEAMBAGByqGSM49", "PRIVATE KEY"} {
		if strings.Contains(all, secret) {
			t.Errorf("%s: %q came out:\n%s", what, secret, all)
		}
	}
	for _, id := range []string{openID, other} {
		if strings.Contains(failure, id) {
			t.Errorf("%s: the OPENID came out:\n%s", what, failure)
		}
	}
	if len(r.Log) != 1 || !json.Valid([]byte(r.Log[0])) {
		t.Errorf("%s: logged %q, want one line of JSON", what, r.Log)
	}
}

func handlerFunc(f http.HandlerFunc) *http.HandlerFunc { return &f }

// TestNoSecretComesOut calls every function in success and in every failure.
func TestNoSecretComesOut(t *testing.T) {
	c := newCloud(t, map[string]string{"TRTC_SDK_APP_ID": "1400000001", "TRTC_SECRET_KEY": secretKey, "LOG_LEVEL": "debug"})

	events := []string{
		`{"roomID":"9527","roomName":"first"}`, `{}`, ``, `null`, `[]`, `"x"`, `{`, `{"roomID":"abc"}`, `{"roomID":{"$gt":""}}`,
		fmt.Sprintf(`{"userID":%q,"roomID":9527}`, other), fmt.Sprintf(`{"userID":["%s"],"roomID":9527}`, other),
		fmt.Sprintf(`{"roomID":%q}`, openID), fmt.Sprintf(`{"roomName":%q,"limit":%[1]q,"sdkAppID":%[1]q}`, strings.Repeat(openID, 3)),
		`{"sdkAppID":1,"limit":0,"roomName":[]}`,
		`{"roomID":"9527","private":true,"invitation":[]}`, fmt.Sprintf(`{"roomID":"9528","invitation":%q,"after":%[1]q}`, openID),
		fmt.Sprintf(`{"userID":%q,"roomID":"9527","banSeconds":60}`, other), fmt.Sprintf(`{"roomId":%q,"banSeconds":{}}`, openID),
	}
	// Twice: what the first round made, the second finds.
	for range 2 {
		for _, name := range names {
			for _, event := range events {
				for _, caller := range []string{openID, ""} {
					r := c.invoke(t, name, caller, event, 0)
					if r.Error != nil {
						t.Errorf("%s(%s): %v", name, event, r.Error)
					}
					check(t, fmt.Sprintf("%s(%s)", name, event), r)
				}
			}
		}
	}

	// The database, or what stands before it, repeats what it was sent, the
	// tokens and the users in it, in every way in which a request can fail.
	echo := func(status int, format string) *http.HandlerFunc {
		return handlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			text, _ := json.Marshal(fmt.Sprint(r.Header, string(body), secretKey, openID, other))
			w.WriteHeader(status)
			fmt.Fprintf(w, format, text)
		})
	}
	failures := map[string]*http.HandlerFunc{
		"HTTP 500":        echo(500, `{"code":"SYS_ERR","message":%s,"requestId":"r"}`),
		"HTTP 502 text":   echo(502, `<html>%s</html>`),
		"refused":         echo(200, `{"code":"DATABASE_REQUEST_FAILED","message":%s,"requestId":"r"}`),
		"unauthorized":    echo(200, `{"code":"SIGN_PARAM_INVALID","message":%s,"requestId":"r"}`),
		"code repeats":    echo(200, `{"code":%s,"message":"","requestId":"r"}`),
		"request id does": echo(200, `{"code":"SYS_ERR","message":"","requestId":%s}`),
		"not JSON":        echo(200, `%s and more`),
		"odd record":      echo(200, `{"data":{"list":["{\"_id\":\"9527\",\"members\":[1],\"x\":1}",%s]}}`),
		"broken off": handlerFunc(func(http.ResponseWriter, *http.Request) {
			panic(http.ErrAbortHandler)
		}),
		"silent": handlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body) // or the server doesn't notice that the client leaves
			<-r.Context().Done()
		}),
	}
	for failure, misbehave := range failures {
		c.database.Store(misbehave)
		results := make([]scfemu.Result, len(names))
		var calls sync.WaitGroup
		// At once, as some take all the time that they have: with less of it, their share
		// for answering, a tenth or more, would be short on a machine that is busy.
		for i, name := range names {
			calls.Go(func() { results[i] = c.invoke(t, name, openID, `{"roomID":"9527"}`, 0) })
		}
		calls.Wait()
		for i, r := range results {
			what := names[i] + ", database " + failure
			if r.Error == nil || !strings.Contains(r.Error.Message, r.RequestID) {
				t.Errorf("%s: %s, %v; want an error with the request id", what, r.Payload, r.Error)
			}
			check(t, what, r)
		}
	}
	c.database.Store(nil)

	c.mu.Lock()
	defer c.mu.Unlock()
	if strings.Contains(c.output.String(), openID) {
		t.Error("the OPENID was printed between calls")
	}
}

func TestWrongSettings(t *testing.T) {
	const pem = "-----BEGIN PRIVATE KEY-----\nMIGEAgEAMBAGByqGSM49AgEGBSuBBAAKBG0wawIBAQQg\n-----END PRIVATE KEY-----\n"
	good := map[string]string{"TRTC_SDK_APP_ID": "1400000001", "TRTC_SECRET_KEY": secretKey}
	for _, tt := range []struct {
		problem, name, value string
		functions            []string
	}{
		{"no app", "TRTC_SDK_APP_ID", "", []string{"webrtc-sig-api", "webrtc-enter-room", "webrtc-create-room"}},
		{"a key in place of the app", "TRTC_SDK_APP_ID", secretKey, []string{"webrtc-sig-api", "webrtc-enter-room", "webrtc-create-room"}},
		{"no key", "TRTC_SECRET_KEY", "", []string{"webrtc-sig-api", "webrtc-enter-room"}},
		{"a private key in place of the secret", "TRTC_SECRET_KEY", pem, []string{"webrtc-sig-api", "webrtc-enter-room", "webrtc-create-room"}},
		{"both keys", "TRTC_PRIVATE_KEY", pem, []string{"webrtc-sig-api", "webrtc-enter-room", "webrtc-create-room"}},
		{"a lifetime in words", "SIG_EXPIRE_SECONDS", "an hour", []string{"webrtc-sig-api", "webrtc-enter-room", "webrtc-create-room"}},
		{"no seats", "ROOM_MAX_MEMBERS", "0", names},
		{"a short lease", "MEMBER_TTL_SECONDS", "1", names},
		{"a maybe", "ALLOW_CUSTOM_USER_ID", "maybe", names},
		{"a loud log", "LOG_LEVEL", "loud", names},
	} {
		t.Run(tt.problem, func(t *testing.T) {
			variables := map[string]string{tt.name: tt.value}
			for name, value := range good {
				if name != tt.name {
					variables[name] = value
				}
			}
			c := newCloud(t, variables)
			for _, name := range tt.functions {
				r := c.invoke(t, name, openID, `{"roomID":"9527"}`, 0)
				if r.Error == nil || !strings.Contains(r.Error.Message, tt.name) {
					t.Errorf("%s: %s, %v; want an error that names %s", name, r.Payload, r.Error, tt.name)
				}
				check(t, name, r)
			}
		})
	}
}

// TestNextCallerIsNotTheLast: between calls of one instance, nothing of a caller stays.
func TestNextCallerIsNotTheLast(t *testing.T) {
	c := newCloud(t, map[string]string{"TRTC_SDK_APP_ID": "1400000001", "TRTC_SECRET_KEY": secretKey})
	first := c.invoke(t, "webrtc-sig-api", openID, `{}`, 0)
	second := c.invoke(t, "webrtc-sig-api", "", `{}`, 0)
	if first.Instance != second.Instance || second.Cold {
		t.Fatalf("called instances %s and %s, want one", first.Instance, second.Instance)
	}
	if !strings.Contains(string(first.Payload), openID) || !strings.Contains(string(second.Payload), "MISSING_PARAM") {
		t.Errorf("the caller: %s\nnobody after that: %s", first.Payload, second.Payload)
	}
}

// TestWhatIsLinked keeps out of the functions what only a laptop needs.
func TestWhatIsLinked(t *testing.T) {
	for _, name := range names {
		out, err := exec.Command("go", "list", "-deps", "./"+name).Output()
		if err != nil {
			t.Fatal(err)
		}
		for dependency := range strings.Lines(string(out)) {
			for _, banned := range []string{
				"webrtc-room/pkg/local/tcbemu", "webrtc-room/pkg/local/scfemu", "webrtc-room/pkg/local/console",
				"github.com/256dpi", "go.etcd.io", "go.mongodb.org", "testing",
			} {
				if d := strings.TrimSpace(dependency); d == banned || strings.HasPrefix(d, banned+"/") {
					t.Errorf("%s links %s", name, d)
				}
			}
		}
	}
}

// TestFirstEvents sends each function its event.json, as the console's test
// button would: in this order each must succeed.
func TestFirstEvents(t *testing.T) {
	c := newCloud(t, map[string]string{"TRTC_SDK_APP_ID": "1400000001", "TRTC_SECRET_KEY": secretKey})
	for _, name := range []string{
		"webrtc-sig-api", "webrtc-create-room", "webrtc-enter-room",
		"webrtc-get-room-info", "webrtc-get-room-list", "webrtc-quit-room",
	} {
		event, err := os.ReadFile(filepath.Join(name, "event.json"))
		if err != nil {
			t.Fatal(err)
		}
		r := c.invoke(t, name, "", string(event), 0)
		var reply struct {
			Code any
			Data []any
		}
		if r.Error != nil || json.Unmarshal(r.Payload, &reply) != nil || reply.Code != nil {
			t.Errorf("%s: %s, %v", name, r.Payload, r.Error)
		}
		if strings.HasPrefix(name, "webrtc-get") && len(reply.Data) == 0 {
			t.Errorf("%s finds nothing: %s", name, r.Payload)
		}
	}
}
