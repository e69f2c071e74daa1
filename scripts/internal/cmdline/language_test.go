package cmdline

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"testing"

	"webrtc-room/pkg/settings"
)

func TestLanguage(t *testing.T) {
	for _, test := range []struct {
		terminal map[string]string
		args     []string
		want     string
		err      string
	}{
		{nil, nil, "", ""},
		{map[string]string{"LANG": "C.UTF-8"}, nil, "", ""},
		{map[string]string{"LANG": "zh_CN.UTF-8"}, nil, "zh", ""},
		{map[string]string{"LANG": "zh"}, nil, "zh", ""},
		{map[string]string{"LANG": "en_GB.UTF-8"}, nil, "en", ""},
		{map[string]string{"LANG": "de_DE.UTF-8"}, nil, "", ""},
		{map[string]string{"LANG": "zh_CN.UTF-8", "LC_ALL": "en_US.UTF-8"}, nil, "en", ""},
		{map[string]string{"LANG": "en_US.UTF-8", "LC_MESSAGES": "zh_TW"}, nil, "zh", ""},
		{map[string]string{"LANG": "zh_CN.UTF-8"}, []string{"-lang", "en"}, "en", ""},
		{nil, []string{"-lang", "zh"}, "zh", ""},
		{nil, []string{"-lang", "fr"}, "", "write zh or en"},
	} {
		flags := flag.NewFlagSet("", flag.ContinueOnError)
		flags.SetOutput(io.Discard)
		got := Language(flags, func(name string) string { return test.terminal[name] })
		checkFlag(t, test.args, flags.Parse(test.args), *got, test.want, test.err)
	}
}

func TestIn(t *testing.T) {
	wrong := settings.Wrong("LOG_LEVEL", settings.Text{ZH: "不对", EN: "no"})
	for _, language := range []string{"zh", "en", ""} {
		got, want := In(language, fmt.Errorf(".env: %w", wrong)), ".env: "+wrong.In(language)
		if got != want {
			t.Errorf("in %q: %s, want %s", language, got, want)
		}
	}
	if got := In("zh", errors.New("no")); got != "no" {
		t.Errorf("of an error in one language: %s", got)
	}
}
