package scf

import (
	"bufio"
	"bytes"
	"context"
	"encoding/gob"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/rpc"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/tencentyun/scf-go-lib/cloudfunction"
	"github.com/tencentyun/scf-go-lib/cloudfunction/messages"
	"github.com/tencentyun/scf-go-lib/functioncontext"
)

// Whoever prefers it can serve a function with scf-go-lib's own StartHandler.
var _ cloudfunction.Handler = New("", nil, nil)

// The test binary is also the processes that the tests below call: the same functions
// behind Serve and behind scf-go-lib's StartHandler.
func TestMain(m *testing.M) {
	functions := map[string]Function{"actor": actor{}, "whoami": New("whoami", whoami, io.Discard)}
	runtime, name, _ := strings.Cut(os.Getenv("SCF_TEST"), " ")
	switch runtime {
	case "Serve":
		Serve(functions[name])
	case "StartHandler":
		cloudfunction.StartHandler(functions[name])
	}
	os.Exit(m.Run())
}

// An actor is a function that does what its payload names.
type actor struct{}

func (actor) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	act, argument, _ := strings.Cut(string(payload), " ")
	switch act {
	case "report":
		invocation, ok := functioncontext.FromContext(ctx)
		deadline, _ := ctx.Deadline()
		return json.Marshal([]any{ok, invocation, deadline, fmt.Sprint(ctx.Err())})
	case "getenv":
		return []byte(os.Getenv(argument)), nil
	case "large":
		return make([]byte, 7<<20), nil
	case "wait": // for the end of a connection
		conn, err := net.Dial("tcp", argument)
		if err != nil {
			return nil, err
		}
		defer conn.Close()
		conn.Read(make([]byte, 1))
	case "exit":
		os.Exit(3)
	case "error":
		return []byte("ignored"), map[string]error{
			"plain":   errors.New("no database"),
			"wrapped": fmt.Errorf("reading: %w", io.EOF),
			"value":   valueError(7),
			"pointer": &InvocationError{Function: "f", Text: "t"},
		}[argument]
	case "panic":
		panic(map[string]any{
			"text": "boom", "error": errors.New("boom"), "value": valueError(7), "list": []int{1}, "nil": nil,
		}[argument])
	case "index":
		return nil, errors.New(string(payload[len(payload)])) // which panics
	}
	return payload, nil
}

type valueError int

func (e valueError) Error() string { return fmt.Sprintf("value %d", int(e)) }

// A process is a runtime in a process of its own.
type process struct {
	address string
	client  *rpc.Client
}

// startProcess starts one. An environment has $PORT where the port goes that the process
// listens on; without one, it is as on SCF.
func startProcess(t *testing.T, runtime, function string, environment ...string) *process {
	t.Helper()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &process{address: free.Addr().String()}
	free.Close()
	_, port, _ := net.SplitHostPort(p.address)
	if len(environment) == 0 {
		environment = []string{"_LAMBDA_SERVER_PORT=$PORT"}
	}
	command := exec.Command(os.Args[0])
	command.Env = append(os.Environ(), "SCF_TEST="+runtime+" "+function)
	for _, variable := range environment {
		command.Env = append(command.Env, strings.ReplaceAll(variable, "$PORT", port))
	}
	command.Stderr = os.Stderr
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		command.Process.Kill()
		command.Wait()
	})
	p.client = rpc.NewClient(p.dial(t))
	t.Cleanup(func() { p.client.Close() })
	return p
}

// dial connects to the process, once that listens.
func (p *process) dial(t *testing.T) net.Conn {
	t.Helper()
	for {
		conn, err := net.Dial("tcp", p.address)
		if err == nil {
			t.Cleanup(func() { conn.Close() })
			return conn
		}
		select {
		case <-t.Context().Done():
			t.Fatal(err)
		case <-time.After(time.Millisecond):
		}
	}
}

// invoke returns what a caller gets, in a form that can be compared: of a stack, the
// frames of the function itself.
func (p *process) invoke(method string, request any) any {
	var response messages.InvokeResponse
	if err := p.client.Call(method, request, &response); err != nil {
		return err.Error()
	}
	if response.Error != nil {
		all := response.Error.StackTrace
		response.Error.StackTrace = nil
		for _, frame := range all {
			if strings.Contains(frame.Path, "runtime_test.go") {
				response.Error.StackTrace = append(response.Error.StackTrace, frame)
			}
		}
	}
	return response
}

