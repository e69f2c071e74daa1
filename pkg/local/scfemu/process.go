package scfemu

import (
	"os"
	"os/exec"
	"runtime"
	"sync"
)

// A process is a child process. It ends when kill is called, and also when the
// host's process ends without having called it; how is up to the platform's
// leash.
type process struct {
	pid    int
	exited chan struct{}    // closed when the process is gone
	state  *os.ProcessState // how it ended, once exited is closed

	mu    sync.Mutex
	leash *leash // nil once the process is gone
}

// kill ends the process and what it has started, and doesn't wait for it.
func (p *process) kill() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.leash != nil {
		p.leash.kill()
	}
}

// wait waits for the end of the process, and ends what it has left behind.
func (p *process) wait(cmd *exec.Cmd) {
	cmd.Wait() // for nothing but the process: its output is a file
	p.kill()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.leash.release()
	p.leash = nil
	p.state = cmd.ProcessState
	close(p.exited)
}

// A spawner starts processes, all from one thread that lives until close: Linux
// sends the signal that ends the orphans when the thread that has started a
// process ends, even if the process around that thread lives on
// (https://go.dev/issue/27505).
type spawner struct {
	work      chan func()
	closeOnce sync.Once
}

func newSpawner() *spawner {
	s := &spawner{work: make(chan func())}
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		for f := range s.work {
			f()
		}
	}()
	return s
}

// close ends the thread. No start may follow, and no process be left.
func (s *spawner) close() { s.closeOnce.Do(func() { close(s.work) }) }

func (s *spawner) start(cmd *exec.Cmd) (*process, error) {
	cmd.SysProcAttr = childAttributes()
	started := make(chan error)
	s.work <- func() { started <- cmd.Start() }
	if err := <-started; err != nil {
		return nil, err
	}
	p := &process{pid: cmd.Process.Pid, leash: newLeash(cmd.Process), exited: make(chan struct{})}
	go p.wait(cmd)
	return p, nil
}
