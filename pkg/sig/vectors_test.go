package sig

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The vectors in testdata are what the unmodified libraries of Tencent, and the
// JavaScript demo of 2018, made for throw-away keys with the clock stopped.

// cases reads the cases of a file of vectors.
func cases[T any](t testing.TB, file string) []T {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	var vectors struct{ Cases, Keys []T }
	if err := json.Unmarshal(text, &vectors); err != nil {
		t.Fatal(err)
	}
	all := append(vectors.Cases, vectors.Keys...)
	if len(all) == 0 {
		t.Fatalf("%s has no cases", file)
	}
	return all
}

// verdicts are the errors that the vectors call by these names.
var verdicts = map[string]error{
	"ok":                    nil,
	"bad_base64":            ErrBase64,
	"bad_zlib":              ErrZlib,
	"too_large":             ErrTooLarge,
	"bad_json":              ErrJSON,
	"missing_field":         ErrMissingField,
	"unsupported_version":   ErrVersion,
	"invalid_userid":        ErrUserID,
	"userid_mismatch":       ErrUserIDMismatch,
	"sdkappid_mismatch":     ErrSDKAppIDMismatch,
	"userbuf_type_mismatch": ErrKindMismatch,
	"userbuf_mismatch":      ErrUserBufMismatch,
	"bad_signature":         ErrSignature,
	"expired":               ErrExpired,
}

// wantVerdict fails the test unless err is one of the verdicts, as in "a|b".
func wantVerdict(t *testing.T, err error, expect string) {
	t.Helper()
	for name := range strings.SplitSeq(expect, "|") {
		want, known := verdicts[name]
		if !known {
			t.Fatalf("unknown verdict %q", name)
		}
		if errors.Is(err, want) {
			return
		}
	}
	t.Errorf("error is %v, want %s", err, expect)
}

func isWide(ids ...string) bool {
	for _, id := range ids {
		if checkUserID(id, false) != nil {
			return true
		}
	}
	return false
}

