package readme

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"hash/crc32"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"webrtc-room/pkg/settings"
	"webrtc-room/scripts/internal/cloudtest"
	"webrtc-room/scripts/internal/project"
	"webrtc-room/scripts/internal/tcbcli"
)

const (
	envID     = "prod-1gabcd2e3f4g5h6i"
	sdkAppID  = "1400000001"
	secretKey = "5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e"
)

// The commands for deploying, on one page after the other, into an environment that
// has no functions yet. What reaches the cloud is what CloudBase demands.
func TestCLICloud(t *testing.T) {
	tcb := cloudtest.CLI(t)
	if !cloudtest.CanRun() {
		t.Skip("only linux/amd64 runs what is deployed")
	}
	c := newClone(t)
	cloud := cloudtest.New(t, cloudtest.Config{EnvID: envID})
	c.environ = append(cloud.Developer(t),
		"PATH="+filepath.Dir(tcb)+string(filepath.ListSeparator)+os.Getenv("PATH"),
		"ID="+cloudtest.SecretID, "KEY="+cloudtest.SecretKey)
	c.stdin = "y\n"
	if err := os.WriteFile(filepath.Join(c.dir, ".env"), []byte(envFile(t)), 0o600); err != nil {
		t.Fatal(err)
	}
	commands, _ := read(t, "README.md")
	for _, text := range commands {
		what, _ := look(text)
		if what.place != inCloud {
			continue
		}
		if strings.HasPrefix(text, "npm ") {
			c.installed(t, what)
			continue
		}
		output := c.run(t, what)
		if strings.Contains(output, secretKey) || text != "tcb login" && strings.Contains(output, cloudtest.SecretKey) {
			t.Errorf("%s prints a secret:\n%s", text, output)
		}
		switch text {
		case "./scripts/deploy -dry-run":
			if n := strings.Count(output, "create  webrtc-"); n != 6 || len(cloud.Requests("CreateFunction")) > 0 {
				t.Errorf("%d of six functions would be created, or something was done:\n%s", n, output)
			}
		case "./scripts/deploy":
			c.created(t, cloud, output)
		case "go run ./scripts/doctor -deployed":
			examined(t, output)
		}
	}
	if strangers := cloud.Strangers(); len(strangers) > 1 || len(strangers) == 1 && strangers[0] != "otheve.beacon.qq.com" {
		t.Errorf("the CLI wanted to reach %v", strangers)
	}
}

// envFile is the file .env that the READMEs ask for.
func envFile(t *testing.T) string {
	t.Helper()
	var file strings.Builder
	for _, variable := range [][2]string{{"TCB_ENV_ID", envID}, {"TRTC_SDK_APP_ID", sdkAppID}, {"TRTC_SECRET_KEY", secretKey}} {
		for _, name := range []string{"README.md", "README.zh-CN.md"} {
			if !strings.Contains(page(t, name), "`"+variable[0]+"`") {
				t.Errorf("%s doesn't ask for %s", name, variable[0])
			}
		}
		file.WriteString(variable[0] + "=" + variable[1] + "\n")
	}
	return file.String()
}

// installed makes sure that npm would install what is tested. Doing it again, for
// the whole machine, would prove nothing more; the login prints which version it is of.
func (c *clone) installed(t *testing.T, what command) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(c.dir, "scripts", "clients", "package.json"))
	if err != nil {
		t.Fatal(err)
	}
	var tested struct{ DevDependencies map[string]string }
	if err := json.Unmarshal(content, &tested); err != nil {
		t.Fatal(err)
	}
	for _, version := range []string{tcbcli.Version, tested.DevDependencies["@cloudbase/cli"]} {
		if !strings.HasSuffix(what.text, "@"+version) {
			t.Errorf("the READMEs say %s, and tested is %s", what.text, version)
		}
	}
}

// created looks at what was deployed.
func (c *clone) created(t *testing.T, cloud *cloudtest.Cloud, output string) {
	t.Helper()
	functions, err := project.Project{Root: c.dir}.Functions()
	if err != nil {
		t.Fatal(err)
	}
	theSix := slices.DeleteFunc(functions, func(name string) bool { return project.Switch(name) != "" })
	if n := strings.Count(output, "created   answers"); n != len(theSix) {
		t.Errorf("%d of six functions were created and answer:\n%s", n, output)
	}
	var created []string
	for _, request := range cloud.Requests("CreateFunction") {
		name, _ := request.Params["FunctionName"].(string)
		created = append(created, name)
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
		deployed, _ := cloud.Function(name)
		variables := map[string]string{"ROOM_MAX_MEMBERS": "4"}
		for variable, value := range map[string]string{"TRTC_SDK_APP_ID": sdkAppID, "TRTC_SECRET_KEY": secretKey} {
			if settings.Named(variable).IsFor(name) {
				variables[variable] = value
			}
		}
		if diff := cmp.Diff(variables, deployed.Environment); diff != "" {
			t.Errorf("%s has variables (-want +got):\n%s", name, diff)
		}
		packaged, err := os.ReadFile(filepath.Join(c.dir, ".local", "package", name, "main"))
		if err != nil {
			t.Fatal(err)
		}
		if sum, size := inZip(t, deployed.Zip, "main"); sum != crc32.ChecksumIEEE(packaged) || size != uint64(len(packaged)) {
			t.Errorf("%s: what was uploaded is not what was packaged", name)
		}
	}
	slices.Sort(created)
	if diff := cmp.Diff(theSix, created); diff != "" {
		t.Errorf("functions that should be created (-) and were (+):\n%s", diff)
	}
	rooms, err := cloud.Invoke("webrtc-get-room-list", `{"userID":"alice"}`)
	if err != nil || !strings.Contains(string(rooms.Payload), `"data":[]`) {
		t.Errorf("the smoke test left rooms behind: %s, %v, %v", rooms.Payload, rooms.Error, err)
	}
}

// examined looks at the doctor's report.
func examined(t *testing.T, report string) {
	t.Helper()
	for _, want := range []string{
		"ok    webrtc-sig-api is deployed: runtime Go1, handler main",
		"note  webrtc-room-events, which is optional, isn't deployed",
		"wx.cloud.callFunction", "索引管理", "数据权限",
		"ok    the userSig verifies with TRTC_SECRET_KEY, for the app " + sdkAppID,
		"ok    the clocks agree",
		"ok    the collection webrtcRooms is there",
	} {
		if !strings.Contains(report, want) {
			t.Errorf("the doctor's report lacks %q:\n%s", want, report)
		}
	}
}

// inZip is what a zip says of a file in it, which the cloud has checked.
func inZip(t *testing.T, archive []byte, name string) (sum uint32, size uint64) {
	t.Helper()
	reader, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range reader.File {
		if file.Name == name {
			return file.CRC32, file.UncompressedSize64
		}
	}
	t.Fatalf("the zip has no %s", name)
	return 0, 0
}
