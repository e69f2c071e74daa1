// Package scripts tests ./scripts/test with stand-ins for what it runs.
package scripts

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// runTest runs ./scripts/test where there are no commands but stand-ins and those that
// each system has. The stand-ins log how they are called. failing is a call that fails.
func runTest(t *testing.T, failing string, commands ...string) (calls, printed string, err error) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("./scripts/test is for Linux and macOS")
	}
	dir := t.TempDir()
	log := filepath.Join(dir, "log")
	standIn := fmt.Sprintf(`#!/bin/sh
call="${0##*/} $*"
case "$call" in
"go env GOHOSTOS") echo linux ;;
"go env CC") echo cc-of-go ;;
"id -u") echo 0 ;;
"fc-list "*) echo a font ;;
"getconf "*) echo 2 ;;
*) echo "$call" >>%s ;;
esac
[ "${call#go list -f}" = "$call" ] || echo p/a p/browser p/b p/readme
[ "$call" != %q ]
`, log, failing)
	for _, name := range append(commands, "go", "gofmt", "id", "fc-list", "getconf", "apt-get") {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(standIn), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"bash", "sh", "dirname", "mktemp", "cat", "rm"} {
		path, err := exec.LookPath(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(path, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	command := exec.CommandContext(t.Context(), "./test")
	command.Env = []string{"PATH=" + dir}
	var output bytes.Buffer
	command.Stdout, command.Stderr = &output, &output
	err = command.Run()
	text, _ := os.ReadFile(log)
	return string(text), output.String(), err
}

var tools = []string{"node", "npm", "cc-of-go", "chromium-headless-shell"}

func TestTest(t *testing.T) {
	calls, printed, err := runTest(t, "", tools...)
	if err != nil {
		t.Fatalf("%v\n%s", err, printed)
	}
	const want = `go list -f {{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}}{{end}} ./scripts/internal/readme ./scripts/load/compare ./pkg/local/console/browser ./pkg/roomstore/proof ./...
go list -race -gcflags=all=-dwarf=false -test -export p/a p/browser p/b p/readme
go run ./scripts/internal/vet linux windows darwin
go test -race -gcflags=all=-dwarf=false -p 2 -shuffle=on -vet=off -timeout 30m -exec env CGO_ENABLED=0 GOGC=100 p/browser p/readme
go test -race -gcflags=all=-dwarf=false -p 3 -shuffle=on -vet=off -timeout 30m -exec env CGO_ENABLED=0 GOGC=100 p/a p/b
gofmt -l functions pkg scripts
npm ci --omit=peer --ignore-scripts --no-audit --no-fund --loglevel=error
npm ci --omit=peer --ignore-scripts --no-audit --no-fund --loglevel=error
npm test
npm test
`
	if diff := cmp.Diff(want, sorted(calls)); diff != "" {
		t.Errorf("calls:\n%s", diff)
	}
	for _, step := range []string{"gofmt", "vet", "npm ci", "compiling the tests of Go", "tests of JavaScript", "tests of Go", "together"} {
		if !regexp.MustCompile(`(?m)^ +\d+ s  ` + step + `$`).MatchString(printed) {
			t.Errorf("the time of %s isn't shown:\n%s", step, printed)
		}
	}
}

// One step that fails is enough.
func TestTestFails(t *testing.T) {
	calls, _, err := runTest(t, "", tools...)
	if err != nil {
		t.Fatal(err)
	}
	for call := range strings.Lines(calls) {
		call = strings.TrimSuffix(call, "\n")
		if calls, printed, err := runTest(t, call, tools...); err == nil {
			t.Errorf("it passes where %q fails, after:\n%s%s", call, calls, printed)
		}
	}
}

// What is missing is installed.
func TestTestInstalls(t *testing.T) {
	for missing, packages := range map[string]string{
		"node": "nodejs", "npm": "npm", "cc-of-go": "gcc libc6-dev", "chromium-headless-shell": "chromium-headless-shell",
	} {
		var others []string
		for _, tool := range tools {
			if tool != missing {
				others = append(others, tool)
			}
		}
		calls, _, _ := runTest(t, "", others...)
		if want := "apt-get install -qy --no-install-recommends " + packages + "\n"; !strings.Contains(calls, want) {
			t.Errorf("without %s: %s", missing, calls)
		}
	}
}

// Where nobody has packed Chromium without its windows, another one will do.
func TestTestInstallsAnyBrowser(t *testing.T) {
	const install = "apt-get install -qy --no-install-recommends "
	others := []string{"node", "npm", "cc-of-go"}
	calls, printed, err := runTest(t, install+"chromium-headless-shell", others...)
	if err != nil || !strings.Contains(calls, install+"chromium\n") {
		t.Errorf("%v\n%s%s", err, calls, printed)
	}
	calls, printed, err = runTest(t, install+"chromium-headless-shell", append(others, "google-chrome")...)
	if err != nil || strings.Contains(calls, install+"chromium\n") {
		t.Errorf("%v\n%s%s", err, calls, printed)
	}
}

func sorted(text string) string {
	lines := strings.SplitAfter(text, "\n")
	slices.Sort(lines)
	return strings.Join(lines, "")
}
