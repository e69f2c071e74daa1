package compare

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// A Report is what a run measured. Times are in milliseconds.
type Report struct {
	OS      string    `json:"os"`
	Cores   int       `json:"cores"`
	Whole   []Subject `json:"whole"`          // with the whole machine
	Held    []Share   `json:"held,omitempty"` // with each process held to a share of a core
	ZIP     int64     `json:"zip"`            // bytes of webrtc-enter-room, packed
	Cost    []Meeting `json:"cost"`
	Targets []Target  `json:"targets"`
	Notes   []string  `json:"notes,omitempty"`
}

// A Share is a run with each process held to a share of a core.
type Share struct {
	Core     float64   `json:"core"`
	Subjects []Subject `json:"subjects"`
}

// A Subject is what was measured of one implementation.
type Subject struct {
	Name       string      `json:"name"`
	Memory     int64       `json:"memory,omitempty"` // bytes of the largest process; 0 if it isn't known
	Operations []Operation `json:"operations"`
}

// An Operation is what a call takes.
type Operation struct {
	Name        string  `json:"name"`
	First       float64 `json:"firstMS,omitempty"` // the first answer from nothing, median; 0 if it wasn't measured
	Median      float64 `json:"medianMS,omitempty"`
	P99         float64 `json:"p99MS,omitempty"`
	CPU         float64 `json:"cpuMS,omitempty"` // of all processes; 0 if it isn't known
	Requests    float64 `json:"databaseRequests"`
	Invocations float64 `json:"invocations"` // with those by other functions
	Calls       int     `json:"calls"`
}

// A Target is what a ratio may be at most.
type Target struct {
	Name string  `json:"name"`
	Got  float64 `json:"got"`
	Most float64 `json:"most"`
	Unit string  `json:"unit"`
	Met  bool    `json:"met"`
}

func (l *lab) summarize(samples map[*subject]map[string]*sample) []Subject {
	var all []Subject
	for _, s := range l.subjects() {
		summary := Subject{Name: s.name, Memory: s.usage().memory}
		names := []string{trivialName, postName}
		for _, op := range operations {
			names = append(names, op.name)
		}
		for _, name := range names {
			x := samples[s][name]
			n := len(x.times)
			if n == 0 {
				continue
			}
			summary.Operations = append(summary.Operations, Operation{
				Name: name, First: at(x.firsts, 0.5), Median: at(x.times, 0.5), P99: at(x.times, 0.99),
				CPU:      milliseconds(x.cpu) / float64(n),
				Requests: float64(x.requests) / float64(n), Invocations: float64(x.invocations) / float64(n),
				Calls: n,
			})
		}
		all = append(all, summary)
	}
	return all
}

