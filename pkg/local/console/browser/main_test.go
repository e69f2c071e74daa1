// Package browser_test drives the console in a real browser, as a person would.
//
// It needs Chromium, which scripts/test installs. Without it, the tests fail:
// a skipped test of a page is a page that nobody looked at. BROWSER names
// another executable, and BROWSER=none leaves the tests out.
//
// Each test leaves screenshots in the folder that SCREENSHOTS names, by default
// .local/screenshots in the repository, which git ignores. With -v, the end of a
// run says where.
package browser_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"

	"webrtc-room/pkg/local/scfemu"
)

var (
	root    string          // the repository
	built   string          // a data folder with the built functions, which other packages' tests share
	browser context.Context // the running browser
	shots   string          // the folder for screenshots

	tearDown func() // ends the browser; nil if there is none
)

func TestMain(m *testing.M) {
	code := m.Run()
	if tearDown != nil {
		tearDown()
	}
	os.Exit(code)
}

// ready starts the browser for the first test that needs it, so that the go
// command sees that the outcome depends on BROWSER and SCREENSHOTS.
var ready = sync.OnceValue(func() (err error) {
	tearDown, err = setUp()
	return err
})

func setUp() (stop func(), err error) {
	executable, err := findBrowser()
	if err != nil {
		return nil, err
	}
	if root, err = filepath.Abs(filepath.Join("..", "..", "..", "..")); err != nil {
		return nil, err
	}
	built = filepath.Join(root, ".local", "test")
	if _, err = scfemu.Build(context.Background(), root, built); err != nil {
		return nil, err
	}
	shots = os.Getenv("SCREENSHOTS")
	if shots == "" {
		shots = filepath.Join(root, ".local", "screenshots")
	}
	if err = os.MkdirAll(shots, 0o777); err != nil {
		return nil, err
	}
	allocator, stopAllocator := chromedp.NewExecAllocator(context.Background(),
		chromedp.ExecPath(executable),
		chromedp.Headless,
		chromedp.NoSandbox, // which a container's root can't have
		chromedp.DisableGPU,
		chromedp.NoFirstRun,
		chromedp.NoDefaultBrowserCheck,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-dev-shm-usage", true),
		chromedp.Flag("hide-scrollbars", true),
		chromedp.Flag("lang", "en-GB"),
		chromedp.Flag("force-prefers-reduced-motion", true),        // pictures of colours that are settled
		chromedp.Flag("use-fake-device-for-media-stream", "fps=5"), // four people on two cores make, carry and show twelve such pictures
		chromedp.Flag("use-fake-ui-for-media-stream", true),        // which allows cameras and microphones
		// With a process of its own, which ends when there is no camera for a while, it may miss
		// the next one.
		chromedp.Flag("enable-features", "RunVideoCaptureServiceInBrowserProcess"),
		chromedp.Flag("allow-loopback-in-peer-connection", true), // a machine may have no other network
	) // its profile is a new folder, which is removed again
	ctx, stopBrowser := chromedp.NewContext(allocator)
	if err := chromedp.Do(ctx); err != nil {
		return nil, fmt.Errorf("%s did not start: %w", executable, err)
	}
	browser = ctx
	return func() {
		_ = chromedp.Cancel(ctx) // closes it in order
		stopBrowser()
		stopAllocator()
		fmt.Println("Screenshots:", shots)
	}, nil
}

func findBrowser() (string, error) {
	if name := os.Getenv("BROWSER"); name != "" {
		return exec.LookPath(name)
	}
	for _, name := range []string{
		"chromium-headless-shell", "chrome-headless-shell", // without the parts for people, it needs half the time
		"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome",
		"/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
		"/Applications/Chromium.app/Contents/MacOS/Chromium",
		`C:\Program Files\Google\Chrome\Application\chrome.exe`,
	} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("the console's tests need Chromium: install it, or run ./scripts/test, which does; or name a browser with BROWSER (BROWSER=none leaves these tests out)")
}
