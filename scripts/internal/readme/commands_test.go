package readme

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"webrtc-room/scripts/internal/project"
	"webrtc-room/scripts/internal/tcbcli"
)

// Where a command is run.
type place int

const (
	onLaptop place = iota // with the local server, by TestLaptop
	inCloud               // with the CloudBase CLI and a cloud on the loopback interface, by TestCLICloud
	nowhere               // the reason is in the table
)

// A command is what the READMEs tell people to type.
type command struct {
	text    string
	place   place
	more    string // to add, where the whole thing takes too long for a test
	expect  string // what it prints
	because string // for nowhere
}

// table has the commands of the READMEs, in the order of their first mention, but
// for those that rules know: see look.
var table = []command{
	{text: "git clone", place: nowhere, because: "what runs this test is a clone"},
	{text: "go run ./scripts/local", expect: "Open  http://127.0.0.1:9527"},
	{text: `curl -H "X-WX-OPENID: alice" -d "{\"roomID\":9527}" http://127.0.0.1:9527/v1/functions/webrtc-enter-room`, expect: `"msg":"create"`},
	{text: "go run ./scripts/invoke webrtc-enter-room -openid bob", expect: `"enter"`},
	{text: "./scripts/test", place: nowhere, because: "it is what runs this test"},
	{text: "npm i -g @cloudbase/cli@2.12.10", place: inCloud},
	{text: "tcb login", place: inCloud, more: " --apiKeyId $ID --apiKey $KEY", expect: "CloudBase CLI " + tcbcli.Version}, // otherwise it opens a browser
	{text: "./scripts/deploy -dry-run", place: inCloud, expect: "Nothing was changed."},
	{text: "./scripts/deploy", place: inCloud, expect: "All 6 functions are deployed and answer."},
	{text: "./scripts/deploy -env staging", place: nowhere, because: "it is as without -env but for the file, which TestLoadSettingsOfOneEnvironment tests"},
	{text: "go run ./scripts/deployer", place: nowhere, because: "./scripts/deploy runs it"},
	{text: "go run ./scripts/doctor -deployed", place: inCloud, expect: "Nothing is wrong."},
	{text: "go run ./scripts/doctor", expect: "Nothing is wrong."},
	{text: "go run ./scripts/package", place: inCloud, expect: "and checked."},
	{text: "scf deploy", place: nowhere, because: "serverless-cloud-framework can't be installed from npm; scripts/clients/serverless.test.mjs checks what it reads"},
	{text: "npm install --omit=dev", place: nowhere, because: "the tests of scripts/miniprogram run with what npm installs there"},
	{text: "npm i trtc-sdk-v5", place: nowhere, because: "the tests of the call page run with the version in scripts/clients"},
	{text: "go run ./scripts/token -sub alice", expect: "HTTP_JWT_KEYS"},
	{text: "go run ./scripts/load -compare -cost", place: nowhere, because: "it takes minutes; the tests of scripts/load run its parts"},
}

// look finds a command in the table, or by the rules.
func look(text string) (command, bool) {
	for _, c := range table {
		if c.text == text {
			return c, true
		}
	}
	program, rest, _ := strings.Cut(text, " ")
	verb, _, _ := strings.Cut(rest, " ")
	switch program + " " + verb {
	case "go doc":
		return command{text: text}, true
	case "go test":
		c := command{text: text}
		run := flagOf(text, "-run")
		switch {
		case strings.Contains(text, " -bench "):
			c.more, c.expect = " -benchtime=1x", "Benchmark"
		case strings.Contains(run, "/"): // what a test is made of can't be listed
			whole, _, _ := strings.Cut(run, "/")
			c.more, c.expect = " -v", "--- PASS: "+whole+"/"
		case run != "":
			// Tests run anyway. Here it is enough that the command finds them.
			c.more, c.expect = " -list '"+run+"'", strings.ReplaceAll(run, "|", "\n")
		default:
			return c, false
		}
		return c, true
	}
	return command{}, false
}

// flagOf is the value of a flag, "" if there is none.
func flagOf(text, flag string) string {
	_, rest, _ := strings.Cut(text, " "+flag+" ")
	value, _, _ := strings.Cut(rest, " ")
	return strings.Trim(value, `"'`)
}

