package cmdline

import (
	"cmp"
	"errors"
	"flag"
	"slices"
	"strings"
)

// Language defines the flag -lang, which says in which language a text is shown
// that there is in two. It is that of the terminal unless it is set; "" stands for
// both, where the terminal doesn't say.
func Language(flags *flag.FlagSet, getenv func(string) string) *string {
	l := language(ofTerminal(getenv))
	flags.Var(&l, "lang", "show texts that there are in two languages in this `language`: zh or en (default that of $LANG, or both)")
	return (*string)(&l)
}

// Getenv returns what looks a variable up in an environment, of whose entries the
// last one counts.
func Getenv(environ []string) func(string) string {
	return func(name string) string {
		for _, entry := range slices.Backward(environ) {
			if value, ok := strings.CutPrefix(entry, name+"="); ok {
				return value
			}
		}
		return ""
	}
}

// ofTerminal is the language that the terminal's variables name, the first that is
// set, as for any program.
func ofTerminal(getenv func(string) string) string {
	locale := cmp.Or(getenv("LC_ALL"), getenv("LC_MESSAGES"), getenv("LANG"))
	for _, name := range []string{"zh", "en"} {
		if rest, ok := strings.CutPrefix(strings.ToLower(locale), name); ok && (rest == "" || strings.ContainsAny(rest[:1], "_-.")) {
			return name
		}
	}
	return ""
}

// In returns the error's text in one language, as far as there is a choice: where
// an error within says of itself that it has the other, too.
func In(language string, err error) string {
	text := err.Error()
	var both interface {
		error
		In(language string) string
	}
	if errors.As(err, &both) {
		text = strings.Replace(text, both.Error(), both.In(language), 1)
	}
	return text
}

// A language is a flag's value. It isn't shown as a default, which depends on the
// terminal.
type language string

func (*language) String() string { return "" }

func (l *language) Set(text string) error {
	if text != "zh" && text != "en" {
		return errors.New("write zh or en")
	}
	*l = language(text)
	return nil
}
