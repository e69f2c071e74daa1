package readme

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"webrtc-room/pkg/signin"
	"webrtc-room/scripts/internal/project"
)

// A clone is a newcomer's copy of the repository, and a terminal in it.
type clone struct {
	dir     string
	environ []string
	stdin   string
}

// newClone copies what git would: no secrets, no packages of npm, nothing of yesterday.
func newClone(t *testing.T) *clone {
	t.Helper()
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("there is no sh, in whose language the READMEs' commands are")
	}
	here, err := project.Find(".")
	if err != nil {
		t.Fatal(err)
	}
	c := &clone{dir: filepath.Join(t.TempDir(), "webrtc-room")}
	err = filepath.WalkDir(here.Root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(here.Root, path)
		if err != nil {
			return err
		}
		switch name := filepath.ToSlash(relative); {
		case name == ".git" && !entry.IsDir(): // of a worktree
			return nil
		case name == ".git", name == ".local", entry.Name() == "node_modules":
			return filepath.SkipDir
		case strings.HasPrefix(name, ".env"), strings.HasSuffix(name, signin.KeyFile):
			return nil
		}
		to := filepath.Join(c.dir, relative)
		if entry.IsDir() {
			return os.MkdirAll(to, 0o700)
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(to, content, info.Mode())
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range os.Environ() {
		// The developer's own settings are not a newcomer's.
		if name, _, _ := strings.Cut(entry, "="); !strings.HasPrefix(name, "TRTC_") && !strings.HasPrefix(name, "TCB_") && !strings.HasPrefix(name, "HTTP_") {
			c.environ = append(c.environ, entry)
		}
	}
	return c
}

// command is a command in the clone's terminal.
func (c *clone) command(t *testing.T, text string) *exec.Cmd {
	cmd := exec.CommandContext(t.Context(), "sh", "-c", text)
	cmd.Dir, cmd.Env, cmd.Stdin = c.dir, c.environ, strings.NewReader(c.stdin)
	return cmd
}

// run runs a command of a README, and returns what it prints. What it is expected to
// print may be several lines, of which all must be there.
func (c *clone) run(t *testing.T, what command) string {
	t.Helper()
	var output bytes.Buffer
	cmd := c.command(t, what.text+what.more)
	cmd.Stdout, cmd.Stderr = &output, &output
	began := time.Now()
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s%s: %v\n%s", what.text, what.more, err, output.String())
	}
	for want := range strings.Lines(what.expect) {
		if want = strings.TrimSpace(want); !strings.Contains(output.String(), want) {
			t.Errorf("%s%s doesn't print %q, but\n%s", what.text, what.more, want, output.String())
		}
	}
	t.Logf("$ %s%s (%v)\n%s", what.text, what.more, time.Since(began).Round(time.Millisecond), output.String())
	return output.String()
}
