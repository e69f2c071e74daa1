package browser_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"webrtc-room/pkg/local/client"
	"webrtc-room/pkg/local/console"
	"webrtc-room/pkg/sig"
	"webrtc-room/pkg/trtc"
)

// collect keeps the page's connections to the others' browsers where a test finds them.
//
// On a slow machine, nobody is told that joining takes too long. What takes longer than
// a minute is the patience of the tests themselves.
const collect = `
	const timer = setTimeout;
	window.setTimeout = (f, ms, ...more) => timer(f, ms >= 10000 && ms < 60000 ? ms * 10 : ms, ...more);
	window.peers = [];
	const Plain = RTCPeerConnection;
	window.RTCPeerConnection = class extends Plain { constructor(...args) { super(...args); peers.push(this); } };
	window.received = async () => {
		const found = { frames: 0, sound: 0, addresses: [], servers: 0 };
		for (const peer of peers) {
			if (peer.connectionState === "closed") continue;
			found.servers += peer.getConfiguration().iceServers.length;
			for (const one of (await peer.getStats()).values()) {
				if (one.type === "inbound-rtp" && one.kind === "video") found.frames += one.framesDecoded ?? 0;
				if (one.type === "inbound-rtp" && one.kind === "audio") found.sound += one.totalAudioEnergy ?? 0;
				if (one.type.endsWith("-candidate") && one.address) found.addresses.push(one.address);
			}
		}
		return found;
	};`

// pixels is what a person's picture shows, roughly: two of a moving one differ.
const pixels = `((user) => {
	const video = document.querySelector("video[data-user=" + user + "]");
	if (!video?.videoWidth) return "";
	const canvas = new OffscreenCanvas(64, 48), context = canvas.getContext("2d", { willReadFrequently: true });
	context.drawImage(video, 0, 0, 64, 48);
	const data = [...context.getImageData(0, 0, 64, 48).data];
	return new Set(data).size < 8 ? "" : String(data.reduce((sum, value, i) => (sum * 31 + value * (i % 7)) % 1e9, 7));
})`

// joins opens the call in a window of its own, with a camera and a microphone that
// nobody has to allow.
func joins(t *testing.T, server *console.Server, user, query string) *page {
	t.Helper()
	p := openCall(t, server, query+"&user="+user, "")
	p.state("joined")
	return p
}

// openCall opens the page of the call, and runs a script before the page's own.
func openCall(t *testing.T, server *console.Server, query, script string) *page {
	t.Helper()
	return window(t, server, callWidth).goTo(query, script)
}

const callWidth = 640 // large pictures take long to paint

// goTo lets the page have the clipboard, and goes to the call.
func (p *page) goTo(query, script string) *page {
	p.t.Helper()
	var target struct {
		TargetInfo struct {
			BrowserContextID string `json:"browserContextId"`
		} `json:"targetInfo"`
	}
	p.do("Target.getTargetInfo", struct{}{}, &target)
	p.do("Browser.grantPermissions", map[string]any{
		"origin": p.server.URL, "browserContextId": target.TargetInfo.BrowserContextID,
		"permissions": []string{"clipboardReadWrite", "clipboardSanitizedWrite"},
	}, nil)
	p.do("Page.addScriptToEvaluateOnNewDocument", map[string]any{"source": collect + script}, nil)
	p.run(chromedp.Navigate(p.server.URL + "/call?" + query))
	return p
}

// cameraIsOff checks that no picture of one who is out of the call goes on.
func (p *page) cameraIsOff() {
	p.t.Helper()
	if eval[bool](p, `[...document.querySelectorAll("video")].some((video) => video.srcObject?.active)`) {
		p.t.Errorf("in state %s, the camera goes on", eval[string](p, "document.body.dataset.state"))
	}
}

func (p *page) state(state string) {
	p.t.Helper()
	p.wait(fmt.Sprintf("document.body.dataset.state === %q", state))
}

// sees waits until the picture of another one moves, in what is decoded and in what is
// to be seen.
func (p *page) sees(users ...string) {
	p.t.Helper()
	const pause = 200 * time.Millisecond // to read a picture back takes long
	for _, user := range users {
		p.waitEvery(pause, pixels+"("+quote(user)+")")
		first := eval[string](p, pixels+"("+quote(user)+")")
		p.waitEvery(pause, fmt.Sprintf(`![%q, ""].includes(%s(%q))`, first, pixels, user))
	}
	p.decodes()
}

