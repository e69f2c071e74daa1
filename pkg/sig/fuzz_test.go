package sig

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"
)

// seeds adds what the vectors have to the corpus of a fuzz test.
func seeds(f *testing.F, add func(token string)) {
	type verifyCase struct{ Token string }
	for _, file := range []string{"v2_verify.json", "legacy_verify.json"} {
		for _, c := range cases[verifyCase](f, file) {
			add(c.Token)
		}
	}
	for _, key := range allKeys(f) {
		s := newSigner(f, key)
		token, err := s.PrivateMapKey("alice", RoomName("lobby"), PrivilegeAll, benchNow, time.Hour)
		if err != nil {
			f.Fatal(err)
		}
		add(token)
	}
}

func FuzzDecode(f *testing.F) {
	seeds(f, func(token string) { f.Add(token) })
	f.Fuzz(func(t *testing.T, token string) {
		d, err := Decode(token)
		if err != nil {
			return
		}
		if checkUserID(d.UserID, true) != nil || d.Expires.Before(d.Issued) || d.Expires.Year() > 9999 {
			t.Errorf("decoded what can't be: %+v", d)
		}
	})
}

// FuzzDiagnose asks about any token with what fits it and with what doesn't.
func FuzzDiagnose(f *testing.F) {
	seeds(f, func(token string) { f.Add(token, "alice", uint32(benchApp), uint32(1)) })
	key := testSecretKey(f)
	f.Fuzz(func(t *testing.T, token, user string, app, room uint32) {
		d := Diagnose(token, key, app, user, RoomNumber(room), benchNow)
		if (d.Code == 0) != (d.Err == nil) || (d.Code == 0) != (d.EnterRoom == 0) || d.English == "" || d.Chinese == "" {
			t.Errorf("diagnosis contradicts itself: %+v", d)
		}
		if d.Code == 0 && room != 0 {
			v, err := NewVerifier(app, key)
			if app == 0 || user == "" || err != nil {
				return
			}
			if _, err := v.PrivateMapKey(strings.TrimSpace(token), user, RoomNumber(room), benchNow); err != nil {
				t.Errorf("called sound, but: %v", err)
			}
		}
	})
}

// FuzzInflate takes documents out of streams. What comes out is all of the stream, and
// not more than a document may have.
func FuzzInflate(f *testing.F) {
	seeds(f, func(token string) {
		if stream, err := decode(token); err == nil {
			f.Add(stream)
		}
	})
	f.Fuzz(func(t *testing.T, stream []byte) {
		text, err := inflate(stream)
		if err != nil {
			return
		}
		if len(text) > maxDocument {
			t.Errorf("took %d bytes", len(text))
		}
		if _, err := inflate(append(stream, 0)); err == nil {
			t.Error("passed over a byte behind the end")
		}
		if _, err := inflate(stream[:len(stream)-1]); err == nil {
			t.Error("took a stream that was cut off")
		}
	})
}

