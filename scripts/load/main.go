// Command load puts the local server under load, through the functions' real
// processes, and checks every answer:
//
//	go run ./scripts/load -for 2m
//
// First 200 callers at once want the 4 seats of one room, round after round.
// Exactly 4 may get in, and all others must be told so. Then many callers come and
// go in many rooms, for a chosen time. It prints figures and violations, and ends
// with status 1 if there is one. Ctrl-C cuts it short: then it prints what it has,
// and the status is 1 as well, since not all was checked.
//
// With -compare it measures the functions instead, beside a trivial function and beside
// the 2018 demo's way, in one run; see package compare. With -cost it counts what a
// meeting takes. Where Node.js is missing, -node=false leaves the demo's way out; its
// packages are installed by npm ci --ignore-scripts into .local/load/demo.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"

	"webrtc-room/pkg/local/console"
	"webrtc-room/pkg/local/scfemu"
	"webrtc-room/scripts/internal/cmdline"
	"webrtc-room/scripts/internal/project"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	context.AfterFunc(ctx, stop) // another Ctrl-C ends the program at once
	cmdline.Exit("load", run(ctx, os.Args[1:], os.Stdout))
}

var (
	// errViolated is for what must never happen.
	errViolated = errors.New("a guarantee was violated")
	errCutShort = errors.New("it was cut short")
)

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := cmdline.New("go run ./scripts/load", "", os.Stderr)
	callers := flags.Int("callers", 200, "how many callers want the 4 seats of one room at once")
	rounds := flags.Int("rounds", 10, "how many rounds of such callers there are, each for another room")
	rooms := flags.Int("rooms", 1000, "in how many rooms clients come and go, after the rounds of callers")
	clients := flags.Int("clients", 32, "how many clients come and go at once")
	lasting := cmdline.Duration(flags, "for", time.Minute, "clients come and go for this `duration`, as in 90s or 2m")
	var comparing comparison
	comparing.define(flags)
	if err := cmdline.Parse(flags, args); err != nil {
		return err
	}
	for _, f := range []struct {
		name  string
		value int
		least int
	}{{"callers", *callers, seats}, {"rounds", *rounds, 0}, {"rooms", *rooms, 1}, {"clients", *clients, 1}} {
		if f.value < f.least {
			return fmt.Errorf("-%s is %d, and must be at least %d", f.name, f.value, f.least)
		}
	}
	here, err := project.Find(".")
	if err != nil {
		return err
	}
	if comparing.compare || comparing.cost {
		return comparing.run(ctx, here, out)
	}
	fmt.Fprintln(out, "Building and starting the local server.")
	p := newProgress(os.Stderr, isTerminal(os.Stderr))
	defer p.end()
	p.say("building the functions, which takes a minute the first time")
	server, err := start(ctx, here)
	if err != nil && ctx.Err() != nil {
		return fmt.Errorf("%w before anything was measured", errCutShort)
	}
	if err != nil {
		return err
	}
	defer server.Close()
	c := newCaller(server.URL)
	defer c.close()

	violations, err := fight(ctx, c, *callers, *rounds, p, out)
	if err != nil {
		return err
	}
	if ctx.Err() == nil {
		c.forget() // those times are of 200 calls at once
		more, err := churn(ctx, c, *rooms, *clients, *lasting, p, out)
		if err != nil {
			return err
		}
		violations = append(violations, more...)
		c.print(out)
	}
	return conclude(out, violations, ctx.Err() != nil)
}

// start starts a local server of its own. The functions stay built, for the next run.
func start(ctx context.Context, here project.Project) (*console.Server, error) {
	data := here.Path(".local/load/server")
	if _, err := scfemu.Build(ctx, here.Root, data); err != nil {
		return nil, err
	}
	return console.Start(ctx, console.Config{
		Root: here.Root, Data: data, Prebuilt: true, Addr: "127.0.0.1:0", Memory: true, Timeout: time.Minute,
	})
}

// conclude prints what went wrong, and returns an error unless nothing did.
func conclude(out io.Writer, violations []string, cutShort bool) error {
	if cutShort {
		fmt.Fprintf(out, "%d violations until it was cut short\n", len(violations))
	} else {
		fmt.Fprintf(out, "%d violations\n", len(violations))
	}
	for _, v := range violations[:min(len(violations), 20)] {
		fmt.Fprintln(out, "  "+v)
	}
	switch {
	case len(violations) > 0:
		return errViolated
	case cutShort:
		return errCutShort
	}
	return nil
}
