package sig

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"strings"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	k1ecdsa "github.com/decred/dcrd/dcrec/secp256k1/v4/ecdsa"
)

// A PrivateKey is the key of an app from before July 2019: ECDSA on secp256k1 or,
// of later ones, on P-256. ParsePrivateKey makes one. Its signatures depend on
// nothing but the key and the text (RFC 6979), so equal input gives equal tokens.
type PrivateKey struct {
	label
	public     PublicKey
	signDigest func(digest []byte) (der []byte) // holds the key, as newMAC of a SecretKey
}

// A PublicKey verifies what its PrivateKey signed. ParsePublicKey makes one.
type PublicKey struct {
	label
	check func(digest, der []byte) bool
}

// ParsePrivateKey reads a private_key file: a PEM with a PKCS #8 or SEC 1 key. To
// fit an environment variable, the PEM may have literal \n for its line ends, or be
// in base64 in one line. The error, an ErrKey, says what the text is instead.
func ParsePrivateKey(text []byte) (PrivateKey, error) {
	block, err := findKey(text)
	if err != nil {
		return PrivateKey{}, err
	}
	switch block.Type {
	case "PUBLIC KEY":
		return PrivateKey{}, keyError("this is the public key, which can only verify; signing takes the file private_key")
	case "EC PRIVATE KEY":
		return parseSEC1(block.Bytes, "")
	}
	return parsePKCS8(block.Bytes)
}

// ParsePublicKey reads a public_key file, in the forms that ParsePrivateKey takes.
func ParsePublicKey(text []byte) (PublicKey, error) {
	block, err := findKey(text)
	if err != nil {
		return PublicKey{}, err
	}
	if block.Type != "PUBLIC KEY" {
		return PublicKey{}, keyError("this is the private key; what only verifies should have no more than the file public_key")
	}
	var key struct {
		Algorithm algorithm
		Point     asn1.BitString
	}
	if err := unmarshal(block.Bytes, &key); err != nil {
		return PublicKey{}, err
	}
	c, err := key.Algorithm.curve()
	if err != nil {
		return PublicKey{}, err
	}
	return c.publicKey(key.Point.RightAlign())
}

func keyError(problem string) error { return fmt.Errorf("%w: %s", ErrKey, problem) }

// findKey returns the first PEM block in the text that may hold an EC key.
func findKey(text []byte) (*pem.Block, error) {
	const begin = "-----BEGIN"
	clean := func(text []byte) string {
		return strings.TrimSpace(strings.TrimPrefix(string(text), "\ufeff"))
	}
	s := clean(text)
	switch {
	case s == "":
		return nil, keyError("the text is empty")
	case strings.HasPrefix(s, "\xff\xfe"), strings.HasPrefix(s, "\xfe\xff"):
		return nil, keyError("this file is in UTF-16; save it as UTF-8 or ASCII")
	case strings.Trim(s, `"'`) != s:
		return nil, keyError("there are quotation marks around it, which are no part of a PEM file")
	case !strings.Contains(s, begin):
		decoded, err := base64.StdEncoding.DecodeString(s)
		if err != nil {
			return nil, keyError("this is no PEM file, which begins with -----BEGIN PRIVATE KEY-----, nor the base64 of one")
		}
		if s = clean(decoded); !strings.Contains(s, begin) {
			return nil, keyError("this is base64, but not of a PEM file; encode the whole file, with its line -----BEGIN PRIVATE KEY-----")
		}
	}
	s = strings.NewReplacer(`\r\n`, "\n", `\n`, "\n").Replace(s)

	for rest := []byte(s); ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		switch {
		case block.Type == "EC PARAMETERS": // which openssl writes in front of the key
			continue
		case strings.Contains(block.Type, "ENCRYPTED"), strings.Contains(block.Headers["Proc-Type"], "ENCRYPTED"):
			return nil, keyError("this key is encrypted with a password; decrypt it first (openssl pkey -in private_key -out decrypted)")
		case block.Type == "PRIVATE KEY", block.Type == "EC PRIVATE KEY", block.Type == "PUBLIC KEY":
			return block, nil
		}
		return nil, keyError("this PEM file holds " + strings.ToLower(block.Type) + " data, not the private_key file of an app")
	}
	switch {
	case !strings.Contains(s, "-----END"):
		return nil, keyError("this PEM file is cut off: its last line, -----END PRIVATE KEY-----, is missing")
	case !strings.Contains(s, "\n"):
		return nil, keyError(`this PEM file has lost its line ends; write them as \n, or take the base64 of the whole file`)
	}
	return nil, keyError("this PEM file is damaged: what is between BEGIN and END is not whole lines of base64, or no key")
}

