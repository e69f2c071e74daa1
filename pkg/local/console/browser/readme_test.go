package browser_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"

	"webrtc-room/pkg/local/console"
)

// TestReadmePictures makes the pictures that the READMEs show of the console, among the
// other screenshots: readme-console-en.png and readme-console-zh.png. Whoever wants them
// in the repository copies them to .github without the readme-, made smaller by
// pngquant.
func TestReadmePictures(t *testing.T) {
	needBrowser(t)
	data := t.TempDir() // a server that keeps its rooms, as most people's
	if err := os.CopyFS(filepath.Join(data, "bin"), os.DirFS(filepath.Join(built, "bin"))); err != nil {
		t.Fatal(err)
	}
	p := show(t, start(t, console.Config{Data: data, Addr: "127.0.0.1:0"}), 1440, "")
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
	p.run(chromedp.MouseEvent("mouseMoved", 700, 870)) // away from the button
	p.window("readme-console-en")
	p.click("#language")
	p.theme("dark")
	p.waitText("h1", "房间")
	p.window("readme-console-zh")
}

// TestReadmeCalls makes readme-call-en.png and readme-call-zh.png: two tabs in a call.
func TestReadmeCalls(t *testing.T) {
	needBrowser(t)
	server := serve(t, "127.0.0.1:0")
	alice := joins(t, server, "alice", "room=9527")
	bob := joins(t, server, "bob", "room=9527")
	alice.sees("bob")
	alice.run(chromedp.EmulateViewport(1000, 660))
	alice.window("readme-call-en")
	bob.sees("alice")
	bob.run(chromedp.EmulateViewport(1000, 660))
	bob.click("#language")
	eval[string](bob, `document.documentElement.dataset.theme = "dark"`)
	bob.waitText("#status", "已连接")
	bob.window("readme-call-zh")
}
