// Command local runs the whole product on this machine: the functions, as SCF
// runs them, over an emulated CloudBase. It needs no account and no
// configuration:
//
//	go run ./scripts/local
//
// It serves until Ctrl-C, and then leaves nothing behind but its data folder.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"

	"webrtc-room/pkg/local/client"
	"webrtc-room/pkg/local/console"
	"webrtc-room/pkg/trtc"
	"webrtc-room/scripts/internal/cmdline"
	"webrtc-room/scripts/internal/project"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	if startedByGoRun() {
		// Whoever ends "go run" means this program, which isn't told.
		var parentEnded context.CancelFunc
		ctx, parentEnded = context.WithCancel(ctx)
		go func() {
			waitForParent()
			parentEnded()
		}()
	}
	program := &program{stdout: os.Stdout, stderr: os.Stderr, getenv: os.Getenv}
	err := program.start(ctx, os.Args[1:])
	if err == nil {
		<-ctx.Done()
		stop() // another Ctrl-C ends the program at once
		fmt.Fprintln(os.Stderr, "Stopping.")
		err = program.close()
	}
	if errors.Is(err, context.Canceled) { // by a signal, while starting
		os.Exit(1)
	}
	cmdline.Exit("local", err)
}

// A program is one run of this command.
type program struct {
	stdout, stderr io.Writer
	getenv         func(string) string

	server *console.Server
}

// start serves, says so, and returns.
func (p *program) start(ctx context.Context, args []string) error {
	flags := cmdline.New("go run ./scripts/local", "", p.stderr)
	addr := flags.String("addr", client.DefaultAddr, "listen at `host:port`; port 0 picks a free one")
	data := flags.String("data", "", "keep documents and keys in `folder` (default .local in the repository)")
	memory := flags.Bool("memory", false, "keep documents and keys in memory only")
	build := flags.Bool("build", true, "build the functions first; if false, serve those in the data folder's bin")
	vanish := flags.Duration("vanish", trtc.Silence, "have TRTC give up a vanished client after this `time`")
	language := cmdline.Language(flags, p.getenv)
	if err := cmdline.Parse(flags, args); err != nil {
		return err
	}
	if *vanish < time.Second {
		return fmt.Errorf("-vanish %v is too short: a second is the least", *vanish)
	}
	here, err := project.Find(".")
	if err != nil {
		return err
	}
	p.server, err = console.Start(ctx, console.Config{
		Root:     here.Root,
		Data:     *data,
		Addr:     *addr,
		Memory:   *memory,
		Prebuilt: !*build,
		Vanish:   *vanish,
		Getenv:   p.getenv,
		Language: *language,
		Log:      p.stderr,
	})
	if err != nil {
		return err
	}
	p.greet(*memory)
	return nil
}

// greet prints what there is, what to try, and where the data is.
func (p *program) greet(memory bool) {
	key := "with your TRTC key"
	switch p.server.KeyState() {
	case "none":
		key = "without a usable TRTC key; see above"
	case "throwAway":
		key = "with a throw-away TRTC key; set TRTC_SDK_APP_ID and TRTC_SECRET_KEY for your own"
	}
	data := p.server.Data
	if memory {
		data = "in memory"
	} else if here, err := os.Getwd(); err == nil {
		if shorter, err := filepath.Rel(here, data); err == nil && filepath.IsLocal(shorter) {
			data = shorter
		}
	}
	fmt.Fprintf(p.stdout, "Open  %s (%s; Ctrl-C stops)\n", p.server.URL, key)
	fmt.Fprintf(p.stdout, "Try   %s\n", p.server.Curl("webrtc-enter-room", `{"roomID":9527}`))
	fmt.Fprintf(p.stdout, "Data  %s; for @cloudbase/node-sdk: init(require(%q))\n", data, filepath.Join(p.server.Data, "cloudbase.json"))
}

func (p *program) close() error { return p.server.Close() }

// startedByGoRun reports whether this executable was made by "go run".
func startedByGoRun() bool {
	executable, err := os.Executable()
	return err == nil && madeByGoRun(filepath.ToSlash(executable))
}

// madeByGoRun knows the go command's executables by where they are: in a folder of its
// own under a name like go-build123 or, from the second run on, in its cache, which
// GOCACHE may put anywhere.
func madeByGoRun(executable string) bool {
	return strings.Contains(executable, "/go-build") || inGoCache.MatchString(executable)
}

var inGoCache = regexp.MustCompile(`/[0-9a-f]{2}/[0-9a-f]{64}-d/[^/]+$`)
