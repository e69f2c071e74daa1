package tcb

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"webrtc-room/pkg/internal/js"
)

// M is a document, a filter or an update.
//
// Values going out may be nil, bool, string, any integer that fits 64 bits signed,
// float32 and float64, time.Time (kept to the millisecond), ServerDate, M, maps
// with string keys, slices and arrays, and named types of these. Anything else is
// refused, with its place in the error. Keys go out sorted.
//
// Values coming in are nil, bool, string, int64, float64, time.Time in UTC, []any
// and M. An ObjectId comes as its hexadecimal string. What has no Go counterpart
// here (a regular expression, a 128-bit decimal) comes as the M that extended JSON
// writes it as.
type M map[string]any

// ServerDate is a value that the database replaces by its own clock's time, plus
// this offset, when it stores the document.
type ServerDate time.Duration

// maxDepth is how deep documents nest at most; the database has the same limit.
const maxDepth = 100

// encodeDocument writes a document to be stored, as canonical extended JSON. It
// refuses keys that begin with $, at any depth: data must not become an operator.
func encodeDocument(doc M) (string, error) {
	e := encoder{what: "document", data: true}
	err := e.object(doc)
	return string(e.buf), err
}

// encodeFilter writes a filter. Keys that begin with $ are operators in it.
func encodeFilter(filter M) (string, error) {
	e := encoder{what: "filter"}
	err := e.object(filter)
	return string(e.buf), err
}

// encodeUpdate writes an update, which must consist of operators: without any, the
// database would take it for a replacement. What $set and $setOnInsert store is
// held to the rule of encodeDocument.
func encodeUpdate(update M) (string, error) {
	e := encoder{what: "update"}
	if len(update) == 0 {
		return "", e.refuse("is empty")
	}
	e.buf = append(e.buf, '{')
	for i, op := range sortedKeys(update) {
		e.path = append(e.path[:0], step{key: op})
		if !strings.HasPrefix(op, "$") {
			return "", e.refuse(`is not an operator: write {"$set": {…}}`)
		}
		if i > 0 {
			e.buf = append(e.buf, ',')
		}
		e.buf = append(js.AppendString(e.buf, op), ':')
		e.data = op == "$set" || op == "$setOnInsert"
		if err := e.value(update[op]); err != nil {
			return "", err
		}
	}
	return string(append(e.buf, '}')), nil
}

// encodeSort writes fields in the order in which they sort.
func encodeSort(sort []Sort) (string, error) {
	e := encoder{what: "sort", data: true}
	e.buf = append(e.buf, '{')
	for i, s := range sort {
		direction := 1
		if s.Descending {
			direction = -1
		}
		if err := e.member(i, s.Field, direction); err != nil {
			return "", err
		}
	}
	return string(append(e.buf, '}')), nil
}

// encodeProjection writes the fields to return.
func encodeProjection(fields []string) (string, error) {
	e := encoder{what: "projection", data: true}
	e.buf = append(e.buf, '{')
	for i, field := range fields {
		if err := e.member(i, field, 1); err != nil {
			return "", err
		}
	}
	return string(append(e.buf, '}')), nil
}

type encoder struct {
	buf  []byte
	what string // what is being written, for errors
	path []step // where in it
	data bool   // keys are names of data: $ is refused
}

// A step leads to a member of an object or, if key is empty and index is not, to
// an element of an array. Index counts from 1.
type step struct {
	key   string
	index int
}

// refuse says what is wrong at the current path.
func (e *encoder) refuse(format string, args ...any) error {
	at := e.what
	for _, s := range e.path {
		if s.index > 0 {
			at += "[" + strconv.Itoa(s.index-1) + "]"
		} else {
			at += "." + strings.ToValidUTF8(s.key, "\uFFFD")
		}
	}
	return fmt.Errorf("%s "+format, append([]any{at}, args...)...)
}