func (p *page) decodes() {
	p.t.Helper()
	p.waitFor("more pictures", func() bool { return p.received().Frames > 0 })
	before := p.received().Frames
	p.waitFor("more pictures", func() bool { return p.received().Frames > before })
}

// plays waits until the console shows somebody's moving picture.
func (p *page) plays(user string) {
	p.t.Helper()
	video := "document.querySelector(" + quote("[data-member="+user+"] video") + ")"
	p.wait(video + "?.hidden === false && " + video + ".videoWidth")
	frames := eval[int](p, video+".getVideoPlaybackQuality().totalVideoFrames")
	p.wait(fmt.Sprintf("%s?.getVideoPlaybackQuality().totalVideoFrames > %d", video, frames))
}

type received struct {
	Frames    int      `json:"frames"`
	Sound     float64  `json:"sound"`
	Addresses []string `json:"addresses"`
	Servers   int      `json:"servers"`
}

// received is what the page has got from the others' browsers.
func (p *page) received() received {
	p.t.Helper()
	return await[received](p, "received()")
}

// await returns what a promise of the page brings.
func await[T any](p *page, promise string) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](promise, chromedp.EvalAwaitPromise))
	if err != nil {
		p.t.Fatalf("%s: %v", promise, err)
	}
	return value
}

// waitFor waits for what can't be seen in the page.
func (p *page) waitFor(what string, true func() bool) {
	p.t.Helper()
	for begun := time.Now(); !true(); {
		if time.Since(begun) > patience {
			p.shot("failed-" + strings.ReplaceAll(p.t.Name(), "/", "-"))
			p.t.Fatalf("waiting for %s", what)
		}
		p.wait("true")
	}
}

// reply calls a function as curl would, and returns the reply.
func reply[T any](p *page, function, openID, event string) (found T) {
	p.t.Helper()
	answer, err := client.New(p.server.URL, 0).Call(p.t.Context(), function, openID, []byte(event))
	if err != nil {
		p.t.Fatal(err)
	}
	if err := json.Unmarshal(answer.Body, &found); err != nil {
		p.t.Fatal(err)
	}
	return found
}

func (p *page) post(path string) {
	p.t.Helper()
	response, err := http.Post(p.server.URL+path, "application/json", nil)
	if err != nil {
		p.t.Fatal(err)
	}
	response.Body.Close()
}

// members are those who have a seat in room 9527.
func (p *page) members() []string {
	p.t.Helper()
	info := reply[struct{ Data []struct{ Members []string } }](p, "webrtc-get-room-info", "alice", `{"roomID":"9527"}`)
	if len(info.Data) == 0 {
		return nil
	}
	return info.Data[0].Members
}

// Four see each other, two of them hear each other, a fifth is told that the room is
// full, and none of it leaves the machine.
func TestCall(t *testing.T) {
	haveBrowser(t)
	server := serve(t, "127.0.0.1:0")
	alice := joins(t, server, "alice", "room=9527")
	bob := joins(t, server, "bob", "room=9527")
	alice.sees("bob")
	bob.sees("alice")
	for _, p := range []*page{alice, bob} {
		p.waitFor("a sound", func() bool { return p.received().Sound > 0 })
	}
	alice.wait(`document.querySelector("[data-user=bob][data-sound=speaking]")`) // the fake microphone beeps

	// What one switches off, the others see and hear no longer.
	bob.click("#camera-button")
	alice.wait(`document.querySelector("video[data-user=bob]")?.hidden`)
	bob.click("#mic-button")
	alice.wait(`document.querySelector("[data-user=bob]").dataset.sound === "muted"`)
	bob.click("#camera-button")
	alice.sees("bob")

	carol := openCall(t, server, "room=9527&user=carol", noMicrophone)
	dave := openCall(t, server, "room=9527&user=dave", noMicrophone)
	carol.state("joined")
	dave.state("joined")
	alice.sees("bob", "carol", "dave")
	bob.sees("alice", "carol", "dave")
	carol.sees("alice", "bob", "dave")
	dave.sees("alice", "bob", "carol")
	dave.resize(1440)
	dave.window("call-four")
	dave.resize(640)
	erin := openCall(t, server, "room=9527&user=erin", noMicrophone)
	erin.state("refused")
	erin.waitText("#over", "All seats are taken")
	if reason := eval[string](erin, "document.body.dataset.reason"); reason != "ROOM_FULL" {
		t.Errorf("erin is refused for %q", reason)
	}

	// What goes to an address of this machine goes over its loopback interface.
	own := []string{"127.0.0.1", "::1"}
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range addresses {
		own = append(own, one.(*net.IPNet).IP.String())
	}
	for _, p := range []*page{alice, bob, carol, dave} {
		got := p.received()
		if got.Servers > 0 {
			t.Errorf("the page names %d servers for its way through the network", got.Servers)
		}
		for _, address := range got.Addresses {
			if !slices.Contains(own, address) && !strings.HasSuffix(address, ".local") {
				t.Errorf("media may go to %s, which isn't this machine", address)
			}
		}
		for _, name := range eval[[]string](p, `performance.getEntriesByType("resource").map((one) => one.name)`) {
			if to, err := url.Parse(name); err != nil || "http://"+to.Host != server.URL {
				t.Errorf("the page asks for %s", name)
			}
		}
	}

	// Leaving frees the seat, and erin is in by her own button.
	dave.click("#leave-button")
	dave.state("left")
	dave.cameraIsOff()
	erin.forgive()
	alice.waitFor("dave's seat", func() bool { return !slices.Contains(alice.members(), "dave") })
	erin.click("#again")
	erin.state("joined")
	erin.sees("alice", "bob", "carol")
}

