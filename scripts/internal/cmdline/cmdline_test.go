package cmdline

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"testing"
)

// The test's program is a command itself, when it is told so.
func TestMain(m *testing.M) {
	if os.Getenv("CMDLINE_TEST_MAIN") == "" {
		os.Exit(m.Run())
	}
	flags := New("go run ./scripts/dance", "", os.Stderr)
	fails := flags.Bool("fail", false, "fall over")
	printed := flags.Bool("printed", false, "fall over quietly")
	refused := flags.Bool("refused", false, "don't dance")
	err := Parse(flags, os.Args[1:])
	switch {
	case err == nil && *fails:
		err = fmt.Errorf("it fell over")
	case err == nil && *printed:
		err = ErrFailed
	case err == nil && *refused:
		err = ErrRefused
	}
	Exit("dance", err)
}

func TestCommand(t *testing.T) {
	const usage = "usage: go run ./scripts/dance [flags]\n  -fail\n    \tfall over\n  -printed\n    \tfall over quietly\n  -refused\n    \tdon't dance\n"
	for _, test := range []struct {
		args   []string
		status int
		stderr string
	}{
		{nil, 0, ""},
		{[]string{"-h"}, 0, usage},
		{[]string{"--help"}, 0, usage},
		{[]string{"-fail"}, 1, "dance: it fell over\n"},
		{[]string{"-printed"}, 1, ""},
		{[]string{"-refused"}, 3, ""},
		{[]string{"alone"}, 2, "there is nothing to do with \"alone\": this command takes flags only\n" + usage},
		{[]string{"-alone"}, 2, "flag provided but not defined: -alone\n" + usage},
	} {
		command := exec.CommandContext(t.Context(), os.Args[0], test.args...)
		command.Env = append(os.Environ(), "CMDLINE_TEST_MAIN=1")
		var stdout, stderr bytes.Buffer
		command.Stdout, command.Stderr = &stdout, &stderr
		status := 0
		var exit *exec.ExitError
		if err := command.Run(); errors.As(err, &exit) {
			status = exit.ExitCode()
		} else if err != nil {
			t.Fatal(err)
		}
		if status != test.status || stdout.Len() > 0 || stderr.String() != test.stderr {
			t.Errorf("%q: status %d and %q, want %d and %q", test.args, status, stderr.String(), test.status, test.stderr)
		}
	}
}
