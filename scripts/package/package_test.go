package main

import (
	"archive/zip"
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"webrtc-room/scripts/internal/project"
)

// write writes a file of a stand-in project.
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

const goodMain = "package main\n\nimport \"os\"\n\nfunc main() { os.Exit(7) }\n"

// standIn makes a project with two functions, one of which signs.
func standIn(t *testing.T) *packager {
	t.Helper()
	root := t.TempDir()
	write(t, root, "go.mod", "module webrtc-room\n\ngo 1.25\n")
	write(t, root, "functions/webrtc-quit-room/main.go", goodMain)
	write(t, root, "functions/webrtc-sig-api/main.go", goodMain)
	return &packager{project: project.Project{Root: root}}
}

// tree is what is in a folder: mode and size of each file, by name.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := make(map[string]string)
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err == nil {
			found[path] = info.Mode().String()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// entries is what is in a zip: the mode of each file, by name.
func entries(t *testing.T, path string) map[string]string {
	t.Helper()
	archive, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	found := make(map[string]string)
	for _, entry := range archive.File {
		found[entry.Name] = entry.Mode().String()
	}
	return found
}

func TestPackages(t *testing.T) {
	p := standIn(t)
	write(t, p.project.Root, "functions/webrtc-sig-api/config/private_key", "-----BEGIN PRIVATE KEY-----\nMIGEAgEAMBAGByqGSM49AgEGBSuBBAAKBG0wawIBAQQg\n-----END PRIVATE KEY-----\n")
	write(t, p.project.Packages(), "webrtc-old/main", "of yesterday")
	made, err := p.pack(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(made) != 2 || made[0].function != "webrtc-quit-room" || made[0].hasKey || !made[1].hasKey {
		t.Errorf("made %+v", made)
	}

	const program, plain = "-rwxr-xr-x", "-rw-r--r--"
	if runtime.GOOS != "windows" { // which keeps no modes
		want := map[string]string{
			"flat/webrtc-quit-room":             program,
			"flat/webrtc-sig-api":               program,
			"flat/config/private_key":           plain,
			"webrtc-quit-room/main":             program,
			"webrtc-sig-api/main":               program,
			"webrtc-sig-api/config/private_key": plain,
			"webrtc-quit-room.zip":              plain,
			"webrtc-sig-api.zip":                plain,
		}
		if diff := cmp.Diff(want, tree(t, p.project.Packages())); diff != "" {
			t.Errorf("files (-want +got):\n%s", diff)
		}
	}
	for name, want := range map[string]map[string]string{
		"webrtc-quit-room.zip": {"main": program},
		"webrtc-sig-api.zip":   {"main": program, "config/private_key": plain},
	} {
		if diff := cmp.Diff(want, entries(t, filepath.Join(p.project.Packages(), name))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}

	if runtime.GOOS == targetOS && runtime.GOARCH == targetArch { // the binary runs where it is meant to
		command := exec.Command(filepath.Join(p.project.Packages(), "webrtc-quit-room", "main"))
		if command.Run(); command.ProcessState == nil || command.ProcessState.ExitCode() != 7 {
			t.Errorf("the binary ended with %v, want exit status 7", command.ProcessState)
		}
	}

	var table bytes.Buffer
	if err := p.report(&table, made); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{fmt.Sprintf("%x", made[0].sum), "with config/private_key", "into .local/package"} {
		if !strings.Contains(table.String(), want) {
			t.Errorf("the table lacks %q:\n%s", want, table.String())
		}
	}
}

// What is wrong is said, and what was there before stays.
func TestRefusals(t *testing.T) {
	const key = "-----BEGIN EC PRIVATE KEY-----\nMHQCAQEEIGJ1dCBub3QgcmVhbGx5IGEga2V5IGF0\n-----END EC PRIVATE KEY-----\n"
	quote := func(text string) string {
		return fmt.Sprintf("package main\n\nvar text = %q\n\nfunc main() { println(text) }\n", text)
	}
	tests := []struct {
		name string
		make func(t *testing.T, p *packager)
		want string
	}{
		{"does not compile", func(t *testing.T, p *packager) {
			write(t, p.project.Root, "functions/webrtc-sig-api/main.go", "package main\n\nfunc main() { undefined() }\n")
		}, "main.go:3"},
		{"secret in the source", func(t *testing.T, p *packager) {
			p.settings = project.Settings{"TRTC_SECRET_KEY": "5bd2850fff3ecb11d7c805251c51ee46"}
			write(t, p.project.Root, "functions/webrtc-sig-api/main.go", quote("5bd2850fff3ecb11d7c805251c51ee46"))
		}, "main contains the value of TRTC_SECRET_KEY"},
		{"private key in the source", func(t *testing.T, p *packager) {
			write(t, p.project.Root, "functions/webrtc-sig-api/main.go", quote(key))
		}, "main contains a private key"},
		{"laptop-only package", func(t *testing.T, p *packager) {
			write(t, p.project.Root, "pkg/local/tcbemu/tcbemu.go", "package tcbemu\n")
			write(t, p.project.Root, "functions/webrtc-sig-api/main.go", "package main\n\nimport _ \"webrtc-room/pkg/local/tcbemu\"\n\nfunc main() {}\n")
		}, "webrtc-sig-api links webrtc-room/pkg/local/tcbemu"},
		{"package testing", func(t *testing.T, p *packager) {
			write(t, p.project.Root, "functions/webrtc-sig-api/main.go", "package main\n\nimport _ \"testing\"\n\nfunc main() {}\n")
		}, "links testing"},
		{"key of a function that signs nothing", func(t *testing.T, p *packager) {
			write(t, p.project.Root, "functions/webrtc-quit-room/config/private_key", key)
		}, "webrtc-quit-room/config/private_key: that function signs nothing"},
		{"two keys", func(t *testing.T, p *packager) {
			write(t, p.project.Root, "functions/webrtc-enter-room/main.go", goodMain)
			write(t, p.project.Root, "functions/webrtc-enter-room/config/private_key", key)
			write(t, p.project.Root, "functions/webrtc-sig-api/config/private_key", "another "+key)
		}, "an app has one key"},
		{"a key that was copied to some", func(t *testing.T, p *packager) {
			write(t, p.project.Root, "functions/webrtc-enter-room/main.go", goodMain)
			write(t, p.project.Root, "functions/webrtc-enter-room/config/private_key", key)
		}, "webrtc-sig-api/config/private_key: it isn't there"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel() // each compiles
			p := standIn(t)
			write(t, p.project.Packages(), "webrtc-sig-api.zip", "of yesterday")
			test.make(t, p)
			_, err := p.pack(t.Context())
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got error %v, want one with %q", err, test.want)
			}
			if err != nil && (strings.Contains(err.Error(), "5bd2850f") || strings.Contains(err.Error(), "MHQCAQEE")) {
				t.Errorf("the error shows the secret: %v", err)
			}
			left := tree(t, filepath.Dir(p.project.Packages()))
			if len(left) != 1 || left["package/webrtc-sig-api.zip"] == "" {
				t.Errorf("left behind %v", left)
			}
		})
	}
}

// check finds what build would never make.
func TestCheck(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "go.mod", "module m\n\ngo 1.25\n")
	write(t, dir, "main.go", goodMain)
	build := exec.Command("go", "build", "-o", "main")
	build.Dir, build.Env = dir, append(os.Environ(), "CGO_ENABLED=0", "GOOS="+targetOS, "GOARCH="+targetArch)
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	unstripped, err := os.ReadFile(filepath.Join(dir, "main"))
	if err != nil {
		t.Fatal(err)
	}
	arm := bytes.Clone(unstripped)
	binary.LittleEndian.PutUint16(arm[18:], uint16(elf.EM_AARCH64))
	for _, test := range []struct {
		name    string
		program []byte
		want    string
	}{
		{"source", []byte("package main"), "no Linux program"},
		{"macOS", []byte("\xcf\xfa\xed\xfe\x07\x00\x00\x01"), "no Linux program"},
		{"arm64", arm, "EM_AARCH64"},
		{"not stripped", unstripped, "not stripped"},
		{"dynamic", dynamic(unstripped), "not static"},
	} {
		if err := checkExecutable(test.program); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got error %v, want one with %q", test.name, err, test.want)
		}
	}
	for _, test := range []struct {
		name   string
		files  []file
		before int // bytes, which a zip may have before it begins
		want   string
	}{
		{"empty", nil, 0, "there is no main in its root"},
		{"wrong handler", []file{{"index.js", 0o755, []byte("exports.main = 1")}}, 0, "there is a file index.js"},
		{"not executable", []file{{"main", 0o644, []byte("package main")}}, 0, "mode -rw-r--r--"},
		{"no program", []file{{"main", 0o755, []byte("package main")}}, 0, "main: it is no Linux program"},
		{"too large", nil, budget, "over the budget"},
	} {
		archive, err := pack(test.files)
		if err != nil {
			t.Fatal(err)
		}
		if err := check(append(make([]byte, test.before), archive...), nil); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got error %v, want one with %q", test.name, err, test.want)
		}
	}
}

