package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/golang-jwt/jwt/v5"

	"webrtc-room/pkg/scf/bearer"
)

// A key signs tokens.
type key struct {
	kid     string // "" for a key without
	alg     string
	private any    // what the JWT library takes
	setting string // HTTP_JWT_KEYS for the functions
}

func (k key) sign(claims jwt.MapClaims) (string, error) {
	token := jwt.NewWithClaims(jwt.GetSigningMethod(k.alg), claims)
	if k.kid != "" {
		token.Header["kid"] = k.kid
	}
	return token.SignedString(k.private)
}

// key returns the key that the flags and the environment ask for.
func (p *program) key(alg, file string) (key, error) {
	if file != "" {
		return privateKey(alg, file)
	}
	if alg != "HS256" {
		return key{}, fmt.Errorf("say with -key in which file to keep the private key of %s", alg)
	}
	if setting := p.getenv("HTTP_JWT_KEYS"); setting != "" {
		return secretOf(setting)
	}
	secret := rand.Text() + rand.Text() // of 128 bits and more each
	kid := keyID([]byte(secret))
	return key{kid, alg, []byte(secret), kid + ":HS256:" + secret}, nil
}

// keyID makes a key's id from the key, so that it is the same next time.
func keyID(key []byte) string {
	sum := sha256.Sum256(key)
	return "try-" + hex.EncodeToString(sum[:4])
}

// secretOf returns the first HS256 secret of the setting.
func secretOf(setting string) (key, error) {
	if _, err := bearer.ParseKeys(setting); err != nil {
		return key{}, fmt.Errorf("HTTP_JWT_KEYS: %w", err)
	}
	for entry := range strings.SplitSeq(setting, ",") {
		entry = strings.TrimSpace(entry)
		if secret, ok := strings.CutPrefix(entry, "HS256:"); ok {
			return key{"", "HS256", []byte(secret), setting}, nil
		}
		kid, rest, _ := strings.Cut(entry, ":")
		if secret, ok := strings.CutPrefix(rest, "HS256:"); ok {
			return key{kid, "HS256", []byte(secret), setting}, nil
		}
	}
	return key{}, errors.New("HTTP_JWT_KEYS has public keys only: sign with the private key of one (-key), or unset it to get a new secret")
}

// privateKey returns the key in the file, which is made if it isn't there.
func privateKey(alg, file string) (key, error) {
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		text, err = makeKey(alg, file)
	}
	if err != nil {
		return key{}, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return key{}, fmt.Errorf("%s is no PEM file", file)
	}
	private, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return key{}, fmt.Errorf("%s is no private key as in a PEM that begins with -----BEGIN PRIVATE KEY-----", file)
	}
	k := key{private: private}
	switch private.(type) {
	case *rsa.PrivateKey:
		k.alg = "RS256"
	case *ecdsa.PrivateKey:
		k.alg = "ES256"
	case ed25519.PrivateKey:
		k.alg = "EdDSA"
	default:
		return key{}, fmt.Errorf("%s holds a key of another kind than RSA, EC or Ed25519", file)
	}
	public, err := x509.MarshalPKIXPublicKey(private.(crypto.Signer).Public())
	if err != nil {
		return key{}, err
	}
	k.kid = keyID(public)
	k.setting = k.kid + ":" + k.alg + ":" + base64.StdEncoding.EncodeToString(public)
	return k, nil
}

// makeKey makes a private key in a file that only its owner can read.
func makeKey(alg, file string) (text []byte, err error) {
	var private any
	switch alg {
	case "RS256":
		private, err = rsa.GenerateKey(rand.Reader, 2048)
	case "ES256":
		private, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case "EdDSA":
		_, private, err = ed25519.GenerateKey(rand.Reader)
	default:
		err = fmt.Errorf("there is no %s, and no private key of %s to make it with: say -alg RS256, ES256 or EdDSA", file, alg)
	}
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, err
	}
	text = pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	return text, os.WriteFile(file, text, 0o600)
}
