package js

import (
	"encoding/json"
	"math"
	"os"
	"strconv"
	"testing"
	"unicode/utf8"
)

// testdata/node.json holds pairs of input and output, made by Node.js. A number's
// input is its bits in hexadecimal.
func readPairs(t *testing.T, kind string) [][2]string {
	t.Helper()
	text, err := os.ReadFile("testdata/node.json")
	if err != nil {
		t.Fatal(err)
	}
	var file map[string][][2]string
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	if len(file[kind]) == 0 {
		t.Fatalf("testdata/node.json has no %s", kind)
	}
	return file[kind]
}

func TestAppendNumber(t *testing.T) {
	for _, pair := range readPairs(t, "numbers") {
		bits, err := strconv.ParseUint(pair[0], 16, 64)
		if err != nil {
			t.Fatal(err)
		}
		f := math.Float64frombits(bits)
		if got := string(AppendNumber(nil, f)); got != pair[1] {
			t.Errorf("%x: got %s, want %s", f, got, pair[1])
		}
	}
}

func TestAppendString(t *testing.T) {
	for _, pair := range readPairs(t, "strings") {
		if got := string(AppendString(nil, pair[0])); got != pair[1] {
			t.Errorf("%q: got %s, want %s", pair[0], got, pair[1])
		}
	}
	if got, want := string(AppendString([]byte("x"), "a\xff\xc3b")), "x\"a\uFFFD\uFFFDb\""; got != want {
		t.Errorf("invalid UTF-8: got %q, want %q", got, want)
	}
}

func TestTrim(t *testing.T) {
	for _, pair := range readPairs(t, "trims") {
		if got := Trim(pair[0]); got != pair[1] {
			t.Errorf("%q: got %q, want %q", pair[0], got, pair[1])
		}
	}
}

func TestAppendJSON(t *testing.T) {
	for _, pair := range readPairs(t, "texts") {
		got, err := AppendJSON(nil, []byte(pair[0]))
		if err != nil || string(got) != pair[1] {
			t.Errorf("%s: got %s, %v, want %s", pair[0], got, err, pair[1])
		}
	}
	for _, text := range []string{"", "[", `{"a"`, `{"a":}`, "[1,]", "nul", "{]", "1 2"} {
		if got, err := AppendJSON(nil, []byte(text)); err == nil {
			t.Errorf("%q: got %q, want an error", text, got)
		}
	}
}

// What is quoted reads back as what it was.
func FuzzAppendString(f *testing.F) {
	f.Add("中文<b>&\"\\\u2028\x00\x1f")
	f.Fuzz(func(t *testing.T, s string) {
		if !utf8.ValidString(s) {
			return // AppendString mends it
		}
		var back string
		if err := json.Unmarshal(AppendString(nil, s), &back); err != nil || back != s {
			t.Errorf("%q: read back as %q, %v", s, back, err)
		}
	})
}
