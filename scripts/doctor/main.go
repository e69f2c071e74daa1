// Command doctor finds out what keeps the functions from working, and says what to
// do about it:
//
//	go run ./scripts/doctor             the local server's functions
//	go run ./scripts/doctor -deployed   those in the CloudBase environment TCB_ENV_ID
//
// It calls the functions as anybody could, and makes a room that it removes again.
// Each line of its report is a check that passed, one that failed with what to do
// next, or something that can't be told from here. The exit status is 1 if a check
// failed.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"time"

	"webrtc-room/pkg/local/client"
	"webrtc-room/pkg/roomapi"
	"webrtc-room/pkg/settings"
	"webrtc-room/scripts/internal/cmdline"
	"webrtc-room/scripts/internal/project"
	"webrtc-room/scripts/internal/tcbcli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	cmdline.Exit("doctor", run(ctx, os.Args[1:], os.Environ(), os.Stdout))
}

func run(ctx context.Context, args, environ []string, stdout io.Writer) error {
	flags := cmdline.New("go run ./scripts/doctor", "", os.Stderr)
	deployed := flags.Bool("deployed", false, "look at the functions in the CloudBase environment, through the CloudBase CLI")
	environment := cmdline.Environment(flags)
	addr := cmdline.Addr(flags)
	language := cmdline.Language(flags, cmdline.Getenv(environ))
	if err := cmdline.Parse(flags, args); err != nil {
		return err
	}
	here, err := project.Find(".")
	if err != nil {
		return err
	}
	set, err := here.LoadSettings(environ, *environment)
	if err != nil {
		return err
	}
	d := &doctor{project: here, settings: set, language: *language, out: stdout, now: time.Now}
	d.warn(ctx)
	if *deployed {
		if err := d.examineDeployed(ctx, environ); err != nil {
			return err
		}
	} else {
		d.examineLocal(ctx, *addr)
	}
	switch d.failed {
	case 0:
	case 1:
		return errors.New("one check failed")
	default:
		return fmt.Errorf("%d checks failed", d.failed)
	}
	_, err = fmt.Fprintln(stdout, "\nNothing is wrong.")
	return err
}

// A doctor makes one examination.
type doctor struct {
	project  project.Project
	settings project.Settings
	language string // of texts that there are in two
	out      io.Writer
	now      func() time.Time

	patient patient
	failed  int
	causes  map[string]string // what functions said when a call failed, and which call that was
}

// A patient is where the functions are.
type patient interface {
	// call calls a function with an event, which becomes JSON, as the mini program
	// user with this OPENID, or as the SCF console's test button for "". The error
	// has the function's own text if it failed.
	call(ctx context.Context, function string, event any, openID string) (reply, error)
}

func (d *doctor) pass(format string, args ...any) {
	fmt.Fprintf(d.out, "ok    %s\n", fmt.Sprintf(format, args...))
}

// fail reports what is wrong, and what to do next.
func (d *doctor) fail(wrong, next string) {
	d.failed++
	fmt.Fprintf(d.out, "FAIL  %s\n      next: %s\n", indent(d.settings.Redact(wrong)), indent(next))
}

// failCall reports a call that failed, and what the function said. What several
// say, as of a setting that all of them need, is printed once.
func (d *doctor) failCall(call, function, said string) {
	// Each says its name, and the id of the request.
	cause, _, _ := strings.Cut(strings.TrimPrefix(said, function+": "), " (request id ")
	if first, ok := d.causes[cause]; ok {
		d.fail(fmt.Sprintf("%s: the same as above, where %s", call, first), "as above")
		return
	}
	if d.causes == nil {
		d.causes = make(map[string]string)
	}
	d.causes[cause] = call
	d.fail(call+": "+said, d.nextFor(said))
}

// warn reports what whoever has these settings, and this repository, should know.
func (d *doctor) warn(ctx context.Context) {
	for _, warning := range settings.Lookup(d.settings.Lookup).Warnings() {
		fmt.Fprintf(d.out, "warn  %s\n", indent(warning.Text().In(d.language)))
	}
	for _, name := range d.project.TrackedSecrets(ctx) {
		fmt.Fprintf(d.out, "warn  %s\n", indent(project.Tracked(name).In(d.language)))
	}
}

// brief is an error about a setting here, without where to set it in the cloud.
func (d *doctor) brief(err error) string {
	var wrong *settings.Error
	if errors.As(err, &wrong) {
		return wrong.Text().In(d.language)
	}
	return err.Error()
}

// note reports what can't be told from here, and how to tell.
func (d *doctor) note(format string, args ...any) {
	fmt.Fprintf(d.out, "note  %s\n", indent(fmt.Sprintf(format, args...)))
}

// local reports whether the functions are the local server's.
func (d *doctor) local() bool {
	_, local := d.patient.(localServer)
	return local
}

func indent(text string) string { return strings.ReplaceAll(text, "\n", "\n      ") }

// examineLocal looks at the local server.
func (d *doctor) examineLocal(ctx context.Context, addr string) {
	server := client.Find(d.project.Root, addr)
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	if err := server.Ping(ctx); err != nil {
		d.fail(err.Error(), "start it with  go run ./scripts/local  in another terminal, or say with -addr where it is")
		return
	}
	d.pass("the local server answers at %s", server.URL)
	d.patient = localServer{server}
	d.checkIdentity(ctx)
	d.checkSignature(ctx, "doctor-"+d.suffix())
	d.checkRooms(ctx)
}

// examineDeployed looks at the CloudBase environment.
func (d *doctor) examineDeployed(ctx context.Context, environ []string) error {
	functions, err := d.project.Functions()
	if err != nil {
		return err
	}
	envID := d.settings["TCB_ENV_ID"]
	if envID == "" {
		d.fail("TCB_ENV_ID is not set", "set it to the id of the CloudBase environment (云开发控制台 > 设置 > 环境 ID), in the environment or in a file .env")
		return nil
	}
	command, err := tcbcli.Find(d.project.Root)
	if err != nil {
		return err
	}
	cli := &tcbcli.CLI{
		Command: command,
		Dir:     d.project.Root,
		EnvID:   envID,
		Environ: d.settings.Environ(environ),
		Redact:  d.settings.Redact,
	}
	there, err := d.checkDeployed(ctx, cli, functions)
	if err != nil || !there {
		return err
	}
	d.patient = environment{cli}
	d.note("whether a caller's OPENID arrives can't be told from here: in the WeChat DevTools console, run\nwx.cloud.callFunction({name: 'webrtc-sig-api', data: {}}).then(console.log)\nand see that userID is there, and is an OPENID")
	d.checkSignature(ctx, "doctor-"+d.suffix())
	d.checkRooms(ctx)
	d.note("for thousands of rooms, give webrtcRooms the index %s, not unique, for webrtc-get-room-list:\n云开发控制台 > 数据库 > webrtcRooms > 索引管理 (1 is ascending, -1 descending)", roomapi.ListIndex)
	if rooms, err := settings.Lookup(d.settings.Lookup).Int("MAX_ROOMS_PER_USER"); err == nil && rooms > 0 {
		d.note("MAX_ROOMS_PER_USER has each enter look for the caller's rooms: give webrtcRooms the index %s too, not unique", roomapi.MembersIndex)
	}
	d.note("clients have no business in webrtcRooms: 数据库 > webrtcRooms > 数据权限 should be 所有用户不可读写;\nthe functions are not subject to it")
	return nil
}
