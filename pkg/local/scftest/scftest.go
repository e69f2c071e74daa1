// Package scftest calls functions in tests as SCF calls them, with an emulated
// CloudBase behind them.
//
//	cloud := scftest.New(t)
//	enter := cloud.Function("webrtc-enter-room", open)
//	reply := enter.Reply(t, "oAlice", `{"roomID": "9527"}`)
package scftest

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/tencentyun/scf-go-lib/functioncontext"

	"webrtc-room/pkg/local/platform"
	"webrtc-room/pkg/local/tcbemu"
	"webrtc-room/pkg/scf"
	"webrtc-room/pkg/tcb"
)

// SecretKey is the TRTC_SECRET_KEY that a Cloud's functions have.
const SecretKey = "f0c005f3fc83d0d755e06a89aafa54803ce97f1ca4f10fd55fd91edf445363d9"

const (
	envID     = "test-env-1"
	secretID  = "AKIDscftest"
	secretKey = "secret-of-the-database"
	jwtSecret = "secret-of-the-login-service-of-tests"
)

// A Cloud is an environment with an empty database.
type Cloud struct {
	// Settings are the functions' variables. Change them before a function's
	// first call.
	Settings map[string]string

	url string
	mu  sync.Mutex
	log bytes.Buffer
}

// New returns a cloud that lasts as long as the test.
func New(t *testing.T) *Cloud {
	t.Helper()
	db, err := tcbemu.Open(tcbemu.Config{EnvID: envID, Keys: map[string]string{secretID: secretKey}})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(db)
	t.Cleanup(func() {
		server.Close()
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return &Cloud{
		Settings: map[string]string{"TRTC_SDK_APP_ID": "1400000001", "TRTC_SECRET_KEY": SecretKey, "HTTP_JWT_KEYS": "HS256:" + jwtSecret},
		url:      server.URL + "/admin",
	}
}

// Database returns a client of the database, to look at what a function left there.
func (c *Cloud) Database(t *testing.T) *tcb.Database {
	t.Helper()
	app, err := tcb.Init(&tcb.Config{EnvID: envID, SecretID: secretID, SecretKey: secretKey, URL: c.url})
	if err != nil {
		t.Fatal(err)
	}
	return app.Database()
}

// Log returns the lines that the functions have logged.
func (c *Cloud) Log() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.log.String()
}

// Write takes a log line.
func (c *Cloud) Write(line []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.log.Write(line)
}

// A Function is one warm instance of a function.
type Function struct {
	cloud   *Cloud
	handler scf.Function
}

// Function starts an instance.
func (c *Cloud) Function(name string, open scf.Open) *Function {
	return &Function{cloud: c, handler: scf.New(name, open, c)}
}

// Token returns the bearer token of a user, for Post.
func Token(t *testing.T, user string) string {
	t.Helper()
	claims := jwt.MapClaims{"sub": user, "exp": time.Now().Add(time.Hour).Unix()}
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte(jwtSecret))
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// Post calls the function as a web page or an app does, with the event as the
// body of an HTTP request, and returns the response.
func (f *Function) Post(t *testing.T, token, event string) (status int, reply map[string]any) {
	t.Helper()
	request, err := json.Marshal(map[string]any{
		"httpMethod":  "POST",
		"path":        "/",
		"headers":     map[string]string{"authorization": "Bearer " + token, "content-type": "application/json"},
		"queryString": map[string]string{},
		"body":        event,
	})
	if err != nil {
		t.Fatal(err)
	}
	text, err := f.Invoke(t.Context(), "", string(request))
	if err != nil {
		t.Fatalf("POST %s: %v", event, err)
	}
	var response struct {
		StatusCode int
		Body       string
	}
	if err := json.Unmarshal([]byte(text), &response); err != nil {
		t.Fatalf("POST %s: answered %s: %v", event, text, err)
	}
	if err := json.Unmarshal([]byte(response.Body), &reply); err != nil {
		t.Fatalf("POST %s: answered %s: %v", event, text, err)
	}
	return response.StatusCode, reply
}

// Webhook starts an instance of a function that is called over HTTP.
func (c *Cloud) Webhook(name string, open scf.Open) *Function {
	return &Function{cloud: c, handler: scf.NewWebhook(name, open, c)}
}

// Invoke calls the function as a mini program's user, or with openID "" as the
// console's test button.
func (f *Function) Invoke(ctx context.Context, openID, event string) (reply string, err error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	environment := platform.Environment{ID: envID, Database: f.cloud.url, SecretID: secretID, SecretKey: secretKey}.As(openID)
	for name, value := range f.cloud.Settings {
		environment[name] = value
	}
	ctx = functioncontext.NewContext(ctx, &functioncontext.FunctionContext{RequestID: "request-1", Environment: environment})
	payload, err := f.handler.Invoke(ctx, []byte(event))
	return string(payload), err
}

// Reply is Invoke for a call that must be answered with a JSON object, which it
// returns.
func (f *Function) Reply(t *testing.T, openID, event string) map[string]any {
	t.Helper()
	reply, err := f.Invoke(t.Context(), openID, event)
	if err != nil {
		t.Fatalf("%s as %q: %v", event, openID, err)
	}
	var m map[string]any
	if err := json.Unmarshal([]byte(reply), &m); err != nil {
		t.Fatalf("%s as %q: answered %s: %v", event, openID, reply, err)
	}
	return m
}
