package sig

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"hash/adler32"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// tokenOf returns a token with the document, as zlib compresses it.
func tokenOf(t testing.TB, document string) string {
	t.Helper()
	var compressed bytes.Buffer
	w := zlib.NewWriter(&compressed)
	if _, err := w.Write([]byte(document)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return tokenEncoding.EncodeToString(compressed.Bytes())
}

// signedToken returns a token with the fields, whose values may be anything, signed
// with the key for the text.
func signedToken(t testing.TB, fields map[string]any, key Key, text string) string {
	t.Helper()
	fields["TLS.sig"] = key.sign([]byte(text))
	document, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	return tokenOf(t, string(document))
}

func TestVerifyWhatIsSigned(t *testing.T) {
	keys := allKeys(t)
	room := rapid.OneOf(
		rapid.Map(rapid.Uint32Min(1), RoomNumber),
		rapid.Map(rapid.StringMatching(`[a-zA-Z0-9 !#$%&()+\-:;<=.>?@\[\]^_{}|~,]{1,64}`), RoomName),
	)
	rapid.Check(t, func(t *rapid.T) {
		key := keys[rapid.SampledFrom([]string{"HMAC", "secp256k1", "P-256"}).Draw(t, "key")]
		app := rapid.Uint32Min(1).Draw(t, "app")
		user := rapid.StringMatching(`[!-~]{1,32}`).Draw(t, "user")
		now := time.Unix(rapid.Int64Range(1, 1<<32-1).Draw(t, "now"), rapid.Int64Range(0, 1e9-1).Draw(t, "ns"))
		lifetime := time.Duration(rapid.Int64Range(int64(time.Second), int64(maxLifetime)).Draw(t, "lifetime"))
		accountType := rapid.Map(rapid.Uint32(), func(n uint32) string { return strconv.FormatUint(uint64(n), 10) }).Draw(t, "account type")
		wide := rapid.Bool().Draw(t, "wide")
		if wide {
			user = rapid.StringOfN(rapid.Rune().Filter(func(r rune) bool { return checkWide(string(r)) == "" }), 1, 100, -1).Draw(t, "wide user")
		}
		s, err := NewSigner(app, key, accountType)
		if err != nil {
			t.Fatal(err)
		}
		s.PlainBase64, s.WideIDs = rapid.Bool().Draw(t, "plain"), wide
		v, err := NewVerifier(app, key)
		if err != nil {
			t.Fatal(err)
		}
		v.WideIDs = wide

		issued := now.Truncate(time.Second).UTC()
		want := Document{
			Generation: key.generation(),
			UserID:     user,
			SDKAppID:   app,
			Issued:     issued,
			Expires:    issued.Add(lifetime.Truncate(time.Second)),
		}
		if want.Generation == ECDSA {
			want.AccountType = accountType
		}
		token, err := s.UserSig(user, now, lifetime)
		if err != nil {
			t.Fatal(err)
		}
		compare := func(token string, verify func(now time.Time) (Document, error)) {
			t.Helper()
			for _, at := range []time.Time{issued, want.Expires, want.Expires.Add(time.Second - 1)} {
				d, err := verify(at)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want, d, cmp.AllowUnexported(Room{})); diff != "" {
					t.Errorf("verified (-want +got):\n%s", diff)
				}
			}
			if _, err := verify(want.Expires.Add(time.Second)); !errors.Is(err, ErrExpired) {
				t.Errorf("a second after its end: error is %v, want ErrExpired", err)
			}
			d, err := Decode(token)
			if diff := cmp.Diff(want, d, cmp.AllowUnexported(Room{})); err != nil || diff != "" {
				t.Errorf("decoded %v (-want +got):\n%s", err, diff)
			}
		}
		compare(token, func(now time.Time) (Document, error) { return v.UserSig(token, user, now) })

		if want.Expires.Unix() > 1<<32-1 {
			return // which a privateMapKey can't say
		}
		r, p := room.Draw(t, "room"), Privilege(rapid.Uint32().Draw(t, "privilege"))
		if token, err = s.PrivateMapKey(user, r, p, now, lifetime); err != nil {
			t.Fatal(err)
		}
		want.UserBuf = &UserBuf{UserID: user, SDKAppID: app, Room: r, Expires: want.Expires, Privilege: p}
		if want.Generation == ECDSA {
			want.AccountType = "0"
		}
		compare(token, func(now time.Time) (Document, error) { return v.PrivateMapKey(token, user, r, now) })
	})
}

