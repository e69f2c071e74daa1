//go:build unix && !linux

package scfemu

import (
	"os"
	"syscall"
)

func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true} // out of reach of the terminal's Ctrl-C
}

// A leash ends a process group. A watcher does it if the host can't.
type leash struct {
	group   int
	watcher *watcher // nil if there could be none
}

func newLeash(p *os.Process) *leash {
	w, err := watch(p.Pid)
	if err != nil {
		w = nil // the process ends with the host as long as the host ends in order
	}
	return &leash{group: p.Pid, watcher: w}
}

func (l *leash) kill() { _ = syscall.Kill(-l.group, syscall.SIGKILL) }

func (l *leash) release() {
	if l.watcher != nil {
		l.watcher.stop()
	}
}
