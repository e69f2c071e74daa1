package sig

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// The fields of a document that mean something. All others are passed over, as
// nothing that is signed.
const (
	fieldVersion = iota
	fieldUserID
	fieldSDKAppID
	fieldTime
	fieldExpire
	fieldUserBuf
	fieldSignature
	fieldAccountType
	fieldAppID3rd
	fieldSDKAppIDOld
	fieldExpireOld
	fieldVersionOld
	fieldCount
)

var fieldNames = [fieldCount]string{
	"TLS.ver", "TLS.identifier", "TLS.sdkappid", "TLS.time", "TLS.expire", "TLS.userbuf", "TLS.sig",
	"TLS.account_type", "TLS.appid_at_3rd", "TLS.sdk_appid", "TLS.expire_after", "TLS.version",
}

// A field is a value as it stands in the document.
type field struct {
	text []byte // of a string without its escapes; nil if the field is missing
	kind byte   // '"', '0' for a number, another for what no field is
}

// parseDocument reads a document strictly, as every leniency of a verifier is a
// second way to read what was signed in one: names come once, numbers are decimal,
// in their one form and of the type that the generation gives them, and texts
// are Unicode without control characters.
func parseDocument(json []byte) (d document, userBuf []byte, err error) {
	p := parser{in: json}
	fields, err := p.fields()
	if err != nil {
		return document{}, nil, err
	}
	r := fieldReader{fields: fields}

	version := fields[fieldVersion]
	switch {
	case version.kind == '"' && string(version.text) == "2.0":
		d.generation = HMAC
		d.sdkAppID = r.number(fieldSDKAppID, '0', math.MaxUint32)
		d.expire = r.number(fieldExpire, '0', maxSeconds)
		d.time = r.number(fieldTime, '0', maxSeconds)
	case version.text == nil && fields[fieldSDKAppID].text == nil:
		d.generation = ECDSA
		d.sdkAppID = r.number(fieldSDKAppIDOld, '"', math.MaxUint32)
		d.expire = r.number(fieldExpireOld, '"', maxSeconds)
		d.time = r.number(fieldTime, '"', maxSeconds)
		d.accountType = string(r.number(fieldAccountType, '"', math.MaxUint32).text)
		// A userSig may lack this field, a privateMapKey may not.
		d.noAppID3rd = fields[fieldAppID3rd].text == nil && fields[fieldUserBuf].text == nil
		if !d.noAppID3rd {
			d.appID3rd = string(r.text(fieldAppID3rd))
		}
		if strings.ContainsFunc(d.appID3rd, unicode.IsControl) {
			r.fail(ErrJSON, fieldAppID3rd, "has control characters")
		}
		if fields[fieldVersionOld].text != nil {
			r.text(fieldVersionOld)
		}
	case version.text == nil:
		return document{}, nil, fmt.Errorf("%w: it has no TLS.ver", ErrVersion)
	default:
		return document{}, nil, fmt.Errorf("%w: its TLS.ver is not \"2.0\"", ErrVersion)
	}

	d.userID = string(r.text(fieldUserID))
	d.signature = r.base64(fieldSignature, d.generation == ECDSA)
	if fields[fieldUserBuf].text != nil {
		d.userBuf = r.text(fieldUserBuf)
		userBuf = r.base64(fieldUserBuf, false)
	}
	if r.err == nil {
		r.err = checkUserID(d.userID, true)
	}
	if r.err != nil {
		return document{}, nil, r.err
	}
	return d, userBuf, nil
}

// maxSeconds has the digits that a time of this era may have. Two such numbers
// add up without overflow, to a time before the year 10000.
const maxSeconds = 99_999_999_999

// A fieldReader reads the values of fields and keeps the first error.
type fieldReader struct {
	fields [fieldCount]field
	err    error
}

func (r *fieldReader) fail(err error, name int, problem string) {
	if r.err == nil {
		r.err = fmt.Errorf("%w: %s %s", err, fieldNames[name], problem)
	}
}

// value returns the text of a field of the kind.
func (r *fieldReader) value(name int, kind byte) []byte {
	f := r.fields[name]
	switch {
	case f.text == nil:
		r.fail(ErrMissingField, name, "is missing")
	case f.kind != kind:
		r.fail(ErrJSON, name, "is of the wrong type")
	default:
		return f.text
	}
	return nil
}

func (r *fieldReader) text(name int) []byte { return r.value(name, '"') }

// number returns the value of a field that holds a decimal number up to most.
func (r *fieldReader) number(name int, kind byte, most int64) number {
	text := r.value(name, kind)
	n := int64(0)
	for i, c := range text {
		if c < '0' || c > '9' || i > 0 && n == 0 || n > most {
			n = most + 1
			break
		}
		n = n*10 + int64(c-'0')
	}
	if n > most || len(text) == 0 {
		r.fail(ErrJSON, name, "is not a decimal number in its shortest form, or is too large")
	}
	return number{n, text}
}

// base64 returns the bytes of a field that holds them in base64.
func (r *fieldReader) base64(name int, lines bool) []byte {
	text := r.text(name)
	if !lines && bytes.ContainsAny(text, "\r\n") { // which the decoder would pass over
		r.fail(ErrJSON, name, "has line ends")
		return nil
	}
	b, err := plainEncoding.AppendDecode(make([]byte, 0, base64.StdEncoding.DecodedLen(len(text))), text)
	if err != nil {
		r.fail(ErrJSON, name, "is not base64")
	}
	return b
}

// A parser reads JSON. Texts keep their place in its input, which it overwrites
// where there are escapes.
type parser struct {
	in []byte
	at int
}

