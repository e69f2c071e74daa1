package settings_test

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"webrtc-room/pkg/settings"
)

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile("../../" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// serverless.yml has a list of variables for each kind of function, in which those
// that few people set are comments. Each list has what its functions read.
func TestServerless(t *testing.T) {
	lists := listsOf(read(t, "serverless.yml"))
	for function, got := range lists {
		var want []string
		for _, s := range settings.All() {
			if !slices.ContainsFunc(strings.Fields(function), s.IsFor) {
				continue
			}
			value := "${env:" + s.Name + "}"
			if s.Name == "ROOM_MAX_MEMBERS" {
				value = "4" // for each function, so that none has no variable
			}
			want = append(want, fmt.Sprintf("- {key: %s, value: %q}", s.Name, value))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("the list of %s should be\n%s\n(-want +got)\n%s", function, strings.Join(want, "\n"), diff)
		}
	}
	if len(lists) != 4 {
		t.Errorf("there are %d lists; does this test still read them?", len(lists))
	}
}

var (
	function = regexp.MustCompile(`^    (?:# )?(webrtc-[\w-]+):$`)
	list     = regexp.MustCompile(`^ +(?:# +)?environments:(?: ([&*])signing)?$`)
	entry    = regexp.MustCompile(`^[ #]+(- \{key: \w+, value: ".*"\})$`)
)

// listsOf returns the lists of a serverless.yml, comments included, by the names of
// the functions that have them.
func listsOf(yml string) map[string][]string {
	var entries [][]string    // of each list
	var functions []string    // of each list
	const common, own = 0, -1 // the list of functions without, and of one whose list is yet to come
	of := make(map[string]int)
	signing, at := own, ""
	for text := range strings.Lines(yml) {
		text = strings.TrimRight(text, "\r\n")
		if found := function.FindStringSubmatch(text); found != nil {
			at = found[1]
			of[at] = common
		} else if found := list.FindStringSubmatch(text); found != nil {
			if found[1] == "*" {
				of[at] = signing
				continue
			}
			entries = append(entries, nil)
			if found[1] == "&" {
				signing = len(entries) - 1
			}
			if at != "" {
				of[at] = len(entries) - 1
			}
		} else if found := entry.FindStringSubmatch(text); found != nil {
			entries[len(entries)-1] = append(entries[len(entries)-1], found[1])
		}
	}
	functions = make([]string, len(entries))
	for _, s := range settings.Named("ALLOW_CUSTOM_USER_ID").For {
		functions[of[s]] += " " + s
	}
	functions[of["webrtc-room-events"]] += " webrtc-room-events"
	lists := make(map[string][]string)
	for i, names := range functions {
		lists[names] = entries[i]
	}
	return lists
}

// row is a row of a README's table of variables: names, default, meaning.
var row = regexp.MustCompile("(?m)^\\| (`[A-Z_`,、 ]+`) \\| ([^|]*) \\|")

// The READMEs' tables have all settings, with their defaults.
func TestREADME(t *testing.T) {
	want := make(map[string]string)
	for _, s := range settings.All() {
		want[s.Name] = s.Default
		if s.Default == "" {
			want[s.Name] = "–"
		}
	}
	for _, name := range []string{"README.md", "README.zh-CN.md"} {
		got := make(map[string]string)
		for _, found := range row.FindAllStringSubmatch(read(t, name), -1) {
			for _, variable := range strings.FieldsFunc(found[1], func(r rune) bool { return strings.ContainsRune(",、 ", r) }) {
				got[strings.Trim(variable, "`")] = strings.Trim(found[2], "` ")
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("the variables in %s and their defaults (-want +got):\n%s", name, diff)
		}
	}
}