// noMicrophone keeps a page's voice out: four voices are as much work as all the pictures.
const noMicrophone = `
	const plainMedia = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
	navigator.mediaDevices.getUserMedia = async (ask) => {
		if (ask.audio) throw new DOMException("none", "NotFoundError");
		return plainMedia(ask);
	};`

// A key of another kind, room, user or time opens no room, and says why with TRTC's
// codes.
func TestCallKeys(t *testing.T) {
	needBrowser(t)
	secret := strings.Repeat("0123456789abcdef", 4)
	server := start(t, console.Config{Data: built, Memory: true, Addr: "127.0.0.1:0", Getenv: func(name string) string {
		return map[string]string{"TRTC_SDK_APP_ID": "1400000001", "TRTC_SECRET_KEY": secret}[name]
	}})
	p := openCall(t, server, "room=9527", "")
	p.state("lobby")
	key, err := sig.ParseSecretKey(secret)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := sig.NewSigner(1400000001, key, "")
	if err != nil {
		t.Fatal(err)
	}
	yesterday := time.Now().Add(-24 * time.Hour)
	oldSig, err := signer.UserSig("alice", yesterday, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	oldKey, err := signer.PrivateMapKey("alice", sig.RoomNumber(9527), sig.PrivilegeAll, yesterday, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	type sign struct {
		SignInfo struct {
			SDKAppID                       any
			UserID, UserSig, PrivateMapKey string
		}
	}
	alice := reply[sign](p, "webrtc-enter-room", "alice", `{"roomID":"9527"}`).SignInfo
	bob := reply[sign](p, "webrtc-enter-room", "bob", `{"roomID":"9527"}`).SignInfo
	other := reply[sign](p, "webrtc-enter-room", "alice", `{"roomID":"9528"}`).SignInfo
	forged := "X" + alice.UserSig[1:]
	for _, test := range []struct {
		name, change string
		code, extra  int
	}{
		{"right", "{}", 0, 0},
		{"forged userSig", `{userSig: ` + quote(forged) + `}`, 5400, -100018},
		{"another user's userSig", `{userSig: ` + quote(bob.UserSig) + `}`, 5400, -100018},
		{"another room's key", `{privateMapKey: ` + quote(other.PrivateMapKey) + `}`, 5400, -100006},
		{"another user's key", `{privateMapKey: ` + quote(bob.PrivateMapKey) + `}`, 5400, -100006},
		{"a userSig of yesterday", `{userSig: ` + quote(oldSig) + `}`, 5400, -100018},
		{"a key of yesterday", `{privateMapKey: ` + quote(oldKey) + `}`, 5400, -100006},
		{"no key", `{privateMapKey: ""}`, 5400, -100006},
		{"no room", `{roomId: 0}`, 5000, 5015},
		{"a room's number as text", `{roomId: "9527"}`, 5000, 5016},
		{"the number as the name of another room", `{roomId: undefined, strRoomId: "9527"}`, 5400, -100006},
	} {
		got := await[struct {
			Code  int `json:"code"`
			Extra int `json:"extra"`
		}](p, fmt.Sprintf(`(async () => {
			const { default: TRTC } = await import("/call/sdk.js");
			const trtc = TRTC.create();
			try {
				await trtc.enterRoom({ sdkAppId: %v, userId: "alice", userSig: %s, privateMapKey: %s, roomId: 9527, ...%s });
				await trtc.exitRoom();
				return { code: 0, extra: 0 };
			} catch (error) {
				return { code: error.code ?? -1, extra: error.extraCode ?? 0 };
			}
		})()`, int(alice.SDKAppID.(float64)), quote(alice.UserSig), quote(alice.PrivateMapKey), test.change))
		if got.Code != test.code || got.Extra != test.extra {
			t.Errorf("%s: code %d, extraCode %d, want %d, %d", test.name, got.Code, got.Extra, test.code, test.extra)
		}
	}
	p.forgive() // the statuses of the refusals
}

// TRTC's refusal is said, and gives the seat back.
func TestCallRefusedByTRTC(t *testing.T) {
	needBrowser(t)
	server := serve(t, "127.0.0.1:0")
	p := openCall(t, server, "room=9527&user=bob", `
		const plain = fetch;
		window.fetch = (to, more) => plain(to, to === "/trtc/enter" ? { ...more, body: JSON.stringify({ ...JSON.parse(more.body), userSig: "forged" }) } : more);`)
	p.state("refused")
	p.waitText("#over", "-100018")
	if members := p.members(); len(members) > 0 {
		t.Errorf("refused, and yet the members are %v", members)
	}
	p.forgive() // the status of the refusal
}

// A user whose name looks like an OPENID, for whom no token opens the functions, is in
// as a mini program's user.
func TestCallAsOpenID(t *testing.T) {
	needBrowser(t)
	server := serve(t, "127.0.0.1:0")
	const openID = "oExample-12345678901234567_a"
	p := joins(t, server, openID, "room=9527")
	if members := p.members(); !slices.Equal(members, []string{openID}) {
		t.Errorf("the members are %v", members)
	}
	p.forgive() // that there is no token
}

// Whom the server API removes is out, with the camera off, and TRTC's report gives the
// seat to the next one.
func TestCallKickedByAPI(t *testing.T) {
	needBrowser(t)
	server := serve(t, "127.0.0.1:0")
	alice := joins(t, server, "alice", "room=9527")
	bob := joins(t, server, "bob", "room=9527")
	alice.sees("bob")
	endpoint, err := url.Parse(server.URL + "/trtc")
	if err != nil {
		t.Fatal(err)
	}
	var keys struct{ SecretID, SecretKey string }
	text, err := os.ReadFile(filepath.Join(server.Data, client.File))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &keys); err != nil {
		t.Fatal(err)
	}
	entered := reply[struct{ SignInfo struct{ SDKAppID uint32 } }](alice, "webrtc-enter-room", "alice", `{"roomID":"9527"}`)
	api := trtc.NewAPI(entered.SignInfo.SDKAppID, endpoint, func(context.Context) trtc.Credentials {
		return trtc.Credentials{SecretID: keys.SecretID, SecretKey: keys.SecretKey}
	})
	if err := api.RemoveUser(t.Context(), 9527, "bob"); err != nil {
		t.Fatal(err)
	}
	bob.state("removed")
	bob.waitText("#over", "You were removed")
	bob.cameraIsOff()
	alice.wait(`!document.querySelector("video[data-user=bob]")`)
	alice.waitFor("bob's seat", func() bool { return slices.Equal(alice.members(), []string{"alice"}) })
}

// Whoever enters again in another tab ends the call in the first one, whose camera is
// off then; and whoever comes back after a reload has the same seat.
func TestCallAgain(t *testing.T) {
	needBrowser(t)
	server := serve(t, "127.0.0.1:0")
	alice := joins(t, server, "alice", "room=9527")
	bob := joins(t, server, "bob", "room=9527")
	alice.sees("bob")
	bob.run(chromedp.Reload())
	bob.state("joined")
	bob.sees("alice")
	alice.sees("bob")
	if members := alice.members(); !slices.Equal(members, []string{"alice", "bob"}) {
		t.Errorf("after a reload, the members are %v", members)
	}
	second := joins(t, server, "bob", "room=9527")
	second.sees("alice")
	alice.sees("bob")
	bob.state("removed")
	bob.waitText("#over-why", "elsewhere")
	bob.cameraIsOff()
}

// A tab that is killed vanishes: TRTC reports it, the seat is free, and the next one is
// in.
func TestCallVanishes(t *testing.T) {
	needBrowser(t)
	server := start(t, console.Config{Data: built, Memory: true, Addr: "127.0.0.1:0", Getenv: func(name string) string {
		return map[string]string{"ROOM_MAX_MEMBERS": "2"}[name]
	}})
	alice := joins(t, server, "alice", "room=9527")
	bob := joins(t, server, "bob", "room=9527")
	alice.sees("bob")
	carol := openCall(t, server, "room=9527&user=carol", "")
	carol.state("refused")
	carol.forgive()
	if err := chromedp.Do(bob.ctx, chromedp.Navigate("chrome://crash")); err == nil {
		t.Error("the tab has not crashed")
	}
	alice.waitFor("bob to be missed", func() bool {
		alice.post("/api/trtc/pass") // the time that TRTC waits for him
		return alice.count("video[data-user=bob]") == 0
	})
	alice.waitFor("bob's seat", func() bool { return !slices.Contains(alice.members(), "bob") })
	carol.click("#again")
	carol.state("joined")
	alice.sees("carol")
}

// A page that was cut off says so, and goes on by itself.
func TestCallOffline(t *testing.T) {
	needBrowser(t)
	server := start(t, console.Config{Data: built, Memory: true, Addr: "127.0.0.1:0", Vanish: 9 * time.Second}) // which soon notices
	alice := joins(t, server, "alice", "room=9527")
	bob := joins(t, server, "bob", "room=9527")
	bob.sees("alice")
	offline := func(offline bool) {
		bob.do("Network.emulateNetworkConditions", map[string]any{"offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}, nil)
	}
	bob.do("Network.enable", struct{}{}, nil)
	offline(true)
	bob.state("reconnecting")
	bob.waitText("#status", "Reconnecting")
	offline(false)
	bob.state("joined")
	bob.forgive() // what did not arrive
	bob.sees("alice")
	alice.sees("bob")
	if members := alice.members(); !slices.Equal(members, []string{"alice", "bob"}) {
		t.Errorf("after a break, the members are %v", members)
	}
}

// What is wrong with a device is said, and the call goes on without it.
func TestCallWithoutDevices(t *testing.T) {
	needBrowser(t)
	server := serve(t, "127.0.0.1:0")
	const deny = `navigator.mediaDevices.getUserMedia = async ({ video }) => { throw new DOMException("no", video ? %q : %q); };`
	for _, test := range []struct{ user, camera, microphone, says string }{
		{"alice", "NotAllowedError", "NotFoundError", "camera is not allowed"},
		{"bob", "NotFoundError", "NotAllowedError", "No camera was found"},
		{"carol", "NotReadableError", "NotReadableError", "in use by another program"},
	} {
		p := openCall(t, server, "room=9527&user="+test.user, fmt.Sprintf(deny, test.camera, test.microphone))
		p.state("joined")
		p.waitText("#notices", test.says)
		p.waitText("#camera-button", "Camera on")
		p.waitText("#mic-button", "Unmute")
		p.window("call-without-" + test.camera)
	}
	p := openCall(t, server, "room=9527&user=dave", `Object.defineProperty(window, "isSecureContext", { value: false });`)
	p.state("refused")
	p.waitText("#over", "https")
	late := openCall(t, server, "room=9527&user=dave", `const plain = fetch; window.fetch = (to, more) => String(to).startsWith("/trtc/enter") ? new Promise(() => {}) : plain(to, more);
		const later = setTimeout; window.setTimeout = (f, ms, ...more) => later(f, ms / 20, ...more);`)
	late.state("refused")
	late.waitText("#over", "20 seconds")
}

// Whoever has a link without a name is asked for one, and sees what they look like
// first; a room without a number is a new one.
func TestCallLobby(t *testing.T) {
	needBrowser(t)
	server := serve(t, "127.0.0.1:0")
	p := openCall(t, server, "", "")
	p.state("lobby")
	p.wait(`document.querySelector(".tile video")?.videoWidth && document.querySelectorAll("#cameras option").length`)
	p.waitText("#title", "A new room")
	p.window("call-lobby")
	p.fill("#name", "alice")
	p.click("#lobby .primary")
	p.state("joined")
	room := eval[string](p, `new URLSearchParams(location.search).get("room")`)
	p.waitText("#title", room)
	p.click("#link-button")
	p.waitText("#notices", "Copied")
	link := await[string](p, "navigator.clipboard.readText()")
	if want := server.URL + "/call?room=" + room; link != want {
		t.Errorf("the link is %s, want %s", link, want)
	}
	bob := openCall(t, server, strings.TrimPrefix(link, server.URL+"/call?"), "")
	bob.state("lobby")
	bob.fill("#name", "bob")
	bob.run(chromedp.KeyEvent("\r"))
	bob.state("joined")
	bob.sees("alice")

	// A screen is a picture of its own.
	eval[int](bob, `(navigator.mediaDevices.getDisplayMedia = async () => {
		const canvas = document.createElement("canvas"), context = canvas.getContext("2d");
		setInterval(() => { context.fillStyle = "hsl(" + performance.now() % 360 + " 80% 50%)"; context.fillRect(0, 0, 300, 150); }, 50);
		return canvas.captureStream();
	}, 0)`)
	bob.click("#screen-button")
	p.wait(`document.querySelector(".wide video")?.videoWidth`)
	p.window("call-screen")
	bob.click("#screen-button")
	p.wait(`!document.querySelector(".wide")`)
}

// The smallest page that makes a call makes one, and is small.
func TestMinimalCall(t *testing.T) {
	needBrowser(t)
	server := serve(t, "127.0.0.1:0")
	alice := joins(t, server, "alice", "room=9527")
	p := openCall(t, server, "", "")
	p.run(chromedp.Navigate(server.URL + "/call/minimal.html"))
	if lines := eval[int](p, `fetch("minimal.html").then((r) => r.text()).then((text) => { window.lines = text.split("\n").length; }), 0`); lines != 0 {
		t.Fatal(lines)
	}
	p.wait(`window.lines`)
	if lines := eval[int](p, `window.lines`); lines > 60 {
		t.Errorf("the smallest page has %d lines", lines)
	}
	p.fill("[name=user]", "bob")
	p.click("button")
	p.waitText("[role=status]", "In room 9527")
	p.wait(`document.querySelector("#others video")?.videoWidth`)
	p.decodes()
	alice.sees("bob")
}

// Each room links to its call, as somebody who isn't in it yet, and shows live who is,
// with what is on, and when one who has vanished is given up.
func TestCallFromConsole(t *testing.T) {
	needBrowser(t)
	p := show(t, serve(t, "127.0.0.1:0"), 1440, "")
	link := func(selector string) string { // what a click opens in a new tab
		t.Helper()
		p.wait("document.querySelector(" + quote(selector) + ")")
		if target := eval[string](p, "document.querySelector("+quote(selector)+").target"); target != "_blank" {
			t.Errorf("%s opens in %q", selector, target)
		}
		_, query, _ := strings.Cut(eval[string](p, "document.querySelector("+quote(selector)+").href"), "?")
		return query
	}
	alice := p.tab(callWidth).goTo(link(".none a[target]"), "")
	alice.state("joined")
	p.wait(`document.querySelector("[data-member=alice] .live .icon")`)
	bob := p.tab(callWidth).goTo(link(".card [data-call-as=bob]"), "")
	bob.state("joined")
	bob.sees("alice")
	alice.sees("bob")

	// Their pictures are there when they are asked for, and until they aren't any more.
	if n := p.count("#main video"); n != 0 {
		t.Errorf("%d pictures are shown before they are asked for", n)
	}
	p.press("Show the pictures here")
	p.plays("alice")
	p.plays("bob")
	p.shot("console-watch")
	alice.run(chromedp.Reload())
	alice.state("joined")
	p.plays("alice")
	p.plays("bob")
	p.press("Hide the pictures")
	p.wait(`!document.querySelector("#main video")`)
	bob.sees("alice")
	p.waitText("[data-member=bob] .live", "camera on, microphone on")
	p.wait(`document.querySelector("[data-call-as=carol]")`)
	bob.click("#camera-button")
	bob.click("#mic-button")
	p.waitText("[data-member=bob] .live", "in the call")
	p.shot("console-call")

	if err := chromedp.Do(bob.ctx, chromedp.Navigate("chrome://crash")); err == nil {
		t.Error("the tab has not crashed")
	}
	p.waitText("[data-member=bob] .live", "vanished, free in 1:")
	p.shot("console-vanished")
	p.press("Let time pass")
	p.wait(`!document.querySelector("[data-member=bob]")`)
}

// A room for invited people: strangers don't get in, its link does, and whoever the
// creator removes is out of the call within moments, with the camera off, and stays out.
func TestCallRemoved(t *testing.T) {
	needBrowser(t)
	server := serve(t, "127.0.0.1:0")
	alice := openCall(t, server, "", "")
	alice.state("lobby")
	alice.fill("#name", "alice")
	alice.click("#private")
	alice.click("#lobby .primary")
	alice.state("joined")
	query := eval[string](alice, "location.search")
	if !strings.Contains(query, "invitation=") {
		t.Fatalf("the address of a private room is %s", query)
	}
	invited := strings.ReplaceAll(strings.TrimPrefix(query, "?"), "user=alice&", "")
	room := "room=" + eval[string](alice, `new URLSearchParams(location.search).get("room")`)

	mallory := openCall(t, server, room+"&user=mallory", "")
	mallory.state("refused")
	mallory.waitText("#over", "invited people only")
	mallory.forgive()

	bob := joins(t, server, "bob", invited)
	alice.sees("bob")
	alice.click("[data-user=bob] .remove")
	alice.waitText("#ask", "Remove bob?")
	alice.window("call-remove")
	alice.click(`#ask [value="600"]`)
	bob.state("removed")
	bob.waitText("#over", "You were removed")
	bob.cameraIsOff()
	alice.wait(`!document.querySelector("video[data-user=bob]")`)
	bob.click("#again")
	bob.state("refused")
	bob.waitText("#over", "keeps you out until")
	if notices := bob.text("#notices"); notices != "" {
		t.Errorf("beside the refusal, the page says %q", notices)
	}
	bob.window("call-banned")
	if reason := eval[string](bob, "document.body.dataset.reason"); reason != "BANNED" {
		t.Errorf("bob is refused for %q", reason)
	}
	bob.forgive()

	carol := joins(t, server, "carol", invited)
	alice.sees("carol")
	alice.click("#close-button")
	alice.state("closed")
	carol.state("closed")
	carol.waitText("#over", "closed")
}

// TestCallGallery looks at the call in each width, theme and language. The pictures are
// for people.
func TestCallGallery(t *testing.T) {
	needBrowser(t)
	server := serve(t, "127.0.0.1:0")
	alice := joins(t, server, "alice", "room=9527")
	joins(t, server, "bob", "room=9527")
	lobby := openCall(t, server, "room=9528", "")
	lobby.state("lobby")
	refused := openCall(t, server, "room=0&user=dave", "")
	refused.state("refused")
	alice.sees("bob")
	for name, p := range map[string]*page{"joined": alice, "lobby": lobby, "refused": refused} {
		for _, language := range []string{"en", "zh"} {
			for _, theme := range []string{"light", "dark"} {
				eval[string](p, "document.documentElement.dataset.theme = "+quote(theme))
				widths := []int{360, 1440, 2560}
				if theme == "dark" {
					widths = widths[:2] // the theme changes colours only
				}
				for _, width := range widths {
					p.resize(width)
					if wider := eval[int](p, "document.scrollingElement.scrollWidth - innerWidth"); wider > 0 {
						t.Errorf("%s, %s, %d: %d pixels wider than the window", name, language, width, wider)
					}
					if name == "joined" {
						if bad := eval[[]float64](p, `[...document.querySelectorAll(".tile")].map((e) => e.getBoundingClientRect()).map(({ width, height }) => width / height).filter((ratio) => Math.abs(ratio - 4 / 3) > .05)`); len(bad) > 0 {
							t.Errorf("%d: tiles of %v", width, bad)
						}
					}
					if width != 2560 && (language == "en" || theme == "light") { // a picture takes long
						p.window(fmt.Sprintf("call-%s-%d-%s-%s", name, width, theme, language))
					}
				}
				if faint := eval[[]string](p, faint); len(faint) > 0 {
					t.Errorf("%s, %s: hard to read: %v", name, theme, faint)
				}
			}
			p.click("#language")
		}
	}
	refused.forgive()
}
