//go:build unix

package main

import (
	"bufio"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"webrtc-room/pkg/local/client"
)

// A run is this command in a process of its own.
type run struct {
	*exec.Cmd
	pipe   *os.File
	stdout *bufio.Reader // of pipe
	addr   string
	folder string // which has the executables of its functions
}

// startRun starts the command, waits for its greeting, and has it start a
// function.
func startRun(t *testing.T, folder string, cmd *exec.Cmd) *run {
	t.Helper()
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stderr strings.Builder
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill() })
	r := &run{Cmd: cmd, pipe: stdout.(*os.File), stdout: bufio.NewReader(stdout), folder: folder}
	for range 3 {
		line, err := r.stdout.ReadString('\n')
		if err != nil {
			cmd.Wait()
			t.Fatal(err, stderr.String())
		}
		if rest, ok := strings.CutPrefix(line, "Open  http://"); ok {
			r.addr, _, _ = strings.Cut(rest, " ")
		}
	}
	if _, err := client.New("http://"+r.addr, 0).Call(t.Context(), "webrtc-get-room-list", "", []byte("{}")); err != nil {
		t.Fatal(err)
	}
	if len(r.functions(t)) == 0 {
		t.Fatal("no function runs, or this test can't see it")
	}
	return r
}

// functions returns the processes that run its functions.
func (r *run) functions(t *testing.T) (list []string) {
	t.Helper()
	all, err := exec.Command("ps", "-A", "-o", "pid= args=").Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(all)) {
		if strings.Contains(line, r.folder) && strings.Contains(line, "/bin/webrtc-") {
			list = append(list, line)
		}
	}
	return list
}

// waitGone waits for the end of the command, and looks for what it left behind.
func (r *run) waitGone(t *testing.T) {
	t.Helper()
	r.pipe.SetReadDeadline(time.Now().Add(30 * time.Second))
	if _, err := io.Copy(io.Discard, r.stdout); err != nil { // it ends with the last process that could print
		t.Fatal("the server still runs")
	}
	if left := r.functions(t); len(left) > 0 {
		t.Errorf("processes are left:\n%s", left)
	}
	listener, err := net.Listen("tcp", r.addr)
	if err != nil {
		t.Fatalf("the port is not free: %v", err)
	}
	listener.Close()
}

func TestSignals(t *testing.T) {
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		t.Run(signal.String(), func(t *testing.T) {
			cmd := exec.Command(os.Args[0], "-addr", "127.0.0.1:0", "-memory", "-data", built, "-build=false")
			cmd.Env = append(os.Environ(), "LOCAL_TEST_MAIN=1")
			r := startRun(t, built, cmd)
			r.Process.Signal(signal)
			r.waitGone(t)
			if err := r.Wait(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestAddrInUse(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	cmd := exec.Command(os.Args[0], "-addr", listener.Addr().String(), "-memory", "-data", built, "-build=false")
	cmd.Env = append(os.Environ(), "LOCAL_TEST_MAIN=1")
	output, err := cmd.CombinedOutput()
	if cmd.ProcessState.ExitCode() != 1 || !strings.Contains(string(output), "the port is taken: something listens on "+listener.Addr().String()) {
		t.Errorf("%v: %s", err, output)
	}
}

// A user who kills "go run" kills a process that has the server for a child, and that
// doesn't tell it. The user is in a subfolder.
func TestGoRunKilled(t *testing.T) {
	folder := t.TempDir()
	cmd := exec.Command("go", "run", "../../scripts/local", "-addr", "127.0.0.1:0", "-memory", "-data", built, "-build=false")
	cmd.Dir = filepath.Join("..", "..", "functions", "webrtc-sig-api")
	cmd.Env = append(os.Environ(), "TMPDIR="+folder)
	r := startRun(t, built, cmd)
	r.Process.Kill()
	r.waitGone(t)
	r.Wait()
	if left, _ := filepath.Glob(filepath.Join(folder, "webrtc-room-*")); len(left) > 0 {
		t.Errorf("files are left: %s", left)
	}
}
