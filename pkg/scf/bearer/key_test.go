package bearer

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"strings"
	"testing"
)

func TestPublicKeyForms(t *testing.T) {
	for alg, pair := range keyPairs() {
		text := publicPEM(t, pair)
		block, _ := pem.Decode([]byte(text))
		token := sign(t, alg, pair, nil, claims(nil))
		for form, key := range map[string]string{
			"PEM":                     text,
			"PEM with Windows lines":  strings.ReplaceAll(text, "\n", "\r\n"),
			"PEM with literal \\n":    strings.ReplaceAll(text, "\n", `\n`),
			"base64 of PEM":           base64.StdEncoding.EncodeToString([]byte(text)),
			"without BEGIN and END":   base64.StdEncoding.EncodeToString(block.Bytes),
			"the lines between those": strings.Join(strings.Split(strings.TrimSpace(text), "\n")[1:strings.Count(text, "\n")-1], "\n"),
		} {
			if user, err := verifier(t, alg+":"+key, Config{}).User(token); user != "alice" || err != nil {
				t.Errorf("%s, %s: %q, %v", alg, form, user, err)
			}
		}
	}
}

func TestParseKeysErrors(t *testing.T) {
	rsaPEM, ecPEM := publicPEM(t, keyPairs()["RS256"]), publicPEM(t, keyPairs()["ES256"])
	block, _ := pem.Decode([]byte(rsaPEM))
	rsaBase64 := base64.StdEncoding.EncodeToString(block.Bytes)

	privateDER, err := x509.MarshalPKCS8PrivateKey(keyPairs()["ES256"])
	if err != nil {
		t.Fatal(err)
	}
	private := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: privateDER}))
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}

	for _, tt := range []struct{ name, text, want string }{
		{"empty", "", "kid:ALG:key"},
		{"only a secret", secret, "kid:ALG:key"},
		{"another algorithm", "k:HS512:" + secret, "kid:ALG:key"},
		{"none", "k:none:" + secret, "kid:ALG:key"},
		{"empty kid", ":HS256:" + secret, "kid:ALG:key"},
		{"trailing comma", "k:HS256:" + secret + ",", "key 2"},
		{"short secret", "HS256:" + secret[:31], "at least 32 bytes"},
		{"PEM as secret", "HS256:" + rsaPEM, "not an HS256 secret"},
		{"PEM in base64 as secret", "HS256:" + base64.StdEncoding.EncodeToString([]byte(rsaPEM)), "not an HS256 secret"},
		{"PEM without its frame as secret", "HS256:" + rsaBase64, "not an HS256 secret"},
		{"private key as secret", "HS256:" + private, "not an HS256 secret"},
		{"private key", "ES256:" + private, "stays where tokens are signed"},
		{"secret as public key", "RS256:" + secret, "-----BEGIN PUBLIC KEY-----"},
		{"cut off", "RS256:" + rsaPEM[:200], "-----BEGIN PUBLIC KEY-----"},
		{"EC key for RS256", "RS256:" + ecPEM, "another kind"},
		{"RSA key for ES256", "ES256:" + rsaPEM, "another kind"},
		{"RSA key for EdDSA", "EdDSA:" + rsaPEM, "another kind"},
		{"curve", "ES256:" + publicPEM(t, p384), "P-256"},
		{"small RSA key", "RS256:" + publicPEM(t, small), "2048 bits"},
		{"several without kid", "HS256:" + secret + ",k:HS256:" + secret, "key 1: it needs a kid"},
		{"the same kid", "k:HS256:" + secret + ",k:RS256:" + rsaPEM, "key 2: its kid"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ParseKeys(tt.text)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("err = %v, want something about %s", err, tt.want)
			}
			for _, part := range strings.FieldsFunc(tt.text, func(r rune) bool { return strings.ContainsRune(",:\n", r) }) {
				if len(part) > 12 && !strings.HasPrefix(part, "-----") && strings.Contains(err.Error(), part) {
					t.Errorf("a part of the key is in %v", err)
				}
			}
		})
	}
}

// Secrets in base64 look like keys without BEGIN and END lines now and then.
func TestSecretThatBeginsLikeDER(t *testing.T) {
	secret := base64.StdEncoding.EncodeToString(append([]byte{0x30, 0x1e}, make([]byte, 30)...))
	if _, err := ParseKeys("HS256:" + secret); err != nil {
		t.Error(err)
	}
}
