package tcb

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

type (
	userID string
	seats  []userID
	level  int8
)

func TestEncodeDocument(t *testing.T) {
	zone := time.FixedZone("UTC+8", 8*60*60)
	tests := []struct {
		name  string
		value any
		want  string
	}{
		{"Nil", nil, `null`},
		{"Bool", true, `true`},
		{"String", "中文<b>&\"\\\u2028\x01\n", "\"中文<b>&\\\"\\\\\u2028\\u0001\\n\""},
		{"HexStringStaysString", "5c0e8cb8d6d9a5f3a1b2c3d4", `"5c0e8cb8d6d9a5f3a1b2c3d4"`},
		{"OperatorAsString", `{"$gt":""}`, `"{\"$gt\":\"\"}"`},
		{"Int", 5, `{"$numberInt":"5"}`},
		{"MinInt32", math.MinInt32, `{"$numberInt":"-2147483648"}`},
		{"BelowMinInt32", math.MinInt32 - 1, `{"$numberLong":"-2147483649"}`},
		{"MaxInt32", int32(math.MaxInt32), `{"$numberInt":"2147483647"}`},
		{"AboveMaxInt32", math.MaxInt32 + 1, `{"$numberLong":"2147483648"}`},
		{"MinInt64", int64(math.MinInt64), `{"$numberLong":"-9223372036854775808"}`},
		{"MaxInt64", int64(math.MaxInt64), `{"$numberLong":"9223372036854775807"}`},
		{"Uint64", uint64(math.MaxInt64), `{"$numberLong":"9223372036854775807"}`},
		{"SmallTypes", []any{int8(-1), int16(2), uint(3), uint8(4), uint16(5), uint32(6)},
			`[{"$numberInt":"-1"},{"$numberInt":"2"},{"$numberInt":"3"},{"$numberInt":"4"},{"$numberInt":"5"},{"$numberInt":"6"}]`},
		{"Float", 1.5, `{"$numberDouble":"1.5"}`},
		{"WholeFloat", 3.0, `{"$numberDouble":"3"}`},
		{"NegativeZero", math.Copysign(0, -1), `{"$numberDouble":"0"}`},
		{"Huge", 1e21, `{"$numberDouble":"1e+21"}`},
		{"Tiny", 1e-7, `{"$numberDouble":"1e-7"}`},
		{"Float32", float32(0.5), `{"$numberDouble":"0.5"}`},
		{"NaN", math.NaN(), `{"$numberDouble":"NaN"}`},
		{"Infinity", math.Inf(1), `{"$numberDouble":"Infinity"}`},
		{"NegativeInfinity", math.Inf(-1), `{"$numberDouble":"-Infinity"}`},
		{"Time", time.Date(2018, 12, 19, 17, 35, 9, 123456789, zone), `{"$date":{"$numberLong":"1545212109123"}}`},
		{"TimeBefore1970", time.UnixMilli(-1), `{"$date":{"$numberLong":"-1"}}`},
		{"TimeAfter9999", time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), `{"$date":{"$numberLong":"253402300800000"}}`},
		{"ServerDate", ServerDate(0), `{"$tcb_server_date":{"offset":{"$numberInt":"0"}}}`},
		{"ServerDateWithOffset", ServerDate(-time.Hour), `{"$tcb_server_date":{"offset":{"$numberInt":"-3600000"}}}`},
		{"SortedKeys", M{"b": 1, "a": nil, "_id": "x", "B": true}, `{"B":true,"_id":"x","a":null,"b":{"$numberInt":"1"}}`},
		{"DottedKey", M{"a.b": "x"}, `{"a.b":"x"}`},
		{"DollarInsideKey", M{"a$": "x"}, `{"a$":"x"}`},
		{"MapOfAny", map[string]any{"a": "x"}, `{"a":"x"}`},
		{"MapOfStrings", map[userID]string{"a": "x"}, `{"a":"x"}`},
		{"Strings", []string{"a", "b"}, `["a","b"]`},
		{"NilSlice", []string(nil), `[]`},
		{"NilMap", M(nil), `{}`},
		{"Array", [2]int{1, 2}, `[{"$numberInt":"1"},{"$numberInt":"2"}]`},
		{"Documents", []M{{"a": "x"}}, `[{"a":"x"}]`},
		{"Named", seats{"a", "b"}, `["a","b"]`},
		{"NamedNumbers", []any{level(1), userID("a")}, `[{"$numberInt":"1"},"a"]`},
		{"Deepest", nested(maxDepth - 2), strings.Repeat(`[`, maxDepth-1) + strings.Repeat(`]`, maxDepth-1)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := encodeDocument(M{"v": tt.value})
			if err != nil {
				t.Fatal(err)
			}
			if want := `{"v":` + tt.want + `}`; got != want {
				t.Errorf("\n got %s\nwant %s", got, want)
			}
		})
	}
}

