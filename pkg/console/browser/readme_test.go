package browser_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestReadmePictures makes the pictures that the READMEs show, among the other
// screenshots: readme-en.png and readme-zh.png. Whoever wants them in the
// repository copies them to .github/console-en.png and console-zh.png.
func TestReadmePictures(t *testing.T) {
	p := open(t, 1440, "")
	p.run(chromedp.EmulateViewport(1400, 880))
	for _, c := range [][3]string{
		{"webrtc-create-room", "carol", `{"roomName":"问诊室 3","roomID":"10086"}`},
		{"webrtc-enter-room", "dave", `{"roomID":"10086"}`},
		{"webrtc-create-room", "alice", `{"roomName":"Design review","roomID":"9527"}`},
		{"webrtc-enter-room", "bob", `{"roomID":"9527"}`},
		{"webrtc-enter-room", "carol", `{"roomID":"9527"}`},
		{"webrtc-enter-room", "dave", `{"roomID":"9527"}`},
	} {
		p.call(c[0], c[1], c[2])
	}
	p.waitText(".card:first-child", "Enter as erin")
	p.press("Enter as erin")
	p.waitText(".said.refused", "ROOM_FULL")
	p.window("readme-en")
	p.click("#language")
	p.theme("dark")
	p.waitText("h1", "房间")
	p.window("readme-zh")
}

// window keeps a picture of what the window shows.
func (p *page) window(name string) {
	p.t.Helper()
	picture, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(shots, name+".png"), picture, 0o666); err != nil {
		p.t.Error(err)
	}
}
