package bearer

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const secret = "a-secret-of-more-than-32-bytes-for-tests"

var now = time.Unix(1_900_000_000, 0)

// keyPairs are made once: an RSA key takes a while.
var keyPairs = sync.OnceValue(func() map[string]crypto.Signer {
	pairs := make(map[string]crypto.Signer)
	var err error
	if pairs["RS256"], err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		panic(err)
	}
	if pairs["ES256"], err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		panic(err)
	}
	if _, pairs["EdDSA"], err = ed25519.GenerateKey(rand.Reader); err != nil {
		panic(err)
	}
	return pairs
})

// publicPEM is the public key of a pair, as PEM.
func publicPEM(t testing.TB, pair crypto.Signer) string {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(pair.Public())
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

// sign makes a token. A nil claim is left out.
func sign(t testing.TB, alg string, key any, header, claims map[string]any) string {
	t.Helper()
	token := jwt.NewWithClaims(jwt.GetSigningMethod(alg), jwt.MapClaims(claims))
	for name, value := range header {
		token.Header[name] = value
	}
	text, err := token.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// claims are those of a good token, with some replaced. A nil one is left out.
func claims(replaced map[string]any) map[string]any {
	all := map[string]any{"sub": "alice", "exp": now.Add(time.Hour).Unix()}
	for name, value := range replaced {
		all[name] = value
		if value == nil {
			delete(all, name)
		}
	}
	return all
}

func verifier(t testing.TB, keys string, config Config) *Verifier {
	t.Helper()
	var err error
	if config.Keys, err = ParseKeys(keys); err != nil {
		t.Fatal(err)
	}
	config.Now = func() time.Time { return now }
	return New(config)
}

func TestUser(t *testing.T) {
	v := verifier(t, "HS256:"+secret, Config{})
	strict := verifier(t, "HS256:"+secret, Config{Issuer: "https://login.example", Audience: "rooms"})
	unix := func(d time.Duration) int64 { return now.Add(d).Unix() }
	type c = map[string]any
	tests := []struct {
		name   string
		v      *Verifier
		claims c
		want   error
	}{
		{"OK", v, nil, nil},
		{"all claims", v, c{"iat": unix(0), "nbf": unix(0), "iss": "any", "aud": "any"}, nil},
		{"expired, within the leeway", v, c{"exp": unix(time.Second - Leeway)}, nil},
		{"expired", v, c{"exp": unix(-Leeway)}, ErrExpired},
		{"expired long ago", v, c{"exp": 1}, ErrExpired},
		{"no exp", v, c{"exp": nil}, ErrMissing},
		{"exp 0", v, c{"exp": 0}, ErrMissing},
		{"exp that is no number", v, c{"exp": "2030-01-01"}, ErrMalformed},
		{"exp null", v, c{"exp": json.RawMessage("null")}, ErrMalformed},
		{"nbf ahead, within the leeway", v, c{"nbf": unix(Leeway)}, nil},
		{"nbf ahead", v, c{"nbf": unix(Leeway + time.Second)}, ErrNotYet},
		{"nbf that is no number", v, c{"nbf": []int{1}}, ErrMalformed},
		{"signed in the future", v, c{"iat": unix(Leeway + time.Second)}, ErrNotYet},

		{"issuer and audience", strict, c{"iss": "https://login.example", "aud": "rooms"}, nil},
		{"one of its audiences", strict, c{"iss": "https://login.example", "aud": []string{"chat", "rooms"}}, nil},
		{"another issuer", strict, c{"iss": "https://login.example.evil", "aud": "rooms"}, ErrIssuer},
		{"no issuer", strict, c{"aud": "rooms"}, ErrMissing},
		{"issuer that is no string", strict, c{"iss": 5, "aud": "rooms"}, ErrMalformed},
		{"another audience", strict, c{"iss": "https://login.example", "aud": []string{"chat", "room"}}, ErrAudience},
		{"no audience", strict, c{"iss": "https://login.example"}, ErrMissing},
		{"audience that is no string", strict, c{"iss": "https://login.example", "aud": []any{"rooms", 5}}, ErrMalformed},
		{"another issuer, and expired", strict, c{"iss": "x", "aud": "rooms", "exp": 1}, ErrIssuer},

		{"sub of 32 bytes", v, c{"sub": strings.Repeat("~", 32)}, nil},
		{"no sub", v, c{"sub": nil}, ErrUser},
		{"empty sub", v, c{"sub": ""}, ErrUser},
		{"sub of 33 bytes", v, c{"sub": strings.Repeat("a", 33)}, ErrUser},
		{"sub with a space", v, c{"sub": "al ice"}, ErrUser},
		{"sub with a line feed", v, c{"sub": "alice\n"}, ErrUser},
		{"sub beyond ASCII", v, c{"sub": "张三"}, ErrUser},
		{"sub that is a number", v, c{"sub": 12345}, ErrUser},
		{"sub that is a list", v, c{"sub": []string{"alice"}}, ErrUser},
		{"claim that looks like sub", v, c{"SUB": "bob", "Sub": "bob"}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			all := claims(tt.claims)
			user, err := tt.v.User(sign(t, "HS256", []byte(secret), nil, all))
			if !errors.Is(err, tt.want) || err == nil && user != all["sub"] || err != nil && user != "" {
				t.Errorf("User = %q, %v; want %v", user, err, tt.want)
			}
		})
	}
}

// Each algorithm with its key, and none with another one's.
func TestAlgorithms(t *testing.T) {
	signers := map[string]any{"HS256": []byte(secret)}
	keys := map[string]string{"HS256": secret}
	for alg, pair := range keyPairs() {
		signers[alg], keys[alg] = pair, publicPEM(t, pair)
	}
	for configured := range keys {
		v := verifier(t, configured+":"+keys[configured], Config{})
		for alg, signer := range signers {
			user, err := v.User(sign(t, alg, signer, nil, claims(nil)))
			switch {
			case alg == configured && (user != "alice" || err != nil):
				t.Errorf("%s with its key: %q, %v", alg, user, err)
			case alg != configured && err != ErrAlgorithm:
				t.Errorf("%s with a key for %s: %q, %v; want ErrAlgorithm", alg, configured, user, err)
			}
		}
	}
}

// The public key is known to everybody. Whoever gets it used as a secret can
// sign.
func TestKeyConfusion(t *testing.T) {
	for alg, pair := range keyPairs() {
		public := publicPEM(t, pair)
		block, _ := pem.Decode([]byte(public))
		for form, secret := range map[string]string{
			"PEM":          public,
			"trimmed PEM":  strings.TrimSpace(public),
			"one-line PEM": strings.ReplaceAll(public, "\n", `\n`),
			"DER":          string(block.Bytes),
			"base64":       base64.StdEncoding.EncodeToString(block.Bytes),
		} {
			v := verifier(t, "k:"+alg+":"+public, Config{})
			for _, hmac := range []string{"HS256", "HS384", "HS512"} {
				token := sign(t, hmac, []byte(secret), map[string]any{"kid": "k"}, claims(nil))
				if user, err := v.User(token); err != ErrAlgorithm {
					t.Errorf("%s with the %s as secret: %q, %v; want ErrAlgorithm", hmac, form, user, err)
				}
			}
		}
	}
}

func TestForgeries(t *testing.T) {
	v := verifier(t, "k:HS256:"+secret, Config{})
	part := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	signed := func(header, payload string) string {
		text := part(header) + "." + part(payload)
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write([]byte(text))
		return text + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
	}
	const header, payload = `{"alg":"HS256","kid":"k"}`, `{"sub":"alice","exp":1900003600}`
	good := signed(header, payload)
	if user, err := v.User(good); user != "alice" || err != nil {
		t.Fatalf("the good one: %q, %v", user, err)
	}
	parts := strings.Split(good, ".")
	last := len(good) - 1

	tests := []struct {
		name, token string
		want        error
	}{
		{"none", part(`{"alg":"none","kid":"k"}`) + "." + parts[1] + ".", ErrAlgorithm},
		{"none with a signature", part(`{"alg":"none","kid":"k"}`) + "." + parts[1] + "." + parts[2], ErrAlgorithm},
		{"None", part(`{"alg":"None","kid":"k"}`) + "." + parts[1] + ".", ErrAlgorithm},
		{"no alg", signed(`{"kid":"k"}`, payload), ErrAlgorithm},
		{"alg that is no string", signed(`{"alg":["HS256"],"kid":"k"}`, payload), ErrAlgorithm},
		{"alg in lower case", signed(`{"alg":"hs256","kid":"k"}`, payload), ErrAlgorithm},
		{"header alg twice", part(`{"alg":"HS256","alg":"none","kid":"k"}`) + "." + parts[1] + ".", ErrAlgorithm},
		{"another kid", signed(`{"alg":"HS256","kid":"K"}`, payload), ErrKey},
		{"no kid", signed(`{"alg":"HS256"}`, payload), ErrKey},
		{"kid that is no string", signed(`{"alg":"HS256","kid":["k"]}`, payload), ErrKey},
		{"crit", signed(`{"alg":"HS256","kid":"k","crit":["exp"]}`, payload), ErrMalformed},
		{"its own key", signed(`{"alg":"HS256","jwk":{"kty":"oct","k":"AA"}}`, payload), ErrKey},
		{"another payload", parts[0] + "." + part(`{"sub":"bob","exp":1900003600}`) + "." + parts[2], ErrSignature},
		{"another header", part(`{"alg":"HS256","kid":"k","x":1}`) + "." + parts[1] + "." + parts[2], ErrSignature},
		{"no signature", parts[0] + "." + parts[1] + ".", ErrSignature},
		{"cut off", good[:last-1], ErrMalformed},
		{"loose base64", good[:last] + string(good[last]+1), ErrMalformed},
		{"two parts", parts[0] + "." + parts[1], ErrMalformed},
		{"four parts", good + ".x", ErrMalformed},
		{"five parts, encrypted", good + "..", ErrMalformed},
		{"empty", "", ErrMalformed},
		{"dots", "..", ErrMalformed},
		{"header that is no object", signed(`[]`, payload), ErrMalformed},
		{"header null", signed(`null`, payload), ErrAlgorithm},
		{"payload that is no object", signed(header, `"alice"`), ErrMalformed},
		{"payload null", signed(header, `null`), ErrMissing},
		{"payload cut off", signed(header, payload[:9]), ErrMalformed},
		{"long", signed(header, `{"sub":"alice","exp":1900003600,"x":"`+strings.Repeat("x", maxToken)+`"}`), ErrTooLong},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if user, err := v.User(tt.token); err != tt.want || user != "" {
				t.Errorf("User = %q, %v; want %v", user, err, tt.want)
			}
		})
	}
}

