package main

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"webrtc-room/scripts/internal/cmdline"
)

const (
	secret = "f0c005f3fc83d0d755e06a89aafa54803ce97f1ca4f10fd55fd91edf445363d9"

	private = `-----BEGIN PRIVATE KEY-----
MIGEAgEAMBAGByqGSM49AgEGBSuBBAAKBG0wawIBAQQgCSGH/DoZC1E3Lzl06Y17
Wkd+5I+WftUDtyq9DtOzz4yhRANCAARZmzbbhBs7Fo367In7/2P3bhXOcUzfj8mO
U4rZeRl7baYJv63NibfpgdMhfIgn6C16BCncre4GmhFHTlwAwYDG
-----END PRIVATE KEY-----
`
	public = `-----BEGIN PUBLIC KEY-----
MFYwEAYHKoZIzj0CAQYFK4EEAAoDQgAEWZs224QbOxaN+uyJ+/9j924VznFM34/J
jlOK2XkZe22mCb+tzYm36YHTIXyIJ+gtegQp3K3uBpoRR05cAMGAxg==
-----END PUBLIC KEY-----
`
)

// run runs the command, at a fixed time, and returns all that it prints.
func run(t *testing.T, env map[string]string, stdin string, args ...string) (string, error) {
	t.Helper()
	var out strings.Builder
	c := command{
		stdin:  strings.NewReader(stdin),
		stdout: &out,
		stderr: &out,
		getenv: func(name string) string { return env[name] },
		now:    func() time.Time { return time.Unix(1700000000, 0) },
	}
	err := c.run(args)
	return out.String(), err
}

