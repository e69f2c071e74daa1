// Package cmdline is what the commands that take nothing but flags have in common:
// a usage line as one types it, and an exit status that tells a question for it
// (0) from a failure (1) and from a flag that there isn't (2). It also has flags
// that say what they want when they get something else.
package cmdline

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
)

// ErrUsage is the error of flags that the flag package has complained about.
var ErrUsage = errors.New("usage")

// New returns the flags of the command that is typed like this, such as
// "go run ./scripts/local". What is wrong with them, and their usage, goes to w.
func New(typed string, w io.Writer) *flag.FlagSet {
	flags := flag.NewFlagSet(typed, flag.ContinueOnError)
	flags.SetOutput(w)
	flags.Usage = func() {
		fmt.Fprintf(w, "usage: %s [flags]\n", typed)
		flags.PrintDefaults()
	}
	return flags
}

// Parse parses the arguments. It returns flag.ErrHelp or ErrUsage after printing
// the usage.
func Parse(flags *flag.FlagSet, args []string) error {
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return err
	case err != nil:
		return ErrUsage
	case flags.NArg() > 0:
		return fmt.Errorf("there is nothing to do with %q: this command takes flags only, see -help", flags.Arg(0))
	}
	return nil
}

// Exit ends the program, after printing an error that hasn't been printed.
func Exit(name string, err error) {
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		os.Exit(0)
	case errors.Is(err, ErrUsage):
		os.Exit(2)
	}
	fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
	os.Exit(1)
}
