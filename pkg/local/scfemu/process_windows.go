package scfemu

import (
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{
		CreationFlags: windows.CREATE_NEW_PROCESS_GROUP, // out of reach of the terminal's Ctrl-C
	}
}

// A leash ends a process. With a job object, it ends also what the process has
// started, and Windows does it if the host can't: it closes the host's handles
// when the host ends, and the job's processes end with its last handle.
type leash struct {
	process *os.Process
	job     windows.Handle // 0 if there could be none
}

func newLeash(p *os.Process) *leash {
	l := &leash{process: p}
	job, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return l
	}
	limits := windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION{}
	limits.BasicLimitInformation.LimitFlags = windows.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE
	_, err = windows.SetInformationJobObject(job, windows.JobObjectExtendedLimitInformation,
		uintptr(unsafe.Pointer(&limits)), uint32(unsafe.Sizeof(limits)))
	if err == nil {
		err = assign(job, p.Pid)
	}
	if err != nil {
		windows.CloseHandle(job)
		return l
	}
	l.job = job
	return l
}

func assign(job windows.Handle, pid int) error {
	process, err := windows.OpenProcess(windows.PROCESS_SET_QUOTA|windows.PROCESS_TERMINATE, false, uint32(pid))
	if err != nil {
		return err
	}
	defer windows.CloseHandle(process)
	return windows.AssignProcessToJobObject(job, process)
}

func (l *leash) kill() {
	if l.job != 0 {
		windows.TerminateJobObject(l.job, 1)
	}
	l.process.Kill()
}

func (l *leash) release() {
	if l.job != 0 {
		windows.CloseHandle(l.job)
	}
}
