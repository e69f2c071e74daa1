package bearer

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
)

const (
	minSecret  = 32   // bytes of an HS256 secret: as many as the hash has (RFC 7518, section 3.2)
	minRSABits = 2048 // RFC 7518, section 3.3
)

// Keys check tokens. ParseKeys makes them; the zero Keys are none.
type Keys struct {
	byID map[string]key
	only *key // the one key without an id, for tokens of whatever kid
}

// A key is good for one algorithm only.
type key struct {
	alg      string
	material any // what the JWT library takes for this algorithm
}

// ParseKeys reads keys that are separated by commas. Each is kid:ALG:key, where
// kid is the key's id in the kid header of its tokens:
//
//   - kid:HS256:secret takes the bytes of the text, at least 32, as the secret;
//   - kid:RS256:key, kid:ES256:key and kid:EdDSA:key take a public key: a PEM,
//     in which line ends may be literal \n, or in base64 in one line, or without
//     its BEGIN and END lines.
//
// The kid and its colon may be left out if there is one key only, which then
// checks the tokens of every kid.
//
// An error says which key is wrong, by its number, and why.
func ParseKeys(text string) (Keys, error) {
	keys := Keys{byID: make(map[string]key)}
	entries := strings.Split(text, ",")
	for i, entry := range entries {
		kid, k, err := parseKey(strings.TrimSpace(entry))
		_, twice := keys.byID[kid]
		switch {
		case err != nil:
		case kid == "" && len(entries) > 1:
			err = errors.New("it needs a kid in front, as there are several keys: kid:ALG:key")
		case twice:
			err = errors.New("its kid is that of an earlier key")
		}
		if err != nil {
			return Keys{}, fmt.Errorf("key %d: %w", i+1, err)
		}
		if kid == "" {
			keys.only = &k
		}
		keys.byID[kid] = k
	}
	return keys, nil
}

var errForm = errors.New("it must be kid:ALG:key, where ALG is HS256, RS256, ES256 or EdDSA")

func parseKey(entry string) (kid string, k key, err error) {
	first, rest, _ := strings.Cut(entry, ":")
	parse := parsers[first]
	if parse == nil {
		var alg string
		kid = first
		alg, rest, _ = strings.Cut(rest, ":")
		if parse = parsers[alg]; parse == nil || kid == "" {
			return "", key{}, errForm
		}
	}
	k, err = parse(rest)
	return kid, k, err
}

// parsers read a key of the algorithm.
var parsers = map[string]func(string) (key, error){
	"HS256": parseSecret,
	"RS256": func(text string) (key, error) {
		public, err := parsePublic[*rsa.PublicKey](text)
		if err == nil && public.N.BitLen() < minRSABits {
			err = fmt.Errorf("an RSA key has at least %d bits", minRSABits)
		}
		return key{"RS256", public}, err
	},
	"ES256": func(text string) (key, error) {
		public, err := parsePublic[*ecdsa.PublicKey](text)
		if err == nil && public.Curve != elliptic.P256() {
			err = errors.New("an ES256 key is on the curve P-256")
		}
		return key{"ES256", public}, err
	},
	"EdDSA": func(text string) (key, error) {
		public, err := parsePublic[ed25519.PublicKey](text)
		return key{"EdDSA", public}, err
	},
}

func parseSecret(secret string) (key, error) {
	// A public key is no secret: with one for the secret, everybody could sign.
	if der, isPEM := decodeKey(secret); isPEM || isPublicKey(der) {
		return key{}, errors.New("a PEM key is not an HS256 secret: name its algorithm, RS256, ES256 or EdDSA")
	}
	if len(secret) < minSecret {
		return key{}, fmt.Errorf("an HS256 secret has at least %d bytes", minSecret)
	}
	return key{"HS256", []byte(secret)}, nil
}

func isPublicKey(der []byte) bool {
	_, err := x509.ParsePKIXPublicKey(der)
	return err == nil
}

// parsePublic reads a public key of the kind that the algorithm takes.
func parsePublic[Key any](text string) (public Key, err error) {
	der, _ := decodeKey(text)
	if der == nil {
		return public, errors.New("it is no PEM public key, which begins with -----BEGIN PUBLIC KEY-----, nor the base64 of one")
	}
	parsed, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		return public, errors.New("it is no public key, as in a PEM that begins with -----BEGIN PUBLIC KEY-----: a private key stays where tokens are signed, and a certificate has to be converted (openssl x509 -pubkey -noout)")
	}
	public, ok := parsed.(Key)
	if !ok {
		return public, errors.New("the key is of another kind than its algorithm: RS256 takes an RSA key, ES256 one on P-256, EdDSA an Ed25519 key")
	}
	return public, nil
}

// decodeKey returns what is in a PEM, in the base64 of a PEM, or in any base64:
// the last may be a PEM's inner lines. It returns nil for other texts.
func decodeKey(text string) (der []byte, isPEM bool) {
	text = strings.NewReplacer(`\r\n`, "\n", `\n`, "\n").Replace(text)
	decoded, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if err == nil {
		text = string(decoded)
	}
	if block, _ := pem.Decode([]byte(text)); block != nil {
		return block.Bytes, true
	}
	return decoded, false
}
