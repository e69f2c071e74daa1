package browser_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"webrtc-room/pkg/sig"
)

func TestFunction(t *testing.T) {
	p := open(t, 1440, "functions")
	if n := p.count(".rail a"); n < 6 {
		t.Fatalf("%d functions in the rail", n)
	}
	p.press("enter-room")
	p.waitText("#main .bench h2", "webrtc-enter-room")

	// The form and the JSON say the same, whichever is edited.
	p.fill("#field-roomID", "4711")
	p.wait(`JSON.parse(document.querySelector("#event-json").value).roomID === "4711"`)
	p.fill("#event-json", `{"roomID": 42, "roomName": "typed"}`)
	p.wait(`document.querySelector("#field-roomID").value === "42" && document.querySelector("#field-roomName").value === "typed"`)
	p.fill("#event-json", `not JSON`)
	p.waitText("#event-complaint", "not a JSON object")
	p.run(chromedp.KeyEvent("\r", chromedp.KeyModifiers(chromedp.ModifierCtrl)))
	p.waitText(".verdict.refused", "BAD_EVENT")

	// A user who calls.
	p.fill("#event-json", `{"roomID": "4711"}`)
	p.click("[data-person=bob]")
	p.press("Run")
	p.waitText(".verdict.ok", "bob entered room 4711")
	p.waitText(".facts", "Round trips")
	facts := p.text(".facts")
	for _, want := range []string{"Duration", " ms", "warm", "Request id"} {
		if !strings.Contains(facts, want) {
			t.Errorf("the facts have no %s: %s", want, facts)
		}
	}
	id := p.text(".facts .wide dd")
	if log := p.text(".log"); strings.Count(log, `"msg":"call"`) != 1 || !strings.Contains(log, id) {
		t.Errorf("the log is not this call's: %s", log)
	}
	p.wait(`document.querySelectorAll(".call .wire li").length === Number([...document.querySelectorAll(".facts dd")][2].innerText)`)
	p.shot("function-reply")

	// A sample names a user only where the caller is none: others are known.
	p.press("Sample event")
	p.press("Run")
	p.waitText(".verdict.ok", "bob entered room 9527")
	p.click(`[data-person=""]`)
	p.wait(`JSON.parse(document.querySelector("#event-json").value).userID === "alice"`)
	p.press("Run")
	p.waitText(".verdict.ok", "Console test is in room 9527")
	p.fill("#event-json", `{"roomID": "4711"}`)

	// Another user, who is added; and nobody, which is the console's test.
	p.fill(".add input", "o6zAJs3oh85Zb1lJE8oWix57vny0")
	p.click(".add button")
	p.press("Run")
	p.waitText(".verdict.ok", "o6zA…vny0 is in room 4711")
	p.click(`[data-person=""]`)
	p.press("Run")
	p.waitText(".verdict.refused", "MISSING_PARAM")

	// An error of the runtime, as SCF shows it.
	p.faults(`[{"kind":"error","on":"all","times":1,"code":"SIGN_PARAM_INVALID"}]`)
	p.click("[data-person=bob]")
	p.press("Run")
	p.waitText(".verdict.failed", "status 430")
	var shown struct {
		ErrorCode    int
		ErrorMessage string
		StatusCode   int
	}
	if err := json.Unmarshal([]byte(p.text(".call .json")), &shown); err != nil || shown.ErrorCode != -1 || shown.StatusCode != 430 || !strings.Contains(shown.ErrorMessage, "SIGN_PARAM_INVALID") {
		t.Errorf("%+v, %v", shown, err)
	}
}

