package scfemu

import (
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLog(t *testing.T) {
	h, lines := newHost(t, Config{Variables: map[string]string{"AT_START": "print"}})
	print := func(id string, e event) []string {
		return invoke(t, h, Call{Function: "one", RequestID: id, Event: e.json()}).Log
	}
	for i, test := range []struct {
		event event
		want  []string
	}{
		{event{"Print": []string{"out", "err", "out again"}}, []string{"starting", "out", "err", "out again"}},
		{event{}, nil},
		{event{"Raw": "no end"}, []string{"no end"}},
		{event{"Raw": "dos\r\n\nutf-8: \u4e2d\n"}, []string{"dos", "", "utf-8: 中"}},
		{event{"Raw": strings.Repeat("x", longestLine+1)}, []string{strings.Repeat("x", longestLine), "x"}},
		{event{"Print": []string{"before"}, "Panic": "boom"}, []string{"before"}},
	} {
		if diff := cmp.Diff(test.want, print(fmt.Sprint(i), test.event)); diff != "" {
			t.Errorf("log of %v: %s", test.event, diff)
		}
	}
	for _, line := range lines.all() {
		if line.Function != "one" || line.Instance != "1" || line.RequestID == "" {
			t.Errorf("line %+v", line)
		}
	}
}

// However much is printed, all of it is there when the call returns, it goes to
// the sink, and the call keeps a bounded part.
func TestLogLong(t *testing.T) {
	h, lines := newHost(t, Config{})
	const n = mostLines + 500
	log := invoke(t, h, Call{Function: "one", Event: event{"Raw": strings.Repeat("a line of some length\n", n)}.json()}).Log
	if len(log) != mostLines+1 || log[mostLines] != "… and 500 more lines" {
		t.Errorf("%d lines, the last is %q", len(log), log[len(log)-1])
	}
	if all := lines.all(); len(all) != n {
		t.Errorf("%d of %d lines reached the sink", len(all), n)
	}
}

func TestLogOfParallelCalls(t *testing.T) {
	h, _ := newHost(t, Config{MaxInstances: 4})
	var calls []<-chan outcome
	for i := range 40 {
		calls = append(calls, async(h, t.Context(), Call{Function: "one", Event: event{"Print": []string{fmt.Sprint(i)}}.json()}))
	}
	for i, call := range calls {
		o := <-call
		if diff := cmp.Diff([]string{fmt.Sprint(i)}, o.Log); diff != "" || o.err != nil {
			t.Error(diff, o.err)
		}
	}
}

// knock connects to a function that waits for that.
func knock(t *testing.T, address string) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
}
