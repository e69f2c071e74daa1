package main

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"webrtc-room/scripts/internal/project"
)

// clone copies what a clone of the repository has and a package is made of.
func clone(t *testing.T) *packager {
	t.Helper()
	here, err := project.Find(".")
	if err != nil {
		t.Fatal(err)
	}
	root := filepath.Join(t.TempDir(), "clone")
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
	return &packager{project: project.Project{Root: root}, out: filepath.Join(root, ".local", "package")}
}

// The project's own packages pass the checks, and are the same from two clones.
func TestProject(t *testing.T) {
	var sums [2]map[string]string
	for i := range sums {
		sums[i] = make(map[string]string)
		made, err := clone(t).pack(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range made {
			sums[i][one.function] = fmt.Sprintf("%x", one.sum)
		}
		t.Logf("%d functions; the first zip has %d bytes", len(made), made[0].zipSize)
	}
	if len(sums[0]) < 6 {
		t.Errorf("there are %d packages", len(sums[0]))
	}
	if diff := cmp.Diff(sums[0], sums[1]); diff != "" {
		t.Errorf("two clones make different packages:\n%s", diff)
	}
}