// jsonOf returns the JSON inside a token.
func jsonOf(t *testing.T, token string) string {
	t.Helper()
	compressed, err := decode(token)
	if err != nil {
		t.Fatal(err)
	}
	text, err := inflate(compressed)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// forms returns every form of a token that sign makes with a signer of the key.
func forms(t *testing.T, sdkAppID uint32, key Key, accountType string, wide bool, sign func(*Signer) (string, error)) (tokens []string, err error) {
	t.Helper()
	for _, plain := range []bool{false, true} {
		s, err := NewSigner(sdkAppID, key, accountType)
		if err != nil {
			return nil, err
		}
		s.WideIDs, s.PlainBase64 = wide, plain
		token, err := sign(s)
		if err != nil {
			return nil, err
		}
		tokens = append(tokens, token)
	}
	return tokens, nil
}

type hmacCase struct {
	Name, Kind string
	Input      struct {
		SDKAppID    uint32
		Key, UserID string
		Expire, Now int64
		RoomID      *uint32
		RoomStr     *string
		Privilege   uint32
	}
	Expected struct {
		SigningString string `json:"signing_string"`
		SigBase64     string `json:"sig_base64"`
		UserBufHex    string `json:"userbuf_hex"`
		Fields        map[string]any
	}
	Observed map[string]struct {
		Token      string
		Error      string
		SigMatches bool `json:"sig_matches_expected"`
	}
}

// What is refused to sign, of what Tencent's libraries sign.
var hmacRefused = map[string]error{
	"us_id_newline":               ErrUserID,
	"us_id_empty":                 ErrUserID,
	"us_expire_0":                 ErrLifetime,
	"us_expire_neg":               ErrLifetime,
	"us_expire_u32plus1":          ErrLifetime,
	"us_key_empty":                ErrKey,
	"pm_id_empty":                 ErrUserID,
	"pm_expire_0":                 ErrLifetime,
	"pm_expire_neg":               ErrLifetime,
	"pm_expired_at_overflows_u32": ErrLifetime,
	"ps_empty":                    ErrRoom,
}

// What is not accepted, of what Tencent's libraries signed as expected.
var hmacNotAccepted = map[string]error{
	"us_id_newline node":   ErrUserID,
	"us_id_newline go":     ErrUserID,
	"us_id_newline python": ErrUserID,
	"us_id_empty node":     ErrUserID,
	"us_id_empty go":       ErrMissingField, // which it leaves out when empty
	"us_id_empty python":   ErrUserID,
	"us_expire_0 go":       ErrMissingField,
	"us_expire_neg node":   ErrJSON,
	"us_expire_neg go":     ErrJSON,
	"us_expire_neg python": ErrJSON,
	"pm_id_empty node":     ErrUserID,
	"pm_id_empty go":       ErrMissingField,
	"pm_id_empty python":   ErrUserID,
	"pm_expire_0 go":       ErrMissingField,
	"pm_expire_neg node":   ErrJSON,
	"pm_expire_neg go":     ErrJSON,
	"pm_expire_neg python": ErrJSON,
}

func (c hmacCase) room() Room {
	switch {
	case c.Input.RoomStr != nil:
		return RoomName(*c.Input.RoomStr)
	case c.Input.RoomID != nil:
		return RoomNumber(*c.Input.RoomID)
	}
	return Room{}
}

// token returns the token that s makes of the input.
func (c hmacCase) token(s *Signer) (string, error) {
	in, now, lifetime := c.Input, time.Unix(c.Input.Now, 0), time.Duration(c.Input.Expire)*time.Second
	if c.Kind == "usersig" {
		return s.UserSig(in.UserID, now, lifetime)
	}
	return s.PrivateMapKey(in.UserID, c.room(), Privilege(in.Privilege), now, lifetime)
}

func TestHMACVectors(t *testing.T) {
	for _, file := range []string{"v2_usersig.json", "v2_privatemapkey.json"} {
		for _, c := range cases[hmacCase](t, file) {
			t.Run(c.Name, func(t *testing.T) {
				t.Run("sign", c.sign)
				t.Run("verify", c.verify)
			})
		}
	}
}

func (c hmacCase) sign(t *testing.T) {
	in := c.Input
	key, err := ParseSecretKey(in.Key)
	if err == nil && (isWide(in.UserID) || c.Kind != "usersig" && c.room().check(false) != nil) {
		if _, err := forms(t, in.SDKAppID, key, "", false, c.token); !errors.Is(err, ErrUserID) && !errors.Is(err, ErrRoom) {
			t.Errorf("error is %v, want ErrUserID or ErrRoom without WideIDs", err)
		}
	}
	var tokens []string
	if err == nil {
		tokens, err = forms(t, in.SDKAppID, key, "", true, c.token)
	}
	if want := hmacRefused[c.Name]; want != nil {
		if !errors.Is(err, want) {
			t.Errorf("error is %v, want %v", err, want)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, token := range tokens {
		var fields map[string]any
		if err := json.Unmarshal([]byte(jsonOf(t, token)), &fields); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.Expected.Fields, fields); diff != "" {
			t.Errorf("document (-want +got):\n%s", diff)
		}
	}
	if c.Kind != "usersig" {
		expires := time.Unix(in.Now+in.Expire, 0).UTC()
		u := UserBuf{in.UserID, in.SDKAppID, c.room(), expires, Privilege(in.Privilege), 0}
		b := u.binary()
		if hex.EncodeToString(b) != c.Expected.UserBufHex {
			t.Errorf("userbuf is %x, want %s", b, c.Expected.UserBufHex)
		}
		if got, err := parseUserBuf(b); err != nil || got != u {
			t.Errorf("parsed %v, %v, want %v", got, err, u)
		}
	}
}

// verify verifies what the official libraries made of the same input.
func (c hmacCase) verify(t *testing.T) {
	key, err := ParseSecretKey(c.Input.Key)
	if err != nil {
		return // a key that is refused
	}
	v, err := NewVerifier(c.Input.SDKAppID, key)
	if err != nil {
		t.Fatal(err)
	}
	v.WideIDs = true
	for lib, o := range c.Observed {
		if o.Error != "" {
			continue
		}
		var check func([]byte) error
		if c.Kind != "usersig" {
			check = func(b []byte) error {
				if hex.EncodeToString(b) != c.Expected.UserBufHex {
					return ErrUserBufMismatch
				}
				return nil
			}
		}
		_, err := v.verify(o.Token, c.Input.UserID, time.Unix(c.Input.Now, 0), check)
		want := hmacNotAccepted[c.Name+" "+lib]
		if !o.SigMatches {
			want = ErrUserBufMismatch // its characters beyond ASCII go another way
		}
		if !errors.Is(err, want) {
			t.Errorf("%s: error is %v, want %v", lib, err, want)
		}
	}
}

func TestVerifyHMACVectors(t *testing.T) {
	type verifyCase struct {
		Name, Token, UserID, Key, Expect string
		SDKAppID                         uint32
		VerifyAt                         int64   `json:"verify_at"`
		UserBufHex                       *string `json:"userbuf_hex"`
	}
	for _, c := range cases[verifyCase](t, "v2_verify.json") {
		t.Run(c.Name, func(t *testing.T) {
			key, err := ParseSecretKey(c.Key)
			if err != nil {
				t.Fatal(err)
			}
			v, err := NewVerifier(c.SDKAppID, key)
			if err != nil {
				t.Fatal(err)
			}
			v.WideIDs = isWide(c.UserID)
			var check func([]byte) error
			if c.UserBufHex != nil {
				check = func(b []byte) error {
					if hex.EncodeToString(b) != *c.UserBufHex {
						return ErrUserBufMismatch
					}
					return nil
				}
			}
			_, err = v.verify(c.Token, c.UserID, time.Unix(c.VerifyAt, 0), check)
			wantVerdict(t, err, c.Expect)
		})
	}
}

// testKey returns a key of keys.json by its file's name without the ending.
func testKey(t testing.TB, name string) []byte {
	t.Helper()
	for _, k := range cases[struct{ File, PEM string }](t, "keys.json") {
		if base, _, _ := strings.Cut(k.File, "."); base == name {
			return []byte(k.PEM)
		}
	}
	t.Fatalf("no key %s", name)
	return nil
}

func testPrivateKey(t testing.TB, name string) PrivateKey {
	t.Helper()
	key, err := ParsePrivateKey(testKey(t, name))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// testPublicKey returns the public key of the vectors for a private one.
func testPublicKey(t testing.TB, name string) PublicKey {
	t.Helper()
	curve, _, _ := strings.Cut(name, "_")
	key, err := ParsePublicKey(testKey(t, curve+"_pub"))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestVerifyECDSAVectors(t *testing.T) {
	type verifyCase struct {
		Name, Token, UserID, Mode, Expect string
		SDKAppID                          uint32
		PublicKey                         string `json:"public_key"`
		VerifyAt                          int64  `json:"verify_at"`
	}
	for _, c := range cases[verifyCase](t, "legacy_verify.json") {
		t.Run(c.Name, func(t *testing.T) {
			v, err := NewVerifier(c.SDKAppID, testPublicKey(t, c.PublicKey))
			if err != nil {
				t.Fatal(err)
			}
			now := time.Unix(c.VerifyAt, 0)
			if c.Mode == "userbuf" {
				_, err = v.PrivateMapKey(c.Token, c.UserID, RoomNumber(10000), now)
			} else {
				_, err = v.UserSig(c.Token, c.UserID, now)
			}
			wantVerdict(t, err, c.Expect)
		})
	}
}

// checkSigned fails the test unless the signature of a token of the old generation is
// the key's for the text.
func checkSigned(t *testing.T, token, text string, key PublicKey) {
	t.Helper()
	var fields map[string]any
	if err := json.Unmarshal([]byte(jsonOf(t, token)), &fields); err != nil {
		t.Fatal(err)
	}
	signature, _ := fields["TLS.sig"].(string)
	der, err := base64.StdEncoding.DecodeString(signature)
	if err != nil {
		t.Fatal(err)
	}
	digest := sha256.Sum256([]byte(text))
	if !key.check(digest[:], der) {
		t.Errorf("the signature is not for %q", text)
	}
}

// withoutSignature takes TLS.sig, the last field, off a document.
func withoutSignature(t *testing.T, document string) string {
	t.Helper()
	before, _, found := strings.Cut(document, `,"TLS.sig":"`)
	if !found {
		t.Fatalf("no TLS.sig in %s", document)
	}
	return before + "}"
}

func TestDemoVectors(t *testing.T) {
	type demoCase struct {
		Name, Fn, Key string
		NowMS         int64 `json:"now_ms"`
		Args          struct {
			UserID, SDKAppID, AccountType, RoomID, Expire any
		}
		Result, Token string
		JSONBeforeSig string `json:"json_before_sig"`
		SigningString string `json:"signing_string"`
		UserBufHex    string `json:"userbuf_hex"`
		Plain         string `json:"token_plain_base64"`
		URLSafe       string `json:"token_urlsafe"`
		ServerVerify  string `json:"server_side_verify"`
	}
	// What the demo signs of what JavaScript makes of anything, and we don't.
	refused := map[string]error{
		"us_sdkappid_empty_string":       ErrSetting,
		"us_userid_newline":              ErrUserID,
		"us_expire_neg":                  ErrLifetime,
		"us_expire_float":                ErrLifetime,
		"pm_room_2p32_plus_5":            ErrRoom,
		"pm_room_neg1":                   ErrRoom,
		"pm_room_string_11digits":        ErrRoom,
		"pm_room_string_hex":             ErrRoom,
		"pm_room_string_exp":             ErrRoom,
		"pm_room_string_spaces":          ErrRoom,
		"pm_room_string_empty":           ErrRoom,
		"pm_room_string_signed":          ErrRoom,
		"pm_room_2p53":                   ErrRoom,
		"pm_room_null":                   ErrRoom,
		"pm_room_true":                   ErrRoom,
		"pm_sdkappid_11digits_wraps":     ErrSetting,
		"pm_userid_empty":                ErrUserID,
		"pm_expire_neg":                  ErrLifetime,
		"pm_expire_float":                ErrLifetime,
		"us_userid_number_unquoted_json": ErrUserID,
	}
	// What isn't accepted of its tokens.
	notAccepted := map[string]error{
		"us_sdkappid_empty_string":       ErrJSON,
		"us_userid_number_unquoted_json": ErrJSON,
		"us_userid_newline":              ErrUserID,
		"us_userid_latin1":               ErrJSON, // whose bytes are no UTF-8
		"us_userid_chinese":              ErrJSON,
		"us_expire_neg":                  ErrJSON,
		"us_expire_float":                ErrJSON,
		"pm_sdkappid_11digits_wraps":     ErrJSON,
		"pm_userid_empty":                ErrUserID,
		"pm_userid_chinese":              ErrJSON,
		"pm_userid_emoji":                ErrJSON,
		"pm_expire_neg":                  ErrJSON,
		"pm_expire_float":                ErrJSON,
	}
	whole := func(v any, most uint64) (uint64, bool) {
		n, err := strconv.ParseUint(text(v), 10, 64)
		return n, err == nil && n <= most
	}
	for _, c := range cases[demoCase](t, "legacy_functions.json") {
		t.Run(c.Name, func(t *testing.T) {
			if c.Result == "throws" {
				if c.Key == "(not a key)" {
					if _, err := ParsePrivateKey([]byte(c.Key)); !errors.Is(err, ErrKey) {
						t.Errorf("error is %v, want ErrKey", err)
					}
				}
				return // what has no value here can't be passed in Go
			}
			key := testPrivateKey(t, c.Key)
			userID, _ := c.Args.UserID.(string)
			now := time.UnixMilli(c.NowMS)

			// The demo's arguments, where they mean something.
			err := error(nil)
			appID, ok := whole(c.Args.SDKAppID, 1<<32-1)
			if !ok {
				err = ErrSetting
			}
			lifetime := 300 * time.Second
			if e := text(c.Args.Expire); e != "" && e != "0" {
				n, ok := whole(c.Args.Expire, 1<<32-1)
				if !ok {
					err = ErrLifetime
				}
				lifetime = time.Duration(n) * time.Second
			}
			roomID, ok := whole(c.Args.RoomID, 1<<32-1)
			if c.Fn == "genPrivateMapKey" && !ok {
				err = ErrRoom
			}
			var tokens []string
			if err == nil {
				tokens, err = forms(t, uint32(appID), key, text(c.Args.AccountType), isWide(userID), func(s *Signer) (string, error) {
					if c.Fn == "genUserSig" {
						return s.UserSig(userID, now, lifetime)
					}
					return s.PrivateMapKey(userID, RoomNumber(uint32(roomID)), PrivilegeAll, now, lifetime)
				})
			}
			if want := refused[c.Name]; !errors.Is(err, want) {
				t.Errorf("signing: error is %v, want %v", err, want)
			}
			for _, token := range tokens {
				if c.Fn == "genPrivateMapKey" && !isASCII(userID) {
					break // the demo's userbuf has a part of its bytes
				}
				document := jsonOf(t, token)
				if want := c.JSONBeforeSig; withoutSignature(t, unescape(document)) != want {
					t.Errorf("document is %s, want %s", document, want)
				}
				checkSigned(t, token, c.SigningString, testPublicKey(t, c.Key))
			}

			if c.Fn == "genPrivateMapKey" && err == nil && isASCII(userID) {
				d, err := Decode(tokens[0])
				if err != nil {
					t.Fatal(err)
				}
				b := d.UserBuf.binary()
				if hex.EncodeToString(b) != c.UserBufHex {
					t.Errorf("userbuf is %x, want %s", b, c.UserBufHex)
				}
			}

			// The demo's own token, in the form that it returns and the other.
			v, err := NewVerifier(max(uint32(appID), 1), testPublicKey(t, c.Key))
			if err != nil {
				t.Fatal(err)
			}
			v.WideIDs = true
			for _, token := range []string{c.Plain, c.URLSafe} {
				var check func([]byte) error
				if c.Fn == "genPrivateMapKey" {
					check = func(b []byte) error {
						if hex.EncodeToString(b) != c.UserBufHex {
							return ErrUserBufMismatch
						}
						return nil
					}
				}
				_, err := v.verify(token, userID, now, check)
				want := notAccepted[c.Name]
				if !errors.Is(err, want) {
					t.Errorf("verifying: error is %v, want %v", err, want)
				}
				if want == nil && c.ServerVerify != "ok" {
					t.Errorf("accepted what Tencent's verifier calls %s", c.ServerVerify)
				}
			}
		})
	}
}

// text returns what JavaScript prints for a value of JSON, "" for none.
func text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case bool:
		return strconv.FormatBool(v)
	}
	return ""
}

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r > '~' }) < 0
}

