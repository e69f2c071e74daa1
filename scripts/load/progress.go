package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// A progress says what goes on: on a terminal in one line, which it writes again each
// second, and elsewhere in a line every ten seconds.
type progress struct {
	out      io.Writer
	terminal bool
	began    time.Time
	done     chan struct{}
	ended    sync.WaitGroup

	mu   sync.Mutex
	what func() string
}

func newProgress(out io.Writer, terminal bool) *progress {
	p := &progress{out: out, terminal: terminal, began: time.Now(), done: make(chan struct{}), what: func() string { return "" }}
	p.ended.Go(p.run)
	return p
}

func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// say says what goes on from now on.
func (p *progress) say(what string) { p.show(func() string { return what }) }

// show is say for what changes meanwhile.
func (p *progress) show(what func() string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.what = what
}

func (p *progress) run() {
	every := 10 * time.Second
	if p.terminal {
		every = time.Second
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-p.done:
			if p.terminal {
				fmt.Fprint(p.out, "\r\x1b[K")
			}
			return
		case <-tick.C:
		}
		p.mu.Lock()
		line := p.what()
		p.mu.Unlock()
		if line == "" {
			continue
		}
		line = time.Since(p.began).Round(time.Second).String() + "  " + line
		if p.terminal {
			fmt.Fprint(p.out, "\r\x1b[K"+line)
		} else {
			fmt.Fprintln(p.out, line)
		}
	}
}

// end removes the line.
func (p *progress) end() {
	close(p.done)
	p.ended.Wait()
}
