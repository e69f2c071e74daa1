package tcb

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// decodeDocument reads a document in extended JSON: the canonical form, the
// relaxed one, and any mixture of the two.
func decodeDocument(text string) (M, error) {
	if len(text) > maxReply {
		return nil, fmt.Errorf("document of %d bytes: more than %d", len(text), maxReply)
	}
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	var doc map[string]any
	if err := dec.Decode(&doc); err != nil {
		return nil, fmt.Errorf("document is not extended JSON: %w", err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, errors.New("document is followed by something else")
	}
	if doc == nil {
		return nil, errors.New("document is null")
	}
	return decodeObject(doc, 1)
}

func decodeObject(object map[string]any, depth int) (M, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("document nests deeper than %d levels", maxDepth)
	}
	m := M(object)
	for key, value := range m {
		decoded, err := decodeValue(value, depth)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", key, err)
		}
		m[key] = decoded
	}
	return m, nil
}

// decodeValue turns what encoding/json made of extended JSON into Go values.
func decodeValue(value any, depth int) (any, error) {
	switch value := value.(type) {
	case json.Number:
		return decodeNumber(value.String())
	case []any:
		if depth >= maxDepth {
			return nil, fmt.Errorf("document nests deeper than %d levels", maxDepth)
		}
		for i := range value {
			decoded, err := decodeValue(value[i], depth+1)
			if err != nil {
				return nil, fmt.Errorf("[%d]: %w", i, err)
			}
			value[i] = decoded
		}
		return value, nil
	case map[string]any:
		if len(value) == 1 {
			for key, inner := range value {
				if decoded, ok, err := decodeWrapped(key, inner); ok || err != nil {
					return decoded, err
				}
			}
		}
		return decodeObject(value, depth+1)
	default: // nil, bool, string
		return value, nil
	}
}

// decodeWrapped reads a value that extended JSON writes as {key: inner}; ok is
// false if it is none.
func decodeWrapped(key string, inner any) (value any, ok bool, err error) {
	switch key {
	case "$numberInt", "$numberLong":
		value, err = decodeInt(inner)
	case "$numberDouble":
		value, err = decodeDouble(inner)
	case "$date":
		value, err = decodeDate(inner)
	case "$oid":
		if value, ok = inner.(string); !ok {
			err = fmt.Errorf("%v is not a string", inner)
		}
	default:
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("%s: %w", key, err)
	}
	return value, true, nil
}

// literal is the text of a string or a number.
func literal(v any) (string, error) {
	switch v := v.(type) {
	case string:
		return v, nil
	case json.Number:
		return v.String(), nil
	default:
		return "", fmt.Errorf("%v is neither a string nor a number", v)
	}
}

func decodeInt(inner any) (int64, error) {
	s, err := literal(inner)
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(s, 10, 64)
}

func decodeDouble(inner any) (float64, error) {
	s, err := literal(inner)
	if err != nil {
		return 0, err
	}
	return strconv.ParseFloat(s, 64) // knows NaN, Infinity and -Infinity
}

// decodeDate reads {"$numberLong": "ms"}, bare milliseconds, and ISO 8601.
func decodeDate(inner any) (time.Time, error) {
	switch inner := inner.(type) {
	case string:
		t, err := time.Parse(time.RFC3339Nano, inner)
		return time.UnixMilli(t.UnixMilli()).UTC(), err // dates have milliseconds
	case map[string]any:
		long, ok := inner["$numberLong"]
		if !ok || len(inner) != 1 {
			return time.Time{}, errors.New("is neither milliseconds nor ISO 8601")
		}
		ms, err := decodeInt(long)
		return time.UnixMilli(ms).UTC(), err
	default:
		ms, err := decodeInt(inner)
		return time.UnixMilli(ms).UTC(), err
	}
}

// decodeNumber reads a bare number: an integer if it is written as one and fits.
func decodeNumber(s string) (any, error) {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return n, nil
	}
	return strconv.ParseFloat(s, 64)
}
