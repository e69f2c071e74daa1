package sig

import (
	"errors"
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
		"a document beyond 64 KiB":    {strings.Repeat("u", 1<<16-1), room, benchNow, time.Hour, true, ErrTooLarge},
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
				token, err := s.PrivateMapKey(c.user, c.room, PrivilegeAll, c.now, c.lifetime)
				if !errors.Is(err, c.want) || err != nil && token != "" {
					t.Errorf("%s: privateMapKey is %q, %v, want %v", kind, token, err, c.want)
				}
				token, err = s.UserSig(c.user, c.now, c.lifetime)
				if want := c.want; want != ErrRoom && name != "until after 2106" && (!errors.Is(err, want) || err != nil && token != "") {
					t.Errorf("%s: userSig is %q, %v, want %v", kind, token, err, want)
				}
				if err != nil && strings.Contains(err.Error(), c.user) && len(c.user) > 1 {
					t.Errorf("%s: the error names the user: %v", kind, err)
				}
			}
		})
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

// TestTokensAreShort compares tokens with those that today's official libraries made
// of the same input. They are never longer than those of the one in Go. Those in
// Node.js and Python use the zlib in C, which has no empty block at a stream's end.
func TestTokensAreShort(t *testing.T) {
	longer := map[string]int{"go": 0, "node": 16, "python": 16}
	for _, file := range []string{"v2_usersig.json", "v2_privatemapkey.json"} {
		for _, c := range cases[hmacCase](t, file) {
			key, err := ParseSecretKey(c.Input.Key)
			if err != nil || hmacRefused[c.Name] != nil {
				continue
			}
			s, err := NewSigner(c.Input.SDKAppID, key, "")
			if err != nil {
				t.Fatal(err)
			}
			s.WideIDs = true
			token, err := c.token(s)
			if err != nil {
				t.Fatal(err)
			}
			for lib, o := range c.Observed {
				if o.SigMatches && len(token) > len(o.Token)+longer[lib] {
					t.Errorf("%s: token has %d characters, the library for %s makes %d", c.Name, len(token), lib, len(o.Token))
				}
			}
		}
	}
}