// nested is n arrays within an array.
func nested(n int) any {
	v := []any{}
	for range n {
		v = []any{v}
	}
	return v
}

func TestEncodeRefuses(t *testing.T) {
	loop := M{}
	loop["again"] = loop
	ring := []any{nil}
	ring[0] = ring
	document, filter, update := encodeDocument, encodeFilter, encodeUpdate
	tests := []struct {
		name   string
		encode func(M) (string, error)
		value  M
		want   string // begins the error
	}{
		{"InvalidUTF8", document, M{"a": []any{"x", M{"b": "\xff"}}}, `document.a[1].b is a string that is not valid UTF-8`},
		{"InvalidUTF8Key", document, M{"a": M{"\xff": 1}}, "document.a.\uFFFD is a key that is not valid UTF-8"},
		{"NUL", document, M{"a\x00b": 1}, "document.a\x00b is a key with a NUL"},
		{"Operator", document, M{"$set": 1}, `document.$set is a key that begins with $`},
		{"OperatorInside", document, M{"a": []M{{"$gt": ""}}}, `document.a[0].$gt is a key that begins with $`},
		{"TypeWrapperInside", document, M{"a": M{"$numberInt": "1"}}, `document.a.$numberInt is a key`},
		{"Struct", document, M{"a": struct{}{}}, `document.a has type struct {}`},
		{"Pointer", document, M{"a": new(int)}, `document.a has type *int`},
		{"Func", document, M{"a": func() {}}, `document.a has type func()`},
		{"Channel", document, M{"a": make(chan int)}, `document.a has type chan int`},
		{"Complex", document, M{"a": 1i}, `document.a has type complex128`},
		{"Bytes", document, M{"a": []byte("x")}, `document.a has type []uint8`},
		{"ByteArray", document, M{"a": [1]byte{}}, `document.a has type [1]uint8`},
		{"Duration", document, M{"a": time.Second}, `document.a has type time.Duration`},
		{"JSONNumber", document, M{"a": json.Number("1")}, `document.a has type json.Number`},
		{"RawMessage", document, M{"a": json.RawMessage("1")}, `document.a has type json.RawMessage`},
		{"IntKeys", document, M{"a": map[int]string{}}, `document.a has type map[int]string: keys`},
		{"Uint64", document, M{"a": uint64(1 << 63)}, `document.a is 9223372036854775808: integers`},
		{"Loop", document, loop, `document.again.again.again … nests deeper than 100`},
		{"Ring", document, M{"a": ring}, `document.a[0][0] … nests deeper`},
		{"TooDeep", document, M{"a": nested(maxDepth - 1)}, `document.a[0][0] … nests deeper`},
		{"FilterInvalidUTF8", filter, M{"a": M{"$gt": "\xff"}}, `filter.a.$gt is a string`},
		{"FilterLoop", filter, loop, `filter.again`},
		{"UpdateEmpty", update, nil, `update is empty`},
		{"UpdateWithoutOperator", update, M{"a": 1}, `update.a is not an operator`},
		{"UpdateMixed", update, M{"$set": M{}, "a": 1}, `update.a is not an operator`},
		{"SetOperatorInside", update, M{"$set": M{"a": M{"$gt": 1}}}, `update.$set.a.$gt is a key that begins with $`},
		{"SetOperator", update, M{"$set": M{"$a": 1}}, `update.$set.$a is a key`},
		{"SetOnInsertOperator", update, M{"$setOnInsert": M{"a": []any{M{"$x": 1}}}}, `update.$setOnInsert.a[0].$x is a key`},
		{"UpdateLoop", update, M{"$push": loop}, `update.$push.again.again`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tt.encode(tt.value)
			if err == nil {
				t.Fatalf("encoded as %s", got)
			}
			if !strings.HasPrefix(err.Error(), tt.want) {
				t.Errorf("\n got %s\nwant %s", err, tt.want)
			}
		})
	}
}

func TestEncodeSort(t *testing.T) {
	got, err := encodeSort([]Sort{{"b", true}, {"a", false}})
	if want := `{"b":{"$numberInt":"-1"},"a":{"$numberInt":"1"}}`; err != nil || got != want {
		t.Errorf("got %s, %v, want %s", got, err, want)
	}
	for _, field := range []string{"$where", "\xff", "a\x00"} {
		if got, err := encodeSort([]Sort{{field, false}}); err == nil {
			t.Errorf("sort by %q: got %s", field, got)
		}
		if got, err := encodeProjection([]string{field}); err == nil {
			t.Errorf("projection of %q: got %s", field, got)
		}
	}
}

