package tcb

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// roundTripper is a Transport in memory.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) {
	defer r.Body.Close()
	return f(r)
}

func jsonResponse(status int, body string) *http.Response {
	return &http.Response{
		StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
	}
}

// answering is an App whose every request gets this reply.
func answering(t *testing.T, status int, body string) *App {
	t.Helper()
	return withTransport(t, func(*http.Request) (*http.Response, error) { return jsonResponse(status, body), nil })
}

func withTransport(t *testing.T, transport roundTripper) *App {
	t.Helper()
	return initApp(t, Config{Transport: transport})
}

// initApp fills in what a test of sending doesn't care about.
func initApp(t *testing.T, config Config) *App {
	t.Helper()
	if config.EnvID == "" {
		config.EnvID = "test-env-1"
	}
	if config.SecretID == "" {
		config.SecretID, config.SecretKey = "AKIDexample", "SECRETexample"
	}
	if config.Rand == nil {
		config.Rand = func() float64 { return 0 }
	}
	app, err := Init(&config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(app.CloseIdleConnections)
	return app
}

// inBubble runs a test in synctest's time, in which pauses take none.
func inBubble(test func(*testing.T)) func(*testing.T) {
	return func(t *testing.T) { synctest.Test(t, test) }
}

// environmentOf is a Config.Environment that is the same for each invocation.
func environmentOf(vars map[string]string) func(context.Context) map[string]string {
	return func(context.Context) map[string]string { return vars }
}

// method is one of the methods that ask the service, with arguments that pass.
type method struct {
	name   string
	action string
	writes bool
	call   func(context.Context, *App) error
}

var methods = []method{
	{"Insert", "database.insertDocument", true, insert(M{"_id": "a"}).do},
	{"Get", "database.getDocument", false, get("a").do},
	{"Find", "database.getDocument", false, find(Query{}).do},
	{"Count", "database.calculateDocument", false, count(nil).do},
	{"Update", "database.modifyDocument", true, update(M{"_id": "a"}, M{"$set": M{"x": 1}}).do},
	{"UpdateAndReturn", "database.modifyAndReturnDoc", true, updateAndReturn(M{"_id": "a"}, M{"$set": M{"x": 1}}).do},
	{"Remove", "database.removeDocument", true, remove(M{"_id": "a"}).do},
	{"CreateCollection", "database.addCollection", true, createCollection("games").do},
	{"Create", "database.addCollection", true, onGames(func(ctx context.Context, c *Collection) error { return c.Create(ctx) })},
	{"CallFunction", "functions.invokeFunction", true, callFunction("hello", nil).do},
}

// stopped is a clock that doesn't run.
func stopped(at time.Time) func() time.Time { return func() time.Time { return at } }
