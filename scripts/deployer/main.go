// Command deployer deploys the functions to a CloudBase environment, with the
// CloudBase CLI, and finds out whether they work there:
//
//	./scripts/deploy -dry-run       what would be done
//	./scripts/deploy                on Windows: go run ./scripts/deployer
//
// The settings come from the environment or from a file .env in the repository:
// TCB_ENV_ID, TRTC_SDK_APP_ID and TRTC_SECRET_KEY at least. With -env staging, they
// come from .env.staging in the place of .env. Before it changes anything, the command
// checks them with the functions' own code, builds and checks the packages, and shows
// what it is going to do. Afterwards it calls each function with its event.json, and
// leaves no room behind. The optional function
// webrtc-room-events is deployed if TRTC_CALLBACK_KEY is set.
//
// The exit status is 0 only if all functions are deployed and answer.
package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strings"

	"webrtc-room/pkg/settings"
	"webrtc-room/scripts/internal/cmdline"
	"webrtc-room/scripts/internal/project"
	"webrtc-room/scripts/internal/tcbcli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	p := &program{stdin: os.Stdin, stdout: os.Stdout, environ: os.Environ()}
	cmdline.Exit("deploy", p.run(ctx, os.Args[1:]))
}

// A program is one run of this command.
type program struct {
	stdin   io.Reader
	stdout  io.Writer
	environ []string

	language string // of texts that there are in two
}

func (p *program) run(ctx context.Context, args []string) error {
	typed := "./scripts/deploy"
	if runtime.GOOS == "windows" {
		typed = "go run ./scripts/deployer"
	}
	flags := cmdline.New(typed, "", os.Stderr)
	dryRun := flags.Bool("dry-run", false, "show what would be done, and change nothing")
	yes := flags.Bool("yes", false, "don't ask before changing anything")
	environment := cmdline.Environment(flags)
	language := cmdline.Language(flags, cmdline.Getenv(p.environ))
	if err := cmdline.Parse(flags, args); err != nil {
		return err
	}
	p.language = *language
	here, err := project.Find(".")
	if err != nil {
		return err
	}
	d, err := p.prepare(ctx, here, *environment)
	if err != nil {
		return err
	}
	p.warn(ctx, d)
	// Before the packages are made, which takes longer than anything else.
	todo, err := d.plan(ctx)
	if *dryRun && errors.Is(err, tcbcli.ErrNotLoggedIn) {
		todo.print(p.stdout)
		fmt.Fprintf(p.stdout, "\nNot compared with what is deployed there: %v\nNothing was changed.\n", err)
		return nil
	}
	if err != nil {
		return err
	}
	if err := p.makePackages(ctx, d); err != nil {
		return err
	}
	defer d.close()
	todo.print(p.stdout)
	if *dryRun {
		fmt.Fprintln(p.stdout, "\nNothing was changed.")
		return nil
	}
	if !*yes && !p.confirm("\nDeploy to "+d.cli.EnvID+"? [y/N] ") {
		return errors.New("nothing was changed (where nobody can answer, say -yes)")
	}
	return p.deploy(ctx, d, todo)
}

// warn says what whoever deploys this should know.
func (p *program) warn(ctx context.Context, d *deployment) {
	for _, warning := range settings.Lookup(d.settings.Lookup).Warnings() {
		fmt.Fprintf(p.stdout, "warning: %s\n", warning.Text().In(p.language))
	}
	for _, name := range d.project.TrackedSecrets(ctx) {
		fmt.Fprintf(p.stdout, "warning: %s\n", project.Tracked(name).In(p.language))
	}
}

// prepare checks the settings, and finds the CLI.
func (p *program) prepare(ctx context.Context, here project.Project, environment string) (*deployment, error) {
	set, err := here.LoadSettings(p.environ, environment)
	if err != nil {
		return nil, errors.New(cmdline.In(p.language, err))
	}
	d := &deployment{project: here, settings: set, language: p.language}
	if err := d.choose(); err != nil {
		return nil, err
	}
	command, notInstalled := tcbcli.Find(here.Root)
	switch wrong := d.checkSettings(); {
	case wrong != nil && notInstalled != nil:
		return nil, fmt.Errorf("%w\n\n%w", wrong, notInstalled)
	case wrong != nil || notInstalled != nil:
		return nil, cmp.Or(wrong, notInstalled)
	}
	d.cli = &tcbcli.CLI{
		Command: command,
		Dir:     here.Root,
		EnvID:   set["TCB_ENV_ID"],
		Environ: set.Environ(p.environ),
		Redact:  set.Redact,
	}
	return d, nil
}

// makePackages makes and checks what the CLI uploads, and its configuration.
func (p *program) makePackages(ctx context.Context, d *deployment) error {
	if err := p.pack(ctx, d.project); err != nil {
		return err
	}
	if err := d.checkPackages(); err != nil {
		return err
	}
	return d.write()
}

// pack makes the packages anew: what is deployed is the source as it is now.
func (p *program) pack(ctx context.Context, here project.Project) error {
	command := exec.CommandContext(ctx, "go", "run", "./scripts/package")
	command.Dir, command.Env = here.Root, p.environ
	command.Stdout = p.stdout
	var complaints strings.Builder
	command.Stderr = &complaints
	if err := command.Run(); err != nil {
		return fmt.Errorf("the packages could not be made:\n%s", complaints.String())
	}
	return nil
}

func (p *program) confirm(question string) bool {
	fmt.Fprint(p.stdout, question)
	line, err := bufio.NewReader(p.stdin).ReadString('\n')
	if err != nil {
		fmt.Fprintln(p.stdout)
	}
	answer := strings.ToLower(strings.TrimSpace(line))
	return answer == "y" || answer == "yes"
}

// deploy carries the plan out and reports, function by function.
func (p *program) deploy(ctx context.Context, d *deployment, todo *plan) error {
	fmt.Fprintf(p.stdout, "\nDeploying. The CloudBase CLI takes a minute or two.\n")
	deployed, err := d.deploy(ctx, todo)
	if err != nil {
		return err
	}
	fmt.Fprintf(p.stdout, "Calling each function with its event.json.\n\n")
	return report(p.stdout, todo, deployed, d.smokeTest(ctx, deployed))
}
