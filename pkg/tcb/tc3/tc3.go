// Package tc3 signs requests to CloudBase and checks such signatures.
//
// CloudBase's endpoint takes TC3-HMAC-SHA256, the signature of Tencent Cloud's
// API v3, in a flavour of its own that only its SDKs document, by their code.
// It differs from the published one in three ways: the method is signed in lower
// case; the path is signed as //host/path; and what is hashed is not the body but
// the parameters in it, sorted by lower-cased name, without those that are empty:
//
//	&action=database.getDocument\r\n
//	&collectionname=rooms\r\n
//
// So a signature survives a body that was re-encoded on its way, and a verifier
// needs the parsed body.
//
// A Signer makes the Authorization header of a Message. Verify checks a request that
// arrived. Both build the same Message, so what one signs the other accepts.
package tc3

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"webrtc-room/pkg/internal/js"
)

const (
	algorithm = "TC3-HMAC-SHA256"
	service   = "tcb"
	terminal  = "tc3_request"

	// HeaderTimestamp carries the time of signing, in Unix seconds.
	HeaderTimestamp = "X-Timestamp"
	// HeaderExpires carries how many seconds the signature is good for.
	HeaderExpires = "X-Signature-Expires"
	// Expires is what the SDKs send in HeaderExpires.
	Expires = 600 * time.Second
)

// A Key is a pair of Tencent Cloud API keys. It prints without its secret half.
type Key struct {
	SecretID  string
	SecretKey string
}

func (k Key) String() string       { return "tc3.Key(" + k.SecretID + ", …)" }
func (k Key) GoString() string     { return k.String() }
func (k Key) LogValue() slog.Value { return slog.StringValue(k.String()) }

// A Field is a header or a body parameter.
type Field struct {
	Name string
	// Value is the header's value, or the parameter as it is hashed: a string as
	// it is, anything else as compact JSON in JavaScript's notation.
	Value string
}

// A Message is what a signature covers.
type Message struct {
	Host   string // with the port, as in the Host header
	Path   string // escaped, as on the wire
	Query  string // raw, as on the wire
	Header []Field
	Params []Field
}

// A Signer signs, and keeps the key that it derived last: a secret's is the same all
// day. Its zero value is ready, and it is safe for concurrent use.
type Signer struct {
	last atomic.Pointer[signingKey] // a pointer, behind which no print looks
}

// A signingKey is what signs with a secret on one day.
type signingKey struct {
	secretKey, date string
	key             []byte
}

func (s *Signer) signingKey(secretKey, date string) []byte {
	last := s.last.Load()
	if last == nil || last.secretKey != secretKey || last.date != date {
		_, _, key := deriveKeys(secretKey, date)
		last = &signingKey{secretKey, date, key}
		s.last.Store(last)
	}
	return last.key
}

// Sign signs with a Signer that keeps nothing.
func Sign(m Message, key Key, at time.Time) string { return new(Signer).Sign(m, key, at) }

// Sign returns the Authorization header that signs m. Header must hold host and
// content-type; the request also needs HeaderTimestamp with the same second.
func (s *Signer) Sign(m Message, key Key, at time.Time) string {
	c := canonicalize(m)
	scope := scopeOf(at)
	signature := c.signature(s.signingKey(key.SecretKey, dateOf(scope)), at.Unix(), scope)

	out := make([]byte, 0, 512)
	out = append(out, algorithm+" Credential="...)
	out = append(out, key.SecretID...)
	out = append(out, '/')
	out = append(out, scope...)
	out = append(out, ", SignedParams="...)
	out = append(out, c.signedParams...)
	out = append(out, ", SignedHeaders="...)
	out = append(out, c.signedHeaders...)
	out = append(out, ", Signature="...)
	out = hex.AppendEncode(out, signature)
	return string(out)
}

// scopeOf is the credential scope: UTC date, service, constant.
func scopeOf(at time.Time) string {
	return at.UTC().Format(time.DateOnly) + "/" + service + "/" + terminal
}