func TestVerifierRefuses(t *testing.T) {
	for name, key := range allKeys(t) {
		t.Run(name, func(t *testing.T) {
			s, v := newSigner(t, key), newVerifier(t, key)
			room := RoomNumber(123)
			userSig, err := s.UserSig("alice", benchNow, time.Hour)
			if err != nil {
				t.Fatal(err)
			}
			roomKey, err := s.PrivateMapKey("alice", room, PrivilegeAll, benchNow, time.Hour)
			if err != nil {
				t.Fatal(err)
			}
			check := func(what string, err, want error) {
				t.Helper()
				if !errors.Is(err, want) {
					t.Errorf("%s: error is %v, want %v", what, err, want)
				}
				if err != nil && strings.Contains(err.Error(), "alice") {
					t.Errorf("%s: the error names the user: %v", what, err)
				}
			}
			_, err = v.UserSig(userSig, "bob", benchNow)
			check("another user", err, ErrUserIDMismatch)
			_, err = v.UserSig(roomKey, "alice", benchNow)
			check("a privateMapKey for a userSig", err, ErrKindMismatch)
			_, err = v.PrivateMapKey(userSig, "alice", room, benchNow)
			check("a userSig for a privateMapKey", err, ErrKindMismatch)
			_, err = v.PrivateMapKey(roomKey, "alice", RoomNumber(124), benchNow)
			check("another room", err, ErrUserBufMismatch)
			_, err = v.PrivateMapKey(roomKey, "alice", RoomName("123"), benchNow)
			check("the room named so", err, ErrUserBufMismatch)
			_, err = v.PrivateMapKey(roomKey, "alice", Room{}, benchNow)
			check("no room", err, ErrRoom)
			_, err = v.PrivateMapKey(roomKey, "alice", room, benchNow.Add(time.Hour+time.Second))
			check("too late", err, ErrExpired)

			another, err := NewVerifier(benchApp+1, key)
			if err != nil {
				t.Fatal(err)
			}
			_, err = another.UserSig(userSig, "alice", benchNow)
			check("another app", err, ErrSDKAppIDMismatch)

			for otherName, otherKey := range allKeys(t) {
				_, err := newVerifier(t, otherKey).UserSig(userSig, "alice", benchNow)
				switch {
				case otherName == name:
					check("its own key", err, nil)
				case otherKey.generation() != key.generation():
					check("a key of the other generation", err, ErrVersion)
				default:
					check("a key on the other curve", err, ErrSignature)
				}
			}
		})
	}
}