// dynamic makes a static program look as if it needed a loader: it turns the note
// that Go puts into each program into a PT_INTERP.
func dynamic(program []byte) []byte {
	program = bytes.Clone(program)
	const headers, size, note, interpreter = 64, 56, 4, 3
	for at := headers; at < headers+32*size; at += size {
		if program[at] == note {
			program[at] = interpreter
			break
		}
	}
	return program
}

func TestCheckReferences(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "serverless.yml", `inputs:
  namespace: ${env:TCB_ENV_ID} # ${env:TCB_ENV_ID}
  # value: ${env:COMMENTED_OUT}
  environments:
    - {key: ROOM_MAX_MEMBERS, value: "4"}
    - {key: TRTC_SECRET_KEY, value: "${env:TRTC_SECRET_KEY}"}
    # - {key: LOG_LEVEL, value: "${env:LOG_LEVEL}"}
    #     # - {key: LOG_LEVEL, value: "${env:LOG_LEVEL}"}
`)
	for _, test := range []struct {
		more project.Settings
		want string
	}{
		{project.Settings{}, ""},
		{project.Settings{"ROOM_MAX_MEMBERS": "4"}, ""},
		{project.Settings{"TCB_ENV_ID": ""}, "set TCB_ENV_ID in"},
		{project.Settings{"TCB_ENV_ID": "", "TRTC_SECRET_KEY": ""}, "set TCB_ENV_ID, TRTC_SECRET_KEY in"},
		{project.Settings{"LOG_LEVEL": "debug"}, "uncomment the lines of LOG_LEVEL in it"},
		{project.Settings{"ROOM_MAX_MEMBERS": "6"}, "the lines of ROOM_MAX_MEMBERS"},
	} {
		settings := project.Settings{"TCB_ENV_ID": "prod-1gabc", "TRTC_SECRET_KEY": "x"}
		maps.Copy(settings, test.more)
		err := checkReferences(filepath.Join(dir, "serverless.yml"), settings)
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%v: got %v, want an error with %q", test.more, err, test.want)
		}
	}
}

