package console

import (
	"fmt"
	"io"
	"strings"
	"sync"

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