func writeFile(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestSignAndUse(t *testing.T) {
	secretFile, privateFile, publicFile := writeFile(t, secret+"\n"), writeFile(t, private), writeFile(t, public)
	for name, c := range map[string]struct {
		env  map[string]string
		sign []string // with these flags
		then []string // and verify, diagnose with these
		says []string // in what decode prints
	}{
		"a key file": {
			nil, []string{"-key-file", secretFile, "-app", "1400000001"}, []string{"-key-file", secretFile, "-app", "1400000001"},
			[]string{"userSig", "HMAC-SHA256", `"alice"`, "1400000001", "2023-11-14T22:13:20Z", "2h0m0s left"},
		},
		"the environment": {
			map[string]string{"TRTC_SECRET_KEY": secret, "TRTC_SDK_APP_ID": "1400000001"}, nil, nil, []string{"userSig"},
		},
		"the environment, old generation": {
			map[string]string{"TRTC_PRIVATE_KEY": strings.ReplaceAll(private, "\n", `\n`), "TRTC_SDK_APP_ID": "1400000001", "TRTC_ACCOUNT_TYPE": "36862"}, nil, nil,
			[]string{"ECDSA-SHA256", "account type 36862"},
		},
		"a public key": {
			map[string]string{"TRTC_SDK_APP_ID": "1400000001"}, []string{"-key-file", privateFile}, []string{"-key-file", publicFile}, []string{"ECDSA-SHA256"},
		},
		"a room": {
			map[string]string{"TRTC_SECRET_KEY": secret, "TRTC_SDK_APP_ID": "1400000001"}, []string{"-room", "123", "-privileges", "enter-room+receive-audio", "-lifetime", "90s"}, []string{"-room", "123"},
			[]string{"privateMapKey", "room         123", "enter-room+receive-audio (10)", "1m30s left"},
		},
		"a room with a name": {
			map[string]string{"TRTC_SECRET_KEY": secret, "TRTC_SDK_APP_ID": "1400000001"}, []string{"-room-name", "lobby", "-privileges", "255", "-plain"}, []string{"-room-name", "lobby"},
			[]string{"privateMapKey", `room         "lobby"`, "all (255)"},
		},
		"another time": {
			map[string]string{"TRTC_SECRET_KEY": secret, "TRTC_SDK_APP_ID": "1400000001"}, []string{"-at", "2026-01-31T12:00:00+08:00"}, []string{"-at", "1769832000"},
			[]string{"issued       2026-01-31T04:00:00Z"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			token, err := run(t, c.env, "", append([]string{"sign", "-user", "alice"}, c.sign...)...)
			if err != nil {
				t.Fatal(err)
			}
			out, err := run(t, c.env, token, "decode")
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range c.says {
				if !strings.Contains(out, want) {
					t.Errorf("decode has no %q:\n%s", want, out)
				}
			}
			// The token as an argument, with flags before and behind it.
			args := append([]string{"verify", "-user", "alice", strings.TrimSpace(token)}, c.then...)
			if out, err := run(t, c.env, "", args...); err != nil || !strings.Contains(out, "valid") {
				t.Errorf("verify: %v\n%s", err, out)
			}
			args[0] = "diagnose"
			if out, err := run(t, c.env, "", args...); err != nil || !strings.Contains(out, "Nothing is wrong") || !strings.Contains(out, "没有问题") {
				t.Errorf("diagnose: %v\n%s", err, out)
			}
			args[2] = "bob"
			if out, err := run(t, c.env, "", args...); !errors.Is(err, cmdline.ErrRefused) || !strings.Contains(out, "bob") {
				t.Errorf("diagnose for bob: %v\n%s", err, out)
			}
			args[0] = "verify"
			if out, err := run(t, c.env, "", args...); !errors.Is(err, cmdline.ErrRefused) || !strings.Contains(out, "diagnose says more") {
				t.Errorf("verify for bob:\n%s", out)
			}
		})
	}
}

func TestBatch(t *testing.T) {
	env := map[string]string{"TRTC_SECRET_KEY": secret, "TRTC_SDK_APP_ID": "1400000001"}
	out, err := run(t, env, `{"userID":"alice"}
{"userID":"alice","roomID":123,"privilege":42,"at":1600000000,"lifetime":60}
{"userID":"alice","roomName":"lobby"}
{"userID":"a b"}
`, "sign", "-batch")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if len(lines) != 4 || !strings.Contains(lines[3], `"error":"sig: bad user id`) {
		t.Fatalf("it prints %s", out)
	}
	for i, want := range []string{"userSig", "room         123", `room         "lobby"`} {
		token, found := strings.CutPrefix(lines[i], `{"token":"`)
		token, found2 := strings.CutSuffix(token, `"}`)
		if !found || !found2 {
			t.Fatalf("line %d is %s", i, lines[i])
		}
		if out, err := run(t, nil, "", "decode", token); err != nil || !strings.Contains(out, want) {
			t.Errorf("token %d has no %q: %v\n%s", i, want, err, out)
		}
	}
	if _, err := run(t, env, "no JSON", "sign", "-batch"); err == nil {
		t.Error("what isn't JSON is no error")
	}
}

func TestHelp(t *testing.T) {
	for _, args := range [][]string{{"-h"}, {"--help"}, {"sign", "-h"}} {
		out, err := run(t, nil, "", args...)
		if !errors.Is(err, flag.ErrHelp) || !strings.HasPrefix(out, "usage: ") || strings.Contains(out, "%!") {
			t.Errorf("%q prints %v\n%s", args, err, out)
		}
	}
}

func TestErrors(t *testing.T) {
	env := map[string]string{"TRTC_SECRET_KEY": secret, "TRTC_SDK_APP_ID": "1400000001"}
	for name, c := range map[string]struct {
		env  map[string]string
		args []string
		says string
	}{
		"no command":           {env, nil, "say what to do"},
		"another command":      {env, []string{"forge"}, "no command"},
		"another flag":         {env, []string{"decode", "-x"}, "-x"},
		"a token to sign":      {env, []string{"sign", "-user", "alice", "eJy"}, "takes no token"},
		"two tokens":           {env, []string{"decode", "eJy", "eJy"}, "two tokens"},
		"no app":               {map[string]string{"TRTC_SECRET_KEY": secret}, []string{"sign", "-user", "alice"}, "-app"},
		"an app in words":      {map[string]string{"TRTC_SDK_APP_ID": "x"}, []string{"decode", "eJy"}, "TRTC_SDK_APP_ID"},
		"too large an app":     {env, []string{"sign", "-app", "4294967296", "-user", "alice"}, "4294967295"},
		"no user":              {env, []string{"sign"}, "-user"},
		"no key":               {nil, []string{"sign", "-app", "1", "-user", "alice"}, "TRTC_SECRET_KEY"},
		"two keys":             {map[string]string{"TRTC_SECRET_KEY": secret, "TRTC_PRIVATE_KEY": private}, []string{"sign", "-app", "1", "-user", "alice"}, "both set"},
		"a broken key":         {map[string]string{"TRTC_PRIVATE_KEY": private[:80]}, []string{"sign", "-app", "1", "-user", "alice"}, "TRTC_PRIVATE_KEY"},
		"no key file":          {env, []string{"sign", "-key-file", "there-is-none", "-user", "alice"}, "there-is-none"},
		"a key for a key file": {env, []string{"sign", "-key-file", secret, "-user", "alice"}, "not the name of a file"},
		"a key":                {env, []string{"sign", "-key", secret, "-user", "alice"}, "kept by the shell"},
		"a key after =":        {env, []string{"sign", "--key=" + secret, "-user", "alice"}, "kept by the shell"},
		"a public key to sign": {env, []string{"sign", "-key-file", writeFile(t, public), "-user", "alice"}, "can't sign"},
		"a room in words":      {env, []string{"sign", "-user", "alice", "-room", "lobby"}, "-room-name"},
		"room 0":               {env, []string{"sign", "-user", "alice", "-room", "0"}, "1 to 4294967295"},
		"two rooms":            {env, []string{"sign", "-user", "alice", "-room", "1", "-room-name", "a"}, "two rooms"},
		"no privilege":         {env, []string{"sign", "-user", "alice", "-privileges", "fly"}, "enter-room"},
		"no time":              {env, []string{"sign", "-user", "alice", "-at", "noon"}, "-at"},
		"no token":             {env, []string{"decode", "no token"}, "diagnose"},
	} {
		t.Run(name, func(t *testing.T) {
			out, err := run(t, c.env, "", c.args...)
			if err == nil || !strings.Contains(err.Error()+out, c.says) {
				t.Errorf("error is %v, want one about %q\n%s", err, c.says, out)
			}
			if err != nil && strings.Contains(err.Error()+out, secret) {
				t.Errorf("the key is shown: %v\n%s", err, out)
			}
		})
	}
}

// A text that there is in two languages is shown in the reader's.
func TestLanguage(t *testing.T) {
	const zh, en = "没有校验签名", "was not checked"
	env := map[string]string{"TRTC_SECRET_KEY": secret, "TRTC_SDK_APP_ID": "1400000001"}
	token, err := run(t, env, "", "sign", "-user", "alice")
	if err != nil {
		t.Fatal(err)
	}
	for language, want := range map[string][2]bool{"zh": {true, false}, "en": {false, true}, "": {true, true}} {
		args := []string{"decode"}
		if language != "" {
			args = append(args, "-lang", language)
		}
		out, err := run(t, env, token, args...)
		if got := [2]bool{strings.Contains(out, zh), strings.Contains(out, en)}; got != want || err != nil {
			t.Errorf("%q: %v\n%s", language, err, out)
		}
	}
	_, err = run(t, nil, "", "sign", "-app", "1", "-user", "alice", "-lang", "en")
	if err == nil || strings.Contains(err.Error(), "未设置") || !strings.Contains(err.Error(), "it is not set") {
		t.Errorf("without a key, in English: %v", err)
	}
}

// The key is the functions' own, wherever they have it.
func TestKeyOfTheFunctions(t *testing.T) {
	root := t.TempDir()
	name := filepath.Join(root, "functions", "webrtc-sig-api", "config", "private_key")
	if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o700), os.WriteFile(name, []byte(private), 0o600)); err != nil {
		t.Fatal(err)
	}
	c := command{root: root, getenv: func(string) string { return "" }}
	if key, err := c.key(); err != nil || key == nil {
		t.Errorf("a key in %s: %v", name, err)
	}
}
