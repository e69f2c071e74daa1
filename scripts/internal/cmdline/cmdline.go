// Package cmdline is what the commands have in common. They print the usage line as
// users type it, their flags say what they want when they get something else, and they
// end with the same exit statuses:
//
//	0  it is done, or the usage was asked for
//	1  it failed
//	2  the command line is wrong, and nothing was done
//	3  the function refused what it was asked for, or TRTC would refuse the token
package cmdline

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
)

// Errors about which everything has been printed.
var (
	ErrUsage   = errors.New("usage")
	ErrFailed  = errors.New("failed")
	ErrRefused = errors.New("refused")
)

// New returns the flags of the command that is typed like this, such as
// "go run ./scripts/local". What is wrong with them, and their usage, goes to w.
// What else is typed goes by the name of operands, "" for none.
func New(typed, operands string, w io.Writer) *flag.FlagSet {
	flags := flag.NewFlagSet(typed, flag.ContinueOnError)
	flags.SetOutput(w)
	flags.Usage = func() {
		fmt.Fprintf(w, "usage: %s\n", strings.TrimSpace(typed+" [flags] "+operands))
		flags.PrintDefaults()
	}
	return flags
}

// Parse parses the arguments of a command that takes flags only. It returns
// flag.ErrHelp or ErrUsage after printing the usage.
func Parse(flags *flag.FlagSet, args []string) error {
	operands, err := ParseOperands(flags, args)
	if err == nil && len(operands) > 0 {
		return Misuse(flags, "there is nothing to do with %q: this command takes flags only", operands[0])
	}
	return err
}

// ParseOperands parses flags before, between and after the operands, and returns
// those.
func ParseOperands(flags *flag.FlagSet, args []string) (operands []string, err error) {
	for {
		err := flags.Parse(args)
		switch {
		case errors.Is(err, flag.ErrHelp):
			return nil, err
		case err != nil:
			return nil, ErrUsage
		case flags.NArg() == 0:
			return operands, nil
		}
		operands = append(operands, flags.Arg(0))
		args = flags.Args()[1:]
	}
}

// Misuse prints what is wrong with the command line, and the usage, as the flag
// package does. It returns ErrUsage.
func Misuse(flags *flag.FlagSet, format string, args ...any) error {
	fmt.Fprintf(flags.Output(), format+"\n", args...)
	flags.Usage()
	return ErrUsage
}

// Exit ends the program, after printing an error that hasn't been printed.
func Exit(name string, err error) {
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		os.Exit(0)
	case errors.Is(err, ErrUsage):
		os.Exit(2)
	case errors.Is(err, ErrRefused):
		os.Exit(3)
	case !errors.Is(err, ErrFailed):
		fmt.Fprintf(os.Stderr, "%s: %s\n", name, In(ofTerminal(os.Getenv), err))
	}
	os.Exit(1)
}