func TestVerifierSkew(t *testing.T) {
	key := testSecretKey(t)
	s, v := newSigner(t, key), newVerifier(t, key)
	v.Skew = 30 * time.Second
	token, err := s.UserSig("alice", benchNow, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	for seconds, want := range map[int]error{-31: ErrNotYetValid, -30: nil, 0: nil, 60: nil, 90: nil, 91: ErrExpired} {
		if _, err := v.UserSig(token, "alice", benchNow.Add(time.Duration(seconds)*time.Second)); !errors.Is(err, want) {
			t.Errorf("after %d s: error is %v, want %v", seconds, err, want)
		}
	}
}

// TestUserBufDisagrees has privateMapKeys whose userbuf, signed with the app's own
// key, says something else than the document around it.
func TestUserBufDisagrees(t *testing.T) {
	room, end := RoomNumber(123), benchNow.Add(time.Hour)
	for name, c := range map[string]struct {
		userBuf UserBuf
		want    error
	}{
		"agrees":       {UserBuf{"alice", benchApp, room, end, PrivilegeAll, 0}, nil},
		"another user": {UserBuf{"bob", benchApp, room, end, PrivilegeAll, 0}, ErrUserBufMismatch},
		"another app":  {UserBuf{"alice", benchApp + 1, room, end, PrivilegeAll, 0}, ErrUserBufMismatch},
		"over":         {UserBuf{"alice", benchApp, room, benchNow.Add(-time.Second), PrivilegeAll, 0}, ErrExpired},
	} {
		t.Run(name, func(t *testing.T) {
			key := testSecretKey(t)
			d := document{generation: HMAC, userID: "alice", sdkAppID: benchApp, time: benchNow.Unix(), expire: 3600}
			d.userBuf = c.userBuf.binary()
			d.signature = key.sign(d.text())
			text, err := d.json()
			if err != nil {
				t.Fatal(err)
			}
			token := tokenOf(t, string(text))
			if _, err := newVerifier(t, key).PrivateMapKey(token, "alice", room, benchNow); !errors.Is(err, c.want) {
				t.Errorf("error is %v, want %v", err, c.want)
			}
		})
	}
}

// TestForgeries has what attackers make of honest signatures; see the package's
// documentation. Tencent's verifier in C++ accepts both.
func TestForgeries(t *testing.T) {
	key := testPrivateKey(t, "k1_pkcs8")
	v := newVerifier(t, key)
	fields := func(expire string) map[string]any {
		return map[string]any{
			"TLS.account_type": "0", "TLS.appid_at_3rd": "0", "TLS.identifier": "victim",
			"TLS.sdk_appid": "1400000000", "TLS.time": "1700000000", "TLS.expire_after": expire,
		}
	}
	const lines = "TLS.appid_at_3rd:0\nTLS.account_type:0\nTLS.identifier:victim\n" +
		"TLS.sdk_appid:1400000000\nTLS.time:1700000000\nTLS.expire_after:"

	t.Run("line feeds in a user id", func(t *testing.T) {
		id := "victim\nTLS.sdk_appid:1400000000\nTLS.time:1700000000\nTLS.expire_after:999999999"
		s := newSigner(t, key)
		s.WideIDs = true
		if _, err := s.UserSig(id, benchNow, time.Hour); !errors.Is(err, ErrUserID) {
			t.Errorf("signing: error is %v, want ErrUserID", err)
		}
		// The signature that a signer would give who doesn't look.
		rest := "\nTLS.sdk_appid:1400000000\nTLS.time:1700000000\nTLS.expire_after:300"
		token := signedToken(t, fields("999999999"+rest), key, lines+"999999999"+rest+"\n")
		if _, err := v.UserSig(token, "victim", benchNow.Add(24*time.Hour)); !errors.Is(err, ErrJSON) {
			t.Errorf("verifying: error is %v, want ErrJSON", err)
		}
	})
	t.Run("a privateMapKey as userSig", func(t *testing.T) {
		s := newSigner(t, key)
		roomKey, err := s.PrivateMapKey("victim", RoomNumber(1), PrivilegeAll, benchNow, 300*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		var document map[string]any
		if err := json.Unmarshal([]byte(jsonOf(t, roomKey)), &document); err != nil {
			t.Fatal(err)
		}
		document["TLS.expire_after"] = "300\nTLS.userbuf:" + document["TLS.userbuf"].(string)
		delete(document, "TLS.userbuf")
		text, err := json.Marshal(document)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := v.UserSig(tokenOf(t, string(text)), "victim", benchNow); !errors.Is(err, ErrJSON) {
			t.Errorf("error is %v, want ErrJSON", err)
		}
	})
	for _, expire := range []string{"0300", " 300", "300 ", "+300", "3e2", "300.0", "0x12c", "-300", "", "300\x00", "٣"} {
		t.Run("a lifetime of "+expire, func(t *testing.T) {
			token := signedToken(t, fields(expire), key, lines+expire+"\n")
			if _, err := v.UserSig(token, "victim", benchNow); !errors.Is(err, ErrJSON) {
				t.Errorf("error is %v, want ErrJSON", err)
			}
		})
	}
	t.Run("control characters in appid_at_3rd", func(t *testing.T) {
		f := fields("300")
		f["TLS.appid_at_3rd"] = "0\n"
		token := signedToken(t, f, key, strings.Replace(lines, ":0\n", ":0\n\n", 1)+"300\n")
		if _, err := v.UserSig(token, "victim", benchNow); !errors.Is(err, ErrJSON) {
			t.Errorf("error is %v, want ErrJSON", err)
		}
	})
	t.Run("line ends in a signature", func(t *testing.T) { // which some old generators broke into lines
		f := fields("300")
		signature := base64.StdEncoding.EncodeToString(key.sign([]byte(lines + "300\n")))
		f["TLS.sig"] = signature[:40] + "\r\n" + signature[40:]
		text, err := json.Marshal(f)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := v.UserSig(tokenOf(t, string(text)), "victim", benchNow); err != nil {
			t.Error(err)
		}
	})
}

// TestEveryBit changes each bit of tokens, and of the documents in them. What is
// accepted then must hold the very same document: deflate and base64 have several
// forms of a text, and of a document TLS.version isn't signed.
func TestEveryBit(t *testing.T) {
	for name, key := range allKeys(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, v := newSigner(t, key), newVerifier(t, key)
			token, err := s.PrivateMapKey("alice", RoomNumber(12345678), PrivilegeAll, benchNow, time.Hour)
			if err != nil {
				t.Fatal(err)
			}
			accepted := func(token string) bool {
				_, err := v.PrivateMapKey(token, "alice", RoomNumber(12345678), benchNow)
				return err == nil
			}
			document := jsonOf(t, token)
			for bit := range 8 * len(token) {
				changed := []byte(token)
				changed[bit/8] ^= 1 << (bit % 8)
				if accepted(string(changed)) && jsonOf(t, string(changed)) != document {
					t.Fatalf("accepted with bit %d changed: %s", bit, changed)
				}
			}
			const version = `TLS.version":"201512300000`
			unsigned := strings.Index(document, version)
			for bit := range 8 * len(document) {
				if unsigned > 0 && unsigned <= bit/8 && bit/8 < unsigned+len(version) {
					continue
				}
				changed := []byte(document)
				changed[bit/8] ^= 1 << (bit % 8)
				if accepted(tokenEncoding.EncodeToString(storedStream(changed))) {
					t.Fatalf("accepted with bit %d changed: %s", bit, changed)
				}
			}
		})
	}
}

