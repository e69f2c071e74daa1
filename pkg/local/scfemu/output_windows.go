package scfemu

import (
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

var peekNamedPipe = windows.NewLazySystemDLL("kernel32.dll").NewProc("PeekNamedPipe")

// follow reads the pipe to its end. Reading from a Windows pipe blocks, so it
// asks every now and then whether there is something to read.
func (o *output) follow() {
	for !o.drain() {
		time.Sleep(10 * time.Millisecond)
	}
}

// flush reads what is in the pipe now.
func (o *output) flush() { o.drain() }

// drain reads what is in the pipe, and reports whether that was its end.
func (o *output) drain() (end bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for {
		var waiting uint32
		err := o.raw.Control(func(fd uintptr) {
			if ok, _, _ := peekNamedPipe.Call(fd, 0, 0, 0, uintptr(unsafe.Pointer(&waiting)), 0); ok == 0 {
				end = true
			}
		})
		if err != nil || end {
			return true
		}
		if waiting == 0 {
			return false
		}
		n, err := o.reader.Read(o.buffer[:min(int(waiting), len(o.buffer))])
		if err != nil {
			return true
		}
		o.take(o.buffer[:n])
	}
}
