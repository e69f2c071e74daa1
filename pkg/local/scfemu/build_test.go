package scfemu

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestBuild(t *testing.T) {
	t.Run("OnlyLoopback", func(t *testing.T) {
		h, _ := newHost(t, Config{})
		r, _ := invokeReport(t, h, Call{Function: "one"})
		for _, address := range otherAddresses(t) {
			if conn, err := net.Dial("tcp", net.JoinHostPort(address, r.Port)); err == nil {
				conn.Close()
				t.Errorf("the function can be reached at %s", conn.RemoteAddr())
			}
		}
	})

	t.Run("AtOnce", func(t *testing.T) {
		root := t.TempDir()
		if err := makeModule(root, "one"); err != nil {
			t.Fatal(err)
		}
		var builds sync.WaitGroup
		for range 3 {
			builds.Go(func() {
				if _, err := Build(t.Context(), root, filepath.Join(root, "out")); err != nil {
					t.Error(err)
				}
			})
		}
		builds.Wait()
		left, err := os.ReadDir(filepath.Join(root, "out", "tmp"))
		if err != nil || len(left) > 0 {
			t.Errorf("left behind: %v, %v", left, err)
		}
	})

	t.Run("RemovesOthers", func(t *testing.T) {
		root := t.TempDir()
		if err := makeModule(root, "one"); err != nil {
			t.Fatal(err)
		}
		bin := filepath.Join(root, "out dir", "bin")
		if err := os.MkdirAll(bin, 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(bin, "renamed"), nil, 0o777); err != nil {
			t.Fatal(err)
		}
		got, err := Build(t.Context(), root, filepath.Dir(bin))
		if err != nil || got != bin {
			t.Fatalf("Build = %s, %v", got, err)
		}
		h, err := New(Config{Dir: bin})
		if err != nil {
			t.Fatal(err)
		}
		defer h.Close()
		if diff := cmp.Diff([]string{"one"}, h.Functions()); diff != "" {
			t.Error(diff)
		}
	})

	t.Run("BuildError", func(t *testing.T) {
		for name, test := range map[string]struct {
			file, text string
			functions  []string
			output     string
		}{
			"Type":    {"functions/two/oops.go", "package main\nvar x int = \"\"\n", []string{"two"}, "oops.go:2:"},
			"Syntax":  {"functions/two/oops.go", "package main\nvar\n", []string{"two"}, "syntax error"},
			"Import":  {"functions/two/oops.go", "package main\nimport \"nowhere\"\n", []string{"two"}, "nowhere"},
			"Library": {"pkg/shared/oops.go", "package shared\nvar x int = \"\"\n", nil, "oops.go:2:"},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				root := t.TempDir()
				if err := makeModule(root, "one", "two"); err != nil {
					t.Fatal(err)
				}
				write(t, filepath.Join(root, "pkg", "shared", "shared.go"), "package shared\n")
				write(t, filepath.Join(root, "functions", "one", "shared.go"), "package main\nimport _ \"test/pkg/shared\"\n")
				write(t, filepath.Join(root, filepath.FromSlash(test.file)), test.text)

				_, err := Build(t.Context(), root, filepath.Join(root, "out"))
				var failure *BuildError
				if !errors.As(err, &failure) {
					t.Fatalf("err = %v", err)
				}
				if diff := cmp.Diff(test.functions, failure.Functions); diff != "" || !strings.Contains(failure.Output, test.output) {
					t.Errorf("%s%s", diff, failure.Output)
				}
			})
		}
	})

	t.Run("ErrNoGo", func(t *testing.T) {
		t.Setenv("PATH", t.TempDir())
		if _, err := Build(t.Context(), t.TempDir(), t.TempDir()); !errors.Is(err, ErrNoGo) {
			t.Errorf("err = %v", err)
		}
	})

	t.Run("NoFunctions", func(t *testing.T) {
		if _, err := Build(t.Context(), t.TempDir(), t.TempDir()); err == nil || !strings.Contains(err.Error(), "no functions") {
			t.Errorf("err = %v", err)
		}
	})
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

// otherAddresses returns addresses of this machine that aren't loopback.
func otherAddresses(t *testing.T) []string {
	t.Helper()
	all, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	var others []string
	for _, address := range all {
		if n, ok := address.(*net.IPNet); ok && n.IP.To4() != nil && n.IP.IsGlobalUnicast() {
			others = append(others, n.IP.String())
		}
	}
	if len(others) == 0 {
		others = []string{"127.0.0.2"} // a laptop without a network: reached by a wildcard socket too, except on macOS
	}
	return others
}
