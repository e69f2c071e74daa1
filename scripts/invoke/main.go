// Command invoke calls one function of the local server once:
//
//	go run ./scripts/invoke webrtc-enter-room -openid alice '{"roomID": 9527}'
//
// The event is JSON, @file, or - for the standard input; by default it is the
// function's event.json, of which a call with -openid leaves the userID out.
// Without -openid the call is a test from the SCF console. The reply goes to the
// standard output, and what the function printed to the standard error.
//
// The exit status is 1 when the function failed, 2 when it was not called. A
// reply with a code is a reply: the status is 0.
package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"slices"
	"strings"

	"webrtc-room/pkg/local/console"
	"webrtc-room/scripts/internal/cmdline"
	"webrtc-room/scripts/internal/project"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	p := &program{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr}
	err := p.run(ctx, os.Args[1:])
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
	case errors.Is(err, errFunction):
		os.Exit(1)
	case errors.Is(err, errUsage):
		os.Exit(2)
	default:
		fmt.Fprintln(os.Stderr, "invoke:", err)
		os.Exit(2)
	}
}

// Errors that have been printed.
var (
	errFunction = errors.New("the function failed") // and not the way to it
	errUsage    = errors.New("usage")
)

// A program is one run of this command.
type program struct {
	stdin          io.Reader
	stdout, stderr io.Writer
}

// help has its event in the quotes that Unix shells and Windows's cmd take alike.
const help = `The event is JSON, as in

	go run ./scripts/invoke webrtc-enter-room -openid alice "{\"roomID\":9527}"

or in a @file, or on the standard input (-). Without one, it is the function's event.json.
`

func (p *program) run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("invoke", flag.ContinueOnError)
	flags.SetOutput(p.stderr)
	addr := cmdline.Addr(flags, console.DefaultAddr)
	openID := flags.String("openid", "", "call as the user with this `OPENID`; default: as the SCF console's test button")
	flags.Usage = func() {
		fmt.Fprintln(p.stderr, "usage: go run ./scripts/invoke function [flags] [event | @file | -]")
		flags.PrintDefaults()
		fmt.Fprint(p.stderr, help)
	}
	operands, err := parse(flags, args)
	if errors.Is(err, flag.ErrHelp) {
		return err
	}
	if err != nil {
		return errUsage
	}
	if len(operands) < 1 || len(operands) > 2 {
		flags.Usage()
		return errUsage
	}
	event, err := p.event(operands, *openID)
	if err != nil {
		return err
	}
	response, err := call(ctx, *addr, operands[0], *openID, event)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	return p.show(response)
}

// parse parses flags before, between and after the operands, and returns those.
func parse(flags *flag.FlagSet, args []string) (operands []string, err error) {
	for {
		if err := flags.Parse(args); err != nil {
			return nil, err
		}
		if flags.NArg() == 0 {
			return operands, nil
		}
		operands = append(operands, flags.Arg(0))
		args = flags.Args()[1:]
	}
}

// event returns the event that the operands ask for.
func (p *program) event(operands []string, openID string) ([]byte, error) {
	if len(operands) == 1 {
		here, err := project.Find(".")
		if err != nil {
			return nil, err
		}
		functions, err := here.Functions()
		if err != nil {
			return nil, err
		}
		if !slices.Contains(functions, operands[0]) {
			return nil, fmt.Errorf("unknown function %q: there are %s", operands[0], strings.Join(functions, ", "))
		}
		event, err := here.Event(operands[0])
		if err != nil || openID == "" {
			return event, err
		}
		// It names a user for the console's test button; who calls as somebody
		// else would be refused.
		var fields map[string]json.RawMessage
		if err := json.Unmarshal(event, &fields); err != nil {
			return nil, fmt.Errorf("the event.json of %s: %w", operands[0], err)
		}
		delete(fields, "userID")
		return json.Marshal(fields)
	}
	operand := operands[1]
	if file, ok := strings.CutPrefix(operand, "@"); ok {
		return os.ReadFile(file)
	}
	if operand == "-" {
		return io.ReadAll(p.stdin)
	}
	return []byte(operand), nil
}

func call(ctx context.Context, addr, function, openID string, event []byte) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+addr+"/v1/functions/"+url.PathEscape(function), bytes.NewReader(event))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set(console.HeaderLogType, "Tail")
	if openID != "" {
		request.Header.Set("X-WX-OPENID", openID)
	}
	// No proxy: the server is on this machine.
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	var refused *net.OpError
	if errors.As(err, &refused) && refused.Op == "dial" {
		return nil, fmt.Errorf("no local server answers at %s: start one with\n\n\tgo run ./scripts/local\n\nin another terminal, or say with -addr where it is", addr)
	}
	return response, err
}

// show prints what came back.
func (p *program) show(response *http.Response) error {
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	log, err := base64.StdEncoding.DecodeString(response.Header.Get(console.HeaderLogResult))
	if err == nil && len(log) > 0 {
		fmt.Fprintf(p.stderr, "%s\n", log)
	}
	var failure struct{ ErrorMessage, StackTrace string }
	switch called := response.Header.Get(console.HeaderRequestID) != ""; {
	case called && response.StatusCode == http.StatusOK:
		var pretty bytes.Buffer
		if json.Indent(&pretty, body, "", "  ") != nil {
			pretty.Write(body)
		}
		if _, err := fmt.Fprintf(p.stdout, "%s\n", pretty.Bytes()); err != nil {
			return err
		}
		if bytes.Contains(body, []byte("BAD_SIGNATURE")) {
			fmt.Fprintf(p.stderr, "TRTC calls this function, and signs its reports, as this one isn't. The console's page Functions sends signed ones:\n\n\thttp://%s/#functions/webrtc-room-events\n", response.Request.URL.Host)
		}
		return nil
	case json.Unmarshal(body, &failure) != nil || failure.ErrorMessage == "":
		return fmt.Errorf("what answers at %s is not the local server: %s", response.Request.URL.Host, response.Status)
	case !called:
		return errors.New(failure.ErrorMessage)
	}
	fmt.Fprintln(p.stderr, failure.ErrorMessage)
	if failure.StackTrace != "" {
		fmt.Fprintln(p.stderr, failure.StackTrace)
	}
	return errFunction
}
