package browser_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"webrtc-room/pkg/tcb"
)

// Somebody who has read nothing creates a room, fills it, sees the refusal, and
// empties it: a click for each, on what says so itself.
func TestNewcomer(t *testing.T) {
	p := open(t, 1440, "")
	clicks := 0
	press := func(text string) {
		t.Helper()
		p.press(text)
		clicks++
	}
	p.waitText("#banner", "throw-away key")
	press("Create the first room")
	p.waitText(".card .count", "1 / 4")
	p.waitText(".card .said", "Click one")
	for n, who := range []string{"bob", "carol", "dave"} {
		p.waitText(".card .enter", "Enter as "+who+", the next one") // for the chosen one is in
		press("Enter as " + who)
		p.waitText(".card .count", fmt.Sprintf("%d / 4", n+2))
	}
	p.waitText(".card .count", "Full")
	press("Enter as erin")
	p.waitText(".card .said.refused", `erin: Refused: code "5001", ROOM_FULL`)
	p.waitText(".feed .line.refused", "erin")
	p.shot("newcomer-refused")
	for n, who := range []string{"alice", "bob", "carol", "dave"} {
		p.click("[data-member=" + who + "]")
		clicks++
		p.wait(fmt.Sprintf(`document.querySelectorAll(".tile.taken").length === %d`, 3-n))
	}
	p.waitText(".none h2", "No rooms yet")
	p.waitText(".feed", "last one")
	if clicks != 9 { // 1 room, 3 more people, 1 refusal, 4 leave
		t.Errorf("%d clicks", clicks)
	}
}

// The same by keyboard alone.
func TestKeyboard(t *testing.T) {
	p := open(t, 1440, "")
	p.wait(`document.querySelector(".none button")`)
	const focused = `(document.activeElement.ariaLabel ?? document.activeElement.innerText ?? "").trim()`
	key := func(keys string) { t.Helper(); p.run(chromedp.KeyEvent(keys)) }
	tab := func(to string) {
		t.Helper()
		for range 60 {
			if strings.HasPrefix(eval[string](p, focused), to) {
				return
			}
			key("\t")
		}
		t.Fatalf("Tab does not come to %q", to)
	}
	key("\t")
	if got := eval[string](p, "document.activeElement.className"); got != "skip" {
		t.Errorf("the first stop is %q, not the link to the content", got)
	}
	tab("A\nalice") // the chosen one of the people; the arrows choose another
	key(kb.ArrowRight)
	p.waitText(".people [aria-checked=true]", "bob")
	key(kb.ArrowLeft)
	tab("Create the first room")
	key("\r")
	p.waitText(".card .count", "1 / 4")
	tab("Enter as bob, the next one")
	if eval[string](p, "getComputedStyle(document.activeElement).outlineStyle") == "none" {
		t.Error("the focus can't be seen")
	}
	for n, next := range []string{"carol", "dave", "erin", "erin"} {
		key("\r")
		p.waitText(".card .count", fmt.Sprintf("%d / 4", min(n+2, 4)))
		p.wait(focused + ` === "Enter as ` + next + `, the next one"`) // the focus stays on the button
	}
	p.waitText("#announce", `code "5001", ROOM_FULL`)
	p.waitText(".card .said", "erin")
	eval[bool](p, `(document.querySelector(".card .tile").focus(), true)`)
	for n, who := range []string{"alice", "bob", "carol", "dave"} {
		tab(strings.ToUpper(who[:1]) + "\n" + who)
		key(" ")
		p.wait(fmt.Sprintf(`document.querySelectorAll(".tile.taken").length === %d`, 3-n))
		if eval[bool](p, "document.activeElement === document.body") {
			t.Fatalf("when %s has left, the focus is lost", who)
		}
	}
	tab("Create the first room") // it goes on where the room was
}

// With the mouse, a person goes into a room, and comes back to the others.
func TestDrag(t *testing.T) {
	p := open(t, 1440, "")
	p.call("webrtc-create-room", "alice", `{"roomID":"9527"}`)
	p.wait(`document.querySelector(".card")`)
	p.run(chromedp.DragAndDrop(chromedp.CSS(`[data-person=erin]`), chromedp.CSS(".card")))
	p.wait(`document.querySelector("[data-member=erin]")`)
	p.run(chromedp.DragAndDrop(chromedp.CSS(`[data-member=erin]`), chromedp.CSS(".people")))
	p.wait(`!document.querySelector("[data-member=erin]")`)
	p.wait(`!document.querySelector(".over")`)
	p.call("webrtc-enter-room", "dave", `{"roomID":"9527"}`)
	p.call("webrtc-create-room", "bob", `{"roomID":"9528"}`)
	p.wait(`document.querySelector("[data-key='9528']") && document.querySelector("[data-member=dave]")`)
	p.run(chromedp.DragAndDrop(chromedp.CSS(`[data-member=dave]`), chromedp.CSS("[data-key='9528']")))
	p.wait(`document.querySelector("[data-key='9528'] [data-member=dave]") && !document.querySelector("[data-key='9527'] [data-member=dave]")`)

	// Who finds the other room full stays where they are.
	for _, user := range []string{"carol", "mallory", "peggy"} {
		p.call("webrtc-enter-room", user, `{"roomID":"9527"}`)
	}
	p.waitText("[data-key='9527'] .count", "4 / 4")
	p.run(chromedp.DragAndDrop(chromedp.CSS(`[data-member=dave]`), chromedp.CSS("[data-key='9527']")))
	p.waitText("[data-key='9527'] .said.refused", "ROOM_FULL")
	p.call("webrtc-get-room-info", "dave", `{"roomID":"9528"}`)
	p.waitText(".feed .line", "get-room-info")
	if p.count("[data-key='9528'] [data-member=dave]") == 0 {
		t.Error("dave is in no room any more")
	}
}

