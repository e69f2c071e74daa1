package project

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"webrtc-room/pkg/settings"
	"webrtc-room/pkg/signin"
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
	got, err := p.LoadSettings([]string{"TCB_ENV_ID=from-environment", "BLANK= ", "=C:=windows"}, "")
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
	for text, want := range map[string]settings.Text{
		"TRTC_SECRET_KEY":     {ZH: "第 1 行：应为", EN: "line 1: expected NAME=value"},
		"=x":                  {ZH: "第 1 行：应为", EN: "line 1: expected NAME=value"},
		"\nKEY=\"-----BEGIN":  {ZH: "第 2 行：KEY 的引号", EN: "line 2: the quotation mark of KEY"},
		"TRTC_SECRET_KEY＝abc": {ZH: "全角", EN: "full-width"},
		"TRTC_SECRET_KEY：abc": {ZH: "全角", EN: "full-width"},
		"TRTC_PRIVATE_KEY=-----BEGIN PRIVATE KEY-----\nMIGH=\n-----END PRIVATE KEY-----\n": {ZH: "好几行", EN: "in several lines"},
	} {
		write(t, root, ".env", text)
		_, err := p.LoadSettings(nil, "")
		var wrong *LineError
		if !errors.As(err, &wrong) || !strings.Contains(wrong.In("zh"), want.ZH) || !strings.Contains(wrong.In("en"), want.EN) {
			t.Errorf(".env with %q: %v", text, err)
		}
	}
	write(t, root, ".env", `TRTC_PRIVATE_KEY=-----BEGIN PRIVATE KEY-----\nMIGH\n-----END PRIVATE KEY-----`)
	if _, err := p.LoadSettings(nil, ""); err != nil {
		t.Errorf("a private key in one line: %v", err)
	}
}

func TestLoadSettingsOfOneEnvironment(t *testing.T) {
	root := t.TempDir()
	write(t, root, ".env", "TCB_ENV_ID=production\nTRTC_SECRET_KEY=of-production\n")
	write(t, root, ".env.staging", "TCB_ENV_ID=staging-1gabc\nLOG_LEVEL=debug\n")
	write(t, root, ".env.half", "LOG_LEVEL=debug\n")
	p := Project{root}
	got, err := p.LoadSettings([]string{"LOG_LEVEL=warn"}, "staging")
	if diff := cmp.Diff(Settings{"TCB_ENV_ID": "staging-1gabc", "LOG_LEVEL": "warn"}, got); diff != "" || err != nil {
		t.Errorf("%v, settings (-want +got):\n%s", err, diff)
	}
	for _, name := range []string{"half", "absent"} {
		_, err := p.LoadSettings([]string{"TCB_ENV_ID=production"}, name)
		var wrong *FileError
		if !errors.As(err, &wrong) || wrong.File != ".env."+name {
			t.Errorf("-env %s: %v, want an error about its file", name, err)
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

// No file that the documentation names for a secret is taken by git add, and one
// that was taken before is found.
func TestGitIgnore(t *testing.T) {
	git, err := exec.LookPath("git")
	if err != nil {
		t.Skip("there is no git, which this test asks")
	}
	here, err := Find(".")
	if err != nil {
		t.Fatal(err)
	}
	ignore, err := os.ReadFile(here.Path(".gitignore"))
	if err != nil {
		t.Fatal(err)
	}
	clone := Project{t.TempDir()}
	run := func(args ...string) (string, error) {
		output, err := exec.Command(git, append([]string{"-C", clone.Root}, args...)...).CombinedOutput()
		return string(output), err
	}
	if output, err := run("init", "-q"); err != nil {
		t.Fatal(output)
	}
	write(t, clone.Root, ".gitignore", string(ignore))

	secrets := []string{".env", ".env.local", ".env.prod", "scripts/.env", ".local/keys.json", ".local/cloudbase.json", "config/private_key"}
	functions, err := here.Functions()
	if err != nil {
		t.Fatal(err)
	}
	for _, function := range functions {
		secrets = append(secrets, "functions/"+function+"/"+signin.KeyFile)
	}
	// What the documentation says to put a key into.
	named := regexp.MustCompile(`[\w./-]*\w\.(?:pem|key)\b|-key(?:-file)? +([\w./-]+)`)
	for _, pattern := range []string{"*.md", "scripts/*/*.go", "functions/*/*.go", "pkg/*/*.go"} {
		files, err := filepath.Glob(here.Path(pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			for _, found := range named.FindAllStringSubmatch(string(text), -1) {
				name := found[0]
				if found[1] != "" {
					name = found[1]
				}
				if strings.Contains(name, ".") && !strings.HasPrefix(name, ".") {
					secrets = append(secrets, name)
				}
			}
		}
	}
	if !slices.Contains(secrets, "login.pem") || !slices.Contains(secrets, "trtc.key") {
		t.Errorf("this test doesn't find the documentation's files any more: %q", secrets)
	}
	for _, name := range secrets {
		if _, err := run("check-ignore", "-q", name); err != nil {
			t.Errorf("git add . would take %s", name)
		}
	}

	if tracked := clone.TrackedSecrets(t.Context()); len(tracked) > 0 {
		t.Errorf("nothing is tracked, and found is %q", tracked)
	}
	const key = "functions/webrtc-sig-api/config/private_key"
	write(t, clone.Root, key, "a key")
	if output, err := run("add", "-f", key); err != nil {
		t.Fatal(output)
	}
	if diff := cmp.Diff([]string{key}, clone.TrackedSecrets(t.Context())); diff != "" {
		t.Errorf("tracked secrets (-want +got):\n%s", diff)
	}
}
