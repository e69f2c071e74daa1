//go:build unix

package scfemu

import (
	"os"
	"os/exec"
	"syscall"
	"testing"
)

// However the host's process ends, its functions end with it.
func TestParentDies(t *testing.T) {
	for _, signal := range []syscall.Signal{syscall.SIGKILL, syscall.SIGTERM, syscall.SIGSEGV} {
		t.Run(signal.String(), func(t *testing.T) {
			door := newDoor(t)
			parent := exec.Command(os.Args[0])
			parent.Env = append(os.Environ(), "SCFEMU_TEST_PARENT="+built, "SCFEMU_TEST_EVENT="+string(door.knock()))
			if err := parent.Start(); err != nil {
				t.Fatal(err)
			}
			visitor := door.visitor()
			parent.Process.Signal(signal)
			parent.Wait()
			visitor.waitGone()
		})
	}
}

// Ctrl-C goes to the processes of the terminal's foreground group.
func TestOwnProcessGroup(t *testing.T) {
	h, _ := newHost(t, Config{})
	r, _ := invokeReport(t, h, Call{Function: "one"})
	group, err := syscall.Getpgid(r.Pid)
	if err != nil || group != r.Pid || group == syscall.Getpgrp() {
		t.Errorf("group of process %d = %d, %v", r.Pid, group, err)
	}
}

func TestWatcher(t *testing.T) {
	door := newDoor(t)
	start := func() *exec.Cmd {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), "SCFEMU_TEST_PARENT="+built, "SCFEMU_TEST_EVENT="+string(door.knock()))
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		return cmd
	}

	t.Run("Kills", func(t *testing.T) {
		group := start()
		visitor := door.visitor()
		w, err := watch(group.Process.Pid)
		if err != nil {
			t.Fatal(err)
		}
		w.pipe.Close() // as when this process ends
		if err := group.Wait(); err == nil || group.ProcessState.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
			t.Errorf("the group ended by %v", err)
		}
		visitor.waitGone()
		w.shell.Wait()
	})

	t.Run("Stops", func(t *testing.T) {
		group := start()
		visitor := door.visitor()
		w, err := watch(group.Process.Pid)
		if err != nil {
			t.Fatal(err)
		}
		w.stop()
		visitor.letGo() // so that the group ends, by itself
		if err := group.Wait(); err != nil {
			t.Errorf("the group ended by %v", err)
		}
	})
}
