//go:build unix

package scfemu

import (
	"os"
	"os/exec"
	"strconv"
	"syscall"
)

// A watcher is a shell that ends a process group when this process is gone. It
// waits for the end of a pipe whose other end only this process has: the system
// closes that however the process ends.
type watcher struct {
	shell *exec.Cmd
	pipe  *os.File
}

func watch(group int) (*watcher, error) {
	read, write, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer read.Close()
	w := &watcher{
		shell: exec.Command("/bin/sh", "-c", `read -r end; kill -9 "-$0"`, strconv.Itoa(group)),
		pipe:  write,
	}
	w.shell.Stdin = read
	w.shell.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := w.shell.Start(); err != nil {
		write.Close()
		return nil, err
	}
	return w, nil
}

// stop ends the watcher, and leaves the process group alone.
func (w *watcher) stop() {
	w.shell.Process.Kill()
	w.shell.Wait()
	w.pipe.Close()
}
