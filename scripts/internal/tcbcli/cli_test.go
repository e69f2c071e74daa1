package tcbcli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

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
// itself. Those in testdata are from @cloudbase/cli 2.12.10, in both languages.
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

func TestFunction(t *testing.T) {
	for _, language := range languages {
		f, ok, err := fake("detail."+language+".txt").Function(t.Context(), "webrtc-sig-api")
		if err != nil || !ok {
			t.Fatalf("%v, %v", ok, err)
		}
		if f.Runtime != "Go1" || f.Handler != "main" || f.Namespace != "prod-1gabc" {
			t.Errorf("%s: got %+v", language, f)
		}
		if want := map[string]bool{"TRTC_SDK_APP_ID": true, "TRTC_SECRET_KEY": true}; !maps.Equal(f.Variables, want) {
			t.Errorf("%s: variables %v", language, f.Variables)
		}
		if strings.Contains(fmt.Sprintf("%+v", f), "not-a-real-secret") {
			t.Errorf("%s: a secret was kept: %+v", language, f)
		}
	}
	for _, text := range []string{"✖ [webrtc-sig-api] Function does not exist\n", "✖ [webrtc-sig-api] 函数不存在\n"} {
		if _, ok, err := fake(text, "FAKE_STATUS=1").Function(t.Context(), "webrtc-sig-api"); ok || err != nil {
			t.Errorf("%q: got %v, %v", text, ok, err)
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

// The CLI zips what the file system says, and on Windows no file is executable.
func TestCLIKeepsExecutableBit(t *testing.T) {
	tcb := os.Getenv("TCB_CLI")
	if tcb == "" {
		t.Skip("TCB_CLI is not set to the CloudBase CLI: scripts/clients/deploy.test.mjs runs this test")
	}
	cloud := cloudtest.New(t, cloudtest.Config{EnvID: "prod-1gabc"})
	shim, err := filepath.Abs("execbit.cjs")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(shim, " ") {
		t.Skip("NODE_OPTIONS can't name a file in a folder with a space")
	}
	dir := t.TempDir()
	main := filepath.Join(dir, ".local", "package", "webrtc-sig-api", "main")
	config := filepath.Join(dir, "cloudbaserc.json")
	for path, text := range map[string]string{
		main:   "\x7fELF",
		config: `{"version":"2.0","envId":"prod-1gabc","functionRoot":".local/package","functions":[{"name":"webrtc-sig-api","type":"Event","runtime":"Go1","handler":"main","installDependency":false}]}`,
	} {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cli := &CLI{Command: []string{tcb}, Dir: dir, EnvID: "prod-1gabc", Environ: append(os.Environ(), cloud.Environ()...)}
	deploy := func() error {
		results, err := cli.Deploy(t.Context(), config, []string{"webrtc-sig-api"})
		if err != nil {
			return err
		}
		return results["webrtc-sig-api"]
	}
	if err := deploy(); !errors.Is(err, ErrNotLoggedIn) {
		t.Errorf("before the login: %v", err)
	}
	cloud.LogIn(t, tcb)
	if err := deploy(); err == nil || !strings.Contains(err.Error(), "not executable") {
		t.Errorf("without the bit: %v", err)
	}
	cli.Environ = append(cli.Environ, "NODE_OPTIONS=--require "+shim)
	if err := deploy(); err != nil {
		t.Errorf("with it: %v", err)
	}
	if f, ok := cloud.Function("webrtc-sig-api"); !ok || f.Handler != "main" {
		t.Errorf("deployed %+v", f)
	}
}
