package main

import (
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"

	"webrtc-room/pkg/sig"
)

var errNoKey = errors.New("there is no key; put it into a file for -key-file, or set TRTC_SECRET_KEY or TRTC_PRIVATE_KEY")

// key returns the key of the file or, without one, of the environment.
func (c *command) key() (sig.VerifyKey, error) {
	where, text := c.keyFile, ""
	secret, private := c.getenv("TRTC_SECRET_KEY"), c.getenv("TRTC_PRIVATE_KEY")
	switch {
	case where != "":
		b, err := os.ReadFile(where)
		if err != nil {
			if _, notHex := hex.DecodeString(where); notHex == nil || strings.Contains(where, "-----BEGIN") {
				return nil, errors.New("-key-file has a key and not the name of a file; put the key into one (and replace it, if others can read what your shell keeps)")
			}
			return nil, fmt.Errorf("-key-file: %w", err)
		}
		text = string(b)
	case secret != "" && private != "":
		return nil, errors.New("TRTC_SECRET_KEY and TRTC_PRIVATE_KEY are both set; keep the former for an app made since July 2019, the latter for an older one")
	case secret != "":
		where, text = "TRTC_SECRET_KEY", secret
	case private != "":
		where, text = "TRTC_PRIVATE_KEY", private
	default:
		return nil, errNoKey
	}
	key, err := parseKey(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", where, err)
	}
	return key, nil
}

// parseKey tells by the text which kind of key it is.
func parseKey(text string) (sig.VerifyKey, error) {
	const begin, beginInBase64 = "-----BEGIN", "LS0tLS1CRUdJTi"
	switch {
	case strings.Contains(text, "-----BEGIN PUBLIC KEY"):
		return sig.ParsePublicKey([]byte(text))
	case strings.Contains(text, begin), strings.HasPrefix(strings.TrimSpace(text), beginInBase64):
		return sig.ParsePrivateKey([]byte(text))
	}
	return sig.ParseSecretKey(text)
}
