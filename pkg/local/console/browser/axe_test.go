package browser_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// nodeModule is a file of what npm ci puts into scripts/clients, as ./scripts/test does.
func nodeModule(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "scripts", "clients", "node_modules", filepath.FromSlash(name)))
	if err != nil {
		t.Skipf("run npm ci --ignore-scripts in scripts/clients, or ./scripts/test, which does: %v", err)
	}
	return string(text)
}

// axe returns the rules of axe-core that the page breaks, with where it does.
func (p *page) axe() []string {
	p.t.Helper()
	if !eval[bool](p, `"axe" in window`) {
		eval[bool](p, nodeModule(p.t, "axe-core/axe.min.js")+"; true")
	}
	return await[[]string](p, `axe.run(document, { resultTypes: ["violations"], rules: { "label-content-name-mismatch": { enabled: true } } }).then(({ violations }) =>
		violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => id + ": " + html.slice(0, 200))))`)
}

// No rule of axe-core is broken in any section, nor in the call, in either language.
func TestAxe(t *testing.T) {
	p := open(t, 1440, "")
	p.call("webrtc-create-room", "alice", `{"roomID":"9527"}`)
	p.call("webrtc-enter-room", "o6zAJs3oh85Zb1lJE8oWix57vny0", `{"roomID":"9527"}`)
	p.call("webrtc-quit-room", "bob", `{"roomID":"1"}`)
	p.wait(`document.querySelectorAll(".feed .line").length === 3`)
	for _, language := range []string{"en", "zh"} {
		if language == "zh" {
			p.click("#language")
		}
		for _, section := range []string{"rooms", "functions", "stories", "faults", "wire", "tokens", "history"} {
			eval[string](p, fmt.Sprintf("location.hash = %q", section))
			p.wait(fmt.Sprintf(`document.querySelector("#nav a[aria-current]").hash === "#%s"`, section))
			for _, broken := range p.axe() {
				t.Errorf("%s, %s: %s", section, language, broken)
			}
		}
	}
	call := openCall(t, p.server, "room=9527", "")
	call.state("lobby")
	for _, state := range []string{"lobby", "joined", "left"} {
		switch state {
		case "joined":
			call.fill("#name", "alice")
			call.click("#lobby .primary")
		case "left":
			call.click("#leave-button")
		}
		call.state(state)
		for range 2 {
			for _, broken := range call.axe() {
				t.Errorf("call, %s, %s: %s", state, call.text("html > head > title"), broken)
			}
			call.click("#language")
		}
	}
}
