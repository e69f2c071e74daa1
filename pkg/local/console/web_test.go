package console

import (
	"crypto/sha256"
	"encoding/base64"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestPage(t *testing.T) {
	s := start(t, Config{})
	get := func(target string) reply {
		t.Helper()
		request, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+target, nil)
		return do(t, request)
	}
	page := get("/")
	if page.Status != http.StatusOK || !strings.HasPrefix(page.Header.Get("Content-Type"), "text/html") {
		t.Fatalf("%d %s", page.Status, page.Body)
	}
	csp := page.Header.Get("Content-Security-Policy")
	if !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") || strings.Contains(csp, "{") {
		t.Errorf("the page may load and run more than its own: %s", csp)
	}
	// What stands in the page is named by the policy, so that nothing else can
	// stand there; and nothing else is needed for the first picture.
	inline := regexp.MustCompile(`(?s)<(?:style|script)>(.+?)</`).FindAllStringSubmatch(page.Body, -1)
	if styles, _ := fs.Glob(web, "web/css/*.css"); len(inline) != len(styles)+1 {
		t.Errorf("%d scripts and styles stand in the page, want one and %d", len(inline), len(styles))
	}
	for _, match := range inline {
		sum := sha256.Sum256([]byte(match[1]))
		if !strings.Contains(csp, "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'") {
			t.Errorf("the policy forbids %.40q", match[1])
		}
	}
	if blocking := regexp.MustCompile(`<link rel="stylesheet"[^>]*>|<script src[^>]*>|@import`).FindString(page.Body); blocking != "" {
		t.Errorf("the first picture waits for %s", blocking)
	}
	if handler := regexp.MustCompile(`\s(?:style|on\w+)="`).FindString(page.Body); handler != "" {
		t.Errorf("the page has %s in it, which its policy forbids", handler)
	}
	// All that the page names is there, and nothing of it is anywhere else.
	for _, match := range regexp.MustCompile(`(?:src|href)="([^"#]+)"`).FindAllStringSubmatch(page.Body, -1) {
		if file := get(match[1]); file.Status != http.StatusOK || !strings.HasPrefix(match[1], "/web/") || file.Header.Get("ETag") == "" {
			t.Errorf("%s: %d", match[1], file.Status)
		}
	}
	for _, target := range []string{"/nothing", "/web/", "/web/js", "/web/../server.go", "/web/%2e%2e/server.go", "/web/js/none.js"} {
		if r := get(target); r.Status != http.StatusNotFound {
			t.Errorf("GET %s: %d", target, r.Status)
		}
	}
}

// The page comes in the language and the theme that were chosen, and nothing else
// that a request says gets into it.
func TestChoices(t *testing.T) {
	s := start(t, Config{})
	for _, test := range []struct{ languages, cookie, want string }{
		{"", "", `<html lang="en">`},
		{"en-GB,en;q=0.9,zh;q=0.8", "", `<html lang="en">`},
		{"zh-CN,zh;q=0.9,en;q=0.8", "", `<html lang="zh-CN">`},
		{"ZH-tw", "webrtc-room-theme=dark", `<html lang="zh-CN" data-theme="dark">`},
		{"zh-CN", "webrtc-room-language=en; webrtc-room-theme=light", `<html lang="en" data-theme="light">`},
		{"en-GB", "webrtc-room-language=zh; webrtc-room-theme=", `<html lang="zh-CN">`},
		{`"><script>`, `webrtc-room-language=fr; webrtc-room-theme=dark"><script>`, `<html lang="en">`},
	} {
		request, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+"/", nil)
		request.Header.Set("Accept-Language", test.languages)
		request.Header.Set("Cookie", test.cookie)
		if page := do(t, request); !strings.Contains(page.Body, test.want) || strings.Count(page.Body, "<html") != 1 {
			t.Errorf("languages %s, cookie %s: want %s in %.60q", test.languages, test.cookie, test.want, page.Body)
		}
	}
}

// The page of the call may load its own files only, and its SDK is Tencent's where the
// developer has it.
func TestCallPage(t *testing.T) {
	sdk := filepath.Join(t.TempDir(), "trtc.js")
	if err := os.WriteFile(sdk, []byte(`!function(e,t){(e||globalThis).TRTC=t()}(this,function(){return {}});`), 0o600); err != nil {
		t.Fatal(err)
	}
	ours := start(t, Config{Getenv: getenv(map[string]string{"ROOM_MAX_MEMBERS": "7", "MEMBER_TTL_SECONDS": "60"})})
	theirs := start(t, Config{Getenv: getenv(map[string]string{"TRTC_WEB_SDK": sdk})})
	get := func(s *Server, target string) reply {
		t.Helper()
		request, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+target, nil)
		return do(t, request)
	}
	page := get(ours, "/call?room=9527&user=alice")
	if !strings.Contains(page.Body, `<html lang="en" data-seats="7" data-seat-seconds="60">`) || !strings.HasPrefix(page.Header.Get("Content-Type"), "text/html") {
		t.Errorf("%d %.100q", page.Status, page.Body)
	}
	if policy := page.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "connect-src 'self';") || strings.Contains(policy, "unsafe") {
		t.Errorf("the call may reach others: %s", policy)
	}
	for _, match := range regexp.MustCompile(`(?:src|href)="(/[^"#]+)"`).FindAllStringSubmatch(page.Body, -1) {
		if file := get(ours, match[1]); file.Status != http.StatusOK {
			t.Errorf("%s: %d", match[1], file.Status)
		}
	}
	small := get(ours, "/call/minimal.html")
	if script := inlineScript.FindStringSubmatch(small.Body); script == nil || !strings.Contains(small.Header.Get("Content-Security-Policy"), hash([]byte(script[1]))) {
		t.Error("the policy forbids the script of the smallest page")
	}
	if text := get(ours, "/call/sdk.js").Body; !strings.Contains(text, "export default TRTC;") {
		t.Errorf("%.100q", text)
	}
	real := get(theirs, "/call/sdk.js")
	if !strings.HasSuffix(real.Body, "export default globalThis.TRTC;\n") || !strings.Contains(real.Header.Get("Content-Security-Policy"), "https: wss:") {
		t.Errorf("%.200q, %s", real.Body, real.Header.Get("Content-Security-Policy"))
	}
	for _, target := range []string{"/call/", "/call/none.js", "/call/../console.go", "/call/js/main.js"} {
		if r := get(ours, target); r.Status != http.StatusNotFound {
			t.Errorf("GET %s: %d", target, r.Status)
		}
	}
	module := filepath.Join(t.TempDir(), "trtc.esm.js")
	if err := os.WriteFile(module, []byte(`import "webrtc-adapter";`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{module, filepath.Join(t.TempDir(), "none.js")} {
		if _, err := readWebSDK(name); err == nil || !strings.Contains(err.Error(), "node_modules/trtc-sdk-v5/trtc.js") {
			t.Errorf("TRTC_WEB_SDK=%s: %v", name, err)
		}
	}
}
