package sig

import (
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
	"log/slog"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A VerifyKey verifies tokens: a [SecretKey], a [PrivateKey] or a [PublicKey].
// What it is decides the generation of the tokens that it takes; a token has no
// say in how it is verified.
type VerifyKey interface {
	generation() Generation // 0 of a key that holds none

	// verify tells whether the signature is the key's for the text.
	verify(text, signature []byte) bool
}

// A Key signs, and verifies what it signed: a [SecretKey] or a [PrivateKey].
// A key shows nothing of itself in any print, log or encoding.
type Key interface {
	VerifyKey

	sign(text []byte) (signature []byte)
}

// A Generation is one of the two ways in which tokens are signed.
type Generation int

const (
	ECDSA Generation = 1 // "1.0", of apps from before July 2019, with a PrivateKey
	HMAC  Generation = 2 // "2.0", of all others, with a SecretKey
)

func (g Generation) String() string {
	switch g {
	case ECDSA:
		return "ECDSA-SHA256"
	case HMAC:
		return "HMAC-SHA256"
	}
	return fmt.Sprintf("Generation(%d)", int(g))
}

// A SecretKey is the SDKSecretKey of an app: the key of the current generation.
// ParseSecretKey makes one.
type SecretKey struct {
	label
	newMAC func() hash.Hash
}

// ParseSecretKey returns the key whose text, without white space around it, is
// what the TRTC console shows as SDKSecretKey. The text is the key as it stands;
// its hexadecimal digits aren't decoded. The error, an ErrKey, says what the text
// is instead.
func ParseSecretKey(text string) (SecretKey, error) {
	text = strings.TrimSpace(strings.TrimPrefix(text, "\ufeff"))
	problem := ""
	switch {
	case text == "":
		problem = "the text is empty"
	case strings.Contains(text, "-----BEGIN"):
		problem = "this is a PEM file, the key of an app from before July 2019, which ParsePrivateKey reads (TRTC_PRIVATE_KEY), and no SDKSecretKey"
	case strings.HasPrefix(text, "AKID"):
		problem = "this is a SecretId of Tencent Cloud's API; the SDKSecretKey is another, shown in the TRTC console beside the SDKAppID"
	case strings.Trim(text, `"'`) != text:
		problem = "there are quotation marks around it, which are no part of an SDKSecretKey"
	case !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }):
		problem = "there is white space or something unprintable in the middle; an SDKSecretKey is one word"
	}
	if problem != "" {
		return SecretKey{}, fmt.Errorf("%w: %s", ErrKey, problem)
	}
	// The key's bytes stay in the function, where no printer of structs finds
	// them, however deep it digs.
	key := []byte(text)
	return SecretKey{"SecretKey(redacted)", func() hash.Hash { return hmac.New(sha256.New, key) }}, nil
}

func (k SecretKey) generation() Generation {
	if k.newMAC == nil {
		return 0
	}
	return HMAC
}

func (k SecretKey) sign(text []byte) []byte {
	mac := k.newMAC()
	mac.Write(text)
	return mac.Sum(nil)
}

func (k SecretKey) verify(text, signature []byte) bool {
	return hmac.Equal(k.sign(text), signature)
}

// A label is what a key that embeds it prints as, whatever the verb, the logger
// or the encoder.
type label string

func (l label) Format(s fmt.State, _ rune)   { io.WriteString(s, l.String()) }
func (l label) LogValue() slog.Value         { return slog.StringValue(l.String()) }
func (l label) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

func (l label) String() string {
	if l == "" {
		return "no key"
	}
	return string(l)
}
