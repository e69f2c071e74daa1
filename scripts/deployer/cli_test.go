package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"webrtc-room/scripts/internal/cloudtest"
	"webrtc-room/scripts/internal/project"
)

const (
	envID     = "prod-1gabcd2e3f4g5h6i"
	secretKey = "5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e"
)

// theSix are the functions that are not optional.
func theSix(t *testing.T, here project.Project) []string {
	t.Helper()
	functions, err := here.Functions()
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(functions, func(name string) bool { return project.Switch(name) != "" })
}

// Six functions are updated and the seventh is created, most of them in vain: calling
// more of them would take seconds for each, and show the same. Creating all of them is
// what the READMEs' commands do: see scripts/internal/readme.
func TestCLIUpdate(t *testing.T) {
	tcb := cloudtest.CLI(t)
	if !cloudtest.CanRun() {
		t.Skip("only linux/amd64 runs what is deployed")
	}
	t.Setenv("PATH", filepath.Dir(tcb)+string(filepath.ListSeparator)+os.Getenv("PATH"))
	cloud := cloudtest.New(t, cloudtest.Config{EnvID: envID})
	cloud.LogIn(t)
	here, err := project.Find(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range theSix(t, here) {
		cloud.Put(cloudtest.Function{Name: name, Runtime: "Go1", Handler: "old", Type: "Event", Timeout: 3, Environment: map[string]string{"OLD": "1"}})
	}
	for _, name := range []string{"webrtc-quit-room", "webrtc-sig-api"} {
		cloud.Fail("UpdateFunctionCode", name, &cloudtest.Error{Code: "LimitExceeded.FunctionTotalCodeSize", Message: "all the code is too large"})
	}
	for _, name := range []string{"webrtc-create-room", "webrtc-get-room-info"} {
		cloud.Fail("UpdateFunctionConfiguration", name, &cloudtest.Error{Code: "InternalError.System", Message: "try again"})
	}
	cloud.Fail("Invoke", "webrtc-get-room-list", &cloudtest.Error{Code: "ResourceUnavailable.InsufficientBalance", Message: "there is no money left"})
	var printed bytes.Buffer
	p := &program{stdin: strings.NewReader(""), stdout: &printed, environ: append(cloud.Developer(t),
		"TCB_ENV_ID="+envID, "TRTC_SDK_APP_ID=1400000001", "TRTC_SECRET_KEY="+secretKey, "TRTC_CALLBACK_KEY=Callback0Key1", "SIG_EXPIRE_SECONDS=3600", "ROOM_MAX_MEMBERS=6")}
	err = p.run(t.Context(), []string{"-yes"})
	output := printed.String()
	if err == nil {
		t.Fatalf("errors in the cloud went unnoticed:\n%s", output)
	}
	for _, secret := range []string{secretKey, cloudtest.SecretKey} {
		if strings.Contains(output+err.Error(), secret) {
			t.Errorf("a secret was printed:\n%s%v", output, err)
		}
	}
	for _, want := range []string{
		"5 of 7 functions",
		"webrtc-create-room was not updated:", "webrtc-get-room-info was not updated:", "try again",
		"webrtc-quit-room was not updated:", "webrtc-sig-api was not updated:", "LimitExceeded.FunctionTotalCodeSize", "all the code is too large",
		"webrtc-get-room-list is deployed, and doesn't work:", "there is no money left",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error lacks %q: %v", want, err)
		}
	}
	for _, want := range []string{"webrtc-enter-room     updated   answers", "webrtc-room-events    created   answers"} {
		if !strings.Contains(output, want) {
			t.Errorf("the report lacks %q:\n%s", want, output)
		}
	}
	for _, request := range cloud.Requests("UpdateFunctionCode") {
		if request.Params["Namespace"] != envID || request.Params["Handler"] != "main" {
			t.Errorf("code was updated with %v", request.Params)
		}
	}
	f, _ := cloud.Function("webrtc-enter-room")
	want := map[string]string{"TRTC_SDK_APP_ID": "1400000001", "TRTC_SECRET_KEY": secretKey, "SIG_EXPIRE_SECONDS": "3600", "ROOM_MAX_MEMBERS": "6"}
	if diff := cmp.Diff(want, f.Environment); diff != "" || f.Handler != "main" || f.Timeout != 5 {
		t.Errorf("the update left handler %s, timeout %d, variables (-want +got):\n%s", f.Handler, f.Timeout, diff)
	}
}