// TRTC's report that a user has left, signed by the page, frees the seat. Changed by
// hand, it is refused.
func TestReport(t *testing.T) {
	p := open(t, 1440, "")
	p.call("webrtc-create-room", "alice", `{"roomID":"9527"}`)
	p.call("webrtc-enter-room", "bob", `{"roomID":"9527"}`)
	p.wait(`document.querySelectorAll(".tile.taken").length === 2`)
	p.press("Functions")
	p.press("room-events")
	p.waitText("#main .bench h2", "webrtc-room-events")
	p.wait(`document.querySelector("#field-RoomId").value === "9527" && document.querySelector("#field-UserId").value === "alice"`)
	p.fill("#field-UserId", "bob")
	p.wait(`JSON.parse(JSON.parse(document.querySelector("#event-json").value).body).EventInfo.UserId === "bob"`)
	p.press("Run")
	p.waitText(".verdict.ok", "as TRTC says")
	p.waitText(".call header", "TRTC")
	p.shot("report")
	p.fill("#event-json", strings.Replace(eval[string](p, `document.querySelector("#event-json").value`), "bob", "alice", 1))
	p.wait(`document.querySelector("#field-UserId").value === "alice"`)
	p.press("Run")
	p.waitText(".verdict.refused", "401")
	p.waitText(".verdict.refused", "not signed with the key")
	p.press("Sample event")
	p.wait(`document.querySelector("#event-json").value !== ""`)
	p.press("Rooms")
	p.wait(`document.querySelectorAll(".tile.taken").length === 1 && document.querySelector("[data-member=alice]")`)
}

func TestWire(t *testing.T) {
	p := open(t, 1440, "wire")
	p.waitText("main .empty", "not asked anything yet")
	p.call("webrtc-enter-room", "alice", `{"roomID":"9527"}`)
	p.call("webrtc-enter-room", "bob", `{"roomID":"9527"}`)
	p.waitText(".wire", "matched, 1 updated")
	p.wait(`document.querySelectorAll("#wire-call option").length === 3`)
	all := p.count(".wire li")
	eval[string](p, `(() => { const s = document.querySelector("#wire-call"); s.selectedIndex = 1; s.dispatchEvent(new Event("change")); return s.value; })()`)
	p.wait(fmt.Sprintf(`document.querySelectorAll(".wire li").length === 2 && 2 < %d`, all)) // a read and a write
	p.click(".wire li:first-child summary")
	p.waitText(".wire details[open] .detail", "rev")
	p.waitText(".wire details[open] .detail", "$set")
	eval[string](p, `(() => { const s = document.querySelector("#wire-call"); s.selectedIndex = 0; s.dispatchEvent(new Event("change")); return s.value; })()`)
	p.call("webrtc-get-room-info", "carol", `{"roomID":"9527"}`)
	p.waitText(".wire li:first-child", "get-room-info · carol")
	if focus := eval[bool](p, `document.activeElement.matches(".wire details[open] > summary")`); !focus {
		t.Error("one more request closes what was open, or takes the focus from it")
	}
	p.waitText(".wire details[open] .detail", "$set")
	p.waitText(".wire details[open] .detail", "enter-room · bob")
	p.shot("wire")
	p.fill("#wire-text", "nothing has this")
	p.waitText("main .empty", "No request matches")
}

