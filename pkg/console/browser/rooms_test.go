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

	"github.com/chromedp/chromedp"

	"webrtc-room/pkg/tcb"
)

// Somebody who has read nothing creates a room, fills it, sees the refusal, and
// empties it, by clicking what there is to click.
func TestNewcomer(t *testing.T) {
	p := open(t, 1440, "")
	p.waitText("#banner", "throw-away key")
	p.press("Create the first room")
	p.waitText(".card .count", "1 / 4")
	for n, who := range []string{"bob", "carol", "dave"} {
		p.press("Enter as " + who)
		p.waitText(".card .count", fmt.Sprintf("%d / 4", n+2))
	}
	p.waitText(".card .count", "Full")
	p.press("Enter as erin")
	p.waitText(".card .said.refused", `erin: Refused: code "5001", ROOM_FULL`)
	p.waitText(".feed .line.refused", "erin")
	p.shot("newcomer-refused")
	for n := 3; n >= 0; n-- {
		p.click(".tile.taken")
		p.wait(fmt.Sprintf(`document.querySelectorAll(".tile.taken").length === %d`, n))
	}
	p.waitText(".none h2", "No rooms yet")
	p.waitText(".feed", "last one")
}

// The same by keyboard alone.
func TestKeyboard(t *testing.T) {
	p := open(t, 1440, "")
	p.wait(`document.querySelector(".none button")`)
	tab := func(to string) {
		t.Helper()
		for range 60 {
			if eval[bool](p, fmt.Sprintf("document.activeElement.innerText?.trim().startsWith(%q) === true", to)) {
				return
			}
			p.run(chromedp.KeyEvent("\t"))
		}
		t.Fatalf("Tab does not come to %q", to)
	}
	p.run(chromedp.KeyEvent("\t"))
	if got := eval[string](p, "document.activeElement.className"); got != "skip" {
		t.Errorf("the first stop is %q, not the link to the content", got)
	}
	tab("Create the first room")
	p.run(chromedp.KeyEvent("\r"))
	p.waitText(".card .count", "1 / 4")
	tab("Enter as bob")
	if eval[string](p, "getComputedStyle(document.activeElement).outlineStyle") == "none" {
		t.Error("the focus can't be seen")
	}
	p.run(chromedp.KeyEvent("\r"))
	p.waitText(".card .count", "2 / 4")
	if got := eval[string](p, "document.activeElement.innerText"); got != "Enter as carol" {
		t.Errorf("after entering, the focus is on %q", got)
	}
	p.waitText("#announce", "bob is in room")
}

func TestDrag(t *testing.T) {
	p := open(t, 1440, "")
	p.call("webrtc-create-room", "alice", `{"roomID":"9527"}`)
	p.wait(`document.querySelector(".card")`)
	drag := func(from, to string) {
		t.Helper()
		eval[bool](p, fmt.Sprintf(`(() => {
			const data = new DataTransfer(), from = document.querySelector(%q), to = document.querySelector(%q);
			const send = (on, type) => on.dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: data }));
			send(from, "dragstart");
			if (send(to, "dragover")) return false; // not allowed to drop here
			send(to, "drop");
			return true;
		})()`, from, to))
	}
	drag(`[data-person=erin]`, ".card")
	p.wait(`document.querySelector("[data-member=erin]")`)
	drag(`[data-member=erin]`, ".people")
	p.wait(`!document.querySelector("[data-member=erin]")`)
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
	p.press("Save")
	p.waitText(".raw .said", "This is not JSON")
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

	p.press("Delete")
	p.press("Really delete?")
	p.waitText(".none h2", "No rooms yet")
	p.run(chromedp.SetUploadFiles(chromedp.CSS("#import-file"), []string{file}))
	p.waitText(".card h3", "after")
	p.press("Reset")
	p.press("Remove everything?")
	p.waitText(".none h2", "No rooms yet")
}
