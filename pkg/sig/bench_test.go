package sig

import (
	"bytes"
	"compress/zlib"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	k1ecdsa "github.com/decred/dcrd/dcrec/secp256k1/v4/ecdsa"
)

const (
	benchApp  = 1400000000
	benchKey  = "f0c005f3fc83d0d755e06a89aafa54803ce97f1ca4f10fd55fd91edf445363d9"
	benchUser = "oABCD5_wxyz-0123456789abcdEF" // as long as an OPENID
)

var benchNow = time.Unix(1700000000, 0)

// baseline signs and verifies as one would with the standard library, without looking
// at what is wrong with a token. Its compressors are pooled: a new one for each token
// would cost 40 times the rest.
type baseline struct {
	key      []byte
	encoding *base64.Encoding
	writers  sync.Pool
}

type baselineDocument struct {
	Version   string `json:"TLS.ver"`
	UserID    string `json:"TLS.identifier"`
	SDKAppID  uint64 `json:"TLS.sdkappid"`
	Expire    int64  `json:"TLS.expire"`
	Time      int64  `json:"TLS.time"`
	Signature []byte `json:"TLS.sig"`
}

func newBaseline() *baseline {
	return &baseline{
		key:      []byte(benchKey),
		encoding: base64.NewEncoding("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789*-").WithPadding('_'),
		writers:  sync.Pool{New: func() any { return zlib.NewWriter(io.Discard) }},
	}
}

func (b *baseline) mac(d *baselineDocument) []byte {
	mac := hmac.New(sha256.New, b.key)
	io.WriteString(mac, "TLS.identifier:"+d.UserID+"\n"+
		"TLS.sdkappid:"+strconv.FormatUint(d.SDKAppID, 10)+"\n"+
		"TLS.time:"+strconv.FormatInt(d.Time, 10)+"\n"+
		"TLS.expire:"+strconv.FormatInt(d.Expire, 10)+"\n")
	return mac.Sum(nil)
}

func (b *baseline) userSig(userID string, now time.Time, lifetime time.Duration) (string, error) {
	d := baselineDocument{"2.0", userID, benchApp, int64(lifetime / time.Second), now.Unix(), nil}
	d.Signature = b.mac(&d)
	text, err := json.Marshal(&d)
	if err != nil {
		return "", err
	}
	var compressed bytes.Buffer
	w := b.writers.Get().(*zlib.Writer)
	defer b.writers.Put(w)
	w.Reset(&compressed)
	if _, err := w.Write(text); err != nil {
		return "", err
	}
	if err := w.Close(); err != nil {
		return "", err
	}
	return b.encoding.EncodeToString(compressed.Bytes()), nil
}

func (b *baseline) verify(token, userID string, now time.Time) error {
	compressed, err := b.encoding.DecodeString(token)
	if err != nil {
		return err
	}
	r, err := zlib.NewReader(bytes.NewReader(compressed))
	if err != nil {
		return err
	}
	text, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	var d baselineDocument
	if err := json.Unmarshal(text, &d); err != nil {
		return err
	}
	if d.SDKAppID != benchApp || d.UserID != userID || now.Unix() > d.Time+d.Expire || !hmac.Equal(d.Signature, b.mac(&d)) {
		return errors.New("refused")
	}
	return nil
}

func must[T any](b *testing.B) func(T, error) T {
	return func(v T, err error) T {
		if err != nil {
			b.Fatal(err)
		}
		return v
	}
}

func BenchmarkUserSig(b *testing.B) {
	base, s := newBaseline(), newSigner(b, testSecretKey(b))
	run(b, "baseline", func() error { _, err := base.userSig(benchUser, benchNow, 2*time.Hour); return err })
	run(b, "ours", func() error { _, err := s.UserSig(benchUser, benchNow, 2*time.Hour); return err })
}

func BenchmarkPrivateMapKey(b *testing.B) {
	s := newSigner(b, testSecretKey(b))
	run(b, "ours", func() error {
		_, err := s.PrivateMapKey(benchUser, RoomNumber(12345678), PrivilegeAll, benchNow, 2*time.Hour)
		return err
	})
}

func BenchmarkVerify(b *testing.B) {
	base, v := newBaseline(), newVerifier(b, testSecretKey(b))
	token := must[string](b)(base.userSig(benchUser, benchNow, 2*time.Hour))
	run(b, "baseline", func() error { return base.verify(token, benchUser, benchNow) })
	run(b, "ours", func() error { _, err := v.UserSig(token, benchUser, benchNow); return err })
}

func run(b *testing.B, name string, f func() error) {
	b.Run(name, func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := f(); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// curveOperation returns nothing but the signature of a digest with a key.
func curveOperation(b *testing.B, name string) func() error {
	for _, k := range cases[struct {
		File   string
		Scalar string `json:"scalar_hex"`
	}](b, "keys.json") {
		if k.File != name+".pem" {
			continue
		}
		scalar := must[[]byte](b)(hex.DecodeString(k.Scalar))
		digest := sha256.Sum256([]byte(name))
		if strings.HasPrefix(name, "k1") {
			key := secp256k1.PrivKeyFromBytes(scalar)
			return func() error { k1ecdsa.Sign(key, digest[:]); return nil }
		}
		key := must[*ecdsa.PrivateKey](b)(ecdsa.ParseRawPrivateKey(elliptic.P256(), scalar))
		return func() error { _, err := key.Sign(nil, digest[:], crypto.SHA256); return err }
	}
	b.Fatalf("no key %s", name)
	return nil
}

func BenchmarkUserSigECDSA(b *testing.B) {
	for _, name := range []string{"k1_pkcs8", "p256_pkcs8"} {
		s := newSigner(b, testPrivateKey(b, name))
		curve, _, _ := strings.Cut(name, "_")
		run(b, curve+"/curve", curveOperation(b, name))
		run(b, curve+"/userSig", func() error { _, err := s.UserSig(benchUser, benchNow, 2*time.Hour); return err })
	}
}
