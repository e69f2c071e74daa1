package scfemu

import (
	"runtime"
	"syscall"
	"testing"
)

// Processes die with the thread that has started them: it must be one thread,
// and outlive those that come and go.
func TestSpawnerThread(t *testing.T) {
	s := newSpawner()
	defer s.close()
	threads := make(chan int)
	for range 100 {
		go func() {
			runtime.LockOSThread() // and end the thread with the goroutine
			s.work <- func() { threads <- syscall.Gettid() }
		}()
	}
	first := <-threads
	for range 99 {
		if thread := <-threads; thread != first {
			t.Fatalf("threads %d and %d", first, thread)
		}
	}
}
