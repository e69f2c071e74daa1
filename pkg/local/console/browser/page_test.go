package browser_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"webrtc-room/pkg/local/console"
)

// A page is a console in a browser window of its own.
type page struct {
	t      testing.TB
	ctx    context.Context
	server *console.Server

	mu         sync.Mutex
	complaints []string // of the browser: exceptions, failed requests, violations of the policy
}

const patience = 60 * time.Second // slow machines must not fail tests

// open starts a server and shows it at a window's width.
func open(t *testing.T, width int, hash string) *page {
	t.Helper()
	needBrowser(t)
	return show(t, serve(t, "127.0.0.1:0"), width, hash)
}

func needBrowser(t *testing.T) {
	t.Helper()
	t.Parallel() // each has a server and a window of its own
	haveBrowser(t)
}

// haveBrowser is needBrowser for a call of four. Nothing runs beside it here: their
// pictures and sound are what two cores can do.
func haveBrowser(t *testing.T) {
	t.Helper()
	if os.Getenv("BROWSER") == "none" {
		t.Skip("BROWSER=none")
	}
	if err := ready(); err != nil {
		t.Fatal(err)
	}
}

func serve(t testing.TB, addr string) *console.Server {
	t.Helper()
	return start(t, console.Config{Data: built, Memory: true, Addr: addr})
}

func start(t testing.TB, config console.Config) *console.Server {
	t.Helper()
	config.Root, config.Prebuilt = root, true
	config.Timeout = 30 * time.Second // slow machines must not fail tests
	server, err := console.Start(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	return server
}

func show(t *testing.T, server *console.Server, width int, hash string) *page {
	t.Helper()
	p := window(t, server, width)
	p.run(chromedp.Navigate(server.URL + "/#" + hash))
	p.wait(`document.querySelector("#main .view .panel, #main .none")`)
	p.wait(`document.querySelector(".connection.on")`)
	return p
}

// window opens a window of its own, with nothing in it yet, which shares nothing with
// others.
func window(t *testing.T, server *console.Server, width int) *page {
	t.Helper()
	ctx, cancel := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	return newPage(t, server, width, ctx, cancel)
}

// tab opens one more tab of the same browser.
func (p *page) tab(width int) *page {
	p.t.Helper()
	ctx, cancel := chromedp.NewContext(p.ctx)
	return newPage(p.t, p.server, width, ctx, cancel)
}

// newPage looks after a page. What its browser complains about fails the test.
func newPage(t testing.TB, server *console.Server, width int, ctx context.Context, cancel func()) *page {
	t.Helper()
	t.Cleanup(cancel)
	p := &page{t: t, ctx: ctx, server: server}
	p.listen()
	p.resize(width)
	t.Cleanup(func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, complaint := range p.complaints {
			t.Errorf("the browser complains: %s", complaint)
		}
		if t.Failed() && ctx.Err() == nil {
			p.shot("failed-" + strings.ReplaceAll(t.Name(), "/", "-"))
		}
	})
	return p
}

// listen writes down what the browser has to complain about.
func (p *page) listen() {
	messages := chromedp.Console(p.ctx)
	go func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			if crossed(m) {
				continue
			}
			if m.IsException() || m.Type == "error" {
				p.mu.Lock()
				p.complaints = append(p.complaints, m.String()+" "+m.URL)
				p.mu.Unlock()
			}
		}
	}()
}

// crossed reports whether the server had ended a session, or somebody else's, while a
// message of the page was on its way: no page can know that beforehand.
func crossed(m chromedp.ConsoleMessage) bool {
	at, err := url.Parse(m.URL)
	if err != nil {
		return false
	}
	switch at.Path {
	case "/trtc/beat", "/trtc/media", "/trtc/leave":
		return strings.Contains(m.Text, "status of 410")
	case "/trtc/signal":
		return strings.Contains(m.Text, "status of 410") || strings.Contains(m.Text, "status of 404")
	}
	return false
}

// forgive forgets what the browser has complained about.
func (p *page) forgive() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.complaints = nil
}

func (p *page) run(actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, 2*patience)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		p.t.Fatal(err)
	}
}

// do runs a command of the browser's protocol.
func (p *page) do(command string, parameters, result any) {
	p.t.Helper()
	p.run(func(ctx context.Context, target *chromedp.Target) (chromedp.Void, error) {
		return chromedp.Void{}, target.Call(ctx, command, parameters, result)
	})
}