// FuzzParseDocument compares what is read in documents with what encoding/json reads.
func FuzzParseDocument(f *testing.F) {
	seeds(f, func(token string) {
		stream, err := decode(token)
		if err != nil {
			return
		}
		if text, err := inflate(stream); err == nil {
			f.Add(text)
		}
	})
	f.Add([]byte(`{"TLS.ver":"2.0","TLS.identifier":"\u5f20\ud83d\ude00\"","TLS.sdkappid":1,"TLS.expire":0,"TLS.time":0,"TLS.sig":"","a":[{"b":-1.5e+7},null,true]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		d, err := parseDocument(text)
		if err != nil {
			return
		}
		var want map[string]any
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.UseNumber()
		if err := decoder.Decode(&want); err != nil {
			t.Fatalf("read what is no JSON (%v): %s", err, text)
		}
		app, expire := "TLS.sdkappid", "TLS.expire"
		if d.generation == ECDSA {
			app, expire = "TLS.sdk_appid", "TLS.expire_after"
		}
		for name, got := range map[string]string{
			"TLS.identifier": d.userID, app: strconv.FormatUint(uint64(d.sdkAppID), 10), "TLS.time": strconv.FormatInt(d.time, 10), expire: strconv.FormatInt(d.expire, 10),
		} {
			value, _ := want[name].(string)
			if number, ok := want[name].(json.Number); ok {
				value = number.String()
			}
			if got != value {
				t.Errorf("read %s as %q, encoding/json as %q", name, got, value)
			}
		}
		if lines := strings.Count(string(d.text()), "\n"); lines > 7 {
			t.Errorf("%d lines are signed", lines)
		}
	})
}

func FuzzParseUserBuf(f *testing.F) {
	for _, room := range []Room{RoomNumber(1), RoomName("lobby")} {
		f.Add(UserBuf{"alice", benchApp, room, benchNow, PrivilegeAll, 0}.binary())
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		u, err := parseUserBuf(b)
		if err != nil {
			if !errors.Is(err, ErrUserBuf) {
				t.Errorf("error is %v, want ErrUserBuf", err)
			}
			return
		}
		if got := u.binary(); !bytes.Equal(got, b) {
			t.Errorf("parsed and made again, it is %x, was %x", got, b)
		}
	})
}

func FuzzParsePrivateKey(f *testing.F) {
	for _, k := range cases[struct{ PEM string }](f, "keys.json") {
		f.Add([]byte(k.PEM))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if public, err := ParsePublicKey(text); err == nil {
			public.verify([]byte("text"), []byte("signature"))
		}
		key, err := ParsePrivateKey(text)
		if err != nil {
			if !errors.Is(err, ErrKey) {
				t.Errorf("error is %v, want ErrKey", err)
			}
			return
		}
		if !key.verify([]byte("text"), key.sign([]byte("text"))) {
			t.Error("the key doesn't verify what it signed")
		}
	})
}

func FuzzParseSecretKey(f *testing.F) {
	f.Add(benchKey)
	f.Fuzz(func(t *testing.T, text string) {
		key, err := ParseSecretKey(text)
		if err != nil {
			if !errors.Is(err, ErrKey) {
				t.Errorf("error is %v, want ErrKey", err)
			}
			return
		}
		if !key.verify([]byte("text"), key.sign([]byte("text"))) {
			t.Error("the key doesn't verify what it signed")
		}
	})
}

// FuzzTamper changes one bit of a token, and of the document in it. The token must
// not be accepted then or, as neither deflate nor base64 have but one form of a
// text, hold the very same document.
func FuzzTamper(f *testing.F) {
	f.Add("alice", uint32(1), uint16(100), false)
	f.Add(`"\`, uint32(1), uint16(700), true)
	key := testSecretKey(f)
	s, v := newSigner(f, key), newVerifier(f, key)
	s.WideIDs, v.WideIDs = true, true
	f.Fuzz(func(t *testing.T, user string, room uint32, bit uint16, inDocument bool) {
		token, err := s.PrivateMapKey(user, RoomNumber(room), PrivilegeAll, benchNow, time.Hour)
		if err != nil {
			return
		}
		verify := func(token string) error {
			_, err := v.PrivateMapKey(token, user, RoomNumber(room), benchNow)
			return err
		}
		if err := verify(token); err != nil {
			t.Fatal(err)
		}
		document := jsonOf(t, token)
		changed := []byte(token)
		if inDocument {
			changed = []byte(document)
		}
		at := int(bit) % (8 * len(changed))
		changed[at/8] ^= 1 << (at % 8)
		if inDocument {
			if verify(tokenOf(t, string(changed))) == nil {
				t.Errorf("accepted %s for %s", changed, document)
			}
			return
		}
		if verify(string(changed)) == nil && jsonOf(t, string(changed)) != document {
			t.Errorf("accepted %s for %s", changed, token)
		}
	})
}
