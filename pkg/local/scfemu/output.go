package scfemu

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"sync"
	"syscall"
)

const (
	longestLine = 64 << 10 // longer ones are cut into several
	mostLines   = 2000     // that are kept of a call; all of them go to Config.Log
)

// An output is what an instance prints, to stdout and stderr alike, cut into
// lines that belong to calls.
//
// The function prints into a pipe, and answers on a connection: when the answer
// is here, the lines before it may still be in the pipe. As the function wrote
// them first, they are there, and end reads until the pipe is empty.
type output struct {
	writer *os.File // for the child process
	reader *os.File
	raw    syscall.RawConn // of reader
	done   chan struct{}   // closed when nothing is read any more

	mu        sync.Mutex
	buffer    []byte
	partial   []byte // of a line that has no end yet
	requestID string // of the running call, or ""
	printed   []string
	dropped   int
	sink      func(requestID, text string)
}

// newOutput returns an output whose first lines belong to a call. sink gets each
// line; it must not call the output.
func newOutput(requestID string, sink func(requestID, text string)) (*output, error) {
	reader, writer, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	raw, err := reader.SyscallConn()
	if err != nil {
		reader.Close()
		writer.Close()
		return nil, err
	}
	o := &output{
		writer: writer, reader: reader, raw: raw,
		done:      make(chan struct{}),
		buffer:    make([]byte, 32<<10),
		requestID: requestID,
		sink:      sink,
	}
	go func() {
		defer close(o.done)
		o.follow()
	}()
	return o, nil
}

// begin says that what is printed from now on belongs to a call.
func (o *output) begin(requestID string) {
	o.flush()
	o.mu.Lock()
	defer o.mu.Unlock()
	o.endLine()
	o.requestID, o.printed, o.dropped = requestID, nil, 0
}

// lines returns what was printed since the call began.
func (o *output) lines() []string {
	o.flush()
	o.mu.Lock()
	defer o.mu.Unlock()
	o.endLine()
	if o.dropped > 0 {
		return append(o.printed[:len(o.printed):len(o.printed)], fmt.Sprintf("… and %d more lines", o.dropped))
	}
	return o.printed
}

// end returns the lines of the call, and says that it is over.
func (o *output) end() []string {
	lines := o.lines()
	o.mu.Lock()
	defer o.mu.Unlock()
	o.requestID, o.printed, o.dropped = "", nil, 0
	return lines
}

// close reads what is left after the process ended.
func (o *output) close() {
	o.writer.Close() // if it wasn't yet
	o.flush()
	o.reader.Close()
	<-o.done
	o.mu.Lock()
	defer o.mu.Unlock()
	o.endLine()
}

// take handles what was read from the pipe. The caller holds o.mu.
func (o *output) take(text []byte) {
	for {
		line, rest, ok := bytes.Cut(text, []byte("\n"))
		o.partial = append(o.partial, line...)
		for len(o.partial) > longestLine {
			o.addLine(o.partial[:longestLine])
			o.partial = append(o.partial[:0], o.partial[longestLine:]...)
		}
		if !ok {
			return
		}
		o.addLine(o.partial)
		o.partial, text = o.partial[:0], rest
	}
}

func (o *output) endLine() {
	if len(o.partial) > 0 {
		o.addLine(o.partial)
		o.partial = o.partial[:0]
	}
}

func (o *output) addLine(line []byte) {
	text := strings.ToValidUTF8(string(bytes.TrimSuffix(line, []byte("\r"))), "\uFFFD")
	switch {
	case o.requestID == "":
	case len(o.printed) == mostLines:
		o.dropped++
	default:
		o.printed = append(o.printed, text)
	}
	o.sink(o.requestID, text)
}
