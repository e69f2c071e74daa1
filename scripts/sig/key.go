package main

import (
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"

	"webrtc-room/pkg/sig"
	"webrtc-room/pkg/signin"
)

// key returns the key of the file or, without one, the functions' own. An error may
// wrap signin.ErrNoKey.
func (c *command) key() (sig.VerifyKey, error) {
	if c.keyFile == "" {
		key, err := signin.FindKeyIn(c.root, c.getenv)
		return key.Key, err
	}
	text, err := os.ReadFile(c.keyFile)
	if err != nil {
		if _, notHex := hex.DecodeString(c.keyFile); notHex == nil || strings.Contains(c.keyFile, "-----BEGIN") {
			return nil, errors.New("-key-file has a key and not the name of a file; put the key into one (and replace it, if others can read what your shell keeps)")
		}
		return nil, fmt.Errorf("-key-file: %w", err)
	}
	key, err := parseKey(string(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.keyFile, err)
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