func (e *encoder) value(v any) error {
	switch v := v.(type) {
	case nil:
		e.buf = append(e.buf, "null"...)
	case bool:
		e.buf = strconv.AppendBool(e.buf, v)
	case string:
		return e.string(v)
	case int:
		e.int(int64(v))
	case int32:
		e.int(int64(v))
	case int64:
		e.int(v)
	case float64:
		e.float(v)
	case time.Time:
		e.buf = append(e.buf, `{"$date":{"$numberLong":"`...)
		e.buf = strconv.AppendInt(e.buf, v.UnixMilli(), 10)
		e.buf = append(e.buf, `"}}`...)
	case ServerDate:
		e.buf = append(e.buf, `{"$tcb_server_date":{"offset":`...)
		e.int(time.Duration(v).Milliseconds())
		e.buf = append(e.buf, `}}`...)
	case M:
		return e.object(v)
	case map[string]any:
		return e.object(v)
	case []any:
		return array(e, len(v), func(i int) any { return v[i] })
	case []string:
		return array(e, len(v), func(i int) any { return v[i] })
	case []byte, json.Number, json.RawMessage, time.Duration:
		// Of a kind that could be written, but hardly as it was meant.
		return e.refuse("has type %T, which can't be stored: convert it first", v)
	default:
		return e.reflected(reflect.ValueOf(v))
	}
	return nil
}

// reflected writes named types and containers of any element type.
func (e *encoder) reflected(v reflect.Value) error {
	switch v.Kind() {
	case reflect.Bool:
		e.buf = strconv.AppendBool(e.buf, v.Bool())
	case reflect.String:
		return e.string(v.String())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		e.int(v.Int())
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		if v.Uint() > math.MaxInt64 {
			return e.refuse("is %d: integers have 64 bits with a sign", v.Uint())
		}
		e.int(int64(v.Uint()))
	case reflect.Float32, reflect.Float64:
		e.float(v.Float())
	case reflect.Slice, reflect.Array:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return e.refuse("has type %s: bytes can't be stored, encode them to a string", v.Type())
		}
		return array(e, v.Len(), func(i int) any { return v.Index(i).Interface() })
	case reflect.Map:
		if v.Type().Key().Kind() != reflect.String {
			return e.refuse("has type %s: keys must be strings", v.Type())
		}
		m := make(M, v.Len())
		for key, value := range v.Seq2() {
			m[key.String()] = value.Interface()
		}
		return e.object(m)
	default:
		return e.refuse("has type %s, which can't be stored", v.Type())
	}
	return nil
}

func (e *encoder) object(m M) error {
	if len(e.path) >= maxDepth {
		return e.tooDeep()
	}
	e.buf = append(e.buf, '{')
	for i, key := range sortedKeys(m) {
		if err := e.member(i, key, m[key]); err != nil {
			return err
		}
	}
	e.buf = append(e.buf, '}')
	return nil
}

// member writes the i-th member of an object.
func (e *encoder) member(i int, key string, value any) error {
	e.path = append(e.path, step{key: key})
	switch {
	case !utf8.ValidString(key):
		return e.refuse("is a key that is not valid UTF-8")
	case strings.IndexByte(key, 0) >= 0:
		return e.refuse("is a key with a NUL character")
	case e.data && strings.HasPrefix(key, "$"):
		return e.refuse("is a key that begins with $, which only operators may")
	}
	if i > 0 {
		e.buf = append(e.buf, ',')
	}
	e.buf = append(js.AppendString(e.buf, key), ':')
	if err := e.value(value); err != nil {
		return err
	}
	e.path = e.path[:len(e.path)-1]
	return nil
}

func array(e *encoder, n int, element func(int) any) error {
	if len(e.path) >= maxDepth {
		return e.tooDeep()
	}
	e.buf = append(e.buf, '[')
	for i := range n {
		if i > 0 {
			e.buf = append(e.buf, ',')
		}
		e.path = append(e.path, step{index: i + 1})
		if err := e.value(element(i)); err != nil {
			return err
		}
		e.path = e.path[:len(e.path)-1]
	}
	e.buf = append(e.buf, ']')
	return nil
}

func (e *encoder) tooDeep() error {
	e.path = e.path[:3] // enough to find it
	return e.refuse("… nests deeper than %d levels: does it hold itself?", maxDepth)
}

func (e *encoder) string(s string) error {
	if !utf8.ValidString(s) {
		return e.refuse("is a string that is not valid UTF-8")
	}
	e.buf = js.AppendString(e.buf, s)
	return nil
}

func (e *encoder) int(n int64) {
	if n >= math.MinInt32 && n <= math.MaxInt32 {
		e.buf = append(e.buf, `{"$numberInt":"`...)
	} else {
		e.buf = append(e.buf, `{"$numberLong":"`...)
	}
	e.buf = strconv.AppendInt(e.buf, n, 10)
	e.buf = append(e.buf, `"}`...)
}

func (e *encoder) float(f float64) {
	e.buf = append(e.buf, `{"$numberDouble":"`...)
	e.buf = js.AppendNumber(e.buf, f)
	e.buf = append(e.buf, `"}`...)
}

func sortedKeys(m M) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
