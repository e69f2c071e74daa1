// Package js writes values as JavaScript writes them.
//
// The CloudBase SDKs are JavaScript, and a request's signature covers text that
// they made with JSON.stringify and String.prototype.trim. encoding/json differs
// from those in small ways, each of which breaks a signature: it escapes U+2028 and
// U+2029 always, <, > and & unless told not to, and it writes negative zero as -0.
package js

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

const hexDigits = "0123456789abcdef"

// AppendString appends s as JSON.stringify quotes it: only the quote, the
// backslash and control characters below U+0020 are escaped. Bytes that are not
// UTF-8 become U+FFFD; a caller that must not alter its text checks it first.
func AppendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && size == 1 {
				dst = append(dst, s[start:i]...)
				dst = append(dst, "\uFFFD"...)
				start = i + size
			}
			i += size
			continue
		}
		if c >= ' ' && c != '"' && c != '\\' {
			i++
			continue
		}
		dst = append(dst, s[start:i]...)
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\b':
			dst = append(dst, '\\', 'b')
		case '\t':
			dst = append(dst, '\\', 't')
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\f':
			dst = append(dst, '\\', 'f')
		case '\r':
			dst = append(dst, '\\', 'r')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&0xf])
		}
		i++
		start = i
	}
	dst = append(dst, s[start:]...)
	return append(dst, '"')
}

// AppendNumber appends f as JavaScript's Number.prototype.toString does, which
// includes the words NaN, Infinity and -Infinity, and 0 for negative zero.
func AppendNumber(dst []byte, f float64) []byte {
	switch {
	case math.IsNaN(f):
		return append(dst, "NaN"...)
	case math.IsInf(f, 1):
		return append(dst, "Infinity"...)
	case math.IsInf(f, -1):
		return append(dst, "-Infinity"...)
	case f == 0:
		return append(dst, '0')
	}
	if abs := math.Abs(f); abs >= 1e-6 && abs < 1e21 {
		return strconv.AppendFloat(dst, f, 'f', -1, 64)
	}
	dst = strconv.AppendFloat(dst, f, 'e', -1, 64)
	// JavaScript's exponent has no leading zero: 1e-7, where strconv writes 1e-07.
	if n := len(dst); n >= 4 && dst[n-2] == '0' && (dst[n-3] == '-' || dst[n-3] == '+') {
		dst[n-2] = dst[n-1]
		dst = dst[:n-1]
	}
	return dst
}

// Trim is String.prototype.trim. strings.TrimSpace differs: it leaves the byte
// order mark and removes U+0085.
func Trim(s string) string {
	return strings.TrimFunc(s, isSpace)
}

func isSpace(r rune) bool {
	switch r {
	case '\t', '\n', '\v', '\f', '\r', ' ', 0xA0, 0x1680, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000, 0xFEFF:
		return true
	}
	return r >= 0x2000 && r <= 0x200A
}

// AppendJSON appends JSON.stringify(JSON.parse(text)): compact, with strings and
// numbers in JavaScript's notation. Keys keep their order.
func AppendJSON(dst []byte, text []byte) ([]byte, error) {
	if !json.Valid(text) {
		return nil, errors.New("not JSON")
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()

	// What has been written in each container that is still open.
	type container struct {
		object bool
		count  int // keys and values in an object, elements in an array
	}
	var open []container
	for {
		token, err := dec.Token()
		if err == io.EOF {
			return dst, nil
		}
		if err != nil {
			return nil, err
		}

		closing := token == json.Delim('}') || token == json.Delim(']')
		if n := len(open); n > 0 && !closing {
			in := &open[n-1]
			switch {
			case in.object && in.count%2 == 1:
				dst = append(dst, ':')
			case in.count > 0:
				dst = append(dst, ',')
			}
			in.count++
		}

		switch token := token.(type) {
		case json.Delim:
			dst = append(dst, byte(token))
			if closing {
				open = open[:len(open)-1]
			} else {
				open = append(open, container{object: token == '{'})
			}
		case string:
			dst = AppendString(dst, token)
		case json.Number:
			f, err := strconv.ParseFloat(token.String(), 64)
			if err != nil { // out of range: Infinity to JSON.parse, null to JSON.stringify
				dst = append(dst, "null"...)
			} else {
				dst = AppendNumber(dst, f)
			}
		case bool:
			dst = strconv.AppendBool(dst, token)
		case nil:
			dst = append(dst, "null"...)
		}
	}
}
