package browser_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"webrtc-room/pkg/local/client"
)

// TestGallery looks at every section in each width, theme and language: none may
// be wider than its window, and all words must be there. The pictures are for
// people.
func TestGallery(t *testing.T) {
	p := open(t, 1440, "rooms")
	p.shot("empty-1440-light-en")
	for _, c := range [][3]string{
		{"webrtc-create-room", "alice", `{"roomName":"Design review","roomID":"9527"}`},
		{"webrtc-enter-room", "bob", `{"roomID":"9527"}`},
		{"webrtc-enter-room", "carol", `{"roomID":"9527"}`},
		{"webrtc-enter-room", "dave", `{"roomID":"9527"}`},
		{"webrtc-create-room", "carol", `{"roomName":"问诊室 3","roomID":"10086"}`},
		{"webrtc-enter-room", "erin", `{"roomID":"10086"}`},
		{"webrtc-create-room", "o6zAJs3oh85Zb1lJE8oWix57vny0", `{"roomName":"Tea","roomID":"88004477"}`},
		{"webrtc-enter-room", "erin", `{"roomID":"9527"}`},
	} {
		p.call(c[0], c[1], c[2])
	}
	p.wait(`document.querySelectorAll(".card").length === 3 && document.querySelectorAll(".feed .line").length === 8`)
	for _, language := range []string{"en", "zh"} {
		if language == "zh" {
			p.click("#language")
		}
		for _, scheme := range []string{"light", "dark"} {
			p.theme(scheme)
			widths := []int{360, 768, 1440}
			if scheme == "dark" {
				widths = widths[2:] // the theme changes colours only
			}
			for _, width := range widths {
				p.resize(width)
				for _, section := range []string{"rooms", "functions/webrtc-enter-room", "stories", "faults", "wire", "tokens", "history"} {
					name, _, _ := strings.Cut(section, "/")
					eval[string](p, fmt.Sprintf("location.hash = %q", section))
					p.wait(fmt.Sprintf(`document.querySelector("#nav a[aria-current]").hash === "#%s"`, name))
					p.check(fmt.Sprintf("%s %d %s %s", name, width, scheme, language))
					if language == "en" || scheme == "light" && width != 768 { // a picture takes long
						p.shot(fmt.Sprintf("%s-%d-%s-%s", name, width, scheme, language))
					}
				}
			}
		}
	}
}

// check finds what is wider than the window, and words that are missing.
func (p *page) check(what string) {
	p.t.Helper()
	if width := eval[int](p, "document.scrollingElement.scrollWidth - innerWidth"); width > 0 {
		p.t.Errorf("%s: %d pixels wider than the window", what, width)
	}
	keys := eval[[]string](p, `(document.body.innerText.match(/\b(?:verdict|did|reason|status|field|fact|wire|token|story|race|check|told|fault|via|copy|about|seat|event|theme)\.[A-Za-z][\w.]*/g) ?? []).filter((w) => !/^wx\./.test(w))`)
	if len(keys) > 0 {
		p.t.Errorf("%s: words are missing: %v", what, keys)
	}
}

// call calls a function as curl would.
func (p *page) call(function, openID, event string) {
	p.t.Helper()
	if _, err := client.New(p.server.URL, 0).Call(p.t.Context(), function, openID, []byte(event)); err != nil {
		p.t.Errorf("%s: %v", function, err)
	}
}

// faults sets the switches as curl would.
func (p *page) faults(switches string) { p.put("/api/faults", switches) }

// record stores a room's record as it is.
func (p *page) record(document string) { p.put("/api/records/webrtcRooms", document) }

func (p *page) put(path, body string) {
	p.t.Helper()
	request, err := http.NewRequestWithContext(p.t.Context(), http.MethodPut, p.server.URL+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		p.t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode >= 300 {
		text, _ := io.ReadAll(response.Body)
		p.t.Fatalf("PUT %s: %s %s", path, response.Status, text)
	}
}