func dateOf(scope string) string { return scope[:len(time.DateOnly)] }

// canonical holds the texts that a signature is made of.
type canonical struct {
	payload       []byte // what is hashed of the parameters
	signedParams  []byte // names, joined by ;
	signedHeaders []byte
	request       []byte // the canonical request
}

func canonicalize(m Message) canonical {
	var c canonical

	// An empty parameter is not hashed, and one of white space only is empty.
	params := make([]Field, 0, len(m.Params))
	size := 0
	for _, p := range m.Params {
		name, value := strings.ToLower(js.Trim(p.Name)), js.Trim(p.Value)
		if value == "" {
			continue
		}
		params = append(params, Field{name, value})
		size += len(name) + len(value) + len("&=\r\n")
	}
	slices.SortFunc(params, byName)
	c.payload = make([]byte, 0, size)
	c.signedParams = make([]byte, 0, 160)
	for i, p := range params {
		c.payload = append(c.payload, '&')
		c.payload = append(c.payload, p.Name...)
		c.payload = append(c.payload, '=')
		c.payload = append(c.payload, p.Value...)
		c.payload = append(c.payload, '\r', '\n')
		c.signedParams = appendJoined(c.signedParams, i, p.Name)
	}

	header := make([]Field, 0, len(m.Header))
	for _, h := range m.Header {
		name, value := strings.ToLower(js.Trim(h.Name)), h.Value
		// The content type keeps its case and spaces, but loses a form's boundary.
		if name != "content-type" {
			value = strings.ToLower(js.Trim(value))
		} else if strings.HasPrefix(value, "multipart/form-data") {
			value = "multipart/form-data"
		}
		header = append(header, Field{name, value})
	}
	slices.SortFunc(header, byName)

	c.signedHeaders = make([]byte, 0, 160)
	r := make([]byte, 0, 1024)
	r = append(r, "post\n//"...)
	r = append(r, m.Host...)
	r = append(r, m.Path...)
	r = append(r, '\n')
	r = append(r, m.Query...)
	r = append(r, '\n')
	for i, h := range header {
		r = append(r, h.Name...)
		r = append(r, ':')
		r = append(r, h.Value...)
		r = append(r, '\n')
		c.signedHeaders = appendJoined(c.signedHeaders, i, h.Name)
	}
	r = append(r, '\n')
	r = append(r, c.signedHeaders...)
	r = append(r, '\n')
	sum := sha256.Sum256(c.payload)
	c.request = hex.AppendEncode(r, sum[:])
	return c
}

func byName(a, b Field) int { return strings.Compare(a.Name, b.Name) }

func appendJoined(dst []byte, i int, name string) []byte {
	if i > 0 {
		dst = append(dst, ';')
	}
	return append(dst, name...)
}

func (c *canonical) stringToSign(timestamp int64, scope string) []byte {
	s := make([]byte, 0, 160)
	s = append(s, algorithm...)
	s = append(s, '\n')
	s = strconv.AppendInt(s, timestamp, 10)
	s = append(s, '\n')
	s = append(s, scope...)
	s = append(s, '\n')
	sum := sha256.Sum256(c.request)
	return hex.AppendEncode(s, sum[:])
}

func (c *canonical) signature(signingKey []byte, timestamp int64, scope string) []byte {
	return hmacSHA256(signingKey, c.stringToSign(timestamp, scope))
}

// deriveKeys binds the secret to a day, a service and this use.
func deriveKeys(secretKey, date string) (dateKey, serviceKey, signingKey []byte) {
	dateKey = hmacSHA256([]byte("TC3"+secretKey), []byte(date))
	serviceKey = hmacSHA256(dateKey, []byte(service))
	signingKey = hmacSHA256(serviceKey, []byte(terminal))
	return dateKey, serviceKey, signingKey
}

func hmacSHA256(key, text []byte) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write(text)
	return mac.Sum(nil)
}
