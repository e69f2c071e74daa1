package tcbcli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"webrtc-room/scripts/internal/cloudtest"
)

// TestMain is the CLI when a test says so: it prints a transcript, and what it was
// called with.
func TestMain(m *testing.M) {
	switch transcript := os.Getenv("FAKE_TCB"); transcript {
	case "":
		os.Exit(m.Run())
	case "login":
		fmt.Println("No valid identity information, will automatically open authorization page for you.")
		time.Sleep(time.Hour) // as the CLI waits for somebody to log in
	default:
		if second := os.Getenv("FAKE_SECOND"); second != "" && os.Args[len(os.Args)-1] != "0" {
			transcript = second
		}
		text, err := os.ReadFile(filepath.Join("testdata", transcript))
		if err != nil {
			text = []byte(transcript)
		}
		fmt.Print(string(text))
		if os.Getenv("FAKE_STATUS") != "" {
			os.Exit(1)
		}
	}
}

// fake is a CLI that prints a transcript, which is a file of testdata or the text
// itself. Those in testdata are from @cloudbase/cli 2.12.10, in both languages. With
// FAKE_SECOND, there is another transcript for what doesn't begin at 0.
func fake(transcript string, environ ...string) *CLI {
	return &CLI{
		Command: []string{os.Args[0], "-test.run=^$"},
		EnvID:   "prod-1gabc",
		Environ: append(append(os.Environ(), "FAKE_TCB="+transcript, "GORACE=atexit_sleep_ms=0"), environ...),
	}
}

var languages = []string{"en", "zh"}

func TestFunctions(t *testing.T) {
	for _, language := range languages {
		functions, err := fake("list." + language + ".txt").Functions(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		f := functions["webrtc-sig-api"]
		if f.Runtime != "Go1" || !strings.HasPrefix(f.Modified, "2020-01-02 03:04:0") || f.Status == "" || len(functions) < 2 {
			t.Errorf("%s: got %+v", language, functions)
		}
	}
	functions, err := fake("List data is empty\n┌────┐\n│ Function Id │ Function name │ Runtime │ Creation Time │ Modification time │ Status │\n└────┘\n").Functions(t.Context())
	if err != nil || len(functions) != 0 {
		t.Errorf("no functions: got %v, %v", functions, err)
	}
	for _, output := range []string{"", "✖ [ListFunctions] out of order\n", "┌┐\n│ Name │\n│ x │\n└┘\n"} {
		var failed *Error
		if _, err := fake(output + " ").Functions(t.Context()); !errors.As(err, &failed) {
			t.Errorf("%q: got error %v", output, err)
		}
	}
}

func TestManyFunctions(t *testing.T) {
	// A page that is full has another one after it.
	var list strings.Builder
	list.WriteString("┌────┐\n│ Function Id │ Function name │ Runtime │ Creation Time │ Modification time │ Status │\n")
	for i := range page {
		fmt.Fprintf(&list, "│ id │ f%d │ Go1 │ then │ now │ Active │\n", i)
	}
	functions, err := fake(list.String(), "FAKE_SECOND=list.en.txt").Functions(t.Context())
	if err != nil || len(functions) <= page || functions["f99"].Runtime != "Go1" || functions["webrtc-sig-api"].Runtime != "Go1" {
		t.Errorf("got %d functions, %v", len(functions), err)
	}
}

func TestDetails(t *testing.T) {
	names := []string{"webrtc-quit-room", "webrtc-sig-api"}
	want := map[string]Detail{
		"webrtc-quit-room": {Runtime: "Nodejs16.13", Handler: "index.main", Variables: map[string]bool{}},
		"webrtc-sig-api":   {Runtime: "Go1", Handler: "main", Variables: map[string]bool{"TRTC_SDK_APP_ID": true, "TRTC_SECRET_KEY": true}},
	}
	for _, language := range languages {
		details, err := fake("pull."+language+".txt").Details(t.Context(), names)
		if diff := cmp.Diff(want, details); diff != "" || err != nil {
			t.Errorf("%s: %v, (-want +got):\n%s", language, err, diff)
		}
	}
	// One function is there, and another is asked about in vain; and nobody answers
	// the CLI's question what to do about one that isn't there.
	one := `
{
  "functions": [{"name": "webrtc-sig-api", "handler": "main", "runtime": "Go1"}]
}
`
	for _, output := range []string{"✖   - webrtc-quit-room: [GetFunction] try again\n" + one, one, "⚠ Cloud function [webrtc-quit-room] does not exist\n? Found non-existent functions\n"} {
		var failed *Error
		if details, err := fake(output).Details(t.Context(), names); !errors.As(err, &failed) {
			t.Errorf("%q: got %v, %v", output, details, err)
		}
	}
}

// The CLI's exit status is 0 in all of these.
func TestDeploy(t *testing.T) {
	functions := []string{"webrtc-get-room-list", "webrtc-quit-room", "webrtc-sig-api"}
	for _, language := range languages {
		results, err := fake("deploy."+language+".txt").Deploy(t.Context(), "cloudbaserc.json", functions)
		if err != nil {
			t.Fatal(err)
		}
		if results["webrtc-get-room-list"] != nil || results["webrtc-sig-api"] != nil {
			t.Errorf("%s: got %v", language, results)
		}
		var failed *Error
		if !errors.As(results["webrtc-quit-room"], &failed) || !strings.Contains(failed.Text, "too many functions") || !strings.Contains(failed.Text, "LimitExceeded.Function") {
			t.Errorf("%s: webrtc-quit-room: %v", language, results["webrtc-quit-room"])
		}
	}
	tests := []struct{ name, output, want string }{
		{"silence", "CloudBase CLI 2.12.10\n", "doesn't say that f was deployed"},
		{"skipped", "⚠ [f] 已跳过部署\n✔ 成功部署 0 个函数\n", "doesn't say that f was deployed"},
		{"another", "✔ [ff] 云函数部署成功\n", "doesn't say that f was deployed"},
		{"created, and then failed", "✔ [f] 云函数部署成功\n✖ [f] 等待函数更新超时\n", "等待函数更新超时"},
		{"marks without Unicode", "× [f] 函数部署失败\n×   错误信息: no\n", "no"},
		{"details of another one", "✔ [f] 云函数部署成功\n✖ [g] 函数部署失败\n✖   错误信息: no\n✖ 1 个云函数部署失败\n", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			results, err := fake(test.output).Deploy(t.Context(), "cloudbaserc.json", []string{"f"})
			if err != nil {
				t.Fatal(err)
			}
			if got := results["f"]; (got == nil) != (test.want == "") || got != nil && !strings.Contains(got.Error(), test.want) {
				t.Errorf("got %v, want %q", got, test.want)
			}
		})
	}
	results, err := fake("✖ Environment prod-1gabc not found\n", "FAKE_STATUS=1").Deploy(t.Context(), "cloudbaserc.json", functions)
	if err != nil || results["webrtc-sig-api"] == nil {
		t.Errorf("no such environment: got %v, %v", results, err)
	}
}

