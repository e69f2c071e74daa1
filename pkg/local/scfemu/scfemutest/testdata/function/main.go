// Command function is the cloud function that tests call. Its event says what it does.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"github.com/tencentyun/scf-go-lib/functioncontext"

	"webrtc-room/pkg/scf"
)

type event struct {
	Print  []string // lines to print, alternately to stdout and stderr
	Raw    string   // text to print as it is
	Fail   string   // return an error
	Panic  string   // panic
	Exit   int      // end the process
	Crash  string   // panic where nobody catches it
	Later  string   // panic so after the call has been answered
	Dial   string   // connect to this address, say which process this is, and wait for the end of the connection
	Reply  int      // answer with a string of so many bytes
	Report bool     // answer with a report
}

type report struct {
	Pid         int
	Port        string
	Dir         string
	Environ     []string
	Environment map[string]string
	Context     functioncontext.FunctionContext
	Remaining   time.Duration
}

func main() {
	switch os.Getenv("AT_START") {
	case "panic":
		panic("no configuration")
	case "hang":
		time.Sleep(time.Hour) // select {} is a deadlock where nothing else runs
	case "taken": // the first instance finds its port taken
		if marker, err := os.OpenFile(os.Getenv("MARKER"), os.O_CREATE|os.O_EXCL, 0o600); err == nil {
			marker.Close()
			listener, err := net.Listen("tcp", "127.0.0.1:"+os.Getenv("_LAMBDA_SERVER_PORT"))
			if err != nil {
				panic(err)
			}
			defer listener.Close()
		}
	case "print":
		fmt.Println("starting")
	}
	scf.Serve(handler{})
}

type handler struct{}

func (handler) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	var e event
	if err := json.Unmarshal(payload, &e); err != nil {
		return nil, err
	}
	for i, line := range e.Print {
		fmt.Fprintln([]*os.File{os.Stdout, os.Stderr}[i%2], line)
	}
	fmt.Print(e.Raw)
	if e.Dial != "" {
		conn, err := net.Dial("tcp", e.Dial)
		if err != nil {
			return nil, err
		}
		fmt.Fprintln(conn, os.Getpid())
		conn.Read(make([]byte, 1))
		conn.Close()
	}
	switch {
	case e.Fail != "":
		return nil, errors.New(e.Fail)
	case e.Panic != "":
		panic(e.Panic)
	case e.Exit != 0:
		os.Exit(e.Exit)
	case e.Crash != "":
		go panic(e.Crash)
		<-ctx.Done()
	case e.Later != "":
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		go func() {
			listener.Accept()
			panic(e.Later)
		}()
		return json.Marshal(listener.Addr().String())
	case e.Reply > 0:
		return json.Marshal(strings.Repeat("x", e.Reply))
	case e.Report:
		fc, _ := functioncontext.FromContext(ctx)
		dir, _ := os.Getwd()
		deadline, _ := ctx.Deadline()
		return json.Marshal(report{
			Pid:         os.Getpid(),
			Port:        os.Getenv("_LAMBDA_SERVER_PORT"),
			Dir:         dir,
			Environ:     os.Environ(),
			Environment: fc.Environment,
			Context:     *fc,
			Remaining:   time.Until(deadline),
		})
	}
	return payload, nil
}
