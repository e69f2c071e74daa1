package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"webrtc-room/pkg/local/console"
	"webrtc-room/pkg/local/scfemu"
	"webrtc-room/scripts/internal/cmdline"
	"webrtc-room/scripts/internal/project"
)

// server is a local server with the functions of this repository. It has an
// SDKAppID without a key, so that signing functions fail.
var server *console.Server

func TestMain(m *testing.M) {
	os.Exit(func() int {
		const data = "../../.local/test"
		if _, err := scfemu.Build(context.Background(), "../..", data); err != nil {
			panic(err)
		}
		var err error
		server, err = console.Start(context.Background(), console.Config{
			Root:     "../..",
			Data:     data,
			Prebuilt: true,
			Addr:     "127.0.0.1:0",
			Memory:   true,
			Getenv:   func(name string) string { return map[string]string{"TRTC_SDK_APP_ID": "1400000001"}[name] },
		})
		if err != nil {
			panic(err)
		}
		defer server.Close()
		return m.Run()
	}())
}

// invoke runs the command.
func invoke(t *testing.T, stdin string, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	var out, errs bytes.Buffer
	p := &program{stdin: strings.NewReader(stdin), stdout: &out, stderr: &errs}
	err = p.run(t.Context(), args)
	return out.String(), errs.String(), err
}

func addr() string { return strings.TrimPrefix(server.URL, "http://") }
func port() string { return strings.TrimPrefix(addr(), "127.0.0.1:") }

func TestReply(t *testing.T) {
	file := filepath.Join(t.TempDir(), "event.json")
	if err := os.WriteFile(file, []byte(`{"roomID": "1003"}`), 0o666); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		stdin   string
		args    []string
		creator string
		room    string
	}{
		"FlagsLast":    {"", []string{"webrtc-create-room", `{"roomID": 1001}`, "-addr", addr(), "-openid", "bob"}, "bob", "1001"},
		"FlagsFirst":   {"", []string{"-addr", addr(), "-openid", "bob", "webrtc-create-room", `{"roomID": 1002}`}, "bob", "1002"},
		"FlagsBetween": {"", []string{"webrtc-create-room", "-addr=" + addr(), "-openid=bob", "@" + file}, "bob", "1003"},
		"URL":          {"", []string{"webrtc-create-room", "-addr", server.URL, `{"roomID": 1005, "userID": "dave"}`}, "dave", "1005"},
		"Port":         {"", []string{"webrtc-create-room", "-addr", port(), `{"roomID": 1006, "userID": "dave"}`}, "dave", "1006"},
		"Stdin":        {`{"roomID": 1004, "userID": "carol"}`, []string{"-addr", addr(), "webrtc-create-room", "-"}, "carol", "1004"},
		"EventFile":    {"", []string{"-addr", addr(), "webrtc-create-room"}, "alice", ""}, // as functions/webrtc-create-room/event.json has it
	} {
		t.Run(name, func(t *testing.T) {
			stdout, stderr, err := invoke(t, test.stdin, test.args...)
			if err != nil {
				t.Fatal(err, stderr)
			}
			var room struct{ Creator, RoomID string }
			if err := json.Unmarshal([]byte(stdout), &room); err != nil {
				t.Fatal(err, stdout)
			}
			if room.Creator != test.creator || test.room != "" && room.RoomID != test.room {
				t.Errorf("room = %+v", room)
			}
			if !strings.HasPrefix(stdout, "{\n  \"") {
				t.Errorf("not pretty: %s", stdout)
			}
			if !strings.Contains(stderr, `"function":"webrtc-create-room"`) {
				t.Errorf("no log line in %q", stderr)
			}
		})
	}
}