var (
	fence  = regexp.MustCompile("(?ms)^```(\\w*)\n(.*?)^```$")
	inline = regexp.MustCompile("`([^`\n]+)`")
	isOne  = regexp.MustCompile(`^(\./scripts/|(bash|curl|docker|git|go|make|node|npm|npx|scf|sh|sls|serverless|tcb) )`)
)

// page is the text of a file of the project, such as a README.
func page(t *testing.T, name string) string {
	t.Helper()
	here, err := project.Find(".")
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(here.Path(name))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// read returns the commands of a README in their order, each once, and those that
// have a line of their own.
func read(t *testing.T, name string) (all, lines []string) {
	t.Helper()
	text := page(t, name)
	for at := 0; at < len(text); {
		block := fence.FindStringSubmatchIndex(text[at:])
		end := len(text)
		if block != nil {
			end = at + block[0]
		}
		for _, match := range inline.FindAllStringSubmatch(text[at:end], -1) {
			if isOne.MatchString(match[1]) {
				all = append(all, match[1])
			}
		}
		if block == nil {
			break
		}
		if text[at+block[2]:at+block[3]] == "sh" {
			for line := range strings.Lines(text[at+block[4] : at+block[5]]) {
				lines = append(lines, strings.TrimSpace(line))
				all = append(all, strings.TrimSpace(line))
			}
		}
		at += block[1]
	}
	return unique(all), lines
}

func unique(texts []string) (once []string) {
	for _, text := range texts {
		if !slices.Contains(once, text) {
			once = append(once, text)
		}
	}
	return once
}

// Both READMEs have the same commands, and these tests run them all.
func TestCommands(t *testing.T) {
	all, lines := read(t, "README.md")
	allChinese, linesChinese := read(t, "README.zh-CN.md")
	if diff := cmp.Diff(lines, linesChinese); diff != "" {
		t.Errorf("blocks of commands in README.md (-) and README.zh-CN.md (+):\n%s", diff)
	}
	if len(lines) < 9 {
		t.Errorf("this test finds only %d lines of commands", len(lines))
	}
	for _, text := range unique(append(slices.Clone(all), allChinese...)) {
		if !slices.Contains(all, text) || !slices.Contains(allChinese, text) {
			t.Errorf("only one README has: %s", text)
		}
		if c, ok := look(text); !ok {
			t.Errorf("no test runs: %s", text)
		} else if c.place == nowhere {
			t.Logf("not run: %s: %s", text, c.because)
		}
	}
	for _, c := range table {
		if !slices.Contains(all, c.text) {
			t.Errorf("README.md hasn't got any more: %s", c.text)
		}
	}
}

// The page in the READMEs is the one that the local server has, and that is tested in a
// browser.
func TestMinimalPage(t *testing.T) {
	served := page(t, "pkg/local/console/web/call/minimal.html")
	for _, name := range []string{"README.md", "README.zh-CN.md"} {
		if !strings.Contains(page(t, name), "```html\n"+served+"```\n") {
			t.Errorf("%s hasn't got the page as it is served", name)
		}
	}
}

// What would let a command slip through.
func TestLook(t *testing.T) {
	for text, want := range map[string]string{
		"go test ./pkg/sig -run TestX -v":      "go test ./pkg/sig -run TestX -v -list 'TestX'",
		`go test ./pkg/sig -run "TestX|TestY"`: `go test ./pkg/sig -run "TestX|TestY" -list 'TestX|TestY'`,
		"go test ./pkg/sig -run TestX/y":       "go test ./pkg/sig -run TestX/y -v",
		"go test -run '^$' -bench . ./pkg/sig": "go test -run '^$' -bench . ./pkg/sig -benchtime=1x",
		"go doc ./pkg/sig":                     "go doc ./pkg/sig",
		"go test ./pkg/sig":                    "",
		"go run ./scripts/nothing":             "",
		"npm i -g @cloudbase/cli":              "",
	} {
		c, ok := look(text)
		if got := c.text + c.more; ok != (want != "") || ok && got != want {
			t.Errorf("%s is run as %q, %v; want %q", text, got, ok, want)
		}
	}
}