// A curve is one of the two that apps have keys on, by name.
type curve string

const (
	k1   curve = "secp256k1"
	p256 curve = "P-256"
)

type algorithm struct {
	ID         asn1.ObjectIdentifier
	Parameters asn1.RawValue `asn1:"optional"`
}

func (a algorithm) curve() (curve, error) {
	switch a.ID.String() {
	case "1.2.840.10045.2.1":
		return namedCurve(a.Parameters.FullBytes)
	case "1.2.840.113549.1.1.1":
		return "", keyError("this is an RSA key; tokens are signed with EC keys, on secp256k1 or P-256")
	case "1.3.101.112":
		return "", keyError("this is an Ed25519 key; tokens are signed with ECDSA, on secp256k1 or P-256")
	}
	return "", keyError("this is no EC key (its algorithm is " + a.ID.String() + ")")
}

func namedCurve(parameters []byte) (curve, error) {
	var id asn1.ObjectIdentifier
	if _, err := asn1.Unmarshal(parameters, &id); err != nil {
		return "", keyError("this key spells its curve out instead of naming it; convert it (openssl ec -in private_key -param_enc named_curve -out converted)")
	}
	switch id.String() {
	case "1.3.132.0.10":
		return k1, nil
	case "1.2.840.10045.3.1.7":
		return p256, nil
	case "1.3.132.0.34":
		return "", keyError("this key is on the curve P-384; apps have keys on secp256k1 or P-256")
	case "1.3.132.0.35":
		return "", keyError("this key is on the curve P-521; apps have keys on secp256k1 or P-256")
	}
	return "", keyError("this key is on another curve (" + id.String() + ") than secp256k1 and P-256")
}

func unmarshal(der []byte, v any) error {
	if rest, err := asn1.Unmarshal(der, v); err != nil || len(rest) > 0 {
		return keyError("this PEM file is damaged: it holds no well-formed key")
	}
	return nil
}

func parsePKCS8(der []byte) (PrivateKey, error) {
	var key struct {
		Version   int
		Algorithm algorithm
		SEC1      []byte
	}
	if err := unmarshal(der, &key); err != nil {
		return PrivateKey{}, err
	}
	c, err := key.Algorithm.curve()
	if err != nil {
		return PrivateKey{}, err
	}
	return parseSEC1(key.SEC1, c)
}

// parseSEC1 reads a key on the curve c, or on the one that it names if c is "".
func parseSEC1(der []byte, c curve) (PrivateKey, error) {
	var key struct {
		Version    int
		Scalar     []byte
		Parameters asn1.RawValue  `asn1:"optional,explicit,tag:0"`
		Point      asn1.BitString `asn1:"optional,explicit,tag:1"`
	}
	if err := unmarshal(der, &key); err != nil {
		return PrivateKey{}, err
	}
	if len(key.Parameters.Bytes) > 0 {
		named, err := namedCurve(key.Parameters.Bytes)
		if err != nil {
			return PrivateKey{}, err
		}
		if c != "" && c != named {
			return PrivateKey{}, keyError("this key names two curves")
		}
		c = named
	}
	if c == "" {
		return PrivateKey{}, keyError("this key doesn't say which curve it is on")
	}
	return c.privateKey(key.Scalar, key.Point.RightAlign())
}