func newRequest(payload string) *messages.InvokeRequest {
	return &messages.InvokeRequest{
		Payload: []byte(payload), RequestId: "request-1", TraceId: "trace-1",
		Deadline:              messages.InvokeRequest_Timestamp{Seconds: 4102444800, Nanos: 5}, // in 2100
		InvokedFunctionUnique: "unique", Namespace: "local", FunctionName: "f", FunctionVersion: "$LATEST",
		MemoryLimitInMb: 128, TimeLimitInMs: 3000,
		Environment:        `{"WX_OPENID": "oAlice", "TCB_ENV": "local"}`,
		TencentcloudRegion: "ap-guangzhou", TencentcloudAppID: "1250000000", TencentcloudUin: "1000", FunctionTrace: "t",
	}
}

// Serve does what scf-go-lib does, call by call: in a process that has just started as
// in one that has served all calls of the list already, whatever they were.
func TestServeIsStartHandler(t *testing.T) {
	type call struct {
		function, name, method string
		request                any
	}
	var calls []call
	actor := func(name, payload string, change func(*messages.InvokeRequest)) {
		request := newRequest(payload)
		if change != nil {
			change(request)
		}
		calls = append(calls, call{"actor", name, "Function.Invoke", request})
	}
	type request = *messages.InvokeRequest
	for _, payload := range []string{"", "echo", "report", "large", "error plain", "error wrapped", "error value", "error pointer",
		"panic text", "panic error", "panic value", "panic list", "panic nil", "index"} {
		actor(payload, payload, nil)
	}
	for _, environment := range []string{"", "{}", "null", `{"a": "1"}`, `{"a": 1}`, `{"a": null}`, "[]", `"x"`, "x", `{"a": "1"`, `{"a": "1", "b": {}}`} {
		actor("environment "+environment, "report", func(r request) { r.Environment = environment })
	}
	for _, client := range []string{`{"Client": {"installation_id": "i"}, "env": {"a": "b"}, "custom": {"c": "d"}}`, "null", "[]", "x", `{"env": 1}`} {
		actor("client context "+client, "report", func(r request) { r.ClientContext = []byte(client) })
	}
	actor("no deadline", "report", func(r request) { r.Deadline = messages.InvokeRequest_Timestamp{} })
	actor("deadline passed", "report", func(r request) { r.Deadline.Seconds = 1e9 })
	actor("deadline's nanoseconds out of range", "report", func(r request) { r.Deadline.Nanos = 3e9 })
	actor("nothing but a payload", "report", func(r request) { *r = messages.InvokeRequest{Payload: r.Payload} })
	for _, event := range []string{"{}", `{"userID": "bob"}`, "", "x", "null"} {
		calls = append(calls, call{"whoami", "whoami " + event, "Function.Invoke", newRequest(event)})
	}
	for _, method := range []string{"Function.Nope", "Nope.Invoke", "Nope", "", ".", "Function.", "Function.Invoke.x", "function.Invoke"} {
		calls = append(calls, call{"actor", "method " + method, method, newRequest("echo")})
	}
	calls = append(calls,
		call{"actor", "arguments of another type", "Function.Invoke", "text"},
		call{"actor", "arguments with a field of another type", "Function.Invoke", struct{ Payload int }{1}},
		call{"actor", "arguments with other fields", "Function.Invoke", struct{ Payload, More []byte }{[]byte("echo"), []byte("more")}},
		call{"actor", "ping", "Function.Ping", messages.PingRequest{}},
		call{"actor", "ping with arguments of another type", "Function.Ping", "text"},
	)

	type runtimes struct{ ours, theirs *process }
	start := func(t *testing.T, function string) runtimes {
		return runtimes{startProcess(t, "Serve", function), startProcess(t, "StartHandler", function)}
	}
	compare := func(t *testing.T, r runtimes, c call) {
		t.Helper()
		want, got := r.theirs.invoke(c.method, c.request), r.ours.invoke(c.method, c.request)
		if diff := cmp.Diff(want, got, cmp.Comparer(bytes.Equal)); diff != "" {
			t.Errorf("%s: -StartHandler +Serve\n%s", c.name, diff)
		}
	}
	warm := map[string]runtimes{"actor": start(t, "actor"), "whoami": start(t, "whoami")}
	for round := range 2 {
		for _, c := range calls {
			t.Run(fmt.Sprintf("warm %d %s", round, c.name), func(t *testing.T) { compare(t, warm[c.function], c) })
		}
	}
	for _, c := range calls {
		t.Run("cold "+c.name, func(t *testing.T) { compare(t, start(t, c.function), c) })
	}
}

