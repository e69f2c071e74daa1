package sig

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"strings"
	"testing"
)

func TestParseKeyVectors(t *testing.T) {
	// What the error tells people about what they pasted.
	says := map[string]string{
		"ed25519_pkcs8.pem":      "Ed25519",
		"k1_pkcs8_encrypted.pem": "encrypted",
		"k1_pkcs8_oneline.pem":   "line ends",
		"k1_sec1_explicit.pem":   "spells its curve out",
		"p384_pkcs8.pem":         "P-384",
		"rsa_pkcs8.pem":          "RSA",
	}
	for _, c := range cases[struct {
		File, PEM, Expect, Kind, Curve string
		Public                         string `json:"public_uncompressed_hex"`
	}](t, "keys.json") {
		t.Run(c.File, func(t *testing.T) {
			private, privateErr := ParsePrivateKey([]byte(c.PEM))
			_, publicErr := ParsePublicKey([]byte(c.PEM))
			if !strings.HasPrefix(c.Expect, "accept") {
				if says[c.File] == "" || !errors.Is(privateErr, ErrKey) || !strings.Contains(privateErr.Error(), says[c.File]) {
					t.Errorf("error is %v, want an ErrKey about %q", privateErr, says[c.File])
				}
				if !errors.Is(publicErr, ErrKey) {
					t.Errorf("error is %v, want an ErrKey", publicErr)
				}
				return
			}
			if c.Kind == "public" {
				if publicErr != nil {
					t.Fatal(publicErr)
				}
				if !errors.Is(privateErr, ErrKey) || !strings.Contains(privateErr.Error(), "public key") {
					t.Errorf("error is %v, want an ErrKey about the public key", privateErr)
				}
				return
			}
			if privateErr != nil {
				t.Fatal(privateErr)
			}
			if !errors.Is(publicErr, ErrKey) || !strings.Contains(publicErr.Error(), "private key") {
				t.Errorf("error is %v, want an ErrKey about the private key", publicErr)
			}
			point, err := hex.DecodeString(c.Public)
			if err != nil {
				t.Fatal(err)
			}
			curve := map[string]curve{"secp256k1": k1, "secp256r1": p256}[c.Curve]
			public, err := curve.publicKey(point)
			if err != nil {
				t.Fatal(err)
			}
			text := []byte("text")
			if !public.verify(text, private.sign(text)) {
				t.Error("the public key of the vectors doesn't verify what the private key signed")
			}
		})
	}
}

func TestParsePrivateKeyForms(t *testing.T) {
	pem := testKey(t, "p256_pkcs8")
	encoded := base64.StdEncoding.EncodeToString(pem)
	for name, text := range map[string]string{
		"literal line feeds":          strings.ReplaceAll(string(pem), "\n", `\n`),
		"literal CR LF":               strings.ReplaceAll(string(pem), "\n", `\r\n`),
		"base64 in one line":          encoded,
		"base64 in lines":             encoded[:76] + "\n" + encoded[76:] + "\n",
		"base64 of a file with a BOM": base64.StdEncoding.EncodeToString(append([]byte("\ufeff"), pem...)),
		"base64 of CR LF":             base64.StdEncoding.EncodeToString(bytes.ReplaceAll(pem, []byte("\n"), []byte("\r\n"))),
		"white space around it":       "\n\t " + string(pem) + " \r\n",
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := ParsePrivateKey([]byte(text)); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestParsePrivateKeyRefuses(t *testing.T) {
	pem := string(testKey(t, "p256_sec1"))
	other := string(testKey(t, "p256_other_sec1"))
	block := func(kind string, der []byte) string {
		return "-----BEGIN " + kind + "-----\n" + base64.StdEncoding.EncodeToString(der) + "\n-----END " + kind + "-----\n"
	}
	der := func(text string) []byte {
		b, err := findKey([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return b.Bytes
	}
	// The scalar has 32 bytes, from the eighth on.
	withScalar := func(scalar []byte) string {
		d := bytes.Clone(der(pem))
		copy(d[7:39], scalar)
		return block("EC PRIVATE KEY", d)
	}
	order, _ := hex.DecodeString("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551")
	for name, c := range map[string]struct{ text, says string }{
		"nothing":             {"", "empty"},
		"white space":         {" \n", "empty"},
		"a secret key":        {benchKey, "not of a PEM file"},
		"any text":            {"no key!", "no PEM file"},
		"base64 of a text":    {base64.StdEncoding.EncodeToString([]byte("no key")), "not of a PEM file"},
		"quotation marks":     {`"` + strings.ReplaceAll(pem, "\n", `\n`) + `"`, "quotation marks"},
		"UTF-16":              {"\xff\xfe-\x00-\x00", "UTF-16"},
		"cut off":             {pem[:len(pem)/2], "cut off"},
		"damaged base64":      {strings.Replace(pem, "M", "!", 1), "damaged"},
		"damaged DER":         {block("EC PRIVATE KEY", der(pem)[:40]), "damaged"},
		"a certificate":       {block("CERTIFICATE", []byte{1}), "certificate"},
		"an OpenSSH key":      {block("OPENSSH PRIVATE KEY", []byte{1}), "openssh private key"},
		"an old RSA key":      {block("RSA PRIVATE KEY", []byte{1}), "rsa private key"},
		"an old password":     {strings.Replace(pem, "KEY-----\n", "KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n", 1), "encrypted"},
		"scalar 0":            {withScalar(make([]byte, 32)), "range"},
		"scalar beyond":       {withScalar(order), "range"},
		"another public part": {withScalar(der(other)[7:39]), "another key"},
		"parameters only":     {"-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n", "damaged"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ParsePrivateKey([]byte(c.text))
			if !errors.Is(err, ErrKey) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("error is %v, want an ErrKey about %q", err, c.says)
			}
		})
	}
}

func TestParseSecretKey(t *testing.T) {
	for name, text := range map[string]string{
		"as it is":              benchKey,
		"white space around it": "\r\n " + benchKey + "\t\n",
		"BOM":                   "\ufeff" + benchKey,
	} {
		t.Run(name, func(t *testing.T) {
			key, err := ParseSecretKey(text)
			if err != nil {
				t.Fatal(err)
			}
			want, _ := ParseSecretKey(benchKey)
			if !bytes.Equal(key.sign([]byte("text")), want.sign([]byte("text"))) {
				t.Error("it signs otherwise than the bare text")
			}
		})
	}
	for name, c := range map[string]struct{ text, says string }{
		"nothing":         {"", "empty"},
		"white space":     {" \n", "empty"},
		"a PEM file":      {string(testKey(t, "k1_pkcs8")), "PEM"},
		"a SecretId":      {"AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE", "SecretId"},
		"quotation marks": {`"` + benchKey + `"`, "quotation marks"},
		"two keys":        {benchKey + "\n" + benchKey, "one word"},
		"no text":         {"\xff\xfe\x00", "unprintable"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ParseSecretKey(c.text)
			if !errors.Is(err, ErrKey) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("error is %v, want an ErrKey about %q", err, c.says)
			}
			if strings.Contains(fmt.Sprint(err), benchKey[:16]) {
				t.Errorf("the error shows the key: %v", err)
			}
		})
	}
}

