package main

import (
	"archive/zip"
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"webrtc-room/scripts/internal/cloudtest"
	"webrtc-room/scripts/internal/project"
)

const (
	envID     = "prod-1gabcd2e3f4g5h6i"
	secretKey = "5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e"
)

var tcb = os.Getenv("TCB_CLI")

func TestMain(m *testing.M) {
	if tcb != "" {
		os.Setenv("PATH", filepath.Dir(tcb)+string(filepath.ListSeparator)+os.Getenv("PATH"))
	}
	os.Exit(m.Run())
}

// A console is a terminal on which somebody deploys with the real CLI.
type console struct {
	cloud   *cloudtest.Cloud
	environ []string
}

func newConsole(t *testing.T) *console {
	t.Helper()
	if tcb == "" {
		t.Skip("TCB_CLI is not set to the CloudBase CLI: scripts/clients/deploy.test.mjs runs this test")
	}
	if !cloudtest.CanRun() {
		t.Skip("only linux/amd64 runs what is deployed")
	}
	t.Parallel() // the CLI keeps one processor busy at a time
	if err := packed(); err != nil {
		t.Fatal(err)
	}
	cloud := cloudtest.New(t, cloudtest.Config{EnvID: envID})
	cloud.LogIn(t, tcb)
	environ := slices.DeleteFunc(os.Environ(), func(entry string) bool {
		return strings.HasPrefix(entry, "TRTC_") || strings.HasPrefix(entry, "TCB_")
	})
	// The cloud moves the home folder, and Go's caches must stay.
	caches, err := exec.Command("go", "env", "GOCACHE", "GOMODCACHE", "GOPATH").Output()
	if err != nil {
		t.Fatal(err)
	}
	for i, value := range strings.Fields(string(caches)) {
		environ = append(environ, []string{"GOCACHE", "GOMODCACHE", "GOPATH"}[i]+"="+value)
	}
	return &console{cloud: cloud, environ: append(environ, cloud.Environ()...)}
}

// packed makes the packages, once for all tests.
var packed = sync.OnceValue(func() error {
	here, err := project.Find(".")
	if err != nil {
		return err
	}
	p := &program{stdout: io.Discard, environ: os.Environ()}
	return p.pack(context.Background(), here)
})

// deploy runs the command, and returns what it printed.
func (c *console) deploy(t *testing.T, settings []string, args ...string) (string, error) {
	t.Helper()
	var output bytes.Buffer
	p := &program{stdin: strings.NewReader(""), stdout: &output, environ: append(slices.Clone(c.environ), settings...), packed: true}
	err := p.run(t.Context(), args)
	printed := output.String()
	if err != nil {
		printed += err.Error()
	}
	for _, secret := range []string{secretKey, cloudtest.SecretKey} {
		if strings.Contains(printed, secret) {
			t.Errorf("a secret was printed:\n%s", printed)
		}
	}
	return output.String(), err
}

var settings = []string{"TCB_ENV_ID=" + envID, "TRTC_SDK_APP_ID=1400000001", "TRTC_SECRET_KEY=" + secretKey, "SIG_EXPIRE_SECONDS=3600"}

// theSix are the functions that are not optional.
func theSix(t *testing.T, here project.Project) []string {
	t.Helper()
	functions, err := here.Functions()
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(functions, func(name string) bool { return project.Switch(name) != "" })
}

// Six functions are created in an empty environment, and the doctor finds nothing
// wrong with them.
func TestCLICreate(t *testing.T) {
	c := newConsole(t)
	here, err := project.Find(".")
	if err != nil {
		t.Fatal(err)
	}

	// What would be done.
	output, err := c.deploy(t, settings, "-dry-run")
	if n := strings.Count(output, "create  webrtc-"); err != nil || n != 6 || strings.Contains(output, "create  webrtc-room-events") {
		t.Errorf("%d of six functions would be created, %v:\n%s", n, err, output)
	}
	if len(c.cloud.Requests("CreateFunction")) > 0 {
		t.Fatal("a dry run changed something")
	}

	// Creation.
	output, err = c.deploy(t, settings, "-yes")
	if err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	for _, name := range theSix(t, here) {
		if !strings.Contains(output, name) {
			t.Errorf("the summary lacks %s:\n%s", name, output)
		}
	}
	if n := strings.Count(output, "created   answers"); n != 6 {
		t.Errorf("%d of six functions were created and answer:\n%s", n, output)
	}
	signing := map[string]string{"TRTC_SDK_APP_ID": "1400000001", "TRTC_SECRET_KEY": secretKey, "SIG_EXPIRE_SECONDS": "3600", "ROOM_MAX_MEMBERS": "4"}
	created := c.cloud.Requests("CreateFunction")
	if len(created) != 6 {
		t.Errorf("%d functions were created", len(created))
	}
	for _, request := range created {
		name, _ := request.Params["FunctionName"].(string)
		variables := map[string]string{"ROOM_MAX_MEMBERS": "4"}
		if project.Signs(name) {
			variables = signing
		}
		want := map[string]any{
			"Namespace": envID, "Runtime": "Go1", "Handler": "main", "Type": "Event", "Role": "TCB_QcsRole", "Stamp": "MINI_QCBASE",
			"MemorySize": 128.0, "Timeout": 5.0,
		}
		got := make(map[string]any)
		for key := range want {
			got[key] = request.Params[key]
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s was created with (-want +got):\n%s", name, diff)
		}
		deployed, _ := c.cloud.Function(name)
		if diff := cmp.Diff(variables, deployed.Environment); diff != "" {
			t.Errorf("%s has variables (-want +got):\n%s", name, diff)
		}
		packaged := must(os.ReadFile(here.Path(".local/package/" + name + "/main")))
		if uploaded := inZip(t, deployed.Zip, "main"); !bytes.Equal(uploaded, packaged) {
			t.Errorf("%s: what was uploaded is not what was packaged", name)
		}
	}
	if rooms := must(c.cloud.Invoke("webrtc-get-room-list", "{}")); !strings.Contains(string(rooms.Payload), `"data":[]`) {
		t.Errorf("the smoke test left rooms behind: %s, %v", rooms.Payload, rooms.Error)
	}
	if strangers := c.cloud.Strangers(); len(strangers) > 1 || len(strangers) == 1 && strangers[0] != "otheve.beacon.qq.com" {
		t.Errorf("the CLI wanted to reach %v", strangers)
	}

	// The doctor finds nothing wrong with that.
	doctor := exec.Command("go", "run", "./scripts/doctor", "-deployed")
	doctor.Dir, doctor.Env = here.Root, append(slices.Clone(c.environ), settings...)
	report, err := doctor.CombinedOutput()
	if err != nil {
		t.Errorf("the doctor: %v\n%s", err, report)
	}
	for _, want := range []string{
		"ok    webrtc-sig-api is deployed: runtime Go1, handler main",
		"note  webrtc-room-events, which is optional, isn't deployed",
		"wx.cloud.callFunction", "索引管理", "数据权限",
		"ok    the userSig verifies with TRTC_SECRET_KEY, for the app 1400000001",
		"ok    the clocks agree",
		"ok    the collection webrtcRooms is there",
		"Nothing is wrong",
	} {
		if !strings.Contains(string(report), want) {
			t.Errorf("the doctor's report lacks %q:\n%s", want, report)
		}
	}
	if strings.Contains(string(report), secretKey) {
		t.Errorf("the doctor printed a secret:\n%s", report)
	}
}

