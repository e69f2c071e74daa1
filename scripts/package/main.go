// Command package builds the functions for SCF and packs them for upload:
//
//	go run ./scripts/package
//
// It needs nothing but Go, on Windows, macOS and Linux alike, and fills the folder
// .local/package with what each way of deploying wants:
//
//	flat/<function>      all binaries side by side; serverless.yml takes this folder
//	<function>/main      one folder for each function, for the CloudBase CLI
//	<function>.zip       the same, zipped, for an upload in the SCF console
//
// A binary is what go build ./functions/... makes, for Linux and without what only a
// debugger reads. The package of a function that signs also has its config/private_key, if
// there is one. The same source and the same Go make the same bytes, on any machine, in any
// folder, on any day.
//
// The command checks the packages before it says that they are done: SCF can start the
// binaries, no binary holds a secret, and none links what is for laptops only.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"text/tabwriter"

	"webrtc-room/pkg/signin"
	"webrtc-room/scripts/internal/cmdline"
	"webrtc-room/scripts/internal/project"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	cmdline.Exit("package", run(ctx, os.Args[1:], os.Stdout))
}

func run(ctx context.Context, args []string, stdout io.Writer) error {
	flags := cmdline.New("go run ./scripts/package", "", os.Stderr)
	config := flags.String("for", "", "first hold `file`, a serverless.yml, against the variables that are set, which its tool doesn't")
	if err := cmdline.Parse(flags, args); err != nil {
		return err
	}
	here, err := project.Find(".")
	if err != nil {
		return err
	}
	settings, err := here.LoadSettings(os.Environ(), "")
	if *config != "" {
		settings, err = here.LoadServerless(os.Environ())
	}
	if err != nil {
		return err
	}
	if *config != "" {
		if err := checkReferences(here.Path(*config), settings); err != nil {
			return err
		}
	}
	p := packager{project: here, settings: settings}
	fmt.Fprintln(stdout, "Building the functions for SCF. The first time takes a minute or two.")
	packages, err := p.pack(ctx)
	if err != nil {
		return err
	}
	return p.report(stdout, packages)
}

// report prints the table of what was made.
func (p *packager) report(w io.Writer, packages []packaged) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "function\tbinary\tzip\tSHA-256 of the zip\t")
	for _, made := range packages {
		key := ""
		if made.hasKey {
			key = "with " + signin.KeyFile
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%x\t%s\n", made.function, megabytes(made.binarySize), megabytes(made.zipSize), made.sum, key)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	where, err := filepath.Rel(p.project.Root, p.project.Packages())
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "Built with %s for %s/%s into %s, and checked.\n", runtime.Version(), targetOS, targetArch, filepath.ToSlash(where))
	return err
}

func megabytes(n int64) string { return fmt.Sprintf("%.2f MB", float64(n)/1e6) }
