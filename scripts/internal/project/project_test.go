package project

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"webrtc-room/pkg/settings"
)

func write(t *testing.T, root, name, text string) {
	t.Helper()
	path := filepath.Join(root, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestFind(t *testing.T) {
	p, err := Find(".")
	if err != nil {
		t.Fatal(err)
	}
	functions, err := p.Functions()
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"webrtc-create-room", "webrtc-enter-room", "webrtc-get-room-info",
		"webrtc-get-room-list", "webrtc-quit-room", "webrtc-room-events", "webrtc-sig-api",
	}
	if diff := cmp.Diff(want, functions); diff != "" {
		t.Errorf("functions (-want +got):\n%s", diff)
	}
	for _, function := range functions {
		if _, err := p.Event(function); err != nil {
			t.Error(err)
		}
	}
	if _, err := Find(t.TempDir()); err == nil {
		t.Error("a folder outside of the repository was taken for it")
	}
}

// What this package says of the functions is so.
func TestFunctions(t *testing.T) {
	p, err := Find(".")
	if err != nil {
		t.Fatal(err)
	}
	functions, err := p.Functions()
	if err != nil {
		t.Fatal(err)
	}
	for _, function := range functions {
		source, err := os.ReadFile(p.Path("functions/" + function + "/main.go"))
		if err != nil {
			t.Fatal(err)
		}
		signs := settings.Named("TRTC_SECRET_KEY").IsFor(function)
		if uses := strings.Contains(string(source), "signin.New("); uses != signs {
			t.Errorf("%s signs: %v, and its main.go uses signin.New: %v", function, signs, uses)
		}
		if name := Switch(function); name != "" && !strings.Contains(string(source), name) {
			t.Errorf("Switch(%q) = %q, which its main.go doesn't look at", function, name)
		}
	}
}

func TestLoadSettings(t *testing.T) {
	root := t.TempDir()
	write(t, root, ".env", "# settings\nTCB_ENV_ID=from-env-file\nexport TRTC_SDK_APP_ID = '1400000001'\nTRTC_SECRET_KEY=\"abc # def\"\nLOG_LEVEL=debug # for now\nEMPTY=\n")
	write(t, root, ".env.local", "\r\nTCB_ENV_ID=from-local-file\r\n")
	p := Project{root}
	got, err := p.LoadSettings([]string{"TCB_ENV_ID=from-environment", "BLANK= ", "=C:=windows"})
	if err != nil {
		t.Fatal(err)
	}
	want := Settings{
		"TCB_ENV_ID": "from-environment", "TRTC_SDK_APP_ID": "1400000001",
		"TRTC_SECRET_KEY": "abc # def", "LOG_LEVEL": "debug",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("settings (-want +got):\n%s", diff)
	}
	for _, text := range []string{"TRTC_SECRET_KEY", "=x", "KEY=\"-----BEGIN"} {
		write(t, root, ".env", text)
		if _, err := p.LoadSettings(nil); err == nil {
			t.Errorf(".env with %q was accepted", text)
		}
	}
}

func TestRedact(t *testing.T) {
	s := Settings{"TRTC_SECRET_KEY": "0123456789abcdef", "TRTC_PRIVATE_KEY": "short", "TCB_ENV_ID": "prod-1gabc"}
	got := s.Redact("prod-1gabc: TRTC_SECRET_KEY=0123456789abcdef; a short word")
	if want := "prod-1gabc: TRTC_SECRET_KEY=[TRTC_SECRET_KEY]; a short word"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