// What nobody can draw is said to be there, and doesn't hide the others.
func TestStrangeRecords(t *testing.T) {
	p := open(t, 1440, "")
	p.call("webrtc-create-room", "alice", `{"roomID":"9527"}`)
	p.wait(`document.querySelectorAll(".card").length === 1`)
	for i, strange := range []string{`"roomName":{"toString":1},"members":["bob"]`, `"members":[{"toString":1}]`, `"members":"bob"`, `"members":["bob"],"seats":[null]`, `"creator":{"toString":1},"members":[null]`} {
		p.record(fmt.Sprintf(`{"_id":"strange%d",%s}`, i, strange))
	}
	p.record(`{"_id":"9528","creator":{"toString":1},"createTime":{"toString":1},"members":["carol"]}`) // enough for a room
	p.waitText(".strange", "no room can be drawn from: 5")
	p.wait(`document.querySelectorAll(".card").length === 2 && document.querySelectorAll(".records > li").length === 7`)
	p.press("Enter as bob")
	p.waitText("[data-key='9527'] .count", "2 / 4")
}

// Who double-clicks a free seat means to take it: the second click, which hits whoever
// sits there then, lets nobody leave.
func TestDoubleClick(t *testing.T) {
	p := open(t, 1440, "")
	p.call("webrtc-create-room", "alice", `{"roomID":"9527"}`)
	p.wait(`document.querySelector("button.tile.free")`)
	at := eval[[]float64](p, `(({ x, y, width, height }) => [x + width / 2, y + height / 2])(document.querySelector("button.tile.free").getBoundingClientRect())`)
	p.run(chromedp.MouseClickXY(at[0], at[1]))
	p.wait(`document.querySelector("[data-member=bob]")`)
	p.run(chromedp.MouseClickXY(at[0], at[1], chromedp.ClickCount(2)))
	p.call("webrtc-enter-room", "carol", `{"roomID":"9527"}`)
	p.wait(`document.querySelector("[data-member=carol]")`)
	if p.count("[data-member=bob]") == 0 {
		t.Error("bob has left again")
	}
}

// A seat that expires is free, though nobody does anything.
func TestExpiry(t *testing.T) {
	p := open(t, 1440, "")
	in := func(d time.Duration) string {
		return fmt.Sprintf(`{"$date":{"$numberLong":"%d"}}`, time.Now().Add(d).UnixMilli())
	}
	p.call("webrtc-create-room", "carol", `{"roomID":"1"}`)
	p.record(fmt.Sprintf(`{"_id":"9527","rev":"r","roomName":"leases","creator":"alice","members":["alice","bob"],"createTime":%s,"until":%s,"seats":[{"user":"alice","until":%s}]}`,
		in(-24*time.Hour), in(time.Hour), in(2*time.Second)))
	p.waitText("[data-key='9527'] .count", "2 / 4")
	p.waitText("[data-key='9527'] .count", "1 / 4")
	p.waitText("[data-key='9527'] .by", "bob’s room")
}

// Changes of others are there within a second: those by curl, and those by an SDK.
func TestLive(t *testing.T) {
	p := open(t, 1440, "")
	p.call("webrtc-create-room", "oCurl", `{"roomID":"1","roomName":"by curl"}`)
	p.waitText(".card h3", "by curl")
	if _, err := sdk(t, p).UpdateAndReturn(t.Context(), tcb.M{"_id": "1"}, tcb.M{"$set": tcb.M{"roomName": "by the SDK"}}); err != nil {
		t.Fatal(err)
	}
	p.waitText(".card h3", "by the SDK")
}

// sdk is the collection of rooms, as a program with the developer's keys has it.
func sdk(t *testing.T, p *page) *tcb.Collection {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(p.server.Data, "cloudbase.json"))
	if err != nil {
		t.Fatal(err)
	}
	var options struct{ Env, ServiceURL, SecretID, SecretKey string }
	if err := json.Unmarshal(text, &options); err != nil {
		t.Fatal(err)
	}
	app, err := tcb.Init(&tcb.Config{EnvID: options.Env, URL: options.ServiceURL, SecretID: options.SecretID, SecretKey: options.SecretKey})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(app.CloseIdleConnections)
	return app.Database().Collection("webrtcRooms")
}