func TestRotation(t *testing.T) {
	const old, fresh = "the-old-secret-of-at-least-32-bytes", "the-new-secret-of-at-least-32-bytes"
	v := verifier(t, "old:HS256:"+old+", new:HS256:"+fresh+",web:ES256:"+publicPEM(t, keyPairs()["ES256"]), Config{})
	for _, tt := range []struct {
		name, alg, kid string
		key            any
		want           error
	}{
		{"old", "HS256", "old", []byte(old), nil},
		{"new", "HS256", "new", []byte(fresh), nil},
		{"of the other kind", "ES256", "web", keyPairs()["ES256"], nil},
		{"old under the new one's kid", "HS256", "new", []byte(old), ErrSignature},
		{"under the kid of another kind", "HS256", "web", []byte(old), ErrAlgorithm},
		{"removed", "HS256", "older", []byte(old), ErrKey},
		{"without kid", "HS256", "", []byte(old), ErrKey},
	} {
		_, err := v.User(sign(t, tt.alg, tt.key, map[string]any{"kid": tt.kid}, claims(nil)))
		if err != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
	}
	anyKid := verifier(t, "HS256:"+old, Config{})
	if _, err := anyKid.User(sign(t, "HS256", []byte(old), map[string]any{"kid": "whatever"}, claims(nil))); err != nil {
		t.Errorf("a single key without kid: %v", err)
	}
}

