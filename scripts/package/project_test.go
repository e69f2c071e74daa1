package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"webrtc-room/scripts/internal/project"
)

// clone copies what a clone of the repository has and a package is made of, with
// something more at the end of each Go file.
func clone(t *testing.T, end string) (root string) {
	t.Helper()
	here, err := project.Find(".")
	if err != nil {
		t.Fatal(err)
	}
	root = filepath.Join(t.TempDir(), "clone")
	for _, folder := range []string{"functions", "pkg"} {
		if err := os.CopyFS(filepath.Join(root, folder), os.DirFS(here.Path(folder))); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"go.mod", "go.sum"} {
		content, err := os.ReadFile(here.Path(name))
		if err != nil {
			t.Fatal(err)
		}
		write(t, root, name, string(content))
	}
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".go" {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(path, append(content, end...), 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// The project's own packages pass the checks, and are the same from two clones,
// whatever settings their owners have. The second clone has comments at the end of
// its files, so that the go command compiles them there, and doesn't take what it
// has of the first.
func TestProject(t *testing.T) {
	// A command of its own, for compression with the race detector takes minutes.
	command := filepath.Join(t.TempDir(), "package.exe")
	if output, err := exec.Command("go", "build", "-o", command, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	var made [2]map[string]string // what is in each file
	for i, clone := range []struct {
		root     string
		settings []string
	}{
		{clone(t, ""), nil},
		{clone(t, "\n// The end.\n"), []string{"GOFLAGS=-tags=mine -ldflags=-X=main.x=y", "CGO_ENABLED=1", "GOARCH=arm64", "TZ=Asia/Shanghai"}},
	} {
		pack := exec.Command(command)
		pack.Dir, pack.Env = clone.root, append(os.Environ(), clone.settings...)
		table, err := pack.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, table)
		}
		if i == 0 {
			t.Logf("\n%s", table)
		}
		made[i] = contents(t, filepath.Join(clone.root, ".local", "package"))
	}
	zips := 0
	for name := range made[0] {
		if strings.HasSuffix(name, ".zip") {
			zips++
		}
	}
	if zips < 6 {
		t.Errorf("there are %d packages", zips)
	}
	if diff := cmp.Diff(made[0], made[1]); diff != "" {
		t.Errorf("two clones make different packages:\n%s", diff)
	}
}

// The functions know which commit they are of.
func TestVersion(t *testing.T) {
	here, err := project.Find(".")
	if err != nil {
		t.Fatal(err)
	}
	version := here.Version(t.Context())
	if version == "" {
		t.Skip("git doesn't know this folder, as in a downloaded ZIP")
	}
	const function = "webrtc-get-room-info"
	dir := t.TempDir()
	if err := (&packager{project: here}).build(t.Context(), []string{function}, dir); err != nil {
		t.Fatal(err)
	}
	binary, err := os.ReadFile(filepath.Join(dir, function))
	if err != nil || !bytes.Contains(binary, []byte(version)) {
		t.Errorf("%v: %s isn't in the binary", err, version)
	}
}

// contents is what is in the files of a folder: their sums, by name.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	sums := make(map[string]string)
	for name := range tree(t, dir) {
		content, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		sums[name] = fmt.Sprintf("%x", sha256.Sum256(content))
	}
	return sums
}
