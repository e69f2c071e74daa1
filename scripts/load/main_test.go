package main

import (
	"regexp"
	"strings"
	"testing"
)

func TestShortLoad(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and runs the functions")
	}
	var out strings.Builder
	err := run(t.Context(), []string{"-rounds", "3", "-rooms", "50", "-clients", "8", "-for", "3s"}, &out)
	t.Log("\n" + out.String())
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`200 callers at once for 4 seats: 4 got in and 196 were refused, in 3 of 3 rounds`,
		`8 clients in 50 rooms for \d+s: [1-9]\d* calls`,
		`webrtc-enter-room +[1-9]`,
	} {
		if !regexp.MustCompile(want).MatchString(out.String()) {
			t.Errorf("%q wasn't printed", want)
		}
	}
}