// unescape replaces the \u escapes of a document, as the demo writes none.
func unescape(document string) string {
	var v struct{ S string }
	var b strings.Builder
	for document != "" {
		before, after, found := strings.Cut(document, `\u`)
		b.WriteString(before)
		if !found {
			break
		}
		n := 4
		if strings.HasPrefix(after[4:], `\u`) {
			n = 10
		}
		if err := json.Unmarshal([]byte(`{"S":"\u`+after[:n]+`"}`), &v); err != nil {
			panic(err)
		}
		b.WriteString(v.S)
		document = after[n:]
	}
	return b.String()
}

func TestCloudFunctionVectors(t *testing.T) {
	type demoCase struct {
		Name, Result string
		NowMS        int64 `json:"now_ms"`
		Config       struct{ PrivateKey string }
		Response     struct {
			UserID, SDKAppID, AccountType, RoomID any
			PrivateMapKey, UserSig                string
		}
		Decoded struct{ PrivateMapKey, UserSig string }
	}
	for _, c := range cases[demoCase](t, "legacy_cloudfunction.json") {
		t.Run(c.Name, func(t *testing.T) {
			if c.Result == "throws" {
				return // there is nothing to compare with
			}
			key, now := testPrivateKey(t, c.Config.PrivateKey), time.UnixMilli(c.NowMS)
			appID, err := strconv.ParseUint(text(c.Response.SDKAppID), 10, 32)
			if err != nil { // the demo signs for an app without a number
				if _, err := Decode(c.Response.UserSig); !errors.Is(err, ErrJSON) {
					t.Errorf("error is %v, want ErrJSON", err)
				}
				return
			}
			s, err := NewSigner(uint32(appID), key, text(c.Response.AccountType))
			if err != nil {
				t.Fatal(err)
			}
			v, err := NewVerifier(uint32(appID), key)
			if err != nil {
				t.Fatal(err)
			}
			userID := text(c.Response.UserID)
			token, err := s.UserSig(userID, now, 300*time.Second)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := withoutSignature(t, jsonOf(t, token)), withoutSignature(t, c.Decoded.UserSig); got != want {
				t.Errorf("userSig is %s, want %s", got, want)
			}
			if _, err := v.UserSig(c.Response.UserSig, userID, now); err != nil {
				t.Error(err)
			}
			if c.Decoded.PrivateMapKey == "" {
				return // it has none
			}
			d, err := Decode(c.Response.PrivateMapKey)
			if err != nil {
				t.Fatal(err)
			}
			room := d.UserBuf.Room
			if room == (Room{}) {
				return // room 0, which the demo signs for and TRTC doesn't have
			}
			token, err = s.PrivateMapKey(userID, room, PrivilegeAll, now, 300*time.Second)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := withoutSignature(t, jsonOf(t, token)), withoutSignature(t, c.Decoded.PrivateMapKey); got != want {
				t.Errorf("privateMapKey is %s, want %s", got, want)
			}
			if _, err := v.PrivateMapKey(c.Response.PrivateMapKey, userID, room, now); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestOfficialECDSAVectors(t *testing.T) {
	type libCase struct {
		Lib, Name, Key, Error, Token string
		Input                        struct {
			SDKAppID    uint32
			UserID      string
			Expire, Now int64
			UserBufHex  *string `json:"userbuf_hex"`
		}
		SigningString string `json:"signing_string"`
	}
	for _, c := range cases[libCase](t, "legacy_official_libs.json") {
		t.Run(c.Lib+" "+c.Name+" "+c.Key, func(t *testing.T) {
			in, key := c.Input, testPrivateKey(t, c.Key)
			now, lifetime := time.Unix(in.Now, 0), time.Duration(in.Expire)*time.Second
			v, err := NewVerifier(in.SDKAppID, testPublicKey(t, c.Key))
			if err != nil {
				t.Fatal(err)
			}
			v.WideIDs = true

			d := document{generation: ECDSA, userID: in.UserID, sdkAppID: in.SDKAppID, time: in.Now, expire: in.Expire, accountType: "0", appID3rd: "0"}
			var check func([]byte) error
			if in.UserBufHex != nil {
				want, err := hex.DecodeString(*in.UserBufHex)
				if err != nil {
					t.Fatal(err)
				}
				d.userBuf = want
				check = func(b []byte) error {
					if !bytes.Equal(b, want) {
						return ErrUserBufMismatch
					}
					return nil
				}
			} else {
				tokens, err := forms(t, in.SDKAppID, key, "", isWide(in.UserID), func(s *Signer) (string, error) {
					return s.UserSig(in.UserID, now, lifetime)
				})
				if err != nil {
					t.Fatal(err)
				}
				for _, token := range tokens {
					checkSigned(t, token, string(d.text()), testPublicKey(t, c.Key))
				}
			}
			if c.Error != "" {
				return // the library has no secp256k1
			}
			if strings.Contains(c.Lib, "python") {
				d.appID3rd = ""
			}
			if got := string(d.text()); got != c.SigningString {
				t.Errorf("signed text is %q, want %q", got, c.SigningString)
			}
			if _, err := v.verify(c.Token, in.UserID, now, check); err != nil {
				t.Error(err)
			}
		})
	}
}