// maxDepth is how deep a field that is passed over may be nested.
const maxDepth = 16

func (p *parser) fail(problem string) error {
	return fmt.Errorf("%w: %s at byte %d", ErrJSON, problem, p.at+1)
}

// fields reads the whole input.
func (p *parser) fields() (fields [fieldCount]field, err error) {
	err = p.members(func(name []byte) error {
		f := -1
		for i, n := range fieldNames {
			if string(name) == n {
				f = i
			}
		}
		value, err := p.value(0)
		if err != nil || f < 0 {
			return err
		}
		if fields[f].text != nil {
			return fmt.Errorf("%w: %s comes twice", ErrJSON, fieldNames[f])
		}
		fields[f] = value
		return nil
	})
	if p.next(); err == nil && p.at < len(p.in) {
		err = p.fail("something follows the document")
	}
	return fields, err
}

// next returns the next byte that is no white space, 0 at the end.
func (p *parser) next() byte {
	for ; p.at < len(p.in); p.at++ {
		switch c := p.in[p.at]; c {
		case ' ', '\t', '\r', '\n':
		default:
			return c
		}
	}
	return 0
}

// skip reads the byte c, after white space, and tells whether it was there.
func (p *parser) skip(c byte) bool {
	if p.next() != c {
		return false
	}
	p.at++
	return true
}

// members reads an object and calls member for each name, which must read the value.
func (p *parser) members(member func(name []byte) error) error {
	if !p.skip('{') {
		return p.fail("no object")
	}
	for first := true; !p.skip('}'); first = false {
		if !first && !p.skip(',') {
			return p.fail("no comma")
		}
		if !p.skip('"') {
			return p.fail("no name")
		}
		name, err := p.string()
		if err != nil {
			return err
		}
		if !p.skip(':') {
			return p.fail("no colon")
		}
		if err := member(name); err != nil {
			return err
		}
	}
	return nil
}

func (p *parser) value(depth int) (field, error) {
	if depth > maxDepth {
		return field{}, p.fail("too deep a value")
	}
	kind, start := p.next(), p.at
	switch {
	case kind == '"':
		p.at++
		text, err := p.string()
		return field{text, '"'}, err
	case kind == '-' || '0' <= kind && kind <= '9':
		text := p.number()
		if text == nil {
			return field{}, p.fail("no number")
		}
		return field{text, '0'}, nil
	case kind == '{':
		err := p.members(func([]byte) error { _, err := p.value(depth + 1); return err })
		return field{p.in[start:p.at], '{'}, err
	case kind == '[':
		p.at++
		for first := true; !p.skip(']'); first = false {
			if !first && !p.skip(',') {
				return field{}, p.fail("no comma")
			}
			if _, err := p.value(depth + 1); err != nil {
				return field{}, err
			}
		}
		return field{p.in[start:p.at], '['}, nil
	}
	for _, word := range []string{"true", "false", "null"} {
		if bytes.HasPrefix(p.in[p.at:], []byte(word)) {
			p.at += len(word)
			return field{p.in[start:p.at], word[0]}, nil
		}
	}
	return field{}, p.fail("no value")
}

// string reads a string behind its opening quote and returns its text, in place.
func (p *parser) string() ([]byte, error) {
	start, end := p.at, p.at
	for p.at < len(p.in) {
		c := p.in[p.at]
		p.at++
		switch {
		case c == '"':
			text := p.in[start:end]
			if !utf8.Valid(text) {
				return nil, p.fail("a text that is not UTF-8")
			}
			return text, nil
		case c < ' ':
			return nil, p.fail("a control character in a text")
		case c == '\\':
			r := p.escape()
			if r < 0 {
				return nil, p.fail("a bad escape")
			}
			end += utf8.EncodeRune(p.in[end:], r) // an escape is longer than what it stands for
		default:
			p.in[end] = c
			end++
		}
	}
	return nil, p.fail("a text without an end")
}

// escape reads what follows a backslash; it returns -1 for what is no escape.
func (p *parser) escape() rune {
	if p.at == len(p.in) {
		return -1
	}
	c := p.in[p.at]
	p.at++
	if c != 'u' {
		if i := strings.IndexByte(`"\/bfnrt`, c); i >= 0 {
			return rune("\"\\/\b\f\n\r\t"[i])
		}
		return -1
	}
	r := p.hex4()
	if utf16.IsSurrogate(r) {
		if !bytes.HasPrefix(p.in[p.at:], []byte(`\u`)) {
			return -1
		}
		p.at += 2
		if r = utf16.DecodeRune(r, p.hex4()); r == unicode.ReplacementChar {
			return -1
		}
	}
	return r
}

func (p *parser) hex4() rune {
	if len(p.in)-p.at < 4 {
		return -1
	}
	n, err := strconv.ParseUint(string(p.in[p.at:p.at+4]), 16, 16)
	if err != nil {
		return -1
	}
	p.at += 4
	return rune(n)
}

// number reads -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)? and returns nil for
// anything else.
func (p *parser) number() []byte {
	start := p.at
	digits := func() bool {
		from := p.at
		for p.at < len(p.in) && '0' <= p.in[p.at] && p.in[p.at] <= '9' {
			p.at++
		}
		return p.at > from
	}
	has := func(set string) bool {
		if p.at < len(p.in) && strings.IndexByte(set, p.in[p.at]) >= 0 {
			p.at++
			return true
		}
		return false
	}
	has("-")
	if !has("0") && !digits() || has(".") && !digits() {
		return nil
	}
	if has("eE") {
		has("+-")
		if !digits() {
			return nil
		}
	}
	return p.in[start:p.at]
}
