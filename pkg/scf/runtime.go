package scf

import (
	"bufio"
	"cmp"
	"context"
	"crypto/subtle"
	"encoding/gob"
	"encoding/json"
	"fmt"
	"log"
	"net"
	"os"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/tencentyun/scf-go-lib/cloudfunction/messages"
	"github.com/tencentyun/scf-go-lib/functioncontext"
)

// Variables by which a local server says how it reaches a function's process. SCF
// sets neither.
const (
	// ListenVariable is the address to listen on. Without it, a function listens on all
	// interfaces, as SCF needs it, where everybody in the network can call it.
	ListenVariable = "SCFEMU_LISTEN"
	// SecretVariable is the TraceId that each call must have. A local server makes it up,
	// so that other users of the machine, who may find the port, are refused.
	SecretVariable = "SCFEMU_SECRET"
)

// A Function answers invocations. It is cloudfunction.Handler of scf-go-lib by another
// name, since that package brings net/rpc and its templates with it.
type Function interface {
	Invoke(ctx context.Context, payload []byte) (reply []byte, err error)
}

// Serve connects a function with SCF's runtime and doesn't return. To callers it is
// what cloudfunction.StartHandler of scf-go-lib is, except that it doesn't copy the
// caller's variables into the environment of the process.
//
// SCF calls a function over TCP in the protocol of package net/rpc. A request is a gob of a
// header and one of the arguments, and a response is a gob of a header and one of the reply.
// There are two methods, Function.Ping and Function.Invoke.
func Serve(f Function) {
	address := cmp.Or(os.Getenv(ListenVariable), "0.0.0.0:"+os.Getenv("_LAMBDA_SERVER_PORT"))
	listener, err := net.Listen("tcp", address)
	if err != nil {
		log.Fatal(err)
	}
	s := server{function: f, secret: os.Getenv(SecretVariable)}
	for {
		conn, err := listener.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go s.serve(conn)
	}
}

type server struct {
	function Function
	secret   string // "" accepts every call
}

// The headers of net/rpc.
type (
	requestHeader struct {
		ServiceMethod string
		Seq           uint64
	}
	responseHeader struct {
		ServiceMethod string
		Seq           uint64
		Error         string // if it isn't empty, the reply means nothing
	}
)

// serve answers the requests of a connection, each as soon as it can, until the other
// side closes it or sends what is no request.
func (s server) serve(conn net.Conn) {
	defer conn.Close()
	var running sync.WaitGroup
	defer running.Wait()

	var sending sync.Mutex
	buffer := bufio.NewWriter(conn)
	encoder := gob.NewEncoder(buffer)
	respond := func(to requestHeader, reply any, err error) {
		header := responseHeader{ServiceMethod: to.ServiceMethod, Seq: to.Seq}
		if err != nil {
			header.Error, reply = err.Error(), struct{}{}
		}
		sending.Lock()
		defer sending.Unlock()
		// What can't be sent is the other side's loss, and ends the loop below.
		if encoder.Encode(header) != nil || encoder.Encode(reply) != nil || buffer.Flush() != nil {
			conn.Close()
		}
	}

	decoder := gob.NewDecoder(conn)
	for {
		var header requestHeader
		if decoder.Decode(&header) != nil {
			return
		}
		switch header.ServiceMethod {
		case "Function.Ping":
			respond(header, messages.PingResponse{}, decoder.Decode(&messages.PingRequest{}))
		case "Function.Invoke":
			request := new(messages.InvokeRequest)
			if err := decoder.Decode(request); err != nil {
				respond(header, nil, err)
				continue
			}
			running.Go(func() {
				response, err := s.invoke(request)
				respond(header, response, err)
			})
		default:
			decoder.DecodeValue(reflect.Value{}) // skips it
			respond(header, nil, unknown(header.ServiceMethod))
		}
	}
}

// unknown is net/rpc's error about a method that isn't there.
func unknown(method string) error {
	problem := "can't find service"
	switch dot := strings.LastIndexByte(method, '.'); {
	case dot < 0:
		problem = "service/method request ill-formed:"
	case method[:dot] == "Function":
		problem = "can't find method"
	}
	return fmt.Errorf("rpc: %s %s", problem, method)
}

// invoke calls the function. What goes wrong there is part of the response, while an
// error is for a caller that may not call.
func (s server) invoke(request *messages.InvokeRequest) (*messages.InvokeResponse, error) {
	if s.secret != "" && subtle.ConstantTimeCompare([]byte(request.TraceId), []byte(s.secret)) != 1 {
		return nil, fmt.Errorf("this function was started with a %s, which the call lacks", SecretVariable)
	}
	payload, failure := s.run(request)
	return &messages.InvokeResponse{Payload: payload, Error: failure}, nil
}

func (s server) run(request *messages.InvokeRequest) (reply []byte, failure *messages.InvokeResponse_Error) {
	defer func() {
		if p := recover(); p != nil {
			failure = &messages.InvokeResponse_Error{
				Message:    fmt.Sprint(p),
				Type:       typeName(p),
				StackTrace: stack(),
				ShouldExit: true,
			}
		}
	}()
	failed := func(err error) ([]byte, *messages.InvokeResponse_Error) {
		return nil, &messages.InvokeResponse_Error{Message: err.Error(), Type: typeName(err)}
	}

	invocation := &functioncontext.FunctionContext{
		RequestID:             request.RequestId,
		InvokedFunctionUnique: request.InvokedFunctionUnique,
		Namespace:             request.Namespace,
		FunctionName:          request.FunctionName,
		FunctionVersion:       request.FunctionVersion,
		MemoryLimitInMb:       request.MemoryLimitInMb,
		TimeLimitInMs:         request.TimeLimitInMs,
		TencentcloudRegion:    request.TencentcloudRegion,
		TencentcloudAppID:     request.TencentcloudAppID,
		TencentcloudUin:       request.TencentcloudUin,
		FunctionTrace:         request.FunctionTrace,
	}
	if len(request.ClientContext) > 0 {
		if err := json.Unmarshal(request.ClientContext, &invocation.ClientContext); err != nil {
			return failed(err)
		}
	}
	if request.Environment != "" {
		if err := json.Unmarshal([]byte(request.Environment), &invocation.Environment); err != nil {
			return failed(err)
		}
	}
	deadline := time.Unix(request.Deadline.Seconds, request.Deadline.Nanos).UTC()
	ctx, cancel := context.WithDeadline(context.Background(), deadline)
	defer cancel()
	reply, err := s.function.Invoke(functioncontext.NewContext(ctx, invocation), request.Payload)
	if err != nil {
		return failed(err)
	}
	return reply, nil
}

// typeName names the type of an error, or of what a function panicked with.
func typeName(v any) string {
	t := reflect.TypeOf(v)
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.Name()
}

// stack returns the innermost frames of a panic. It is for the deferred function that
// recovers.
func stack() (trace []*messages.InvokeResponse_Error_StackFrame) {
	counters := make([]uintptr, 32)
	frames := runtime.CallersFrames(counters[:runtime.Callers(2, counters)])
	for {
		frame, more := frames.Next()
		// The file's path down to the package is the one of the function's name.
		path := strings.Split(frame.File, "/")
		path = path[max(0, len(path)-strings.Count(frame.Function, "/")-2):]
		_, label, _ := strings.Cut(frame.Function[strings.LastIndex(frame.Function, "/")+1:], ".")
		trace = append(trace, &messages.InvokeResponse_Error_StackFrame{
			Path:  strings.Join(path, "/"),
			Line:  int32(frame.Line),
			Label: label,
		})
		if !more {
			return trace
		}
	}
}
