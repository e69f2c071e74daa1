package sig

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// parseDocument reads a document strictly, because every leniency of a verifier is a
// second way to read what was signed in one. Names come once. Numbers are decimal, in
// their one form, and of the type that the generation gives them. Texts are Unicode
// without control characters. Fields that mean nothing are passed over.
func parseDocument(text []byte) (document, error) {
	fields, err := parseFields(text)
	if err != nil {
		return document{}, err
	}
	r := fieldReader{fields: fields}
	d := document{generation: HMAC}
	switch version := fields["TLS.ver"]; {
	case version == nil && !r.has("TLS.sdkappid"):
		d.generation = ECDSA
	case version == nil:
		return document{}, fmt.Errorf("%w: it has no TLS.ver", ErrVersion)
	case string(version) != `"2.0"`:
		return document{}, fmt.Errorf("%w: its TLS.ver is not \"2.0\"", ErrVersion)
	}
	if d.generation == HMAC {
		d.sdkAppID = uint32(r.number("TLS.sdkappid", math.MaxUint32))
		d.expire = r.number("TLS.expire", maxSeconds)
		d.time = r.number("TLS.time", maxSeconds)
	} else {
		d.sdkAppID = uint32(r.numberInText("TLS.sdk_appid", math.MaxUint32))
		d.expire = r.numberInText("TLS.expire_after", maxSeconds)
		d.time = r.numberInText("TLS.time", maxSeconds)
		d.accountType = strconv.FormatInt(r.numberInText("TLS.account_type", math.MaxUint32), 10)
		// A userSig may lack this field. A privateMapKey may not.
		d.noAppID3rd = !r.has("TLS.appid_at_3rd") && !r.has("TLS.userbuf")
		if !d.noAppID3rd {
			d.appID3rd = r.text("TLS.appid_at_3rd")
		}
		if strings.ContainsFunc(d.appID3rd, unicode.IsControl) {
			r.fail(ErrJSON, "TLS.appid_at_3rd", "has control characters")
		}
		if r.has("TLS.version") {
			r.text("TLS.version")
		}
	}
	d.userID = r.text("TLS.identifier")
	d.signature = r.base64("TLS.sig", d.generation == ECDSA)
	if r.has("TLS.userbuf") {
		d.userBuf = r.base64("TLS.userbuf", false)
	}
	if r.err == nil {
		r.err = checkUserID(d.userID, true)
	}
	if r.err != nil {
		return document{}, r.err
	}
	return d, nil
}

// maxSeconds has the digits that a time of this era may have. Two such numbers
// add up without overflow, to a time before the year 10000.
const maxSeconds = 99_999_999_999

// parseFields reads an object whose names are unique.
func parseFields(text []byte) (map[string]json.RawMessage, error) {
	malformed := func(problem any) error { return fmt.Errorf("%w: %v", ErrJSON, problem) }
	if !utf8.Valid(text) {
		return nil, malformed("it is not UTF-8")
	}
	in := json.NewDecoder(bytes.NewReader(text))
	if begin, err := in.Token(); err != nil || begin != json.Delim('{') {
		return nil, malformed("it is no object")
	}
	fields := make(map[string]json.RawMessage)
	for in.More() {
		name, err := in.Token()
		if err != nil {
			return nil, malformed(err)
		}
		var value json.RawMessage
		if err := in.Decode(&value); err != nil {
			return nil, malformed(err)
		}
		key := name.(string) // as all names in an object are
		if fields[key] != nil {
			return nil, malformed("a name comes twice")
		}
		fields[key] = value
	}
	if _, err := in.Token(); err != nil { // the object's end
		return nil, malformed(err)
	}
	if _, err := in.Token(); !errors.Is(err, io.EOF) {
		return nil, malformed("something follows the document")
	}
	return fields, nil
}

// A fieldReader reads the values of fields and keeps the first error.
type fieldReader struct {
	fields map[string]json.RawMessage
	err    error
}

func (r *fieldReader) has(name string) bool { return r.fields[name] != nil }

func (r *fieldReader) fail(err error, name, problem string) {
	if r.err == nil {
		r.err = fmt.Errorf("%w: %s %s", err, name, problem)
	}
}

// text returns the text of a field.
func (r *fieldReader) text(name string) string {
	var s string
	switch value := r.fields[name]; {
	case value == nil:
		r.fail(ErrMissingField, name, "is missing")
	case value[0] != '"' || json.Unmarshal(value, &s) != nil:
		r.fail(ErrJSON, name, "is of the wrong type")
	case strings.ContainsRune(s, utf8.RuneError): // which half a surrogate pair is read as
		r.fail(ErrJSON, name, "is not Unicode")
	}
	return s
}

// number returns the value of a field that holds a decimal number up to most.
func (r *fieldReader) number(name string, most int64) int64 {
	switch value := r.fields[name]; {
	case value == nil:
		r.fail(ErrMissingField, name, "is missing")
	case value[0] != '-' && (value[0] < '0' || value[0] > '9'):
		r.fail(ErrJSON, name, "is of the wrong type")
	default:
		return r.parse(name, string(value), most)
	}
	return 0
}

// numberInText returns the value of a field that holds such a number in a text.
func (r *fieldReader) numberInText(name string, most int64) int64 {
	return r.parse(name, r.text(name), most)
}

func (r *fieldReader) parse(name, text string, most int64) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 || n > most || strconv.FormatInt(n, 10) != text {
		r.fail(ErrJSON, name, "is not a decimal number in its shortest form, or is too large")
	}
	return n
}

// base64 returns the bytes of a field that holds them in base64.
func (r *fieldReader) base64(name string, lines bool) []byte {
	text := r.text(name)
	if !lines && strings.ContainsAny(text, "\r\n") { // which the decoder would pass over
		r.fail(ErrJSON, name, "has line ends")
	}
	b, err := plainEncoding.AppendDecode(make([]byte, 0, base64.StdEncoding.DecodedLen(len(text))), []byte(text))
	if err != nil {
		r.fail(ErrJSON, name, "is not base64")
	}
	return b
}