// What isn't a request ends its connection, and nothing else.
func TestConnections(t *testing.T) {
	for _, runtime := range []string{"Serve", "StartHandler"} {
		t.Run(runtime, func(t *testing.T) {
			p := startProcess(t, runtime, "actor")
			for name, text := range map[string]string{
				"garbage":       "GET / HTTP/1.1\r\n\r\n",
				"a large count": "\xf8\xff\xff\xff\xff\xff\xff\xff\xff",
				"zeros":         strings.Repeat("\x00", 100),
			} {
				conn := p.dial(t)
				io.WriteString(conn, text)
				conn.(*net.TCPConn).CloseWrite()
				if answer, _ := io.ReadAll(conn); len(answer) > 0 {
					t.Errorf("%s was answered with %q", name, answer)
				}
			}

			// A header of other fields, and half of a request.
			conn := p.dial(t)
			gob.NewEncoder(conn).Encode(struct{ ServiceMethod int }{1})
			if answer, _ := io.ReadAll(conn); len(answer) > 0 {
				t.Errorf("a header of another type was answered with %q", answer)
			}
			half := p.dial(t)
			gob.NewEncoder(half).Encode(requestHeader{ServiceMethod: "Function.Invoke", Seq: 1})
			half.Close()

			// An answer doesn't wait for another one, on whichever connection.
			door, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer door.Close()
			waiting := p.client.Go("Function.Invoke", newRequest("wait "+door.Addr().String()), new(messages.InvokeResponse), nil)
			visitor, err := door.Accept()
			if err != nil {
				t.Fatal(err)
			}
			other := rpc.NewClient(p.dial(t))
			for _, client := range []*rpc.Client{p.client, other} {
				if err := client.Call("Function.Ping", &messages.PingRequest{}, &messages.PingResponse{}); err != nil {
					t.Error(err)
				}
			}
			visitor.Close()
			if done := <-waiting.Done; done.Error != nil {
				t.Error(done.Error)
			}

			// Who sends all requests and closes that direction still gets the answer.
			conn = p.dial(t)
			buffer := bufio.NewWriter(conn)
			encoder := gob.NewEncoder(buffer)
			if err := errors.Join(encoder.Encode(requestHeader{ServiceMethod: "Function.Invoke", Seq: 9}), encoder.Encode(newRequest("echo")), buffer.Flush()); err != nil {
				t.Fatal(err)
			}
			conn.(*net.TCPConn).CloseWrite()
			decoder := gob.NewDecoder(conn)
			var header responseHeader
			var response messages.InvokeResponse
			if err := errors.Join(decoder.Decode(&header), decoder.Decode(&response)); err != nil || header.Seq != 9 || string(response.Payload) != "echo" {
				t.Errorf("got %+v, %+v, %v", header, response, err)
			}

			if got := p.invoke("Function.Invoke", newRequest("exit")); got != io.ErrUnexpectedEOF.Error() {
				t.Errorf("a call whose process ended: %v", got)
			}
		})
	}
}

// The one difference from the library: the variables of a call end with it.
func TestCallerLeavesNoTrace(t *testing.T) {
	for runtime, want := range map[string]string{"Serve": "", "StartHandler": "oAlice"} {
		p := startProcess(t, runtime, "actor")
		p.invoke("Function.Invoke", newRequest("echo"))
		next := newRequest("getenv WX_OPENID")
		next.Environment = ""
		if got := p.invoke("Function.Invoke", next).(messages.InvokeResponse); string(got.Payload) != want {
			t.Errorf("%s: the next call finds WX_OPENID = %q in the process, want %q", runtime, got.Payload, want)
		}
	}
}

// A function that a local server started is for that server: nobody else who finds its
// port can say who calls.
func TestLocalServer(t *testing.T) {
	p := startProcess(t, "Serve", "whoami", ListenVariable+"=127.0.0.1:$PORT", SecretVariable+"=secret", "_LAMBDA_SERVER_PORT=1")
	for _, trace := range []string{"", "secre", "Secret", "secret "} {
		request := newRequest("{}")
		request.TraceId = trace
		if got, ok := p.invoke("Function.Invoke", request).(string); !ok || !strings.Contains(got, SecretVariable) {
			t.Errorf("a call with TraceId %q: %v", trace, got)
		}
	}
	request := newRequest("{}")
	request.TraceId = "secret"
	if got, ok := p.invoke("Function.Invoke", request).(messages.InvokeResponse); !ok || string(got.Payload) != `{"user":"oAlice"}` {
		t.Errorf("a call with the secret: %+v", got)
	}
}