func TestFails(t *testing.T) {
	nobody, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody.Close()
	stranger := httptest.NewServer(http.NotFoundHandler())
	defer stranger.Close()

	for name, test := range map[string]struct {
		args []string
		err  error  // or
		text string // of the error or on stderr
	}{
		"Function":        {[]string{"webrtc-sig-api", "-openid", "alice"}, cmdline.ErrFailed, "TRTC_SECRET_KEY"},
		"UnknownFunction": {[]string{"webrtc-sigapi", "{}"}, nil, "webrtc-sig-api"},
		"NoEvent":         {[]string{"webrtc-sigapi"}, nil, "there are webrtc-create-room, webrtc-enter-room, "},
		"NoSuchFile":      {[]string{"webrtc-sig-api", "@missing.json"}, os.ErrNotExist, ""},
		"NoServer":        {[]string{"webrtc-sig-api", "-addr", nobody.Addr().String()}, nil, "go run ./scripts/local"},
		"OtherServer":     {[]string{"webrtc-sig-api", "-addr", strings.TrimPrefix(stranger.URL, "http://")}, nil, "is not the local server"},
		"NoAddress":       {[]string{"webrtc-sig-api", "-addr", "here"}, cmdline.ErrUsage, "write host:port, as in 127.0.0.1:9527"},
		"Help":            {[]string{"-help"}, flag.ErrHelp, "usage: "},
		"Example":         {[]string{"-help"}, flag.ErrHelp, `-openid alice "{\"roomID\":9527}"`},
		"NoFunction":      {nil, cmdline.ErrUsage, "usage: "},
		"Operands":        {[]string{"webrtc-sig-api", "{}", "{}"}, cmdline.ErrUsage, "usage: "},
		"Flag":            {[]string{"webrtc-sig-api", "-user", "alice"}, cmdline.ErrUsage, "flag provided but not defined: -user"},
	} {
		t.Run(name, func(t *testing.T) {
			stdout, stderr, err := invoke(t, "", append([]string{"-addr", addr()}, test.args...)...)
			if err == nil {
				t.Fatalf("no error, stdout = %s", stdout)
			}
			if test.err != nil && !errors.Is(err, test.err) || test.err != cmdline.ErrFailed && errors.Is(err, cmdline.ErrFailed) {
				t.Errorf("err = %v, want %v", err, test.err)
			}
			if !strings.Contains(stderr+err.Error(), test.text) {
				t.Errorf("err = %v, stderr = %s; want something about %s", err, stderr, test.text)
			}
			if stdout != "" {
				t.Errorf("stdout = %s", stdout)
			}
		})
	}
}

// A refusal is a reply, and an exit status of its own, unless nobody minds.
func TestRefusal(t *testing.T) {
	for _, test := range []struct {
		args []string
		want error
	}{
		{[]string{`{"roomID": "999"}`}, cmdline.ErrRefused},
		{[]string{`{"roomID": "999"}`, "-any"}, nil},
		{[]string{`{"roomID": "0"}`}, cmdline.ErrRefused},
	} {
		stdout, _, err := invoke(t, "", append([]string{"-addr", addr(), "-openid", "alice", "webrtc-quit-room"}, test.args...)...)
		if !errors.Is(err, test.want) || !strings.Contains(stdout, `"reason"`) {
			t.Errorf("%q: %v\n%s", test.args, err, stdout)
		}
	}
	for body, refused := range map[string]bool{`{"data":[]}`: false, `[]`: false, `{"reason":"ROOM_FULL"}`: true, `{"statusCode":401,"body":"{\"reason\":\"BAD_SIGNATURE\"}"}`: true, `{"statusCode":200,"body":"{}"}`: false} {
		if err := refusal([]byte(body)); errors.Is(err, cmdline.ErrRefused) != refused {
			t.Errorf("%s: %v", body, err)
		}
	}
}

// TRTC's reports are refused unless they are signed, which event.json can't be.
func TestReport(t *testing.T) {
	stdout, stderr, err := invoke(t, "", "-addr", addr(), "webrtc-room-events")
	if hint := server.URL + "/#functions/webrtc-room-events"; !errors.Is(err, cmdline.ErrRefused) || !strings.Contains(stdout, "401") || !strings.Contains(stderr, hint) {
		t.Errorf("%v, %s%s; want the hint %s", err, stdout, stderr, hint)
	}
}

// Whoever calls as somebody calls as nobody else.
func TestSampleEvent(t *testing.T) {
	here, err := project.Find(".")
	if err != nil {
		t.Fatal(err)
	}
	p := &program{}
	for openID, named := range map[string]bool{"": true, "bob": false} {
		event, err := p.event(here, []string{"webrtc-enter-room"}, openID)
		if err != nil || strings.Contains(string(event), "userID") != named || !strings.Contains(string(event), "9527") {
			t.Errorf("as %q: %s, %v", openID, event, err)
		}
	}
}
