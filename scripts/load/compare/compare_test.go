package compare

import (
	"bytes"
	"encoding/xml"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// limits are what ratios within one run may be at most, whatever the machine: less than
// twice what they are on one that does nothing else.
var limits = []struct {
	name  string
	of    func(r *Report) float64
	usual float64
	most  float64
}{
	{"processor time of webrtc-sig-api to that of a trivial function", func(r *Report) float64 {
		return ratio(find(r.Whole, "ours", "sig").CPU, find(r.Whole, "trivial", trivialName).CPU)
	}, 1.15, 2.1},
	{"processor time of webrtc-get-room-info to that of a trivial function that POSTs", func(r *Report) float64 {
		return ratio(find(r.Whole, "ours", "info").CPU, find(r.Whole, "trivial", postName).CPU)
	}, 1.45, 2.7},
	{"processor time of an enter to that of a trivial function that POSTs", func(r *Report) float64 {
		return ratio(find(r.Whole, "ours", "enter").CPU, find(r.Whole, "trivial", postName).CPU)
	}, 2.9, 5.4}, // with the race detector, whose database is slow, 3.3 to 4.1
	{"first answer of webrtc-sig-api to that of a trivial function", func(r *Report) float64 {
		return ratio(find(r.Whole, "ours", "sig").First, find(r.Whole, "trivial", trivialName).First)
	}, 1.1, 2.1},
	{"memory to that of a trivial function", func(r *Report) float64 {
		return ratio(float64(r.Whole[1].Memory), float64(r.Whole[0].Memory))
	}, 1.1, 1.9},
	{"size of a package in MB", func(r *Report) float64 { return float64(r.ZIP) / 1e6 }, 3.7, 4},
}

// exceeded returns the limits that a report doesn't keep.
func exceeded(r *Report) (names []string) {
	for _, l := range limits {
		if l.of(r) > l.most {
			names = append(names, l.name)
		}
	}
	return names
}

// TestRatios fails when a function has become twice as expensive. Nothing in it is an
// absolute time. What else the machine does meets all that is compared; a run that keeps
// no limit by bad luck is run again.
func TestRatios(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and measures the functions")
	}
	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	var r *Report
	for range 3 {
		r, err = Run(t.Context(), Config{Root: root, Dir: t.TempDir(), Firsts: 5, Rounds: 6, Calls: 15, Out: io.Discard})
		if err != nil {
			t.Fatal(err)
		}
		if len(exceeded(r)) == 0 {
			break
		}
	}
	for _, l := range limits {
		t.Logf("%s: %.2f, at most %g", l.name, l.of(r), l.most)
	}
	for _, name := range exceeded(r) {
		t.Errorf("too much: %s", name)
	}
	if canMeasure {
		for _, l := range limits {
			if l.of(r) == 0 {
				t.Errorf("not measured: %s", l.name)
			}
		}
	}

	t.Run("round trips", func(t *testing.T) {
		for name, want := range map[string]float64{"sig": 0, "info": 1, "list": 1, "create": 2, "enter": 2, "quit": 2, "quit, last": 2} {
			// A request whose reply is late is asked again.
			if got := find(r.Whole, "ours", name).Requests; got < want || got > want+0.2 {
				t.Errorf("%s makes %g database requests, want %g", name, got, want)
			}
		}
	})
	t.Run("print", func(t *testing.T) {
		var out bytes.Buffer
		r.Print(&out)
		r.PrintCost(&out, DefaultPrices())
		for _, want := range []string{"first answer from nothing", "Targets", "ours, with TRTC's reports", "yuan"} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%q isn't printed:\n%s", want, out.String())
			}
		}
	})
	t.Run("charts", func(t *testing.T) {
		dir := t.TempDir()
		r.Whole = append(r.Whole, Subject{"demo, SDK 4", 9e7, []Operation{{Name: "create", First: 1600}, {Name: "enter", Median: 10, CPU: 9}}})
		if err := r.WriteCharts(dir); err != nil {
			t.Fatal(err)
		}
		for file, want := range map[string]string{"compare-en.svg": "times ours", "compare-zh.svg": "本项目的"} {
			text, err := os.ReadFile(filepath.Join(dir, file))
			if err != nil {
				t.Fatal(err)
			}
			decoder := xml.NewDecoder(bytes.NewReader(text))
			for err == nil {
				_, err = decoder.Token()
			}
			if err != io.EOF || !strings.Contains(string(text), want) {
				t.Errorf("%s: %v, or it doesn't say %q", file, err, want)
			}
		}
	})
}

func TestLimitsNoticeTwiceTheCost(t *testing.T) {
	for _, l := range limits {
		if l.most <= l.usual || l.most >= 2*l.usual {
			t.Errorf("%s: usually %g, and %g is accepted", l.name, l.usual, l.most)
		}
	}
}
