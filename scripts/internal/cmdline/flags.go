package cmdline

import (
	"errors"
	"flag"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"webrtc-room/pkg/local/client"
)

// Duration defines a flag for a duration.
func Duration(flags *flag.FlagSet, name string, value time.Duration, usage string) *time.Duration {
	d := duration(value)
	flags.Var(&d, name, usage)
	return (*time.Duration)(&d)
}

// A duration is a flag's value. The flag package's own has nothing to say but
// "parse error", above all to a number without a unit.
type duration time.Duration

func (d *duration) String() string { return time.Duration(*d).String() }

func (d *duration) Set(text string) error {
	value, err := time.ParseDuration(text)
	if err != nil {
		return errors.New("a duration is a number with a unit, as in 5s or 2m")
	}
	*d = duration(value)
	return nil
}

// Environment defines the flag -env, which names one environment of several; see
// project.LoadSettings.
func Environment(flags *flag.FlagSet) *string {
	return flags.String("env", "", "take the settings from the file .env.`name` in the place of .env")
}

// Addr defines the flag -addr, which says where the local server is; see
// client.Find.
func Addr(flags *flag.FlagSet) *string {
	var a addr
	flags.Var(&a, "addr", "the local server's `host:port`; its URL or its port will do (default the one that uses "+client.DataFolder+", or "+client.DefaultAddr+")")
	return (*string)(&a)
}

// An addr is a flag's value, host:port whatever was typed: the local server
// prints its URL, and whoever has picked a port knows the port.
type addr string

func (a *addr) String() string { return string(*a) }

func (a *addr) Set(text string) error {
	typed := text
	if u, err := url.Parse(text); err == nil && u.Scheme == "http" {
		typed = u.Host
	}
	if !strings.Contains(typed, ":") {
		typed = ":" + typed
	}
	host, port, err := net.SplitHostPort(typed)
	number, notNumber := strconv.ParseUint(port, 10, 16)
	if err != nil || notNumber != nil || number == 0 {
		return errors.New("write host:port, as in 127.0.0.1:9527")
	}
	if host == "" {
		host = "127.0.0.1"
	}
	*a = addr(net.JoinHostPort(host, port))
	return nil
}