// TestKeysPrintRedacted prints keys in every way and looks for them in what comes out.
func TestKeysPrintRedacted(t *testing.T) {
	secret, err := ParseSecretKey(benchKey)
	if err != nil {
		t.Fatal(err)
	}
	// What the output must not have: the secret as a text, as bytes and as hex of
	// it, and the private scalars as hex, decimal number and bytes.
	forbidden := []string{
		benchKey[:16], benchKey[48:], hex.EncodeToString([]byte(benchKey))[:32],
		strings.Trim(fmt.Sprint([]byte(benchKey[:8])), "[]"),
	}
	keys := map[string]Key{"SecretKey(redacted)": secret}
	for _, c := range cases[struct {
		File, Curve string
		Scalar      string `json:"scalar_hex"`
	}](t, "keys.json") {
		if c.File != "k1_pkcs8.pem" && c.File != "p256_pkcs8.pem" {
			continue
		}
		scalar, err := hex.DecodeString(c.Scalar)
		if err != nil {
			t.Fatal(err)
		}
		forbidden = append(forbidden, c.Scalar[2:18], new(big.Int).SetBytes(scalar).String()[:16], strings.Trim(fmt.Sprint(scalar[1:9]), "[]"))
		name := strings.TrimSuffix(c.File, ".pem")
		key := testPrivateKey(t, name)
		keys[key.label.String()] = key
	}
	if len(keys) != 3 {
		t.Fatalf("keys are %v, want 3", keys)
	}

	for label, key := range keys {
		signer, err := NewSigner(1400000000, key, "")
		if err != nil {
			t.Fatal(err)
		}
		verifier, err := NewVerifier(1400000000, key)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := signer.UserSig("alice", benchNow, 300e9); err != nil { // so that a worker is there
			t.Fatal(err)
		}
		type nested struct {
			Key     Key
			private Key
		}
		values := []any{key, &key, nested{key, key}, &nested{key, key}, []Key{key}, map[string]Key{"key": key}, signer, verifier, fmt.Errorf("with %v", key)}
		var out bytes.Buffer
		for _, v := range values {
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%20s", "%p"} {
				fmt.Fprintf(&out, verb+"\n", v)
			}
			slog.New(slog.NewTextHandler(&out, nil)).Info("key", "key", v)
			slog.New(slog.NewJSONHandler(&out, nil)).Info("key", "key", v)
			if text, err := json.Marshal(v); err == nil {
				out.Write(text)
			}
		}
		for _, f := range forbidden {
			if strings.Contains(strings.ToLower(out.String()), strings.ToLower(f)) {
				t.Errorf("%s shows %q in %s", label, f, out.String())
			}
		}
		if !strings.Contains(out.String(), label) {
			t.Errorf("%s isn't called so anywhere", label)
		}
		text, err := json.Marshal(map[string]Key{"key": key})
		if want := `{"key":"` + label + `"}`; err != nil || string(text) != want {
			t.Errorf("as JSON it is %s, %v, want %s", text, err, want)
		}
	}
}

func TestZeroKeys(t *testing.T) {
	for name, key := range map[string]Key{"nil": nil, "SecretKey": SecretKey{}, "PrivateKey": PrivateKey{}} {
		if _, err := NewSigner(1400000000, key, ""); !errors.Is(err, ErrKey) {
			t.Errorf("%s: NewSigner's error is %v, want ErrKey", name, err)
		}
	}
	for name, key := range map[string]VerifyKey{"nil": nil, "PublicKey": PublicKey{}} {
		if _, err := NewVerifier(1400000000, key); !errors.Is(err, ErrKey) {
			t.Errorf("%s: NewVerifier's error is %v, want ErrKey", name, err)
		}
	}
	if got := fmt.Sprint(SecretKey{}); got != "no key" {
		t.Errorf("a zero SecretKey prints as %q", got)
	}
}
