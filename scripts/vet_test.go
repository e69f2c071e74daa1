package scripts

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// What is wrong on one system only, also in a test, is found on another.
//
// What vets is run as a command: with the race detector, it would have to be compiled
// once more.
func TestVet(t *testing.T) {
	vet := filepath.Join(t.TempDir(), "vet.exe")
	if output, err := exec.Command("go", "build", "-o", vet, "./internal/vet").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":             "module example\n\ngo 1.25\n",
		"a.go":               "package a\n\nconst good = 1\n",
		"a_windows.go":       "package a\n\nfunc f(x int) { x = x }\n",
		"b_darwin_test.go":   "package a\n\nvar b int = good + \"\"\n",
		"broken/c_plan9.go":  "package broken\n\nfunc {\n",
		"broken/c_others.go": "//go:build !plan9\n\npackage broken\n",
	} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for system, want := range map[string]string{
		"linux":   "",
		"windows": "a_windows.go:3:17: self-assignment of x",
		"darwin":  "b_darwin_test.go:3:",
		"plan9":   "c_plan9.go:3:6: ",
	} {
		command := exec.Command(vet, system)
		command.Dir = dir
		found, err := command.CombinedOutput()
		if (err != nil) != (want != "") || !strings.Contains(string(found), want) || want == "" && len(found) > 0 {
			t.Errorf("%s: %v, found %q, want %q", system, err, found, want)
		}
	}
}
