// Command load puts the local server under load, through the functions' real
// processes, and checks every answer:
//
//	go run ./scripts/load -for 2m
//
// First 200 callers at once want the 4 seats of one room, round after round.
// Exactly 4 may get in, and all others must be told so. Then many callers come and
// go in many rooms, for a chosen time. It prints figures and violations, and ends
// with status 1 if there is one.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"

	"webrtc-room/pkg/console"
	"webrtc-room/scripts/internal/cmdline"
	"webrtc-room/scripts/internal/project"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	cmdline.Exit("load", run(ctx, os.Args[1:], os.Stdout))
}

// errViolated is for what must never happen.
var errViolated = errors.New("a guarantee was violated")

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := cmdline.New("go run ./scripts/load", os.Stderr)
	callers := flags.Int("callers", 200, "callers at once for the 4 seats of one room")
	rounds := flags.Int("rounds", 10, "rounds of that")
	rooms := flags.Int("rooms", 1000, "rooms in which people come and go")
	clients := flags.Int("clients", 32, "clients at once that do")
	lasting := flags.Duration("for", time.Minute, "how long they do")
	if err := cmdline.Parse(flags, args); err != nil {
		return err
	}
	here, err := project.Find(".")
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "Building and starting the local server.")
	server, err := console.Start(ctx, console.Config{Root: here.Root, Addr: "127.0.0.1:0", Memory: true, Timeout: time.Minute})
	if err != nil {
		return err
	}
	defer server.Close()
	c := newClient(server.URL)
	defer c.close()

	violations, err := fight(ctx, c, *callers, *rounds, out)
	if err != nil {
		return err
	}
	c.forget() // those times are of 200 calls at once
	more, err := churn(ctx, c, *rooms, *clients, *lasting, out)
	if err != nil {
		return err
	}
	violations = append(violations, more...)
	c.print(out)
	fmt.Fprintf(out, "%d violations\n", len(violations))
	for _, v := range violations[:min(len(violations), 20)] {
		fmt.Fprintln(out, "  "+v)
	}
	if len(violations) > 0 {
		return errViolated
	}
	return nil
}
