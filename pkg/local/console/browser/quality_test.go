package browser_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"webrtc-room/pkg/local/console"
)

// Names and ids of rooms and users come from strangers. None of them may become
// part of the page.
func TestHostileNames(t *testing.T) {
	const evil = `<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>'";&amp;`
	p := open(t, 1440, "")
	event := fmt.Sprintf(`{"roomID":"9527","roomName":%s}`, quote(evil[:60]))
	p.call("webrtc-create-room", "<b>alice</b>", event)
	record := fmt.Sprintf(`{"_id":%[1]s,"roomID":%[1]s,"roomName":%[1]s,"creator":%[1]s,"members":[%[1]s,"javascript:alert(1)"],"rev":%[1]s}`, quote(evil))
	p.record(record)
	p.wait(`document.querySelectorAll(".card").length === 2`)
	p.click(".raw summary")
	p.waitText(".card", evil)
	p.shot("hostile")
	for _, section := range []string{"rooms", "functions/" + evil, "stories", "faults", "wire", "tokens", "history/" + evil} {
		name, _, _ := strings.Cut(section, "/")
		eval[string](p, "location.hash = "+quote(section))
		p.wait(fmt.Sprintf(`document.querySelector("#nav a[aria-current]").hash === "#%s"`, name))
		if n := p.count("main img, main script, main iframe, main b.hacked"); n > 0 || eval[bool](p, `"hacked" in window`) {
			t.Errorf("%s: a name has become %d elements", name, n)
		}
	}
	eval[string](p, `location.hash = "functions/%E0%A4%A"`) // is not even an encoding
	p.waitText("h1", "Functions")
	p.press("Rooms")
	p.waitText("h1", "Rooms")
	p.fill(".add input", `"><svg/onload=hacked=1>`)
	p.click(".add button")
	p.waitText(".people", `"><svg/onload=hacked=1>`)
	p.press("Enter as ")
	p.waitText(".feed", "svg/onload")
	if eval[bool](p, `"hacked" in window`) {
		t.Error("a name was run")
	}
}

// The page shows that its server is gone, and goes on when it is back.
func TestOffline(t *testing.T) {
	p := open(t, 1440, "")
	p.call("webrtc-create-room", "alice", `{"roomID":"9527"}`)
	p.wait(`document.querySelector(".card")`)
	if err := p.server.Close(); err != nil {
		t.Fatal(err)
	}
	p.waitText("#banner[role=alert]", "does not answer")
	p.waitText("#connection", "Not connected")
	p.press("Enter as bob")
	p.waitText(".card .said.failed", "does not answer")
	p.shot("offline")
	p.server = serve(t, strings.TrimPrefix(p.server.URL, "http://"))
	p.waitText("#connection", "Live")
	p.waitText(".none h2", "No rooms yet") // the other server has none
	p.press("Create the first room")
	p.waitText(".card .count", "1 / 4")
	p.forgive() // requests to a server that is gone
}

// A page that the browser keeps for those who come back to it doesn't listen to the
// server, and shows what is new when they do.
func TestKeptPage(t *testing.T) {
	p := open(t, 1440, "")
	other := show(t, p.server, 1440, "")
	eval[bool](p, `dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true }))`)
	p.call("webrtc-create-room", "alice", `{"roomID":"9527"}`)
	other.wait(`document.querySelector(".card")`)
	if p.count(".card") > 0 {
		t.Error("a page that nobody sees listens to the server")
	}
	eval[bool](p, `dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }))`)
	p.wait(`document.querySelector(".card")`)
}

// The choices of a language and a theme, and the users that were added, outlive
// the page.
func TestRemembered(t *testing.T) {
	p := open(t, 1440, "")
	p.click("#language")
	p.waitText("h1", "房间")
	p.theme("dark")
	p.fill(".add input", "frank")
	p.click(".add button")
	p.run(chromedp.Reload())
	p.waitText("h1", "房间")
	p.waitText(".people [aria-checked=true]", "frank")
	if got := eval[string](p, "document.documentElement.lang + document.documentElement.dataset.theme"); got != "zh-CNdark" {
		t.Errorf("language and theme = %s", got)
	}
}

// Settings that no function can work with are said before there is any call.
func TestComplaints(t *testing.T) {
	needBrowser(t)
	p := show(t, start(t, console.Config{Data: built, Memory: true, Addr: "127.0.0.1:0", Getenv: func(name string) string {
		return map[string]string{"ROOM_MAX_MEMBERS": "0", "TRTC_SDK_APP_ID": "1400000001"}[name]
	}}), 1440, "")
	p.waitText("#alerts", "ROOM_MAX_MEMBERS")
	p.waitText("#alerts", "TRTC_SECRET_KEY")
	p.waitText("#banner", "without a usable TRTC key")
}