func TestNoKeys(t *testing.T) {
	v := New(Config{})
	if _, err := v.User(sign(t, "HS256", []byte{}, nil, claims(nil))); err != ErrKey {
		t.Errorf("err = %v, want ErrKey", err)
	}
}

// No text of this package shows a part of a token, whatever is wrong with it.
func FuzzUser(f *testing.F) {
	v := verifier(f, "k:HS256:"+secret, Config{})
	f.Add(sign(f, "HS256", []byte(secret), map[string]any{"kid": "k"}, claims(nil)))
	f.Add("eyJhbGciOiJub25lIn0.e30.")
	f.Fuzz(func(t *testing.T, token string) {
		user, err := v.User(token)
		if (err == nil) != isUserID(user) {
			t.Errorf("User = %q, %v", user, err)
		}
		if err != nil && errorNames[err] == "" {
			t.Errorf("err = %#v, which is none of this package's", err)
		}
	})
}

var errorNames = map[error]string{
	ErrTooLong: "ErrTooLong", ErrMalformed: "ErrMalformed", ErrKey: "ErrKey", ErrAlgorithm: "ErrAlgorithm",
	ErrSignature: "ErrSignature", ErrIssuer: "ErrIssuer", ErrAudience: "ErrAudience", ErrMissing: "ErrMissing",
	ErrNotYet: "ErrNotYet", ErrExpired: "ErrExpired", ErrUser: "ErrUser", ErrNone: "ErrNone", ErrRepeated: "ErrRepeated",
}

// The texts go into a quoted string of a header.
func TestTexts(t *testing.T) {
	for err, name := range errorNames {
		for _, c := range []byte(err.Error()) {
			if c < ' ' || c > '~' || c == '"' || c == '\\' {
				t.Errorf("%s has %q in its text", name, c)
			}
		}
	}
}
