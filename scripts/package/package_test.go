package main

import (
	"archive/zip"
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
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
	return &packager{project: project.Project{Root: root}, out: filepath.Join(root, ".local", "package")}
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
	write(t, p.out, "webrtc-old/main", "of yesterday")
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
		if diff := cmp.Diff(want, tree(t, p.out)); diff != "" {
			t.Errorf("files (-want +got):\n%s", diff)
		}
	}
	for name, want := range map[string]map[string]string{
		"webrtc-quit-room.zip": {"main": program},
		"webrtc-sig-api.zip":   {"main": program, "config/private_key": plain},
	} {
		if diff := cmp.Diff(want, entries(t, filepath.Join(p.out, name))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
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

// The binary runs where it is meant to.
func TestBinaryStarts(t *testing.T) {
	if runtime.GOOS != targetOS || runtime.GOARCH != targetArch {
		t.Skipf("only %s/%s runs what is packaged", targetOS, targetArch)
	}
	p := standIn(t)
	if _, err := p.pack(t.Context()); err != nil {
		t.Fatal(err)
	}
	command := exec.Command(filepath.Join(p.out, "webrtc-quit-room", "main"))
	if command.Run(); command.ProcessState == nil || command.ProcessState.ExitCode() != 7 {
		t.Errorf("the binary ended with %v, want exit status 7", command.ProcessState)
	}
}

// Two people in different folders make the same bytes, whatever their settings.
func TestReproducible(t *testing.T) {
	sums := make(map[string]bool)
	for _, settings := range [][2]string{{"GOFLAGS", ""}, {"GOFLAGS", "-tags=mine -ldflags=-X=main.x=y"}, {"CGO_ENABLED", "1"}} {
		t.Setenv(settings[0], settings[1])
		made, err := standIn(t).pack(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		sums[fmt.Sprintf("%x", made[0].sum)] = true
	}
	if len(sums) != 1 {
		t.Errorf("%d different packages of the same source", len(sums))
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
			write(t, p.project.Root, "pkg/tcbemu/tcbemu.go", "package tcbemu\n")
			write(t, p.project.Root, "functions/webrtc-sig-api/main.go", "package main\n\nimport _ \"webrtc-room/pkg/tcbemu\"\n\nfunc main() {}\n")
		}, "webrtc-sig-api links webrtc-room/pkg/tcbemu"},
		{"package testing", func(t *testing.T, p *packager) {
			write(t, p.project.Root, "functions/webrtc-sig-api/main.go", "package main\n\nimport _ \"testing\"\n\nfunc main() {}\n")
		}, "links testing"},
		{"key of a function that signs nothing", func(t *testing.T, p *packager) {
			write(t, p.project.Root, "functions/webrtc-quit-room/config/private_key", key)
		}, "webrtc-quit-room signs nothing"},
		{"two keys", func(t *testing.T, p *packager) {
			write(t, p.project.Root, "functions/webrtc-enter-room/main.go", goodMain)
			write(t, p.project.Root, "functions/webrtc-enter-room/config/private_key", key)
			write(t, p.project.Root, "functions/webrtc-sig-api/config/private_key", "another "+key)
		}, "an app has one key"},
		{"a key that was copied to some", func(t *testing.T, p *packager) {
			write(t, p.project.Root, "functions/webrtc-enter-room/main.go", goodMain)
			write(t, p.project.Root, "functions/webrtc-enter-room/config/private_key", key)
		}, "webrtc-sig-api, which signs as well, has none"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := standIn(t)
			write(t, p.out, "webrtc-sig-api.zip", "of yesterday")
			test.make(t, p)
			_, err := p.pack(t.Context())
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got error %v, want one with %q", err, test.want)
			}
			if err != nil && (strings.Contains(err.Error(), "5bd2850f") || strings.Contains(err.Error(), "MHQCAQEE")) {
				t.Errorf("the error shows the secret: %v", err)
			}
			left := tree(t, filepath.Dir(p.out))
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
	tests := []struct {
		name  string
		files []file
		want  string
	}{
		{"empty", nil, "there is no main in its root"},
		{"wrong handler", []file{{"index.js", 0o755, []byte("exports.main = 1")}}, "there is a file index.js"},
		{"source", []file{{"main", 0o755, []byte("package main")}}, "no Linux program"},
		{"macOS", []file{{"main", 0o755, []byte("\xcf\xfa\xed\xfe\x07\x00\x00\x01")}}, "no Linux program"},
		{"arm64", []file{{"main", 0o755, arm}}, "EM_AARCH64"},
		{"not stripped", []file{{"main", 0o755, unstripped}}, "not stripped"},
		{"not executable", []file{{"main", 0o644, unstripped}}, "mode -rw-r--r--"},
		{"dynamic", []file{{"main", 0o755, dynamic(unstripped)}}, "not static"},
		{"too large", []file{{"main", 0o755, noise(budget + 1)}}, "over the budget"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			archive, err := pack(test.files)
			if err != nil {
				t.Fatal(err)
			}
			if err := check(archive, nil); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got error %v, want one with %q", err, test.want)
			}
		})
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

// noise is bytes that don't compress.
func noise(n int) []byte {
	b := make([]byte, n)
	for i, x := 0, uint64(1); i < n; i++ {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		b[i] = byte(x)
	}
	return b
}

func TestCheckReferences(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "serverless.yml", "inputs:\n  namespace: ${env:TCB_ENV_ID}\n  # value: ${env:COMMENTED_OUT}\n  key: ${env:TRTC_SECRET_KEY} # ${env:TCB_ENV_ID}\n")
	path := filepath.Join(dir, "serverless.yml")
	err := checkReferences(path, project.Settings{"TRTC_SECRET_KEY": "x"})
	if err == nil || !strings.Contains(err.Error(), "set TCB_ENV_ID in") {
		t.Errorf("got %v, want an error that asks for TCB_ENV_ID", err)
	}
	if err := checkReferences(path, project.Settings{"TRTC_SECRET_KEY": "x", "TCB_ENV_ID": "prod-1gabc"}); err != nil {
		t.Error(err)
	}
}
