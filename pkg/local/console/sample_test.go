package console

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSampleEvent(t *testing.T) {
	file := filepath.Join(root, "functions", "one", "event.json")
	if err := os.WriteFile(file, []byte("{\n  \"roomID\": 1 }"), 0o666); err != nil {
		t.Fatal(err)
	}
	defer os.Remove(file)
	s := &Server{config: Config{Root: root}}
	for name, want := range map[string]string{"one": `{"roomID":1}`, "two": "{}"} {
		if got := s.sampleEvent(name); got != want {
			t.Errorf("event of %s = %s, want %s", name, got, want)
		}
	}
}

// The printed command must arrive as it was meant.
func TestCurl(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("needs a Unix shell")
	}
	s := &Server{URL: "http://127.0.0.1:9527"}
	event := `{"roomID":9527,"roomName":"a \"quoted\" $HOME ` + "`id`" + ` name's \\ end"}`
	command := strings.Replace(s.Curl("webrtc-enter-room", event), "curl", `printf '%s\n'`, 1)
	output, err := exec.Command("sh", "-c", command).Output()
	want := strings.Join([]string{"-H", "X-WX-OPENID: alice", "-d", event, "http://127.0.0.1:9527/v1/functions/webrtc-enter-room", ""}, "\n")
	if diff := cmp.Diff(want, string(output)); err != nil || diff != "" {
		t.Error(err, diff)
	}
}
