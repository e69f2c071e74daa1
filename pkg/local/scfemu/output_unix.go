//go:build unix

package scfemu

import "syscall"

// follow reads the pipe to its end.
func (o *output) follow() {
	_ = o.raw.Read(o.drain)
}

// flush reads what is in the pipe now, beside follow, which waits for more.
func (o *output) flush() {
	_ = o.raw.Control(func(fd uintptr) { o.drain(fd) })
}

// drain reads what is in the pipe, which doesn't block, and reports whether that
// was its end.
func (o *output) drain(fd uintptr) (end bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for {
		n, err := syscall.Read(int(fd), o.buffer)
		switch {
		case err == syscall.EINTR:
		case err == syscall.EAGAIN:
			return false
		case err != nil || n == 0:
			return true
		default:
			o.take(o.buffer[:n])
		}
	}
}
