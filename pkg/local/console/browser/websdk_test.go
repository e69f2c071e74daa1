package browser_test

import (
	"bufio"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"

	"webrtc-room/pkg/local/console"
)

// withWebSDK starts a server whose call uses Tencent's SDK.
func withWebSDK(t *testing.T) *console.Server {
	t.Helper()
	needBrowser(t)
	nodeModule(t, "trtc-sdk-v5/trtc.js") // or the test is skipped
	sdk := filepath.Join(root, "scripts", "clients", "node_modules", "trtc-sdk-v5", "trtc.js")
	return start(t, console.Config{Data: built, Memory: true, Addr: "127.0.0.1:0", Getenv: func(name string) string {
		return map[string]string{"TRTC_WEB_SDK": sdk}[name]
	}})
}

// used are the names that the pages use of something.
func used(t *testing.T, server *console.Server, pattern string) []string {
	t.Helper()
	var names []string
	for _, name := range []string{"main.js", "minimal.html"} {
		response, err := http.Get(server.URL + "/call/" + name)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range regexp.MustCompile(pattern).FindAllStringSubmatch(string(text), -1) {
			names = append(names, match[1])
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// What the pages use of the SDK is there in Tencent's as in ours: members, events,
// constants, and what is checked of parameters, with its codes.
func TestSameSDK(t *testing.T) {
	theirs := withWebSDK(t)
	ours := serve(t, "127.0.0.1:0")
	members, _ := json.Marshal(used(t, ours, `\btrtc\.(\w+)\(`))
	statics, _ := json.Marshal(used(t, ours, `\bTRTC\.(\w+)\(`))
	events, _ := json.Marshal(used(t, ours, `\bEVENT\.(\w+)`))
	types, _ := json.Marshal(used(t, ours, `\bTYPE\.(\w+)`))
	ask := func(server *console.Server) map[string]any {
		p := openCall(t, server, "room=9527", "")
		p.state("lobby")
		t.Cleanup(p.forgive) // what the SDK says to the console
		return await[map[string]any](p, fmt.Sprintf(`(async () => {
			const { default: TRTC } = await import("/call/sdk.js");
			const trtc = TRTC.create(), found = {};
			for (const name of %s) found["trtc." + name] = typeof trtc[name];
			for (const name of %s) found["TRTC." + name] = typeof TRTC[name];
			for (const name of %s) found["EVENT." + name] = TRTC.EVENT[name] ?? "missing";
			for (const name of %s) found["TYPE." + name] = TRTC.TYPE[name] ?? "missing";
			for (const name of ["INVALID_PARAMETER", "INVALID_OPERATION", "ENV_NOT_SUPPORTED", "DEVICE_ERROR", "SERVER_ERROR", "OPERATION_FAILED", "OPERATION_ABORT", "UNKNOWN_ERROR"]) found[name] = TRTC.ERROR_CODE[name];
			const outcome = (work) => work.then(() => "done", ({ name, code, extraCode, functionName }) => [name, code, extraCode || 0, functionName].join(" "));
			const good = { sdkAppId: 1400000000, userId: "alice", userSig: "x", roomId: 9527 };
			for (const change of [null, {}, { userSig: undefined }, { sdkAppId: "1400000000" }, { userId: 1 }, { roomId: true }, { strRoomId: 5, roomId: undefined }, { sdkAppId: 0 }, { userId: "" }, { userSig: "" },
				{ scene: "call" }, { role: "host" }, { roomId: "9527" }, { roomId: 0 }, { roomId: undefined }, { roomId: 4294967295 }, { roomId: 1.5 }, { roomId: -1 },
				{ roomId: undefined, strRoomId: "房间" }, { roomId: undefined, strRoomId: "x".repeat(65) }]) {
				if (change && !Object.keys(change).length) continue; // that would be right
				found["enterRoom " + JSON.stringify(change, (_, value) => value === undefined ? "undefined" : value)] = await outcome(trtc.enterRoom(change && { ...good, ...change }));
			}
			found["enterRoom {}"] = await outcome(trtc.enterRoom({}));
			found["enterRoom nothing"] = await outcome(trtc.enterRoom());
			found["updateLocalVideo not started"] = await outcome(trtc.updateLocalVideo({ mute: true }));
			found["updateLocalAudio not started"] = await outcome(trtc.updateLocalAudio({ mute: true }));
			found["stopLocalVideo not started"] = await outcome(trtc.stopLocalVideo());
			found["startRemoteVideo not joined"] = (await outcome(trtc.startRemoteVideo({ userId: "bob", streamType: "main", view: document.body }))).split(" ").slice(0, 3).join(" ");
			found["exitRoom not joined"] = await outcome(trtc.exitRoom());
			found["stopRemoteVideo without a stream"] = (await outcome(trtc.stopRemoteVideo({ userId: "bob" }))).split(" ").slice(0, 3).join(" ");
			trtc.destroy();
			found["enterRoom destroyed"] = (await outcome(trtc.enterRoom(good))).split(" ").slice(0, 2).join(" ");
			return found;
		})()`, members, statics, events, types))
	}
	want := ask(theirs)
	if len(want) < 60 {
		t.Errorf("only %d things are compared: %v", len(want), want)
	}
	if diff := cmp.Diff(want, ask(ours)); diff != "" {
		t.Errorf("Tencent's SDK (-) and ours (+) differ:\n%s", diff)
	}
}

// The page with Tencent's SDK joins, sees others come and go, and says why it was
// refused or has to go; its camera is off then. A server of this test stands for
// TRTC's, as far as signalling goes: no pictures come from it.
func TestCallWithTencentsSDK(t *testing.T) {
	server := withWebSDK(t)
	stand := newStandIn(t)
	p := openCallBypassing(t, server, "room=9527&user=alice", fmt.Sprintf(`
		let theirs;
		Object.defineProperty(window, "TRTC", { configurable: true, get: () => theirs, set(sdk) {
			const create = sdk.create;
			sdk.create = (...args) => {
				const trtc = create.apply(sdk, args), enter = trtc.enterRoom;
				trtc.enterRoom = (p) => enter.call(trtc, { ...p, proxy: { websocketProxy: %q, loggerProxy: %q } });
				return trtc;
			};
			theirs = sdk;
		} });`, strings.Replace(stand.URL, "http", "ws", 1), stand.URL))
	p.state("joined")
	t.Cleanup(p.forgive) // what the SDK says to the console
	join := stand.joined()
	if join["roomId"] != "9527" || join["userSig"] == "" || join["privateMapKey"] == "" || join["privateMapKey"] == nil {
		t.Errorf("TRTC is asked to join with %v", join)
	}

	stand.send(4134, map[string]any{"userId": "bob", "srcTinyId": "144115", "role": 20})
	p.wait(`document.querySelector("video[data-user=bob]")`)
	p.window("websdk-joined")
	stand.send(4135, map[string]any{"userId": "bob", "srcTinyId": "144115", "reason": 0})
	p.wait(`!document.querySelector("video[data-user=bob]")`)

	stand.send(9, map[string]any{"reason": "banned"})
	p.state("removed")
	p.waitText("#over", "You were removed")
	p.wait(`![...document.querySelectorAll("video")].some((video) => video.srcObject?.active)`)
	p.click("#again")
	p.state("joined")
	stand.send(9, map[string]any{"reason": "room_disband"})
	p.state("closed")

	stand.refuse(-100018)
	p.click("#again")
	p.state("refused")
	if reason := eval[string](p, "document.body.dataset.reason"); reason != "-100018" {
		t.Errorf("TRTC's refusal is shown as %q", reason)
	}
	for _, name := range eval[[]string](p, `performance.getEntriesByType("resource").map((one) => one.name)`) {
		if !strings.HasPrefix(name, server.URL) && !strings.HasPrefix(name, stand.URL) {
			t.Errorf("the page asks for %s", name)
		}
	}
}

// openCallBypassing opens the call where it may reach a server of the test, too.
func openCallBypassing(t *testing.T, server *console.Server, query, script string) *page {
	t.Helper()
	p := openCall(t, server, "", script)
	p.do("Page.setBypassCSP", map[string]any{"enabled": true}, nil)
	p.run(chromedp.Navigate(server.URL + "/call?" + query))
	return p
}

// A standIn speaks as much of TRTC's signalling, JSON over a WebSocket, as the pinned
// version of the SDK needs to be in a room.
type standIn struct {
	*httptest.Server
	mu   sync.Mutex
	code int // what joins are answered with
	join map[string]any
	conn net.Conn
}

func newStandIn(t *testing.T) *standIn {
	s := &standIn{}
	s.Server = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.CloseClientConnections)
	return s
}

func (s *standIn) refuse(code int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.code = code
}

func (s *standIn) joined() map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.join
}

func (s *standIn) send(command int, data any) {
	s.write(map[string]any{"cmd": command, "code": 0, "data": data})
}

// write sends a text frame.
func (s *standIn) write(message map[string]any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	text, _ := json.Marshal(message)
	frame := append([]byte{0x81, 126}, binary.BigEndian.AppendUint16(nil, uint16(len(text)))...)
	if len(text) < 126 {
		frame = []byte{0x81, byte(len(text))}
	}
	_, _ = s.conn.Write(append(frame, text...)) // the page may be gone
}

func (s *standIn) serve(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Upgrade") == "" { // what the SDK logs
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header().Set("Access-Control-Allow-Headers", "*")
		return
	}
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(err)
	}
	defer conn.Close()
	sum := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	fmt.Fprintf(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n", base64.StdEncoding.EncodeToString(sum[:]))
	s.mu.Lock()
	s.conn = conn
	s.mu.Unlock()
	s.send(19, map[string]any{})
	for {
		text, err := readFrame(buffered.Reader)
		if err != nil {
			return
		}
		var message struct {
			Cmd  string         `json:"cmd"`
			Seq  any            `json:"seq"`
			Data map[string]any `json:"data"`
		}
		if json.Unmarshal(text, &message) != nil {
			continue // no message of text
		}
		switch message.Cmd {
		case "join/v2":
			s.mu.Lock()
			s.join = message.Data
			code := s.code
			s.mu.Unlock()
			s.write(map[string]any{"cmd": 20, "code": code, "seq": message.Seq, "message": "", "data": map[string]any{"ability": map[string]any{}}})
		case "get_user_list":
			s.write(map[string]any{"cmd": 4137, "code": 0, "seq": message.Seq})
		}
	}
}

// readFrame reads a frame of a client, which is masked.
func readFrame(r *bufio.Reader) ([]byte, error) {
	var head [2]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	size := uint64(head[1] & 0x7f)
	if more := map[uint64]int{126: 2, 127: 8}[size]; more > 0 {
		var long [8]byte
		if _, err := io.ReadFull(r, long[8-more:]); err != nil {
			return nil, err
		}
		size = binary.BigEndian.Uint64(long[:])
	}
	frame := make([]byte, 4+size)
	if _, err := io.ReadFull(r, frame); err != nil {
		return nil, err
	}
	for i := range frame[4:] {
		frame[4+i] ^= frame[i%4]
	}
	return frame[4:], nil
}