// storedStream returns a zlib stream with the document in a stored block.
func storedStream(document []byte) []byte {
	b := append([]byte{0x78, 0x01, 0x01}, byte(len(document)), byte(len(document)>>8), ^byte(len(document)), ^byte(len(document)>>8))
	return binary.BigEndian.AppendUint32(append(b, document...), adler32.Checksum(document))
}

func TestDecodeRefuses(t *testing.T) {
	const good = `{"TLS.ver":"2.0","TLS.identifier":"alice","TLS.sdkappid":1400000000,"TLS.expire":7200,"TLS.time":1700000000,"TLS.sig":"AAAA"`
	stream := func(b string) string { return tokenEncoding.EncodeToString([]byte(b)) }
	for name, c := range map[string]struct {
		token string
		want  error
	}{
		"the document they vary":        {tokenOf(t, good+"}"), nil},
		"white space":                   {tokenOf(t, " \t\r\n"+strings.NewReplacer(",", " ,\n", ":", " : ").Replace(good)+" } \n"), nil},
		"a field of any value":          {tokenOf(t, good+`,"a":[{"b":[null,true,false,-0.5e+7,"\ud83d\ude00"]},[],{}]}`), nil},
		"escapes":                       {tokenOf(t, strings.Replace(good, "TLS.ver", `\u0054LS\u002ever`, 1)+"}"), nil},
		"both alphabets":                {"*+" + tokenOf(t, good+"}"), ErrBase64},
		"line ends":                     {tokenOf(t, good+"}") + "\n", ErrBase64},
		"nothing compressed":            {stream(""), ErrBase64},
		"one byte":                      {stream("\x78"), ErrZlib},
		"a preset dictionary":           {stream("\x78\xbb\x00\x00\x00\x00"), ErrZlib},
		"an empty stored block":         {stream("\x78\x01\x01\x00\x00\xff\xff\x00\x00\x00\x01"), ErrJSON},
		"a stored block cut off":        {stream("\x78\x01\x01\x02\x00\xfd\xff{"), ErrZlib},
		"a stored block's wrong length": {stream("\x78\x01\x01\x02\x00\xfd\xfe{}\x01\x75\x00\xf9"), ErrZlib},
		"a very long token":             {strings.Repeat("A", 1<<18), ErrTooLarge},
		"no comma":                      {tokenOf(t, good+`"a":1}`), ErrJSON},
		"a comma too many":              {tokenOf(t, good+",}"), ErrJSON},
		"no end":                        {tokenOf(t, good), ErrJSON},
		"something behind the end":      {tokenOf(t, good+"}{"), ErrJSON},
		"a NUL behind the end":          {tokenOf(t, good+"}\x00"), ErrJSON},
		"an array without comma":        {tokenOf(t, good+`,"a":[1 2]}`), ErrJSON},
		"an array without end":          {tokenOf(t, good+`,"a":[`), ErrJSON},
		"no value":                      {tokenOf(t, good+`,"a":}`), ErrJSON},
		"a wrong word":                  {tokenOf(t, good+`,"a":nul}`), ErrJSON},
		"a wrong number":                {tokenOf(t, good+`,"a":01}`), ErrJSON},
		"a number's wrong fraction":     {tokenOf(t, good+`,"a":1.}`), ErrJSON},
		"a number's wrong exponent":     {tokenOf(t, good+`,"a":1e}`), ErrJSON},
		"a wrong escape":                {tokenOf(t, good+`,"a":"\x41"}`), ErrJSON},
		"half an escape":                {tokenOf(t, good+`,"a":"\u00`), ErrJSON},
		"half a surrogate pair":         {tokenOf(t, strings.Replace(good, "alice", `\ud83d`, 1)+"}"), ErrJSON},
		"a reversed surrogate pair":     {tokenOf(t, strings.Replace(good, "alice", `\ude00\ud83d`, 1)+"}"), ErrJSON},
		"a control character":           {tokenOf(t, good+",\"a\":\"\n\"}"), ErrJSON},
		"a text without end":            {tokenOf(t, good+`,"a":"`), ErrJSON},
		"a backslash at the end":        {tokenOf(t, good+`,"a":"\`), ErrJSON},
		"a name twice":                  {tokenOf(t, good+`,"TLS.time":1700000000}`), ErrJSON},
		"a name twice, escaped once":    {tokenOf(t, good+`,"TLS\u002etime":1700000000}`), ErrJSON},
		"a null":                        {tokenOf(t, strings.Replace(good, `"alice"`, "null", 1)+"}"), ErrJSON},
		"an object":                     {tokenOf(t, strings.Replace(good, `"alice"`, "{}", 1)+"}"), ErrJSON},
		"a negative app":                {tokenOf(t, strings.Replace(good, "1400000000", "-1", 1)+"}"), ErrJSON},
		"too large an app":              {tokenOf(t, strings.Replace(good, "1400000000", "4294967296", 1)+"}"), ErrJSON},
		"an app with a fraction":        {tokenOf(t, strings.Replace(good, "1400000000", "1400000000.0", 1)+"}"), ErrJSON},
		"milliseconds":                  {tokenOf(t, strings.Replace(good, "1700000000", "1700000000000", 1)+"}"), ErrJSON},
		"a version as a number":         {tokenOf(t, strings.Replace(good, `"2.0"`, "2.0", 1)+"}"), ErrVersion},
		"a user with DEL":               {tokenOf(t, strings.Replace(good, "alice", "\x7f", 1)+"}"), ErrUserID},
		"no user":                       {tokenOf(t, strings.Replace(good, "alice", "", 1)+"}"), ErrUserID},
		"a userbuf of nothing":          {tokenOf(t, good+`,"TLS.userbuf":""}`), ErrUserBuf},
		"a userbuf of anything":         {tokenOf(t, good+`,"TLS.userbuf":"AAAA"}`), ErrUserBuf},
		"a userbuf in loose base64":     {tokenOf(t, good+`,"TLS.userbuf":"AB=="}`), ErrJSON},
		"a userbuf with line ends":      {tokenOf(t, good+`,"TLS.userbuf":"AAAA\n"}`), ErrJSON},
		"a signature in loose base64":   {tokenOf(t, strings.Replace(good, "AAAA", "AB==", 1)+"}"), ErrJSON},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Decode(c.token)
			if !errors.Is(err, c.want) {
				t.Errorf("error is %v, want %v", err, c.want)
			}
		})
	}
}

// TestBomb has a document that is a byte too large, and one of far more.
func TestBomb(t *testing.T) {
	for _, n := range []int{maxDocument + 1, 1 << 24} {
		token := tokenOf(t, strings.Repeat("u", n))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := open(token)
		runtime.ReadMemStats(&after)
		if !errors.Is(err, ErrTooLarge) {
			t.Errorf("%d bytes: error is %v, want ErrTooLarge", n, err)
		}
		if allocated := after.TotalAlloc - before.TotalAlloc; allocated > 8*maxDocument {
			t.Errorf("%d bytes: took %d bytes to refuse", n, allocated)
		}
	}
}
