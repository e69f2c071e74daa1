package cmdline

import (
	"flag"
	"io"
	"strings"
	"testing"
	"time"
)

func TestDuration(t *testing.T) {
	for _, test := range []struct {
		args []string
		want time.Duration
		err  string
	}{
		{nil, time.Minute, ""},
		{[]string{"-for", "5s"}, 5 * time.Second, ""},
		{[]string{"-for=1m30s"}, 90 * time.Second, ""},
		{[]string{"-for", "5"}, 0, `invalid value "5" for flag -for: a duration is a number with a unit, as in 5s or 2m`},
		{[]string{"-for", "5 s"}, 0, "with a unit"},
		{[]string{"-for", "long"}, 0, "with a unit"},
	} {
		flags := flag.NewFlagSet("", flag.ContinueOnError)
		flags.SetOutput(io.Discard)
		got := Duration(flags, "for", time.Minute, "how long")
		checkFlag(t, test.args, flags.Parse(test.args), *got, test.want, test.err)
	}
}

func TestAddr(t *testing.T) {
	for _, test := range []struct {
		args []string
		want string
		err  string
	}{
		{nil, "", ""},
		{[]string{"-addr", "127.0.0.1:9703"}, "127.0.0.1:9703", ""},
		{[]string{"-addr", "localhost:9703"}, "localhost:9703", ""},
		{[]string{"-addr", "[::1]:9703"}, "[::1]:9703", ""},
		{[]string{"-addr", "9703"}, "127.0.0.1:9703", ""},
		{[]string{"-addr", ":9703"}, "127.0.0.1:9703", ""},
		{[]string{"-addr", "http://127.0.0.1:9703"}, "127.0.0.1:9703", ""},
		{[]string{"-addr", "http://localhost:9703/#functions/webrtc-sig-api"}, "localhost:9703", ""},
		{[]string{"-addr", "abc"}, "", `invalid value "abc" for flag -addr: write host:port, as in 127.0.0.1:9527`},
		{[]string{"-addr", ""}, "", "write host:port"},
		{[]string{"-addr", "0"}, "", "write host:port"},
		{[]string{"-addr", "65536"}, "", "write host:port"},
		{[]string{"-addr", "127.0.0.1"}, "", "write host:port"},
		{[]string{"-addr", "http://127.0.0.1"}, "", "write host:port"},
		{[]string{"-addr", "https://127.0.0.1:9703"}, "", "write host:port"},
		{[]string{"-addr", "127.0.0.1:http"}, "", "write host:port"},
	} {
		flags := flag.NewFlagSet("", flag.ContinueOnError)
		flags.SetOutput(io.Discard)
		got := Addr(flags)
		checkFlag(t, test.args, flags.Parse(test.args), *got, test.want, test.err)
	}
}

// checkFlag compares what a flag became, or the error that there was instead.
func checkFlag[T comparable](t *testing.T, args []string, err error, got, want T, text string) {
	t.Helper()
	switch {
	case text == "" && (err != nil || got != want):
		t.Errorf("%q: %v, %v, want %v", args, got, err, want)
	case text != "" && (err == nil || !strings.Contains(err.Error(), text)):
		t.Errorf("%q: %v, want %s", args, err, text)
	}
}

// What a flag is without being set stands in the usage.
func TestDefaults(t *testing.T) {
	flags := flag.NewFlagSet("", flag.ContinueOnError)
	var usage strings.Builder
	flags.SetOutput(&usage)
	Duration(flags, "for", time.Minute, "the `duration` of the load")
	Addr(flags)
	flags.PrintDefaults()
	for _, want := range []string{"-for duration\n", "(default 1m0s)", "-addr host:port\n", "127.0.0.1:9527)"} {
		if !strings.Contains(usage.String(), want) {
			t.Errorf("the usage lacks %q:\n%s", want, usage.String())
		}
	}
}
