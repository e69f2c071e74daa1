package browser_test

import (
	"fmt"
	"strings"
	"testing"
)

func TestStories(t *testing.T) {
	p := open(t, 1440, "stories")
	p.press("Run all stories")
	for n := 1; n <= 6; n++ {
		p.waitText(fmt.Sprintf(".stories > li:nth-child(%d) .state", n), "Passed")
	}
	if good, all := p.count(`.steps [data-ok=true]`), p.count(".steps li"); good != all || all < 33 {
		t.Errorf("%d of %d steps went well", good, all)
	}
	p.shot("stories")
	p.press("Rooms")
	p.waitText(".none h2", "No rooms yet") // the stories have cleaned up
}

// A story is broken when the database is.
func TestBrokenStory(t *testing.T) {
	p := open(t, 1440, "stories")
	p.faults(`[{"kind":"error","on":"writes","code":"SIGN_PARAM_INVALID"}]`)
	p.waitText("#alerts", "Faults are on: Error code.")
	p.click("[data-story=liar]")
	p.waitText(".stories > li:nth-child(5) .state", "Failed")
	red := p.count(`.steps [data-ok=false]`)
	if red == 0 {
		t.Error("no step is red")
	}
	p.press("Look") // and come back to what was there
	p.waitText("h1", "History")
	p.press("Stories")
	p.waitText(".stories > li:nth-child(5) .state", "Failed")
	if n := p.count(`.steps [data-ok=false]`); n != red {
		t.Errorf("%d red steps are left of %d", n, red)
	}
}

// What takes a while goes on when one leaves, and is there when one comes back.
func TestGoesOn(t *testing.T) {
	p := open(t, 1440, "functions")
	p.faults(`[{"kind":"slow","on":"all","times":2}]`)
	p.press("Run")
	p.click("#language")
	p.waitText("h1", "云函数")
	p.waitText(".verdict.ok", "alice")
	p.click("#language")
	p.faults(`[{"kind":"slow","on":"all","times":4}]`)
	p.press("Stories")
	p.click("[data-story=liar]")
	p.waitText(".stories > li:nth-child(5) .state", "Running")
	p.press("Rooms")
	p.waitText("h1", "Rooms")
	p.press("Stories")
	p.waitText(".stories > li:nth-child(5) .state", "Passed")
}

// The start page offers the race first. Where motion is welcome, the race is shown slowly
// enough to see who overtakes whom.
func TestFirstRace(t *testing.T) {
	p := open(t, 1440, "")
	p.do("Emulation.setEmulatedMedia", map[string]any{"features": []map[string]string{{"name": "prefers-reduced-motion", "value": "no-preference"}}}, nil)
	if first := p.text("#main .none .primary"); !strings.Contains(first, "12 people race for 4 seats") {
		t.Errorf("the start page offers first: %q", first)
	}
	p.click("#first-race")
	p.wait(`document.querySelector("[data-lane=ours] .bar")?.getAnimations().length`)
	if end := eval[float64](p, `Math.max(...[...document.querySelectorAll("[data-lane=ours] .bar")].map((bar) => bar.getAnimations()[0].effect.getTiming().duration))`); end < 4000 {
		t.Errorf("the race is over after %.0f ms: nobody can follow it", end)
	}
	p.window("race-moving")
	p.waitText("[data-lane=ours]", "Every promise held")
	p.waitText(`[data-lane="2018"]`, "Promises broken")
}

func TestRace(t *testing.T) {
	p := open(t, 1440, "stories")
	p.press("Race both")
	p.waitText("[data-lane=ours]", "Every promise held")
	p.waitText(`[data-lane="2018"]`, "Promises broken")
	if n := p.count(`[data-lane=ours] [data-ok=true]`); n != 6 {
		t.Errorf("%d promises held", n)
	}
	// Which promises the algorithm of 2018 breaks is a matter of luck.
	for _, got := range eval[[]string](p, `[...document.querySelectorAll("[data-lane='2018'] [data-ok=false] b")].map((e) => e.innerText)`) {
		if !strings.Contains(got, ", not ") {
			t.Errorf("a broken promise is shown as %q", got)
		}
	}
	if bars := p.count(`[data-lane=ours] .bars li`); bars != 12 {
		t.Errorf("%d bars for 12 racers", bars)
	}
	p.shot("race")

	// With somebody in, everybody adds themselves to what they have read.
	p.click("#race-host")
	p.click(`[data-race="2018"]`)
	p.waitText(`[data-lane="2018"] .bars`, "but lost")
	p.press("Rooms")
	p.waitText(".none h2", "No rooms yet")
}

// Each fault, and what the caller then sees.
func TestFaults(t *testing.T) {
	p := open(t, 1440, "faults")
	for i, test := range []struct {
		fault, verdict, says, wire string
	}{
		{"slow", ".verdict.ok", "alice", "Slow"},
		{"dropRequest", ".verdict.ok", "alice", "never arrived"},
		{"dropReply", ".verdict.ok", "alice", "Dropped reply"},
		{"late", ".verdict.ok", "alice", "Applied late"},
		{"duplicate", ".verdict.ok", "alice", "Duplicate"},
		{"conflict", ".verdict.", "", "DATABASE_TRANSACTION_CONFLICT"},
		{"error", ".verdict.", "", "EXCEED_CONCURRENT_REQUEST_LIMIT"},
		{"kill", ".verdict.failed", "status 439", "Function killed"},
	} {
		// Each room is a new one, so that there is something to write.
		p.fill("#fault-room", fmt.Sprint(1001+i))
		p.click("[data-fault=" + test.fault + "]")
		p.wait(`document.querySelector("[data-fault=` + test.fault + `][aria-checked=true]")`)
		previous := eval[string](p, `document.querySelector("[data-call]")?.dataset.call ?? ""`)
		p.click("[data-try=enter-room]")
		p.wait(fmt.Sprintf(`document.querySelector("[data-call]") && document.querySelector("[data-call]").dataset.call !== %q`, previous))
		p.waitText(".call .wire", test.wire)
		if test.says != "" {
			p.waitText(test.verdict, test.says)
		}
		p.wait(`!document.querySelector("[data-fault=` + test.fault + `][aria-checked=true]")`) // it was for one request
		if test.fault == "kill" {
			p.shot("fault-kill")
		}
	}
	eval[string](p, `document.querySelector("#fault-times").value = "0"`)
	p.click("[data-fault=slow]")
	p.waitText(`li:has(> [data-fault=slow])`, "every one")
	p.press("Rooms")
	p.waitText("#alerts", "Faults are on: Slow.")
	p.press("Switch all off")
	p.wait(`!document.querySelector("#alerts p")`)
}