func TestRecords(t *testing.T) {
	p := open(t, 1440, "")
	p.call("webrtc-create-room", "alice", `{"roomID":"9527","roomName":"before"}`)
	p.wait(`document.querySelector(".card")`)
	p.click(".raw summary")
	p.waitText(".records .body", `"roomName": "before"`)
	revision := p.text(".records .rev code")
	if len(revision) < 20 {
		t.Errorf("revision = %q", revision)
	}

	p.press("Edit")
	edited := strings.Replace(eval[string](p, `document.querySelector(".records textarea").value`), "before", "after", 1)
	eval[string](p, `document.querySelector(".records textarea").value = `+quote(edited))
	p.press("Save")
	p.waitText(".card h3", "after")
	p.waitText(".records .body", `"roomName": "after"`)
	if now := p.text(".records .rev code"); now == revision {
		t.Error("the edited record has the revision that a write under way may have read")
	}
	p.press("Edit")
	eval[string](p, `document.querySelector(".records textarea").value = "{"`)
	p.call("webrtc-create-room", "bob", `{"roomID":"9529"}`) // comes before it in the list
	p.wait(`document.querySelectorAll(".records li").length === 2`)
	if !eval[bool](p, `document.activeElement.matches(".records textarea") && document.activeElement.value === "{"`) {
		t.Error("a change of another record takes the keyboard from this one")
	}
	p.call("webrtc-quit-room", "bob", `{"roomID":"9529"}`)
	p.wait(`document.querySelectorAll(".records li").length === 1`)
	p.press("Save")
	p.waitText(".records .said", "This is not JSON")
	p.press("Cancel")
	p.shot("records")

	response, err := http.Get(p.server.URL + "/api/data")
	if err != nil {
		t.Fatal(err)
	}
	exported, err := io.ReadAll(response.Body)
	response.Body.Close()
	if err != nil || !strings.Contains(string(exported), `"after"`) || !strings.Contains(response.Header.Get("Content-Disposition"), "attachment") {
		t.Fatalf("exported: %s, %v", exported, err)
	}
	file := filepath.Join(t.TempDir(), "rooms.json")
	if err := os.WriteFile(file, exported, 0o666); err != nil {
		t.Fatal(err)
	}

	p.press("Edit")
	eval[string](p, `document.querySelector(".records textarea").value = `+quote(strings.Replace(edited, `"9527"`, `"9528"`, 1)))
	p.press("Save")
	p.waitText(".records .said", "The _id stays")
	p.press("Cancel")

	p.press("Delete")
	p.press("Really delete?")
	p.waitText(".none h2", "No rooms yet")
	if eval[bool](p, "document.activeElement === document.body") {
		t.Error("with the record, the focus is gone")
	}
	p.press("Import")
	p.waitText(".raw .toolbar", "Replace everything?")
	p.run(chromedp.SetUploadFiles(chromedp.CSS("#import-file"), []string{file}))
	p.waitText(".card h3", "after")
	p.press("Reset")
	p.press("Remove everything?")
	p.waitText(".none h2", "No rooms yet")
}

// Many rooms are a list that can be searched; a click shows one whole.
func TestManyRooms(t *testing.T) {
	p := open(t, 360, "")
	p.call("webrtc-create-room", "alice", `{"roomID":"1000"}`)
	for n := range 40 {
		p.record(fmt.Sprintf(`{"_id":"%[1]d","roomID":"%[1]d","rev":"r","roomName":"number %[1]d","creator":"alice","members":["alice","guest-%[1]d"],"createTime":{"$date":{"$numberLong":"%[2]d"}}}`, 1000+n, time.Now().UnixMilli()))
	}
	p.wait(`document.querySelectorAll(".rooms > li").length === 40`)
	if height := eval[int](p, "document.scrollingElement.scrollHeight"); height > 4500 {
		t.Errorf("40 rooms make a page of %d pixels", height)
	}
	p.shot("many-rooms")
	p.fill(".search", "guest-1007")
	p.wait(`document.querySelectorAll(".rooms > li").length === 1`)
	p.press("number 1007")
	p.waitText(".card .count", "2 / 4")
	p.fill(".search", "nothing has this")
	p.waitText("main .empty", "No room matches")
}

// On a phone, nothing in the table of requests is broken into pieces of a few letters.
func TestNarrowWire(t *testing.T) {
	p := open(t, 360, "wire")
	p.faults(`[{"kind":"error","on":"writes","times":1,"code":"DATABASE_TRANSACTION_CONFLICT"}]`)
	p.call("webrtc-enter-room", "alice", `{"roomID":"9527"}`)
	p.waitText(".wire", "DATABASE_TRANSACTION_CONFLICT")
	p.shot("wire-360-conflict")
	if narrow := eval[[]string](p, `[...document.querySelectorAll(".wire summary > *")].filter((e) => e.checkVisibility() && e.innerText.length > 8 && e.getBoundingClientRect().width < 90).map((e) => e.innerText)`); len(narrow) > 0 {
		t.Errorf("too narrow: %q", narrow)
	}
}
