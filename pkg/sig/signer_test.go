package sig

import (
	"bytes"
	"compress/zlib"
	"errors"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"
)

func newSigner(t testing.TB, key Key) *Signer {
	t.Helper()
	s, err := NewSigner(benchApp, key, "")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func newVerifier(t testing.TB, key VerifyKey) *Verifier {
	t.Helper()
	v, err := NewVerifier(benchApp, key)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func testSecretKey(t testing.TB) SecretKey {
	t.Helper()
	key, err := ParseSecretKey(benchKey)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// allKeys returns a key of each kind, by name.
func allKeys(t testing.TB) map[string]Key {
	return map[string]Key{
		"HMAC":      testSecretKey(t),
		"secp256k1": testPrivateKey(t, "k1_pkcs8"),
		"P-256":     testPrivateKey(t, "p256_pkcs8"),
	}
}

func TestNewSignerRefuses(t *testing.T) {
	key := testSecretKey(t)
	if _, err := NewSigner(0, key, ""); !errors.Is(err, ErrSetting) {
		t.Errorf("app 0: error is %v, want ErrSetting", err)
	}
	for _, accountType := range []string{"x", "-1", "+1", "007", " 1", "1\n", "4294967296"} {
		if _, err := NewSigner(1, key, accountType); !errors.Is(err, ErrSetting) {
			t.Errorf("account type %q: error is %v, want ErrSetting", accountType, err)
		}
	}
}

func TestSignerRefuses(t *testing.T) {
	long := strings.Repeat("u", 33)
	room := RoomNumber(1)
	for name, c := range map[string]struct {
		user     string
		room     Room
		now      time.Time
		lifetime time.Duration
		wide     bool
		want     error
	}{
		"no user":                     {"", room, benchNow, time.Hour, false, ErrUserID},
		"no user, wide":               {"", room, benchNow, time.Hour, true, ErrUserID},
		"a long user":                 {long, room, benchNow, time.Hour, false, ErrUserID},
		"a long user, wide":           {long, room, benchNow, time.Hour, true, nil},
		"a user too long for all":     {strings.Repeat("u", 1<<16), room, benchNow, time.Hour, true, ErrUserID},
		"a user with a space":         {"a b", room, benchNow, time.Hour, false, ErrUserID},
		"a user with a space, wide":   {"a b", room, benchNow, time.Hour, true, nil},
		"a user with DEL":             {"a\x7f", room, benchNow, time.Hour, false, ErrUserID},
		"a user with DEL, wide":       {"a\x7f", room, benchNow, time.Hour, true, ErrUserID},
		"a user with C1, wide":        {"a\u0085b", room, benchNow, time.Hour, true, ErrUserID},
		"a user with LF, wide":        {"a\nb", room, benchNow, time.Hour, true, ErrUserID},
		"a user with NUL, wide":       {"a\x00b", room, benchNow, time.Hour, true, ErrUserID},
		"a user not in UTF-8, wide":   {"\xff", room, benchNow, time.Hour, true, ErrUserID},
		"a document beyond 64 KiB":    {strings.Repeat("张", 1<<14), room, benchNow, time.Hour, true, ErrTooLarge},
		"no room":                     {"u", Room{}, benchNow, time.Hour, false, ErrRoom},
		"room number 0":               {"u", RoomNumber(0), benchNow, time.Hour, false, ErrRoom},
		"a room without a name":       {"u", RoomName(""), benchNow, time.Hour, true, ErrRoom},
		"a room's long name":          {"u", RoomName(long + long), benchNow, time.Hour, false, ErrRoom},
		"a room's long name, wide":    {"u", RoomName(long + long), benchNow, time.Hour, true, nil},
		"a room's name with *":        {"u", RoomName("a*b"), benchNow, time.Hour, false, ErrRoom},
		"a room's name with LF, wide": {"u", RoomName("a\nb"), benchNow, time.Hour, true, ErrRoom},
		"no lifetime":                 {"u", room, benchNow, 0, false, ErrLifetime},
		"a lifetime below a second":   {"u", room, benchNow, time.Second - 1, false, ErrLifetime},
		"a lifetime of a second":      {"u", room, benchNow, time.Second, false, nil},
		"a lifetime below zero":       {"u", room, benchNow, -time.Hour, false, ErrLifetime},
		"50 years":                    {"u", room, benchNow, maxLifetime, false, nil},
		"more than 50 years":          {"u", room, benchNow, maxLifetime + 1, false, ErrLifetime},
		"no time":                     {"u", room, time.Time{}, time.Hour, false, ErrLifetime},
		"1970":                        {"u", room, time.Unix(0, 0), time.Hour, false, ErrLifetime},
		"2100":                        {"u", room, time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC), time.Hour, false, nil},
		"until after 2106":            {"u", room, time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC), 10 * 365 * 24 * time.Hour, false, ErrLifetime},
		"after 2106":                  {"u", room, time.Date(2107, 1, 1, 0, 0, 0, 0, time.UTC), time.Hour, false, ErrLifetime},
	} {
		t.Run(name, func(t *testing.T) {
			for kind, key := range allKeys(t) {
				s := newSigner(t, key)
				s.WideIDs = c.wide
				dst, err := s.AppendPrivateMapKey([]byte("dst"), c.user, c.room, PrivilegeAll, c.now, c.lifetime)
				if !errors.Is(err, c.want) {
					t.Errorf("%s: privateMapKey: error is %v, want %v", kind, err, c.want)
				}
				if err != nil && string(dst) != "dst" {
					t.Errorf("%s: privateMapKey: dst is %q after an error", kind, dst)
				}
				dst, err = s.AppendUserSig([]byte("dst"), c.user, c.now, c.lifetime)
				if want := c.want; want != ErrRoom && name != "until after 2106" && !errors.Is(err, want) {
					t.Errorf("%s: userSig: error is %v, want %v", kind, err, want)
				}
				if err != nil && string(dst) != "dst" {
					t.Errorf("%s: userSig: dst is %q after an error", kind, dst)
				}
				if err != nil && strings.Contains(err.Error(), c.user) && len(c.user) > 1 {
					t.Errorf("%s: the error names the user: %v", kind, err)
				}
			}
		})
	}
}

func TestAppendAppends(t *testing.T) {
	for name, key := range allKeys(t) {
		s := newSigner(t, key)
		want, err := s.UserSig("alice", benchNow, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		got, err := s.AppendUserSig([]byte("userSig="), "alice", benchNow, time.Hour)
		if err != nil || string(got) != "userSig="+want {
			t.Errorf("%s: AppendUserSig = %s, %v, want userSig=%s", name, got, err, want)
		}
		want, err = s.PrivateMapKey("alice", RoomName("lobby"), PrivilegeAll, benchNow, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		got, err = s.AppendPrivateMapKey([]byte("key="), "alice", RoomName("lobby"), PrivilegeAll, benchNow, time.Hour)
		if err != nil || string(got) != "key="+want {
			t.Errorf("%s: AppendPrivateMapKey = %s, %v, want key=%s", name, got, err, want)
		}
	}
}

func TestSignerAllocates(t *testing.T) {
	if raceDetector {
		t.Skip("sync.Pool drops some of what it is given when the race detector is on")
	}
	s := newSigner(t, testSecretKey(t))
	stored := newSigner(t, testSecretKey(t))
	stored.Stored = true
	room, dst := RoomNumber(12345678), make([]byte, 0, 1024)
	for name, c := range map[string]struct {
		most float64
		sign func() error
	}{
		"UserSig":         {1, func() error { _, err := s.UserSig(benchUser, benchNow, time.Hour); return err }},
		"UserSig, stored": {1, func() error { _, err := stored.UserSig(benchUser, benchNow, time.Hour); return err }},
		"PrivateMapKey": {1, func() error {
			_, err := s.PrivateMapKey(benchUser, room, PrivilegeAll, benchNow, time.Hour)
			return err
		}},
		"AppendUserSig": {0, func() error { _, err := s.AppendUserSig(dst, benchUser, benchNow, time.Hour); return err }},
		"AppendPrivateMapKey": {0, func() error {
			_, err := s.AppendPrivateMapKey(dst, benchUser, room, PrivilegeAll, benchNow, time.Hour)
			return err
		}},
	} {
		got := testing.AllocsPerRun(1000, func() {
			if err := c.sign(); err != nil {
				t.Fatal(err)
			}
		})
		if got > c.most {
			t.Errorf("%s makes %v allocations, want at most %v", name, got, c.most)
		}
	}
}

func TestSignerConcurrently(t *testing.T) {
	for name, key := range allKeys(t) {
		s, v := newSigner(t, key), newVerifier(t, key)
		var wait sync.WaitGroup
		for range 8 {
			wait.Go(func() {
				for range 20 {
					token, err := s.UserSig("alice", benchNow, time.Hour)
					if err == nil {
						_, err = v.UserSig(token, "alice", benchNow)
					}
					if err != nil {
						t.Errorf("%s: %v", name, err)
					}
				}
			})
		}
		wait.Wait()
	}
}

// TestCompactIsShort compares tokens with those of zlib's level 6, the default of
// most libraries, and of level 9.
func TestCompactIsShort(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-0123456789"
	id := func(n int, of string) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = of[random.IntN(len(of))]
		}
		return string(b)
	}
	atLevel6, atLevel9 := zlibTokens(t, 6), zlibTokens(t, 9)
	hmac, ecdsa := newSigner(t, testSecretKey(t)), newSigner(t, testPrivateKey(t, "k1_pkcs8"))
	for _, ids := range []struct {
		name string
		new  func() string
	}{
		{"OPENID", func() string { return "o" + id(27, letters) }},
		{"name", func() string { return id(1+random.IntN(32), letters[:26]) }},
		{"number", func() string { return id(1+random.IntN(20), letters[54:]) }},
		{"hex", func() string { return id(32, "0123456789abcdef") }},
		{"mixed", func() string { return id(1+random.IntN(32), letters) }},
	} {
		for _, s := range []*Signer{hmac, ecdsa} {
			var ours, level6, level9, signed int
			for range 100 {
				now := time.Unix(1_550_000_000+random.Int64N(400_000_000), 0)
				lifetime := time.Duration(60+random.IntN(15_552_000)) * time.Second
				user := ids.new()
				userSig, err := s.UserSig(user, now, lifetime)
				if err != nil {
					t.Fatal(err)
				}
				roomKey, err := s.PrivateMapKey(user, RoomNumber(10_000_000+random.Uint32N(90_000_000)), PrivilegeAll, now, lifetime)
				if err != nil {
					t.Fatal(err)
				}
				for _, token := range []string{userSig, roomKey} {
					document := jsonOf(t, token)
					n6, n9 := atLevel6(document), atLevel9(document)
					if s == hmac && len(token) > n6 {
						t.Errorf("%s: %d characters, zlib makes %d of %s", ids.name, len(token), n6, document)
					}
					ours, level6, level9, signed = ours+len(token), level6+n6, level9+n9, signed+1
				}
			}
			t.Logf("%v, %s: %d characters on average, %d at level 6, %d at level 9", s.generation, ids.name, ours/signed, level6/signed, level9/signed)
			if ours >= level6 || ours >= level9 {
				t.Errorf("%v, %s: tokens aren't shorter than zlib's", s.generation, ids.name)
			}
		}
	}
}

// zlibTokens returns a function that returns the length of a token compressed at
// the level.
func zlibTokens(t *testing.T, level int) func(document string) int {
	t.Helper()
	var compressed bytes.Buffer
	w, err := zlib.NewWriterLevel(&compressed, level)
	if err != nil {
		t.Fatal(err)
	}
	return func(document string) int {
		compressed.Reset()
		w.Reset(&compressed)
		if _, err := w.Write([]byte(document)); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return tokenEncoding.EncodedLen(compressed.Len())
	}
}
