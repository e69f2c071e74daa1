package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"webrtc-room/pkg/scf/bearer"
	"webrtc-room/scripts/internal/cmdline"
)

var now = time.Unix(1_900_000_000, 0)

// run runs the command and returns the two values that it prints.
func run(t *testing.T, environment map[string]string, args ...string) (setting, token string, err error) {
	t.Helper()
	var stdout bytes.Buffer
	p := &program{
		stdout: &stdout,
		stderr: io.Discard,
		getenv: func(name string) string { return environment[name] },
		now:    func() time.Time { return now },
	}
	if err := p.run(args); err != nil {
		if stdout.Len() > 0 {
			t.Errorf("it failed and printed %s", &stdout)
		}
		return "", "", err
	}
	lines := strings.Split(stdout.String(), "\n")
	if len(lines) != 3 || lines[2] != "" {
		t.Fatalf("it printed %q, want two lines", &stdout)
	}
	setting, isSetting := strings.CutPrefix(lines[0], "HTTP_JWT_KEYS=")
	token, isToken := strings.CutPrefix(lines[1], "TOKEN=")
	if !isSetting || !isToken {
		t.Fatalf("it printed %q", &stdout)
	}
	return setting, token, nil
}

// user is whose token it is to functions with the setting, at a time.
func user(t *testing.T, config bearer.Config, setting, token string, at time.Time) (string, error) {
	t.Helper()
	keys, err := bearer.ParseKeys(setting)
	if err != nil {
		t.Fatal(err)
	}
	config.Keys, config.Now = keys, func() time.Time { return at }
	return bearer.New(config).User(token)
}

func TestToken(t *testing.T) {
	strict := bearer.Config{Issuer: "https://login.example", Audience: "rooms"}
	environment := map[string]string{"HTTP_JWT_ISSUER": strict.Issuer, "HTTP_JWT_AUDIENCE": strict.Audience}
	for _, alg := range []string{"HS256", "RS256", "ES256", "EdDSA"} {
		t.Run(alg, func(t *testing.T) {
			args := []string{"-alg", alg, "-sub", "bob", "-for", "10m"}
			file := filepath.Join(t.TempDir(), "key.pem")
			if alg != "HS256" {
				args = append(args, "-key", file)
			}
			setting, token, err := run(t, environment, args...)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(setting, ":"+alg+":") {
				t.Errorf("setting = %s", setting)
			}
			if got, err := user(t, strict, setting, token, now.Add(9*time.Minute)); got != "bob" || err != nil {
				t.Errorf("user = %q, %v", got, err)
			}
			if _, err := user(t, strict, setting, token, now.Add(11*time.Minute)); err != bearer.ErrExpired {
				t.Errorf("after its time: %v", err)
			}
			if alg == "HS256" {
				return
			}
			if info, err := os.Stat(file); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
				t.Errorf("the key file: %v, %v", info.Mode(), err)
			}
			// The key in the file is used again, whatever -alg says.
			again, token, err := run(t, environment, "-key", file)
			if got, _ := user(t, strict, setting, token, now); err != nil || again != setting || got != "alice" {
				t.Errorf("again: %s, %q, %v", again, got, err)
			}
		})
	}
}

// A token is of no use to a local server that was started without its key.
func TestHowToStart(t *testing.T) {
	fresh, _, err := run(t, nil)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "key.pem")
	public, _, err := run(t, nil, "-alg", "RS256", "-key", file)
	if err != nil {
		t.Fatal(err)
	}
	shells := func(setting string) []string {
		return []string{"\n\tHTTP_JWT_KEYS='" + setting + "' go run ./scripts/local\n", "\n\t$env:HTTP_JWT_KEYS = '" + setting + "'; go run ./scripts/local\n"}
	}
	for _, tt := range []struct {
		keys string
		args []string
		want []string
	}{
		{"", []string{"-key", file}, shells(public)},
		{fresh, []string{"-key", file}, shells(public)},
		{fresh, nil, []string{"This shell has it", "\n\tgo run ./scripts/local\n"}},
	} {
		var stderr strings.Builder
		p := &program{stdout: io.Discard, stderr: &stderr, getenv: func(name string) string { return map[string]string{"HTTP_JWT_KEYS": tt.keys}[name] }, now: time.Now}
		if err := p.run(tt.args); err != nil {
			t.Fatal(err)
		}
		for _, want := range tt.want {
			if !strings.Contains(stderr.String(), want) {
				t.Errorf("%v with %q: %q is missing in\n%s", tt.args, tt.keys, want, stderr.String())
			}
		}
		if strings.Contains(stderr.String(), fresh) {
			t.Errorf("a secret that is set already was printed:\n%s", stderr.String())
		}
	}
}

func TestSecretOfTheEnvironment(t *testing.T) {
	fresh, _, err := run(t, nil)
	if err != nil {
		t.Fatal(err)
	}
	public, _, err := run(t, nil, "-alg", "EdDSA", "-key", filepath.Join(t.TempDir(), "key.pem"))
	if err != nil {
		t.Fatal(err)
	}
	for name, setting := range map[string]string{
		"its own":           fresh,
		"with a public key": public + ", " + fresh,
		"without kid":       "HS256:" + strings.Repeat("s:", 20),
	} {
		same, token, err := run(t, map[string]string{"HTTP_JWT_KEYS": setting}, "-sub", "bob")
		if err != nil || same != setting {
			t.Errorf("%s: %s, %v", name, same, err)
			continue
		}
		if got, err := user(t, bearer.Config{}, setting, token, now); got != "bob" || err != nil {
			t.Errorf("%s: user = %q, %v", name, got, err)
		}
	}
	if other, _, _ := run(t, nil); other == fresh {
		t.Error("two runs made the same secret")
	}
}

func TestErrors(t *testing.T) {
	dir := t.TempDir()
	noKey := filepath.Join(dir, "text")
	if err := os.WriteFile(noKey, []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	public, _, err := run(t, nil, "-alg", "ES256", "-key", filepath.Join(dir, "key.pem"))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		keys string
		args []string
		want string
	}{
		{"", []string{"-sub", "al ice"}, "no user id"},
		{"", []string{"-for", "-1h"}, "expired"},
		{"", []string{"-for", "60"}, "usage"}, // the flag package has said what is wrong
		{"", []string{"-alg", "ES256"}, "-key"},
		{"", []string{"-key", filepath.Join(dir, "new.pem")}, "-alg RS256"},
		{"", []string{"-alg", "none", "-key", filepath.Join(dir, "new.pem")}, "-alg RS256"},
		{"", []string{"-key", noKey}, "no PEM"},
		{"", []string{"bob"}, "usage"},
		{"a:HS256:short", nil, "32 bytes"},
		{public, nil, "public keys only"},
	} {
		if _, _, err := run(t, map[string]string{"HTTP_JWT_KEYS": tt.keys}, tt.args...); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%v: %v, want something about %s", tt.args, err, tt.want)
		}
	}
	if _, _, err := run(t, nil, "-nosuchflag"); !errors.Is(err, cmdline.ErrUsage) {
		t.Errorf("err = %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "new.pem")); err == nil {
		t.Error("a file was made for nothing")
	}
}