func TestSignatures(t *testing.T) {
	p := open(t, 1440, "functions/webrtc-enter-room")
	p.click("[data-person=alice]")
	p.press("Run")
	p.waitText(".verdict.ok", "alice")
	p.press("inspect") // the first is the privateMapKey that is stored with the room
	p.waitText("#main .verdict.ok", "Valid")
	p.waitText(".document", "privateMapKey")
	for _, want := range []string{"alice", "9527", "enter-room", "send-video", "HMAC-SHA256", "matches: it was made with the functions’ key"} {
		p.waitText(".document", want)
	}
	before := p.text(".countdown")
	p.wait(fmt.Sprintf(`document.querySelector(".countdown").innerText !== %q`, before))
	if !strings.HasPrefix(before, "1:59:5") && before != "2:00:00" {
		t.Errorf("the countdown began at %s", before)
	}
	p.shot("signature")

	// For another user, and for another room, it is not valid, and the page says why.
	p.fill("#token-user", "bob")
	p.waitText("#main .verdict.failed", `for user "alice" and was used by "bob"`)
	p.fill("#token-user", "")
	p.fill("#token-room", "9528")
	p.waitText("#main .verdict.failed", "for room 9527 and was used for room 9528")
	p.fill("#token-room", "")
	p.waitText("#main .verdict.ok", "Valid")
	p.fill("#token", eval[string](p, `document.querySelector("#token").value.slice(0, -20)`))
	p.waitText("#main .verdict.failed", "70003")
	p.click("[data-token=userSig]")
	p.waitText(".document", "userSig")

	// One of another app was made with another key, and is not in time either.
	key, err := sig.ParseSecretKey(strings.Repeat("0123456789abcdef", 4))
	if err != nil {
		t.Fatal(err)
	}
	other, err := sig.NewSigner(1400000001, key, "")
	if err != nil {
		t.Fatal(err)
	}
	token, err := other.UserSig("alice", time.Now(), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	p.fill("#token", token)
	p.waitText("#main .verdict.failed", "1400000001")
	p.waitText(".document", "does not match")
	if strings.Contains(p.text(".document"), "checked with") || p.count(".countdown.idle") != 1 {
		t.Errorf("a token of another app looks good: %s", p.text(".document"))
	}
}

func TestHistory(t *testing.T) {
	p := open(t, 1440, "history")
	p.waitText(".none", "No calls yet")
	p.call("webrtc-enter-room", "alice", `{"roomID":"9527","roomName":"a $5 \"name\" o'clock!"}`)
	p.waitText(".call header", "over HTTP")

	for form, wants := range map[string][]string{
		"curl":  {`curl -H 'X-WX-OPENID: alice' -d '{"roomID":"9527","roomName":"a $5 \"name\" o'\''clock!"}' ` + p.server.URL + "/v1/functions/webrtc-enter-room"},
		"wx":    {"wx.cloud.callFunction({", `name: "webrtc-enter-room"`, `"roomID": "9527"`},
		"go":    {"func TestWebrtcEnterRoomReplay(t *testing.T)", `function.Reply(t, "alice", `, "scftest.New(t)"},
		"event": {"{\n  \"roomID\": \"9527\","},
	} {
		p.click("[data-copy=" + form + "]")
		for _, want := range wants {
			p.waitText(".copied", want)
		}
	}

	p.click("[data-copy=go]")
	p.waitText(".copied", "package main")
	checkTest(t, "webrtc-enter-room", p.text(".copied"))

	p.press("Replay")
	p.waitText(".call header", "from this page")
	p.waitText(".verdict.ok", "alice is in room 9527")
	p.wait(`document.querySelectorAll(".lines li").length === 2`)
	p.click(".lines li:first-child input")
	p.click(".lines li:last-child input")
	p.waitText(".diff .removed", `"msg": "create"`)
	p.waitText(".diff .added", `"msg": "enter"`)
	p.shot("compare")
	p.press("Clear")
	p.waitText(".none", "No calls yet")
}

// checkTest checks that a copied test fits where it is meant to be pasted.
func checkTest(t *testing.T, function, text string) {
	t.Helper()
	pasted := filepath.Join(t.TempDir(), "pasted_test.go")
	if err := os.WriteFile(pasted, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	overlay := filepath.Join(t.TempDir(), "overlay.json")
	replace := map[string]map[string]string{"Replace": {filepath.Join(root, "functions", function, "pasted_test.go"): pasted}}
	content, err := json.Marshal(replace)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(overlay, content, 0o666); err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), "go", "list", "-test", "-export", "-overlay", overlay, "./functions/"+function)
	command.Dir = root
	if output, err := command.CombinedOutput(); err != nil {
		t.Errorf("the copied test does not compile: %v\n%s", err, output)
	}
}