// privateKey returns the key with the scalar, whose public half must be the point
// if there is one.
func (c curve) privateKey(scalar, point []byte) (PrivateKey, error) {
	outside := keyError("this PEM file is damaged: its number is outside of the curve's range")
	if scalar = bytes.TrimLeft(scalar, "\x00"); len(scalar) > 32 {
		return PrivateKey{}, outside
	}
	scalar = append(make([]byte, 32-len(scalar)), scalar...)

	var sign func(digest []byte) []byte
	var own []byte
	switch c {
	case k1:
		var s secp256k1.ModNScalar
		if s.SetByteSlice(scalar) || s.IsZero() {
			return PrivateKey{}, outside
		}
		key := secp256k1.NewPrivateKey(&s)
		own = key.PubKey().SerializeUncompressed()
		sign = func(digest []byte) []byte { return k1ecdsa.Sign(key, digest).Serialize() }
	case p256:
		key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), scalar)
		if err != nil {
			return PrivateKey{}, outside
		}
		if own, err = key.PublicKey.Bytes(); err != nil {
			return PrivateKey{}, outside
		}
		sign = func(digest []byte) []byte {
			der, err := key.Sign(nil, digest, crypto.SHA256)
			if err != nil {
				panic("sig: a parsed P-256 key does not sign: " + err.Error())
			}
			return der
		}
	}
	if len(point) > 0 {
		stated, err := c.uncompressed(point)
		if err != nil {
			return PrivateKey{}, err
		}
		if !bytes.Equal(stated, own) {
			return PrivateKey{}, keyError("this PEM file is damaged: its public part belongs to another key")
		}
	}
	public, err := c.publicKey(own)
	return PrivateKey{label("PrivateKey(" + string(c) + ", redacted)"), public, sign}, err
}

func (c curve) publicKey(point []byte) (PublicKey, error) {
	point, err := c.uncompressed(point)
	if err != nil {
		return PublicKey{}, err
	}
	public := PublicKey{label: label("PublicKey(" + string(c) + ")")}
	switch c {
	case k1:
		key, err := secp256k1.ParsePubKey(point)
		if err != nil {
			return PublicKey{}, errPoint
		}
		public.check = func(digest, der []byte) bool {
			s, err := k1ecdsa.ParseDERSignature(der)
			return err == nil && s.Verify(digest, key)
		}
	case p256:
		key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
		if err != nil {
			return PublicKey{}, errPoint
		}
		public.check = func(digest, der []byte) bool { return ecdsa.VerifyASN1(key, digest, der) }
	}
	return public, nil
}

var errPoint = keyError("this PEM file is damaged: its public part is no point of the curve")

// uncompressed returns the 65 bytes of a point that may be compressed to 33.
func (c curve) uncompressed(point []byte) ([]byte, error) {
	if len(point) == 65 && point[0] == 4 {
		return point, nil
	}
	if len(point) != 33 {
		return nil, errPoint
	}
	switch c {
	case k1:
		if key, err := secp256k1.ParsePubKey(point); err == nil {
			return key.SerializeUncompressed(), nil
		}
	case p256:
		if x, y := elliptic.UnmarshalCompressed(elliptic.P256(), point); x != nil {
			return append([]byte{4}, append(x.FillBytes(make([]byte, 32)), y.FillBytes(make([]byte, 32))...)...), nil
		}
	}
	return nil, errPoint
}

func (k PrivateKey) generation() Generation { return k.public.generation() }

func (k PrivateKey) verify(text, signature []byte) bool { return k.public.verify(text, signature) }

func (k PrivateKey) sign(text []byte) []byte {
	digest := sha256.Sum256(text)
	return k.signDigest(digest[:])
}

func (k PublicKey) generation() Generation {
	if k.check == nil {
		return 0
	}
	return ECDSA
}

func (k PublicKey) verify(text, signature []byte) bool {
	digest := sha256.Sum256(text)
	return k.check(digest[:], signature)
}
