package scfemu

import (
	"os"
	"syscall"
)

func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{
		Setpgid:   true, // out of reach of the terminal's Ctrl-C
		Pdeathsig: syscall.SIGKILL,
	}
}

// A leash ends a process group. The kernel does it if the host can't.
type leash struct{ group int }

func newLeash(p *os.Process) *leash { return &leash{group: p.Pid} }

func (l *leash) kill() { _ = syscall.Kill(-l.group, syscall.SIGKILL) }

func (l *leash) release() {}
