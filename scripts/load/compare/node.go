package compare

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// installNode copies the demo's way to a folder and installs its packages there. It
// returns an error that says what is missing where there is no Node.js.
func installNode(ctx context.Context, from, to string, out io.Writer) error {
	for _, command := range []string{"node", "npm"} {
		if _, err := exec.LookPath(command); err != nil {
			return fmt.Errorf("the command %s is not in the PATH", command)
		}
	}
	if err := os.MkdirAll(to, 0o700); err != nil {
		return err
	}
	fresh := true
	for _, name := range []string{"package.json", "package-lock.json", "host.js", "functions.js"} {
		text, err := os.ReadFile(filepath.Join(from, name))
		if err != nil {
			return err
		}
		if there, err := os.ReadFile(filepath.Join(to, name)); err != nil || !bytes.Equal(there, text) && name == "package-lock.json" {
			fresh = false
		}
		if err := os.WriteFile(filepath.Join(to, name), text, 0o600); err != nil {
			return err
		}
	}
	// npm writes this file when it is done.
	if _, err := os.Stat(filepath.Join(to, "node_modules", ".package-lock.json")); err == nil && fresh {
		return nil
	}
	fmt.Fprintf(out, "Installing the demo's packages by npm ci --ignore-scripts into %s.\n", to)
	cmd := exec.CommandContext(ctx, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
	cmd.Dir = to
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("npm ci: %w\n%s", err, text)
	}
	return nil
}

// A nodeRunner runs the demo's way.
type nodeRunner struct {
	dir, sdk string
	base     map[string]string
	limit    *limiter // nil for a whole core

	mu        sync.Mutex
	processes map[string]*nodeProcess
}

type nodeProcess struct {
	cmd *exec.Cmd
	url string
}

func (r *nodeRunner) invoke(ctx context.Context, function string, event []byte, environment map[string]string) ([]byte, time.Duration, error) {
	begin := time.Now()
	p, err := r.process(function)
	if err != nil {
		return nil, 0, err
	}
	body, err := json.Marshal(map[string]any{"event": json.RawMessage(event), "environment": environment})
	if err != nil {
		return nil, 0, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url, bytes.NewReader(body))
	if err != nil {
		return nil, 0, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, 0, err
	}
	defer resp.Body.Close()
	reply, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = errors.New(string(reply))
	}
	return reply, time.Since(begin), err
}

// process returns the function's process, and starts it if there is none.
func (r *nodeRunner) process(function string) (*nodeProcess, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if p := r.processes[function]; p != nil {
		return p, nil
	}
	args := []string{"node", "host.js", r.sdk, function}
	if r.limit != nil {
		group, err := r.limit.group(r.sdk + "-" + function)
		if err != nil {
			return nil, err
		}
		args = []string{"/bin/sh", "-c", enter(group) + `exec "$@"`, "sh", args[0], args[1], args[2], args[3]}
	}
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir = r.dir
	cmd.Stderr = os.Stderr
	cmd.Env = os.Environ()
	for _, set := range []map[string]string{variables, r.base} {
		for name, value := range set {
			cmd.Env = append(cmd.Env, name+"="+value)
		}
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	port, err := bufio.NewReader(stdout).ReadString('\n') // printed when it listens
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s of the demo's way did not start: %w", function, err), cmd.Process.Kill(), cmd.Wait())
	}
	p := &nodeProcess{cmd, "http://127.0.0.1:" + strings.TrimSpace(port) + "/"}
	r.processes[function] = p
	return p, nil
}

func (r *nodeRunner) pids() map[string]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	pids := make(map[string]int)
	for function, p := range r.processes {
		pids[function] = p.cmd.Process.Pid
	}
	return pids
}

func (r *nodeRunner) stop() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	http.DefaultClient.CloseIdleConnections()
	var err error
	for p := range maps.Values(r.processes) {
		err = errors.Join(err, p.cmd.Process.Kill())
		p.cmd.Wait() // its status says that it was killed
	}
	clear(r.processes)
	return err
}
