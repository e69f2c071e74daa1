package functions_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestLaptopStaysOnTheLaptop holds that only scripts and tests import what is below
// pkg/local, so that no deployed binary has any of it.
func TestLaptopStaysOnTheLaptop(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-f", "{{.ImportPath}} {{join .Imports \" \"}}", "webrtc-room/...").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	local := func(path string) bool {
		return path == "webrtc-room/pkg/local" || strings.HasPrefix(path, "webrtc-room/pkg/local/")
	}
	seen := 0
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		for _, imported := range fields[1:] {
			switch {
			case !local(imported):
			case local(fields[0]), strings.HasPrefix(fields[0], "webrtc-room/scripts/"):
				seen++
			default:
				t.Errorf("%s imports %s, which no deployed binary may have", fields[0], imported)
			}
		}
	}
	if seen == 0 {
		t.Error("nothing imports pkg/local at all: this test looks at the wrong packages")
	}
}

// TestWhatLinksTheSDK holds that Tencent Cloud's SDK is in those functions only
// that call TRTC's server API.
func TestWhatLinksTheSDK(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-f", "{{.ImportPath}} {{join .Deps \" \"}}", "webrtc-room/functions/...").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	links := make(map[string]bool)
	for line := range strings.Lines(string(out)) {
		path, deps, _ := strings.Cut(line, " ")
		if strings.Contains(deps, "tencentcloud-sdk-go") {
			links[strings.TrimPrefix(path, "webrtc-room/functions/")] = true
		}
	}
	want := map[string]bool{"webrtc-quit-room": true, "webrtc-room-events": true}
	if diff := cmp.Diff(want, links); diff != "" {
		t.Errorf("functions with the SDK (-want +got):\n%s", diff)
	}
}
