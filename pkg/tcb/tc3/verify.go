package tc3

import (
	"bytes"
	"crypto/hmac"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"webrtc-room/pkg/internal/js"
)

// What Verify refuses a request for. The text around them says what was found.
var (
	ErrNotSigned  = errors.New("tc3: the request carries no TC3-HMAC-SHA256 signature")
	ErrMalformed  = errors.New("tc3: the signature's parts are missing, unreadable or don't fit the request")
	ErrUnknownKey = errors.New("tc3: unknown SecretId")
	ErrExpired    = errors.New("tc3: the signature is not valid at this time")
	ErrMismatch   = errors.New("tc3: the signature doesn't match the request and the key")
)

// Verify checks the signature of a request that arrived with body, at time now.
// secretKey finds the secret half of a key pair; false means there is no such pair.
//
// It returns nil, or an error that wraps ErrNotSigned, ErrMalformed, ErrUnknownKey,
// ErrExpired or ErrMismatch and says what is wrong in words for a developer. No
// error holds a secret. Verify neither reads r.Body nor accepts Bearer tokens.
//
// A parameter that is not empty must be signed: a verifier that ignored the others
// would let a request be altered on its way. The SDKs sign all.
func Verify(r *http.Request, body []byte, secretKey func(secretID string) (string, bool), now time.Time) error {
	auth, err := parseAuthorization(r.Header.Get("Authorization"))
	if err != nil {
		return err
	}
	if r.Method != http.MethodPost {
		return fmt.Errorf("%w: method is %s, only POST is signed", ErrMalformed, r.Method)
	}
	at, err := signedAt(r.Header, now)
	if err != nil {
		return err
	}
	if want := scopeOf(at); auth.scope != want {
		return fmt.Errorf("%w: credential scope is %q, by %s it must be %q", ErrMalformed, auth.scope, HeaderTimestamp, want)
	}
	m := Message{Host: r.Host, Path: r.URL.EscapedPath(), Query: r.URL.RawQuery}
	if m.Host == "" { // r was made for a client and handed over in memory
		m.Host = r.URL.Host
	}
	if m.Header, err = signedHeader(auth.headers, r.Header, m.Host); err != nil {
		return err
	}
	if m.Params, err = signedParams(auth, body); err != nil {
		return err
	}

	key, ok := secretKey(auth.secretID)
	if !ok {
		return fmt.Errorf("%w %q", ErrUnknownKey, auth.secretID)
	}
	c := canonicalize(m)
	_, _, signing := deriveKeys(key, dateOf(auth.scope))
	if !hmac.Equal(c.signature(signing, at.Unix(), auth.scope), auth.signature) {
		return fmt.Errorf("%w of SecretId %q", ErrMismatch, auth.secretID)
	}
	return nil
}

// authorization is a taken-apart Authorization header.
type authorization struct {
	secretID  string
	scope     string
	hasParams bool // the list of parameters is optional
	params    []string
	headers   []string
	signature []byte
}

func parseAuthorization(header string) (authorization, error) {
	var a authorization
	rest, ok := strings.CutPrefix(header, algorithm+" ")
	if !ok {
		return a, ErrNotSigned
	}
	for part := range strings.SplitSeq(rest, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch name {
		case "Credential":
			a.secretID, a.scope, _ = strings.Cut(value, "/")
		case "SignedParams":
			a.hasParams = true
			a.params = splitNames(value)
		case "SignedHeaders":
			a.headers = splitNames(value)
		case "Signature":
			var err error
			if a.signature, err = hex.DecodeString(value); err != nil {
				return a, fmt.Errorf("%w: Signature is not hexadecimal", ErrMalformed)
			}
		default:
			return a, fmt.Errorf("%w: Authorization has an unknown part %q", ErrMalformed, name)
		}
	}
	switch {
	case a.secretID == "" || a.scope == "":
		return a, fmt.Errorf("%w: Authorization has no Credential", ErrMalformed)
	case len(a.signature) == 0:
		return a, fmt.Errorf("%w: Authorization has no Signature", ErrMalformed)
	case !slices.Contains(a.headers, "host") || !slices.Contains(a.headers, "content-type"):
		return a, fmt.Errorf("%w: SignedHeaders must name host and content-type", ErrMalformed)
	}
	return a, nil
}