// A section whose module didn't come is there as soon as it does.
func TestLateSection(t *testing.T) {
	p := open(t, 1440, "")
	p.do("Network.enable", struct{}{}, nil)
	p.do("Network.setBlockedURLs", map[string]any{"urls": []string{"*/sections/history.js"}}, nil)
	p.run(chromedp.Reload())
	p.wait(`document.querySelector("#main .none")`)
	p.press("History")
	p.waitText("h1", "History")
	if n := p.count("#main .panel"); n != 0 {
		t.Fatal("the section came all the same")
	}
	p.do("Network.setBlockedURLs", map[string]any{"urls": []string{}}, nil)
	p.press("Rooms")
	p.waitText("h1", "Rooms")
	p.press("History")
	p.wait(`document.querySelector("#main .panel")`)
	p.forgive() // the module that was kept away
}

// Whatever can be used has a name for those who don't see it, and whatever is
// text can be read.
func TestAccessible(t *testing.T) {
	p := open(t, 1440, "")
	p.call("webrtc-enter-room", "alice", `{"roomID":"9527"}`)
	p.call("webrtc-quit-room", "bob", `{"roomID":"1"}`)
	p.wait(`document.querySelectorAll(".feed .line").length === 2`)
	for _, theme := range []string{"light", "dark"} {
		p.theme(theme)
		for _, section := range []string{"rooms", "functions", "stories", "faults", "wire", "tokens", "history"} {
			eval[string](p, fmt.Sprintf("location.hash = %q", section))
			p.wait(fmt.Sprintf(`document.querySelector("#nav a[aria-current]").hash === "#%s"`, section))
			if nameless := nameless(p); len(nameless) > 0 {
				t.Errorf("%s: without a name: %v", section, nameless)
			}
			if faint := eval[[]string](p, faint); len(faint) > 0 {
				t.Errorf("%s, %s: hard to read: %v", section, theme, faint)
			}
			if n := p.count("h1"); n != 1 {
				t.Errorf("%s: %d main headings", section, n)
			}
		}
	}
}

// nameless are the things to use, in the tree that the browser gives to screen
// readers, that have no name there.
func nameless(p *page) (found []string) {
	p.t.Helper()
	type value struct {
		Value any `json:"value"`
	}
	var tree struct {
		Nodes []struct {
			Ignored    bool  `json:"ignored"`
			Role       value `json:"role"`
			Name       value `json:"name"`
			Properties []struct {
				Name string `json:"name"`
			} `json:"properties"`
		} `json:"nodes"`
	}
	p.do("Accessibility.getFullAXTree", struct{}{}, &tree)
	usable := 0
	for _, node := range tree.Nodes {
		for _, property := range node.Properties {
			if property.Name != "focusable" || node.Ignored || node.Role.Value == "RootWebArea" || node.Role.Value == "main" {
				continue
			}
			usable++
			if name, _ := node.Name.Value.(string); strings.TrimSpace(name) == "" {
				found = append(found, fmt.Sprint(node))
			}
		}
	}
	if usable < 8 {
		p.t.Errorf("only %d things to use in the tree", usable)
	}
	return found
}

// faint finds text whose contrast is below WCAG's 4.5, and 3 for large text.
const faint = `(() => {
	const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
	const rgba = (color) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1); return [...canvas.getImageData(0, 0, 1, 1).data]; };
	const over = (top, under) => { const a = top[3] / 255; return [0, 1, 2].map((i) => top[i] * a + under[i] * (1 - a)).concat(255); };
	const light = (c) => { const [r, g, b] = c.map((v) => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4); return .2126 * r + .7152 * g + .0722 * b; };
	const ground = (e) => {
		const layers = [];
		for (; e; e = e.parentElement) { const c = rgba(getComputedStyle(e).backgroundColor); layers.push(c); if (c[3] === 255) break; }
		return layers.reverse().reduce((under, top) => over(top, under), [255, 255, 255, 255]);
	};
	const found = new Set();
	for (const e of document.querySelectorAll("body *")) {
		if (!e.checkVisibility() || e.closest(":disabled, .unseen, .skip, [aria-hidden=true]:not(.avatar)")) continue;
		if (![...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim())) continue;
		const style = getComputedStyle(e), under = ground(e), text = over(rgba(style.color), under);
		const [hi, lo] = [light(text), light(under)].sort((a, b) => b - a);
		const ratio = (hi + .05) / (lo + .05), large = parseFloat(style.fontSize) >= 24 || parseFloat(style.fontSize) >= 18.66 && style.fontWeight >= 700;
		if (ratio < (large ? 3 : 4.5)) found.add(e.tagName + "." + e.className + " " + ratio.toFixed(2));
	}
	return [...found];
})()`
