package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"webrtc-room/pkg/local/client"
	"webrtc-room/pkg/local/console"
	"webrtc-room/pkg/local/scfemu"
	"webrtc-room/scripts/internal/cmdline"
)

// built is a data folder with the built functions of this repository.
var built string

func TestMain(m *testing.M) {
	if os.Getenv("LOCAL_TEST_MAIN") != "" {
		main()
		return
	}
	os.Exit(func() int {
		bin, err := scfemu.Build(context.Background(), "../..", "../../.local/test")
		if err != nil {
			panic(err)
		}
		if built, err = os.MkdirTemp("", "local"); err != nil {
			panic(err)
		}
		defer os.RemoveAll(built)
		if err := os.CopyFS(filepath.Join(built, "bin"), os.DirFS(bin)); err != nil {
			panic(err)
		}
		return m.Run()
	}())
}

// start runs the command on a free port.
func start(t *testing.T, args ...string) (p *program, stdout string) {
	t.Helper()
	var out bytes.Buffer
	p = &program{stdout: &out, stderr: io.Discard, getenv: func(string) string { return "" }}
	if err := p.start(t.Context(), append([]string{"-addr", "127.0.0.1:0"}, args...)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.close() })
	return p, out.String()
}

// call calls a function as a user, and returns what is in the reply at the given
// keys.
func call(t *testing.T, p *program, function, user string, event string) (reply map[string]any) {
	t.Helper()
	answer, err := client.New(p.server.URL, 0).Call(t.Context(), function, user, []byte(event))
	if err != nil {
		t.Fatalf("%s: %v", function, err)
	}
	if err := json.Unmarshal(answer.Body, &reply); err != nil {
		t.Fatalf("%s: %s: %v", function, answer.Body, err)
	}
	return reply
}

// Four users enter, a fifth is refused, the server restarts in the middle,
// everybody quits, and the room is gone.
func TestRoom(t *testing.T) {
	data := t.TempDir()
	if err := os.CopyFS(filepath.Join(data, "bin"), os.DirFS(filepath.Join(built, "bin"))); err != nil {
		t.Fatal(err)
	}
	p, _ := start(t, "-data", data, "-build=false")
	const room = `{"roomID": 9527}`
	users := []string{"alice", "bob", "carol", "dave"}
	for i, user := range users {
		reply := call(t, p, "webrtc-enter-room", user, room)
		want := "enter"
		if i == 0 {
			want = "create"
		}
		if reply["msg"] != want {
			t.Errorf("%s: msg = %v, want %s", user, reply["msg"], want)
		}
	}
	if reply := call(t, p, "webrtc-enter-room", "erin", room); reply["code"] != "5001" {
		t.Errorf("the fifth: %v", reply)
	}

	if err := p.close(); err != nil {
		t.Fatal(err)
	}
	p, _ = start(t, "-data", data, "-build=false")

	for i, user := range users {
		reply := call(t, p, "webrtc-quit-room", user, room)
		stats := reply["res"].(map[string]any)["stats"]
		want := map[string]any{"updated": 1.0}
		if i == len(users)-1 {
			want = map[string]any{"removed": 1.0}
		}
		if diff := cmp.Diff(any(want), stats); diff != "" {
			t.Errorf("%s: %s", user, diff)
		}
	}
	if reply := call(t, p, "webrtc-get-room-info", "alice", room); len(reply["data"].([]any)) != 0 {
		t.Errorf("the room is still there: %v", reply)
	}
}

func TestGreeting(t *testing.T) {
	p, memory := start(t, "-memory", "-data", built, "-build=false")
	url := regexp.QuoteMeta(p.server.URL)
	if !regexp.MustCompile(`^Open  ` + url + ` \(with a throw-away TRTC key; set TRTC_SDK_APP_ID and TRTC_SECRET_KEY for your own; Ctrl-C stops\)
Try   curl -H "X-WX-OPENID: alice" -d "\{\\"roomID\\":9527\}" ` + url + `/v1/functions/webrtc-enter-room
Data  in memory; for @cloudbase/node-sdk: init\(require\(".*cloudbase.json"\)\)
$`).MatchString(memory) {
		t.Error(memory)
	}
	_, kept := start(t, "-data", built, "-build=false")
	if !strings.Contains(kept, "\nData  "+built+"; ") {
		t.Error(kept)
	}
}

// A data folder below this one is named as one types it.
func TestGreetingShortens(t *testing.T) {
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ data, want string }{
		{filepath.Join(here, ".local"), "Data  .local; "},
		{filepath.Join(here, "..", ".local"), "Data  " + filepath.Join(filepath.Dir(here), ".local") + "; "},
	} {
		var out strings.Builder
		p := &program{stdout: &out, server: &console.Server{Data: test.data, ThrowAwayKey: true}}
		p.greet(false)
		if !strings.Contains(out.String(), "\n"+test.want) {
			t.Errorf("in %s: %s, want %s", test.data, out.String(), test.want)
		}
	}
}

func TestArguments(t *testing.T) {
	for _, test := range []struct {
		args   []string
		err    error
		stderr string
	}{
		{[]string{"-help"}, flag.ErrHelp, "usage: go run ./scripts/local [flags]\n  -addr host:port"},
		{[]string{"-port", "80"}, cmdline.ErrUsage, "flag provided but not defined: -port"},
		{[]string{"webrtc-enter-room"}, nil, ""},
		{[]string{"-vanish", "90", "-memory"}, cmdline.ErrUsage, "time"},
		{[]string{"-vanish", "0s", "-memory"}, nil, ""},
		{[]string{"-addr", "nowhere", "-memory", "-data", built, "-build=false"}, nil, ""},
	} {
		var stderr bytes.Buffer
		p := &program{stdout: io.Discard, stderr: &stderr, getenv: func(string) string { return "" }}
		err := p.start(t.Context(), test.args)
		if err == nil {
			p.close()
			t.Errorf("%q started", test.args)
		}
		if test.err != nil && !errors.Is(err, test.err) || !strings.Contains(stderr.String(), test.stderr) {
			t.Errorf("%q: %v, %s", test.args, err, stderr.String())
		}
	}
}

func TestOutsideOfTheRepository(t *testing.T) {
	t.Chdir(t.TempDir())
	p := &program{stdout: io.Discard, stderr: io.Discard, getenv: func(string) string { return "" }}
	if err := p.start(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "not in the repository") {
		t.Errorf("err = %v", err)
	}
}

func TestMadeByGoRun(t *testing.T) {
	const sum = "deed1034e4168ce530189a63a04c1b96bde9abd06157bb0316e45a3dc8d34283"
	for executable, want := range map[string]bool{
		"/home/me/build/go-build3141/b001/exe/local":                    true,
		"/home/me/.cache/go-build/de/" + sum + "-d/local":               true,
		"/var/ci/cache/de/" + sum + "-d/local":                          true,
		"C:/Users/me/AppData/Local/go-build/de/" + sum + "-d/local.exe": true,
		"/usr/local/bin/local":                                          false,
		"/home/me/" + sum + "/local":                                    false,
	} {
		if got := madeByGoRun(executable); got != want {
			t.Errorf("%s: %v", executable, got)
		}
	}
}