func splitNames(list string) []string {
	if list == "" {
		return nil
	}
	return strings.Split(list, ";")
}

// signedAt is the time of signing, if that is near enough to now.
func signedAt(h http.Header, now time.Time) (time.Time, error) {
	seconds, err := strconv.ParseInt(h.Get(HeaderTimestamp), 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("%w: %s %q is not a number of seconds", ErrMalformed, HeaderTimestamp, h.Get(HeaderTimestamp))
	}
	at := time.Unix(seconds, 0)
	valid := Expires
	if text := h.Get(HeaderExpires); text != "" {
		n, err := strconv.ParseUint(text, 10, 31)
		if err != nil {
			return time.Time{}, fmt.Errorf("%w: %s %q is not a number of seconds", ErrMalformed, HeaderExpires, text)
		}
		// The header itself isn't signed: it may shorten the time, not extend it.
		valid = min(valid, time.Duration(n)*time.Second)
	}
	if skew := now.Sub(at); skew > valid || skew < -valid {
		return time.Time{}, fmt.Errorf("%w: signed at %s, checked at %s, valid for %s either way: check the clock",
			ErrExpired, at.UTC().Format(time.RFC3339), now.UTC().Format(time.RFC3339), valid)
	}
	return at, nil
}

func signedHeader(names []string, h http.Header, host string) ([]Field, error) {
	fields := make([]Field, 0, len(names))
	for _, name := range names {
		if name == "host" {
			fields = append(fields, Field{name, host})
			continue
		}
		values := h.Values(name)
		if len(values) != 1 {
			return nil, fmt.Errorf("%w: signed header %q is there %d times, not once", ErrMalformed, name, len(values))
		}
		fields = append(fields, Field{name, values[0]})
	}
	return fields, nil
}

// signedParams returns the parameters in body that are signed, which must be all
// that aren't empty.
func signedParams(auth authorization, body []byte) ([]Field, error) {
	params, err := Params(body)
	if err != nil {
		return nil, err
	}
	if !auth.hasParams {
		return params, nil
	}
	for _, name := range auth.params {
		if !slices.ContainsFunc(params, func(p Field) bool { return p.Name == name }) {
			return nil, fmt.Errorf("%w: signed parameter %q is not in the body", ErrMalformed, name)
		}
	}
	for _, p := range params {
		if js.Trim(p.Value) != "" && !slices.Contains(auth.params, p.Name) {
			return nil, fmt.Errorf("%w: parameter %q is not signed", ErrMalformed, p.Name)
		}
	}
	return params, nil
}

// Params reads the parameters of a JSON body as they are hashed, with names in
// lower case, sorted. Its errors wrap ErrMalformed.
func Params(body []byte) ([]Field, error) {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(body, &raw); err != nil {
		return nil, fmt.Errorf("%w: the body is not a JSON object: %v", ErrMalformed, err)
	}
	params := make([]Field, 0, len(raw))
	for name, text := range raw {
		p := Field{Name: strings.ToLower(js.Trim(name))}
		if text = bytes.TrimSpace(text); text[0] == '"' {
			if err := json.Unmarshal(text, &p.Value); err != nil {
				return nil, fmt.Errorf("%w: parameter %q: %v", ErrMalformed, name, err)
			}
		} else {
			value, err := js.AppendJSON(nil, text)
			if err != nil {
				return nil, fmt.Errorf("%w: parameter %q: %v", ErrMalformed, name, err)
			}
			p.Value = string(value)
		}
		params = append(params, p)
	}
	slices.SortFunc(params, byName)
	for i := 1; i < len(params); i++ {
		if params[i].Name == params[i-1].Name {
			return nil, fmt.Errorf("%w: two parameters are called %q", ErrMalformed, params[i].Name)
		}
	}
	return params, nil
}