// Six functions are updated and the seventh is created, some of them in vain; and
// nothing is done over somebody else's function.
func TestCLIUpdate(t *testing.T) {
	c := newConsole(t)
	here, err := project.Find(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range theSix(t, here) {
		c.cloud.Put(cloudtest.Function{Name: name, Runtime: "Go1", Handler: "old", Type: "Event", Timeout: 3, Environment: map[string]string{"OLD": "1"}})
	}
	c.cloud.Fail("UpdateFunctionCode", "webrtc-quit-room", &cloudtest.Error{Code: "LimitExceeded.FunctionTotalCodeSize", Message: "all the code is too large"})
	c.cloud.Fail("UpdateFunctionConfiguration", "webrtc-create-room", &cloudtest.Error{Code: "InternalError.System", Message: "try again"})
	c.cloud.Fail("Invoke", "webrtc-get-room-list", &cloudtest.Error{Code: "ResourceUnavailable.InsufficientBalance", Message: "there is no money left"})
	output, err := c.deploy(t, append(slices.Clone(settings), "TRTC_CALLBACK_KEY=Callback0Key1", "ROOM_MAX_MEMBERS=6"), "-yes")
	if err == nil {
		t.Fatalf("errors in the cloud went unnoticed:\n%s", output)
	}
	for _, want := range []string{
		"3 of 7 functions",
		"webrtc-create-room was not updated:", "try again",
		"webrtc-quit-room was not updated:", "LimitExceeded.FunctionTotalCodeSize", "all the code is too large",
		"webrtc-get-room-list is deployed, and doesn't work:", "there is no money left",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error lacks %q: %v", want, err)
		}
	}
	if n := strings.Count(output, "updated   answers"); n != 3 {
		t.Errorf("%d functions were updated and answer, want 3:\n%s", n, output)
	}
	if !strings.Contains(output, "webrtc-room-events    created   answers") {
		t.Errorf("webrtc-room-events was not created:\n%s", output)
	}
	for _, request := range c.cloud.Requests("UpdateFunctionCode") {
		if request.Params["Namespace"] != envID || request.Params["Handler"] != "main" {
			t.Errorf("code was updated with %v", request.Params)
		}
	}
	f, _ := c.cloud.Function("webrtc-enter-room")
	want := map[string]string{"TRTC_SDK_APP_ID": "1400000001", "TRTC_SECRET_KEY": secretKey, "SIG_EXPIRE_SECONDS": "3600", "ROOM_MAX_MEMBERS": "6"}
	if diff := cmp.Diff(want, f.Environment); diff != "" || f.Handler != "main" || f.Timeout != 5 {
		t.Errorf("the update left handler %s, timeout %d, variables (-want +got):\n%s", f.Handler, f.Timeout, diff)
	}

	// Over somebody else's function.
	c.cloud.Forget()
	c.cloud.Put(cloudtest.Function{Name: "webrtc-sig-api", Runtime: "Nodejs16.13", Handler: "index.main", Type: "Event"})
	output, err = c.deploy(t, settings, "-yes")
	if err == nil || !strings.Contains(err.Error(), "webrtc-sig-api exists there with the runtime Nodejs16.13") {
		t.Errorf("over a Node function: %v\n%s", err, output)
	}
	if n := len(c.cloud.Requests("UpdateFunctionCode")); n > 0 {
		t.Errorf("%d functions were updated nevertheless", n)
	}
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func inZip(t *testing.T, archive []byte, name string) []byte {
	t.Helper()
	reader, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		t.Fatal(err)
	}
	file, err := reader.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	content, err := io.ReadAll(file)
	if err != nil {
		t.Fatal(err)
	}
	return content
}
