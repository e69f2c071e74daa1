package tcbcli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"
)

// What there is something to do about. The text around them says what.
var (
	ErrNotInstalled = errors.New("the CloudBase CLI is not installed")
	ErrNotLoggedIn  = errors.New("the CloudBase CLI is not logged in")
)

// Version is the CLI's version that the tests run.
const Version = "2.12.10"

// An Error is a failure that the CLI reported.
type Error struct {
	Command string // without values
	Text    string // what it printed about the failure
}

func (e *Error) Error() string { return fmt.Sprintf("%s: %s", e.Command, e.Text) }

// A CLI is an installed CloudBase CLI and the environment to use it on.
type CLI struct {
	Command []string // the program and its first arguments; see Find
	Dir     string   // to run in: relative paths in its configuration start here
	EnvID   string   // CloudBase environment
	Environ []string // the process's environment, as of os.Environ

	// Redact covers secrets in what the CLI prints. config pull shows the values
	// of all variables.
	Redact func(string) string
}

// Find returns the command that runs the CLI: the one in the PATH, or the one that
// the project's tests have installed for themselves.
func Find(root string) ([]string, error) {
	path, err := exec.LookPath("tcb")
	if err != nil {
		path, err = exec.LookPath(filepath.Join(root, "scripts", "clients", "node_modules", ".bin", "tcb"))
	}
	if err != nil {
		return nil, fmt.Errorf("%w: install Node.js 18 or later, and then\n\n\tnpm i -g @cloudbase/cli@%s", ErrNotInstalled, Version)
	}
	if runtime.GOOS != "windows" {
		return []string{path}, nil
	}
	// npm makes a batch file, which mangles arguments with quotation marks in
	// them. What it runs is in node_modules beside it, or is beside it in there.
	for _, modules := range []string{"node_modules", ".."} {
		script := filepath.Join(filepath.Dir(path), modules, "@cloudbase", "cli", "bin", "tcb")
		if _, err := os.Stat(script); err == nil {
			return []string{"node", script}, nil
		}
	}
	return nil, fmt.Errorf("%w as npm installs it: %s runs something else", ErrNotInstalled, path)
}

// limit ends commands that hang, as the CLI does where it waits for an answer.
const limit = 15 * time.Minute

// run runs a command and returns what it printed, without colours.
func (c *CLI) run(ctx context.Context, args ...string) (string, error) {
	name := strings.Join(args[:2], " ")
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	args = append(c.Command[1:len(c.Command):len(c.Command)], args...)
	command := exec.CommandContext(ctx, c.Command[0], args...)
	command.Dir = c.Dir
	command.Env = append(slices.Clip(c.environ()), "LC_ALL=en_US.UTF-8", "NO_COLOR=1", "FORCE_COLOR=0", "TCB_NO_BROWSER=true")
	command.WaitDelay = 5 * time.Second
	output := &watcher{watchFor: loginNeeded, found: cancel}
	command.Stdout, command.Stderr = output, output
	err := command.Run()
	text := c.redact(escapes.ReplaceAllString(output.String(), ""))
	switch {
	case output.matched():
		return "", fmt.Errorf("%w: run\n\n\ttcb login\n\nwith the Tencent Cloud account that the environment belongs to", ErrNotLoggedIn)
	case ctx.Err() != nil:
		return "", fmt.Errorf("tcb %s: %w", name, ctx.Err())
	case err != nil:
		if text := failureText(text); text != "" {
			return text, &Error{"tcb " + name, text}
		}
		return "", fmt.Errorf("tcb %s: %w\n%s", name, err, text)
	}
	return text, nil
}

func (c *CLI) redact(text string) string {
	if c.Redact == nil {
		return text
	}
	return c.Redact(text)
}

// environ is the CLI's environment. On Windows it loads a few lines that keep the
// executable bit; see execbit.cjs.
func (c *CLI) environ() []string {
	if runtime.GOOS != "windows" {
		return c.Environ
	}
	const option = "--require ./scripts/internal/tcbcli/execbit.cjs" // from Dir, so without spaces
	all := []string{"NODE_OPTIONS=" + option}
	for _, entry := range c.Environ {
		if value, ok := strings.CutPrefix(entry, "NODE_OPTIONS="); ok {
			all[0] += " " + value
			continue
		}
		all = append(all, entry)
	}
	return all
}

// loginNeeded is what the CLI prints before it starts a login.
var loginNeeded = [][]byte{[]byte("No valid identity information"), []byte("无有效身份信息")}

// A watcher keeps what is printed, and reports when it has one of the texts.
type watcher struct {
	watchFor [][]byte
	found    func()

	mu   sync.Mutex
	text bytes.Buffer
	seen bool
}

func (w *watcher) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.text.Write(p)
	for _, text := range w.watchFor {
		if !w.seen && bytes.Contains(w.text.Bytes(), text) {
			w.seen = true
			w.found()
		}
	}
	return len(p), nil
}

func (w *watcher) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}

func (w *watcher) matched() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.seen
}

// escapes are the terminal's colours.
var escapes = regexp.MustCompile("\x1b\\[[0-9;?]*[A-Za-z]")

// A mark is the symbol that a line of the CLI's begins with. Where the terminal
// has no Unicode, there are others.
type mark int

const (
	noMark mark = iota
	success
	failure
)

var marks = map[string]mark{"✔": success, "√": success, "✖": failure, "×": failure}

// cutMark splits a line into its mark and its text. The text keeps its indent.
func cutMark(line string) (mark, string) {
	line = strings.TrimRight(line, "\r\n ")
	for symbol, mark := range marks {
		if text, ok := strings.CutPrefix(line, symbol); ok {
			return mark, strings.TrimPrefix(text, " ")
		}
	}
	return noMark, line
}

// failureText is the part of an output that says what failed.
func failureText(output string) string {
	var text []string
	for line := range strings.Lines(output) {
		if mark, line := cutMark(line); mark == failure {
			text = append(text, strings.TrimSpace(line))
		}
	}
	return strings.Join(text, "; ")
}

// table returns the rows of the table in an output, without its head.
func table(output string) [][]string {
	var rows [][]string
	for line := range strings.Lines(output) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "│") && !strings.HasPrefix(line, "|") {
			continue
		}
		cells := strings.Split(strings.Trim(strings.ReplaceAll(line, "|", "│"), "│"), "│")
		for i, cell := range cells {
			cells[i] = strings.TrimSpace(cell)
		}
		rows = append(rows, cells)
	}
	if len(rows) == 0 {
		return nil
	}
	return rows[1:]
}
