package browser_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// The first picture needs the page alone, and nothing in it moves afterwards. How
// fast that is, is for people to read: a slow machine fails no test.
func TestFirstPaint(t *testing.T) {
	p := open(t, 1440, "")
	for _, what := range []string{"in a new process of the browser", "again"} {
		p.wait(`performance.getEntriesByName("first-contentful-paint").length && performance.getEntriesByName("shown").length`)
		t.Logf("%s, the first picture after %.0f ms, the rooms after %.0f ms", what,
			eval[float64](p, `performance.getEntriesByName("first-contentful-paint")[0].startTime`),
			eval[float64](p, `performance.getEntriesByName("shown")[0].startTime`))
		if blocking := eval[[]string](p, `performance.getEntriesByType("resource").filter((r) => r.renderBlockingStatus !== "non-blocking").map((r) => r.name)`); len(blocking) > 0 {
			t.Errorf("the first picture waits for %v", blocking)
		}
		if early := eval[[]string](p, `performance.getEntriesByType("resource").filter((r) => /\/js\//.test(r.name) && r.startTime < performance.getEntriesByType("navigation")[0].domContentLoadedEventStart).map((r) => r.name)`); len(early) > 0 {
			t.Errorf("before the page is read, it asks for %v", early)
		}
		if late := eval[[]string](p, `(() => {
			const named = new Set([...document.querySelectorAll("link[rel=modulepreload], script[type=module]")].map((e) => e.href ?? e.src));
			const shown = performance.getEntriesByName("shown")[0].startTime;
			return performance.getEntriesByType("resource").filter((r) => /\/js\//.test(r.name) && r.startTime < shown && !named.has(r.name)).map((r) => r.name);
		})()`); len(late) > 0 {
			t.Errorf("index.html does not name what the first section needs, so that it comes late: %v", late)
		}
		p.run(chromedp.Reload())
	}
	p.wait(`document.querySelector(".connection.on")`)
	eval[int](p, `new PerformanceObserver((list) => { window.shift = list.getEntries().reduce((sum, e) => sum + (e.hadRecentInput ? 0 : e.value), window.shift ?? 0); }).observe({ type: "layout-shift", buffered: true }), 0`)
	eval[int](p, `requestAnimationFrame(() => requestAnimationFrame(() => { window.shift ??= 0; })), 0`) // the observer is told before that
	p.wait(`"shift" in window`)
	if shift := eval[float64](p, "window.shift"); shift > 0.001 {
		t.Errorf("the layout jumps by %.4f while the page loads", shift)
	}
}

// What the first picture shows is what stays, in either language, also when the
// modules never come.
func TestSkeleton(t *testing.T) {
	p := open(t, 1440, "")
	for _, language := range []string{"en", "zh"} {
		if language == "zh" {
			p.click("#language")
		}
		parts := []string{"#nav", ".brand", "#language", "#theme", "#banner"}
		var whole []string
		for _, part := range parts {
			whole = append(whole, p.text(part))
		}
		p.do("Network.enable", struct{}{}, nil)
		p.do("Network.setBlockedURLs", map[string]any{"urls": []string{"*/web/js/*"}}, nil)
		p.run(chromedp.Reload())
		for i, part := range parts {
			if text := p.text(part); text == "" || !strings.HasPrefix(whole[i], text) { // the banner may go on
				t.Errorf("%s: at first, %s says %q, and then %q", language, part, text, whole[i])
			}
		}
		p.window("skeleton-" + language)
		p.do("Network.setBlockedURLs", map[string]any{"urls": []string{}}, nil)
		p.run(chromedp.Reload())
		p.wait(`document.querySelector(".connection.on")`)
	}
	p.forgive() // modules that were kept away
}

// BenchmarkPaint measures how long after the click the console's first picture
// and its rooms are there, in a browser that runs, and for comparison the first
// picture of a page of one line: what takes that long is the browser.
func BenchmarkPaint(b *testing.B) {
	if os.Getenv("BROWSER") == "none" {
		b.Skip("BROWSER=none")
	}
	if err := ready(); err != nil {
		b.Fatal(err)
	}
	server := serve(b, "127.0.0.1:0")
	line := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.Write([]byte("<!doctype html><title>One line</title><p>One line.")) //nolint:errcheck
	}))
	defer line.Close()
	for _, page := range []struct{ name, url, shown string }{
		{"console", server.URL, `performance.getEntriesByName("shown")[0]?.startTime ?? 0`},
		{"one line", line.URL, `performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0`},
	} {
		for _, where := range []string{"new tab", "again"} {
			b.Run(page.name+"/"+where, func(b *testing.B) {
				var paints, shows []float64
				ctx, cancel := chromedp.NewContext(browser)
				defer func() { cancel() }()
				for b.Loop() {
					if where == "new tab" {
						cancel()
						ctx, cancel = chromedp.NewContext(browser)
					}
					if err := chromedp.Do(ctx, chromedp.EmulateViewport(1440, 900), chromedp.Navigate(page.url)); err != nil {
						b.Fatal(err)
					}
					var times [2]float64
					for i, expression := range []string{`performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0`, page.shown} {
						var err error
						if times[i], err = chromedp.Run(ctx, chromedp.Poll[float64](expression)); err != nil {
							b.Fatal(err)
						}
					}
					paints, shows = append(paints, times[0]), append(shows, times[1])
				}
				slices.Sort(paints)
				slices.Sort(shows)
				b.ReportMetric(0, "ns/op") // the loading of the test's own tools
				b.ReportMetric(paints[0], "paint-min-ms")
				b.ReportMetric(paints[len(paints)/2], "paint-p50-ms")
				b.ReportMetric(shows[len(shows)/2], "shown-p50-ms")
			})
		}
	}
}
