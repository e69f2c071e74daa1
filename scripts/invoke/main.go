// Command invoke calls one function of the local server once:
//
//	go run ./scripts/invoke webrtc-enter-room -openid alice '{"roomID": 9527}'
//
// The event is JSON, @file, or - for the standard input; by default it is the
// function's event.json, of which a call with -openid leaves the userID out.
// Without -openid the call is a test from the SCF console. The reply goes to the
// standard output, and what the function printed to the standard error.
//
// The exit status is 1 when the function failed or could not be called, and 3 when
// it refused: when its reply has a reason. With -any it is 0 for a refusal, too.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"

	"webrtc-room/pkg/local/client"
	"webrtc-room/scripts/internal/cmdline"
	"webrtc-room/scripts/internal/project"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	p := &program{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr}
	cmdline.Exit("invoke", p.run(ctx, os.Args[1:]))
}

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
	flags := cmdline.New("go run ./scripts/invoke", "function [event | @file | -]", p.stderr)
	addr := cmdline.Addr(flags)
	openID := flags.String("openid", "", "call as the user with this `OPENID`; default: as the SCF console's test button")
	any := flags.Bool("any", false, "end with status 0 also when the function refuses")
	usage := flags.Usage
	flags.Usage = func() {
		usage()
		fmt.Fprint(p.stderr, help)
	}
	operands, err := cmdline.ParseOperands(flags, args)
	switch {
	case err != nil:
		return err
	case len(operands) == 0:
		return cmdline.Misuse(flags, "say which function to call")
	case len(operands) > 2:
		return cmdline.Misuse(flags, "there is nothing to do with %q", operands[2])
	}
	here, err := project.Find(".")
	if err != nil {
		return err
	}
	event, err := p.event(here, operands, *openID)
	if err != nil {
		return err
	}
	server := client.Find(here.Root, *addr)
	server.WithLog = true
	reply, err := server.Call(ctx, operands[0], *openID, event)
	if reply != nil && reply.Log != "" {
		fmt.Fprintln(p.stderr, reply.Log)
	}
	var failure *client.FunctionError
	switch {
	case errors.Is(err, client.ErrNoServer):
		return fmt.Errorf("%w: start one with\n\n\tgo run ./scripts/local\n\nin another terminal, or say with -addr where it is", err)
	case errors.As(err, &failure):
		fmt.Fprintln(p.stderr, strings.TrimSpace(failure.Message+"\n"+failure.Stack))
		return cmdline.ErrFailed
	case err != nil:
		return err
	}
	if err := p.show(reply.Body, server.URL); err != nil || *any {
		return err
	}
	return refusal(reply.Body)
}

// event returns the event that the operands ask for.
func (p *program) event(here project.Project, operands []string, openID string) ([]byte, error) {
	if len(operands) == 1 {
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
		// It names a user for the console's test button. A call as another user
		// would be refused.
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

// show prints a reply.
func (p *program) show(body []byte, url string) error {
	var pretty bytes.Buffer
	if json.Indent(&pretty, body, "", "  ") != nil {
		pretty.Write(body)
	}
	if _, err := fmt.Fprintf(p.stdout, "%s\n", pretty.Bytes()); err != nil {
		return err
	}
	if bytes.Contains(body, []byte("BAD_SIGNATURE")) {
		fmt.Fprintf(p.stderr, "TRTC calls this function, and signs its reports, as this one isn't. The console's page Functions sends signed ones:\n\n\t%s/#functions/webrtc-room-events\n", url)
	}
	return nil
}

// refusal returns cmdline.ErrRefused of a reply with a reason, which may be in the
// body of an HTTP response.
func refusal(body []byte) error {
	var reply struct{ Reason, Body string }
	if json.Unmarshal(body, &reply) != nil {
		return nil // no object
	}
	if reply.Reason != "" {
		return cmdline.ErrRefused
	}
	if reply.Body != "" {
		return refusal([]byte(reply.Body))
	}
	return nil
}