func TestInvoke(t *testing.T) {
	for _, language := range languages {
		invocation, err := fake("invoke."+language+".txt").Invoke(t.Context(), "webrtc-sig-api", json.RawMessage(`{}`))
		var reply struct{ UserID string }
		if err != nil || invocation.Failure != "" || json.Unmarshal(invocation.Reply, &reply) != nil || reply.UserID != "alice" {
			t.Errorf("%s: got %+v, %v", language, invocation, err)
		}
		invocation, err = fake("invoke-failed."+language+".txt").Invoke(t.Context(), "webrtc-sig-api", json.RawMessage(`{}`))
		if err != nil || !strings.HasPrefix(invocation.Failure, "webrtc-sig-api: 环境变量 TRTC_SECRET_KEY：未设置") || invocation.Reply != nil {
			t.Errorf("%s: got %+v, %v", language, invocation, err)
		}
	}
	// What the function printed looks like anything.
	invocation, err := fake("✔ [f] 调用成功\n返回结果：{}\n调用日志：\n✖ failed\n返回结果：{\"a\":1}\n").Invoke(t.Context(), "f", nil)
	if err != nil || string(invocation.Reply) != "{}" {
		t.Errorf("got %+v, %v", invocation, err)
	}
	for _, output := range []string{"CloudBase CLI\n", "✔ [f] 调用成功\n", "返回结果：{}\n", "✔ [f] 调用成功\n返回结果：not JSON\n"} {
		if invocation, err := fake(output).Invoke(t.Context(), "f", nil); err == nil {
			t.Errorf("%q was taken for %+v", output, invocation)
		}
	}
}

func TestNotLoggedIn(t *testing.T) {
	if _, err := fake("login").Functions(t.Context()); !errors.Is(err, ErrNotLoggedIn) {
		t.Errorf("got %v", err)
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := fake("list.en.txt").Functions(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestFind(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if _, err := Find(t.TempDir()); !errors.Is(err, ErrNotInstalled) {
		t.Errorf("got %v", err)
	}
}

// The CLI zips what the file system says, and on Windows no file is executable. Of two
// binaries without the bit, the shim gives it to the one in .local/package.
func TestCLIKeepsExecutableBit(t *testing.T) {
	tcb := cloudtest.CLI(t)
	cloud := cloudtest.New(t, cloudtest.Config{EnvID: "prod-1gabc"})
	shim, err := filepath.Abs("execbit.cjs")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	config := filepath.Join(dir, "cloudbaserc.json")
	for path, text := range map[string]string{
		filepath.Join(dir, ".local", "package", "webrtc-sig-api", "main"): "\x7fELF",
		filepath.Join(dir, "elsewhere", "webrtc-quit-room", "main"):       "\x7fELF",
		config: `{"version":"2.0","envId":"prod-1gabc","functionRoot":".","functionDefaultConfig":{"type":"Event","runtime":"Go1","handler":"main","installDependency":false},
			"functions":[{"name":"webrtc-sig-api","dir":".local/package/webrtc-sig-api"},{"name":"webrtc-quit-room","dir":"elsewhere/webrtc-quit-room"}]}`,
	} {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	environ := append(os.Environ(), cloud.Environ()...)
	for i, entry := range environ {
		if strings.HasPrefix(entry, "NODE_OPTIONS=") {
			environ[i] += ` --require "` + filepath.ToSlash(shim) + `"`
		}
	}
	cli := &CLI{Command: []string{tcb}, Dir: dir, EnvID: "prod-1gabc", Environ: environ}
	functions := []string{"webrtc-quit-room", "webrtc-sig-api"}
	if _, err := cli.Deploy(t.Context(), config, functions); !errors.Is(err, ErrNotLoggedIn) {
		t.Errorf("before the login: %v", err)
	}
	cloud.LogIn(t)
	results, err := cli.Deploy(t.Context(), config, functions)
	if err != nil {
		t.Fatal(err)
	}
	if err := results["webrtc-quit-room"]; err == nil || !strings.Contains(err.Error(), "not executable") {
		t.Errorf("without the bit: %v", err)
	}
	if err := results["webrtc-sig-api"]; err != nil {
		t.Errorf("with it: %v", err)
	}
	if f, ok := cloud.Function("webrtc-sig-api"); !ok || f.Handler != "main" {
		t.Errorf("deployed %+v", f)
	}
}
