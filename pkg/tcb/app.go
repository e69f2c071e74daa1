package tcb

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"webrtc-room/pkg/tcb/tc3"
)

// Config says which environment to use, and how. Its zero value is right inside a
// cloud function: all comes from the invocation. What is set here wins.
type Config struct {
	EnvID string // CloudBase environment id

	// A pair of API keys; SessionToken only if they are temporary.
	SecretID     string
	SecretKey    string
	SessionToken string

	Region string // of the environment, e.g. ap-shanghai
	URL    string // a whole endpoint with its path, for an emulator or a proxy

	// Environment returns the platform's variables of the invocation that ctx
	// belongs to. nil means those that scf-go-lib put into ctx.
	Environment func(ctx context.Context) map[string]string

	// Transport carries requests; nil means connections of the App's own, which
	// suit a function. It may live in memory. It must not send a request twice.
	Transport http.RoundTripper

	// Timeout bounds each request, beside the deadline of its context. 0 means 2
	// seconds for the database, of which two fit into a function's usual 5, and 15
	// for calling a function.
	Timeout time.Duration

	Now  func() time.Time // nil means time.Now
	Rand func() float64   // in [0,1), spreads retries; nil means math/rand/v2
}

// String returns the Config without its secrets.
func (c Config) String() string {
	return fmt.Sprintf("tcb.Config{EnvID:%q SecretID:%q Region:%q Timeout:%s}", c.EnvID, c.SecretID, c.Region, c.Timeout)
}

// GoString keeps secrets out of %#v.
func (c Config) GoString() string { return c.String() }

// LogValue keeps secrets out of structured logs.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }

// App is a CloudBase environment. It keeps nothing of an invocation, is safe for
// concurrent use, and is meant to be made once per process.
type App struct {
	config    Config             // without its secrets
	given     func() credentials // with them, where no print can see; nil if there are none
	url       *url.URL           // config.URL, nil if there is none
	transport http.RoundTripper
	signer    tc3.Signer
	requests  atomic.Uint64 // numbers requests for tracing
}

// Init prepares an App. It neither looks for credentials nor connects: both happen
// at the first request, which says what is missing. A nil config is a zero one.
func Init(config *Config) (*App, error) {
	if config == nil {
		config = new(Config)
	}
	a := &App{config: *config, transport: config.Transport}
	if (config.SecretID == "") != (config.SecretKey == "") {
		return nil, errors.New("tcb: Config needs both SecretID and SecretKey, or neither")
	}
	if config.SessionToken != "" && config.SecretID == "" {
		return nil, errors.New("tcb: Config has a SessionToken without the SecretID and SecretKey that it belongs to")
	}
	if config.Timeout < 0 {
		return nil, errors.New("tcb: Config has a negative Timeout")
	}
	if config.SecretID != "" {
		// Keys that were given don't take the platform's session token: that
		// belongs to the platform's keys.
		given := credentials{tc3.Key{SecretID: config.SecretID, SecretKey: config.SecretKey}, config.SessionToken, ""}
		a.given = func() credentials { return given }
		a.config.SecretKey, a.config.SessionToken = "", ""
	}
	if config.URL != "" {
		var err error
		if a.url, err = parseURL(config.URL); err != nil {
			return nil, fmt.Errorf("tcb: Config.URL %w", err)
		}
	}
	if a.transport == nil {
		a.transport = newTransport()
	}
	if a.config.Now == nil {
		a.config.Now = time.Now
	}
	if a.config.Rand == nil {
		a.config.Rand = rand.Float64
	}
	return a, nil
}

// CloseIdleConnections closes connections that no request uses.
func (a *App) CloseIdleConnections() {
	if t, ok := a.transport.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
}

// String returns the App's configuration without its secrets.
func (a *App) String() string { return "tcb.App(" + a.config.String() + ")" }

// GoString keeps secrets out of %#v.
func (a *App) GoString() string { return a.String() }