func TestDecodeDocument(t *testing.T) {
	moment := time.Date(2018, 12, 19, 9, 35, 9, 123000000, time.UTC)
	tests := []struct {
		name string
		text string
		want any
	}{
		{"Null", `null`, nil},
		{"Bool", `false`, false},
		{"String", `"\u4e2d\u2028\ud83d\ude00"`, "中\u2028😀"},
		{"NumberInt", `{"$numberInt":"-5"}`, int64(-5)},
		{"NumberIntBare", `{"$numberInt":5}`, int64(5)},
		{"NumberLong", `{"$numberLong":"9223372036854775807"}`, int64(math.MaxInt64)},
		{"NumberLongBare", `{"$numberLong":1545212109123}`, int64(1545212109123)},
		{"NumberDouble", `{"$numberDouble":"1.5"}`, 1.5},
		{"NumberDoubleWhole", `{"$numberDouble":"3.0"}`, 3.0},
		{"NumberDoubleBare", `{"$numberDouble":2}`, 2.0},
		{"Infinity", `{"$numberDouble":"Infinity"}`, math.Inf(1)},
		{"NegativeInfinity", `{"$numberDouble":"-Infinity"}`, math.Inf(-1)},
		{"NaN", `{"$numberDouble":"NaN"}`, math.NaN()},
		{"BareInt", `7`, int64(7)},
		{"BareLong", `1545212109123`, int64(1545212109123)},
		{"BareFloat", `1.0`, 1.0},
		{"BareExponent", `1e3`, 1000.0},
		{"BareBeyondInt64", `9223372036854775808`, 9223372036854775808.0},
		{"DateCanonical", `{"$date":{"$numberLong":"1545212109123"}}`, moment},
		{"DateISO", `{"$date":"2018-12-19T09:35:09.123Z"}`, moment},
		{"DateISOWithZone", `{"$date":"2018-12-19T17:35:09.123+08:00"}`, moment},
		{"DateISOWithMicroseconds", `{"$date":"2018-12-19T09:35:09.123456Z"}`, moment},
		{"DateBare", `{"$date":1545212109123}`, moment},
		{"ObjectID", `{"$oid":"5c0e8cb8d6d9a5f3a1b2c3d4"}`, "5c0e8cb8d6d9a5f3a1b2c3d4"},
		{"Array", `[1,{"$numberInt":"2"},[{"a":{"$oid":"x"}}]]`, []any{int64(1), int64(2), []any{M{"a": "x"}}}},
		{"EmptyArray", `[]`, []any{}},
		{"Document", `{"a":{},"b":{"c":1}}`, M{"a": M{}, "b": M{"c": int64(1)}}},
		{"NoCounterpart", `{"$regularExpression":{"pattern":"^x","options":""}}`, M{"$regularExpression": M{"pattern": "^x", "options": ""}}},
		{"Decimal", `{"$numberDecimal":"1.10"}`, M{"$numberDecimal": "1.10"}},
		{"WrapperWithCompany", `{"$oid":"x","a":1}`, M{"$oid": "x", "a": int64(1)}},
		{"LastOfTwoKeysWins", `{"a":1,"a":2}`, M{"a": int64(2)}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := decodeDocument(`{"v":` + tt.text + `}`)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(M{"v": tt.want}, got, cmpopts.EquateNaNs()); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
	if got, err := decodeDocument(`{"$oid":"x"}`); err != nil || !cmp.Equal(got, M{"$oid": "x"}) {
		t.Errorf("a document is no value: got %v, %v", got, err)
	}
}

func TestDecodeRefuses(t *testing.T) {
	tests := map[string]string{
		"Empty":          ``,
		"Null":           `null`,
		"Array":          `[]`,
		"String":         `"x"`,
		"Number":         `1`,
		"Unfinished":     `{"a":`,
		"Trailing":       `{} {}`,
		"NumberInt":      `{"a":{"$numberInt":"x"}}`,
		"NumberIntNull":  `{"a":{"$numberInt":null}}`,
		"NumberLongBig":  `{"a":{"$numberLong":"9223372036854775808"}}`,
		"NumberDouble":   `{"a":{"$numberDouble":"one"}}`,
		"NumberTooBig":   `{"a":1e999}`,
		"Date":           `{"a":{"$date":"yesterday"}}`,
		"DateObject":     `{"a":{"$date":{}}}`,
		"DateNull":       `{"a":{"$date":null}}`,
		"DateFraction":   `{"a":{"$date":1.5}}`,
		"ObjectIDNumber": `{"a":{"$oid":1}}`,
		"DeepObjects":    strings.Repeat(`{"a":`, maxDepth+1) + `1` + strings.Repeat(`}`, maxDepth+1),
		"DeepArrays":     `{"a":` + strings.Repeat(`[`, maxDepth) + strings.Repeat(`]`, maxDepth) + `}`,
		"Abyss":          strings.Repeat(`{"a":`, 1<<20),
		"TooLarge":       `{"a":"` + strings.Repeat("x", maxReply) + `"}`,
	}
	for name, text := range tests {
		t.Run(name, func(t *testing.T) {
			if got, err := decodeDocument(text); err == nil {
				t.Errorf("decoded as %v", got)
			}
		})
	}
}

// What is written reads back as it was.
func FuzzEncodeDocument(f *testing.F) {
	f.Add([]byte("a"))
	f.Add([]byte("\x07\x05\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c"))
	f.Add([]byte("\x08\x03key\x09\x02\x06\x00\x00\x00\x00\x00\x00\xf0\x7f"))
	f.Fuzz(func(t *testing.T, seed []byte) {
		g := generator{seed}
		doc := g.document(0)
		text, err := encodeDocument(doc)
		if err != nil {
			t.Fatalf("encode %#v: %v", doc, err)
		}
		if !json.Valid([]byte(text)) {
			t.Fatalf("not JSON: %s", text)
		}
		back, err := decodeDocument(text)
		if err != nil {
			t.Fatalf("decode %s: %v", text, err)
		}
		if diff := cmp.Diff(doc, back, cmpopts.EquateNaNs()); diff != "" {
			t.Errorf("(-encoded +decoded)\n%s", diff)
		}
	})
}

// A generator makes documents out of bytes, of the types that come back.
type generator struct{ bytes []byte }

func (g *generator) next(n int) []byte {
	out := make([]byte, n)
	g.bytes = g.bytes[copy(out, g.bytes):]
	return out
}

func (g *generator) int64() int64 {
	var n int64
	for _, b := range g.next(8) {
		n = n<<8 | int64(b)
	}
	return n
}

func (g *generator) string() string {
	return strings.ToValidUTF8(string(g.next(int(g.next(1)[0]%16))), "?")
}

func (g *generator) document(depth int) M {
	m := M{}
	for range g.next(1)[0] % 5 {
		key := strings.ReplaceAll(strings.TrimLeft(g.string(), "$"), "\x00", "0")
		m[key] = g.value(depth + 1)
	}
	return m
}

func (g *generator) value(depth int) any {
	kinds := byte(9)
	if depth > 10 {
		kinds = 7 // no containers
	}
	switch g.next(1)[0] % kinds {
	case 0:
		return nil
	case 1:
		return g.next(1)[0]%2 == 0
	case 2:
		return g.string()
	case 3:
		return g.int64()
	case 4:
		return int64(int8(g.next(1)[0]))
	case 5:
		return math.Float64frombits(uint64(g.int64()))
	case 6:
		return time.UnixMilli(g.int64()).UTC()
	case 7:
		return g.document(depth)
	default:
		list := []any{}
		for range g.next(1)[0] % 5 {
			list = append(list, g.value(depth+1))
		}
		return list
	}
}

// Whatever comes, nothing breaks; and what can be read can be written and read.
func FuzzDecodeDocument(f *testing.F) {
	for _, text := range []string{
		`{"a":{"$numberInt":"1"},"b":[{"$date":{"$numberLong":"1"}},{"$date":"2018-12-19T09:35:09Z"}],"c":{"$oid":"x"}}`,
		`{"n":1e400}`, `{"a":{"$numberDouble":"NaN"}}`, `{"a":[[[[]]]]}`, `{"\u0000":null}`, `{"a":"\ud800"}`, "{\"a\":\"\xff\"}",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		doc, err := decodeDocument(string(text))
		if err != nil {
			return
		}
		// Filters may hold any key that a reply may, but for NUL.
		again, err := encodeFilter(doc)
		if err != nil {
			if strings.Contains(err.Error(), "NUL") || strings.Contains(err.Error(), "nests deeper") {
				return
			}
			t.Fatalf("encode %#v: %v", doc, err)
		}
		back, err := decodeDocument(again)
		if err != nil {
			t.Fatalf("decode %s: %v", again, err)
		}
		if diff := cmp.Diff(doc, back, cmpopts.EquateNaNs()); diff != "" {
			t.Errorf("(-first +second)\n%s", diff)
		}
	})
}