// at returns the time that a share of all times is at most, in milliseconds.
func at(times []time.Duration, share float64) float64 {
	if len(times) == 0 {
		return 0
	}
	return milliseconds(slices.Sorted(slices.Values(times))[int(share*float64(len(times)-1))])
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func find(subjects []Subject, subject, operation string) Operation {
	for _, s := range subjects {
		for _, op := range s.Operations {
			if s.Name == subject && op.Name == operation {
				return op
			}
		}
	}
	return Operation{}
}

// ratio returns how many times a subject's value is another's, as far as both are known.
func ratio(a, b float64) float64 {
	if a <= 0 || b <= 0 {
		return 0
	}
	return a / b
}

// check compares what was measured with what it may be.
func (r *Report) check() {
	ours := func(name string) Operation { return find(r.Whole, "ours", name) }
	floor, post := find(r.Whole, "trivial", trivialName), find(r.Whole, "trivial", postName)
	target := func(name string, got, most float64, unit string) {
		if got > 0 {
			r.Targets = append(r.Targets, Target{name, got, most, unit, got <= most})
		}
	}
	target("processor time of a database request, to that of a bare POST of the same bytes",
		ratio(ours("info").CPU-floor.CPU, post.CPU-floor.CPU), 2, "times")
	target("processor time of webrtc-sig-api, to that of a trivial function", ratio(ours("sig").CPU, floor.CPU), 1.25, "times")
	target("first answer of webrtc-sig-api, to that of a trivial function", ratio(ours("sig").First, floor.First), 1.4, "times")
	target("webrtc-enter-room, packed", float64(r.ZIP)/1e6, 4, "MB")
	for _, s := range r.Whole {
		if s.Name == "ours" {
			target("memory of the largest function", float64(s.Memory)/1e6, 16, "MB")
		}
	}
}

// Print prints the report as tables.
func (r *Report) Print(w io.Writer) {
	fmt.Fprintf(w, "On %s with %d cores; × is how many times ours.\n", r.OS, r.Cores)
	r.print(w, r.Whole)
	for _, held := range r.Held {
		fmt.Fprintf(w, "\nEach process held to %g of a core:\n", held.Core)
		r.print(w, held.Subjects)
	}
	fmt.Fprintln(w)
	printCost(w, r.Cost)
	fmt.Fprintln(w, "\nTargets")
	for _, t := range r.Targets {
		verdict := "met"
		if !t.Met {
			verdict = "MISSED"
		}
		fmt.Fprintf(w, "  %-84s %5.2f %-5s at most %-4g %s\n", t.Name, t.Got, t.Unit, t.Most, verdict)
	}
	for _, note := range r.Notes {
		fmt.Fprintln(w, note)
	}
}

// A measure is what a table shows of operations.
type measure struct {
	title string
	of    func(Operation) float64
	show  func(float64) string
}

var measures = []measure{
	{"first answer from nothing", func(o Operation) float64 { return o.First }, showMS},
	{"warm, median", func(o Operation) float64 { return o.Median }, showMS},
	{"warm, 99 %", func(o Operation) float64 { return o.P99 }, showMS},
	{"processor time of a call", func(o Operation) float64 { return o.CPU }, showMS},
	{"invocations of a call", func(o Operation) float64 { return o.Invocations }, showCount},
	{"database requests of a call", func(o Operation) float64 { return o.Requests }, showCount},
}

func showMS(ms float64) string {
	switch {
	case ms >= 1000:
		return fmt.Sprintf("%.2f s", ms/1000)
	case ms >= 100:
		return fmt.Sprintf("%.0f ms", ms)
	case ms >= 10:
		return fmt.Sprintf("%.1f ms", ms)
	}
	return fmt.Sprintf("%.2f ms", ms)
}

func showCount(n float64) string { return fmt.Sprintf("%.3g", n) }

func showMB(n float64) string { return fmt.Sprintf("%.1f MB", n/1e6) }

func (r *Report) print(w io.Writer, subjects []Subject) {
	row := func(name string, values []float64, show func(float64) string) {
		fmt.Fprintf(w, "  %-12s", name)
		ours := values[1]
		for i, v := range values {
			cell := "-"
			if v > 0 {
				cell = show(v)
				if i > 1 && ours > 0 {
					cell += fmt.Sprintf(" %s×", short(v/ours))
				}
			}
			fmt.Fprintf(w, " %18s", cell)
		}
		fmt.Fprintln(w)
	}
	for _, m := range measures {
		fmt.Fprintf(w, "\n%-32s", m.title)
		for i, s := range subjects {
			fmt.Fprintf(w, "%*s", cmp.Or(min(i, 1)*19, 1), s.Name)
		}
		fmt.Fprintln(w)
		names := []string{trivialName, postName}
		for _, op := range operations {
			names = append(names, op.name)
		}
		for _, name := range names {
			values := make([]float64, len(subjects))
			some := false
			for i, s := range subjects {
				values[i] = m.of(find(subjects, s.Name, name))
				some = some || values[i] > 0
			}
			if some && (name != postName || m.title == "processor time of a call") {
				row(strings.TrimPrefix(name, "trivial with a "), values, m.show)
			}
		}
	}
	values := make([]float64, len(subjects))
	for i, s := range subjects {
		values[i] = float64(s.Memory)
	}
	fmt.Fprintln(w, "\nmemory of the largest process")
	row("", values, showMB)
}

// short prints a ratio with two digits that count.
func short(ratio float64) string {
	if ratio >= 10 {
		return fmt.Sprintf("%.0f", ratio)
	}
	return fmt.Sprintf("%.1f", ratio)
}