// wait waits until an expression is true.
func (p *page) wait(expression string) {
	p.t.Helper()
	p.waitEvery(20*time.Millisecond, expression)
}

func (p *page) waitEvery(interval time.Duration, expression string) {
	p.t.Helper()
	_, err := chromedp.Run(p.ctx, chromedp.Poll[bool]("Boolean("+expression+")", chromedp.WithPollingInterval(interval), chromedp.WithPollingTimeout(patience)))
	if err != nil {
		p.shot("failed-" + strings.ReplaceAll(p.t.Name(), "/", "-"))
		p.t.Fatalf("waiting for %s: %v", expression, err)
	}
}

// waitText waits until the text of an element, as people see it, has another in it.
func (p *page) waitText(selector, text string) {
	p.t.Helper()
	p.wait(fmt.Sprintf("((e) => e?.checkVisibility() && e.innerText.includes(%s))(document.querySelector(%s))", quote(text), quote(selector)))
}

func quote(text string) string {
	quoted, _ := json.Marshal(text)
	return string(quoted)
}

// click clicks with the mouse, in the middle of the element.
func (p *page) click(selector string) {
	p.t.Helper()
	p.wait("document.querySelector(" + quote(selector) + ") && !document.querySelector(" + quote(selector) + ").disabled")
	p.run(chromedp.Click(chromedp.CSS(selector)))
}

// press clicks the button, link or label with this text.
func (p *page) press(text string) {
	p.t.Helper()
	find := fmt.Sprintf(`[...document.querySelectorAll("main button, main a, #nav a, #alerts button")].find((e) => !e.disabled && e.innerText.replace(/\s+/g, " ").trim().startsWith(%s))`, quote(text))
	p.wait(find)
	eval[bool](p, `(() => {
		document.querySelectorAll("[data-press]").forEach((e) => delete e.dataset.press);
		`+find+`.dataset.press = "";
		return true;
	})()`)
	p.click("[data-press]")
}

// fill replaces what is in a field, as pasting does.
func (p *page) fill(selector, text string) {
	p.t.Helper()
	p.wait("document.querySelector(" + quote(selector) + ")")
	eval[bool](p, "(document.querySelector("+quote(selector)+").focus(), document.querySelector("+quote(selector)+").select(), true)")
	if text == "" {
		p.run(chromedp.KeyEvent("\b"))
		return
	}
	p.do("Input.insertText", map[string]string{"text": text}, nil)
}

// eval returns what an expression is in the page.
func eval[T any](p *page, expression string) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		p.t.Fatalf("%s: %v", expression, err)
	}
	return value
}

// text is the text of an element, as people see it.
func (p *page) text(selector string) string {
	p.t.Helper()
	return eval[string](p, "document.querySelector("+quote(selector)+")?.innerText ?? ''")
}

func (p *page) count(selector string) int {
	p.t.Helper()
	return eval[int](p, "document.querySelectorAll("+quote(selector)+").length")
}

func (p *page) resize(width int) {
	p.t.Helper()
	p.run(chromedp.EmulateViewport(int64(width), 900))
}

// theme presses the button until the theme is "light" or "dark".
func (p *page) theme(name string) {
	p.t.Helper()
	for range 3 {
		if eval[string](p, "document.documentElement.dataset.theme ?? ''") == name {
			return
		}
		p.click("#theme")
	}
	p.t.Errorf("the theme does not become %s", name)
}

// shot keeps a picture of the whole page, unless there is none, as of a tab that has
// crashed.
func (p *page) shot(name string) {
	p.t.Helper()
	if err := p.picture(name, true); err != nil {
		p.t.Logf("no picture %s: %v", name, err)
	}
}

// window keeps a picture of what the window shows.
func (p *page) window(name string) {
	p.t.Helper()
	if err := p.picture(name, false); err != nil {
		p.t.Fatal(err)
	}
}

func (p *page) picture(name string, beyondWindow bool) error {
	p.t.Helper()
	var picture struct {
		Data []byte `json:"data"`
	}
	_, err := chromedp.Run(p.ctx, func(ctx context.Context, target *chromedp.Target) (chromedp.Void, error) {
		return chromedp.Void{}, target.Call(ctx, "Page.captureScreenshot", map[string]bool{
			"captureBeyondViewport": beyondWindow, "optimizeForSpeed": true, // large files, made in a moment
		}, &picture)
	})
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(shots, name+".png"), picture.Data, 0o666); err != nil {
		p.t.Error(err)
	}
	return nil
}
