package console

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"webrtc-room/pkg/local/scfemu"
)

// A terminal shows lines of several writers, each with its writer's name.
type terminal struct {
	mu  sync.Mutex
	out io.Writer
}

func (t *terminal) line(name, text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	fmt.Fprintf(t.out, "%s | %s\n", name, text)
}

// function shows a line of a function: "webrtc-enter-room#1 | …", with the number
// of the instance.
func (t *terminal) function(line scfemu.Line) {
	t.line(line.Function+"#"+line.Instance, line.Text)
}

// elapsing shows every few seconds how long something has taken so far.
func (t *terminal) elapsing(what string, do func()) {
	done := make(chan struct{})
	var showing sync.WaitGroup
	showing.Go(func() {
		const interval = 5 * time.Second
		ticker := time.NewTicker(interval)
		defer ticker.Stop()
		for elapsed := interval; ; elapsed += interval {
			select {
			case <-ticker.C:
				t.line("server", fmt.Sprintf("%s, %v so far", what, elapsed))
			case <-done:
				return
			}
		}
	})
	defer showing.Wait()
	defer close(done)
	do()
}

// named is for a log.Logger, which writes line by line.
func (t *terminal) named(name string) io.Writer { return namedWriter{t, name} }

type namedWriter struct {
	terminal *terminal
	name     string
}

func (w namedWriter) Write(text []byte) (int, error) {
	w.terminal.line(w.name, strings.TrimSuffix(string(text), "\n"))
	return len(text), nil
}