// Whatever is set can be passed on by the project's serverless.yml, by uncommenting
// its lines where functions are deployed.
func TestServerlessPassesOn(t *testing.T) {
	here, err := project.Find(".")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(here.Path("serverless.yml"))
	if err != nil {
		t.Fatal(err)
	}
	set := project.Settings{"TCB_ENV_ID": "prod-1gabc", "TRTC_SDK_APP_ID": "1400000001", "TRTC_SECRET_KEY": "x"}
	check := func(text string, name, value, want string) {
		t.Helper()
		path := filepath.Join(t.TempDir(), "serverless.yml")
		write(t, filepath.Dir(path), "serverless.yml", text)
		settings := maps.Clone(set)
		settings[name] = value
		err := checkReferences(path, settings)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s=%s: got %v, want an error with %q", name, value, err, want)
		}
	}
	check(string(text), "ROOM_MAX_MEMBERS", "4", "")
	check(string(text), "TRTC_CALLBACK_KEY", "key", "TRTC_CALLBACK_KEY")
	uncomment := regexp.MustCompile(`(?m)^(    +)# (- \{key: (\w+), value: "\$\{env:\w+\}"\})$`)
	found := uncomment.FindAllStringSubmatch(string(text), -1)
	if len(found) < 5 {
		t.Fatalf("%d variables are commented out", len(found))
	}
	for _, match := range found {
		name := match[3]
		check(string(text), name, "value", "uncomment the lines of "+name)
		passed := uncomment.ReplaceAllStringFunc(string(text), func(line string) string {
			if !strings.Contains(line, "{key: "+name+",") {
				return line
			}
			return uncomment.ReplaceAllString(line, "$1$2")
		})
		check(passed, name, "value", "")
	}
}
