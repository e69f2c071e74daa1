package console

import (
	"crypto/sha256"
	"encoding/base64"
	"io/fs"
	"net/http"
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
