package signin_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"webrtc-room/pkg/scf"
	"webrtc-room/pkg/settings"
	"webrtc-room/pkg/sig"
	"webrtc-room/pkg/signin"
)

const secret = "f0c005f3fc83d0d755e06a89aafa54803ce97f1ca4f10fd55fd91edf445363d9"

// privateKey is a throw-away key on P-256, made for this test.
const privateKey = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgNySuI39qwL7GxxS4
xqnRLPuFYLZY7LBzjNT9jeBJndShRANCAAS3RR0KCv29nDraQk5L0LeudFgDjmQj
R257soPKeDrIQb1jK/p9pLlpbxNEEWSn6I2lp5+9I17ma4au+u+Kw8GJ
-----END PRIVATE KEY-----
`

// look returns the settings of an app of the current generation, changed by pairs
// of a name and a value.
func look(pairs ...string) settings.Lookup {
	values := map[string]string{"TRTC_SDK_APP_ID": "1400000001", "TRTC_SECRET_KEY": secret}
	for i := 0; i < len(pairs); i += 2 {
		values[pairs[i]] = pairs[i+1]
	}
	return func(name string) string { return values[name] }
}

func TestSignIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		issuer, err := signin.New(look("SIG_EXPIRE_SECONDS", "300"))
		if err != nil {
			t.Fatal(err)
		}
		reply, err := issuer.SignIn("alice", "9527")
		if err != nil {
			t.Fatal(err)
		}
		key, err := sig.ParseSecretKey(secret)
		if err != nil {
			t.Fatal(err)
		}
		verifier, err := sig.NewVerifier(1400000001, key)
		if err != nil {
			t.Fatal(err)
		}
		end := time.Now().Add(5 * time.Minute)
		if reply.Expire != 300 || reply.ExpireAt != end.Unix() {
			t.Errorf("expire %d, at %d; want 300, %d", reply.Expire, reply.ExpireAt, end.Unix())
		}
		for _, at := range []time.Time{time.Now(), end} {
			if _, err := verifier.UserSig(reply.UserSig, "alice", at); err != nil {
				t.Errorf("userSig at %v: %v", at, err)
			}
			if _, err := verifier.PrivateMapKey(reply.PrivateMapKey, "alice", sig.RoomNumber(9527), at); err != nil {
				t.Errorf("privateMapKey at %v: %v", at, err)
			}
		}
		if _, err := verifier.UserSig(reply.UserSig, "alice", end.Add(time.Second)); !errors.Is(err, sig.ErrExpired) {
			t.Errorf("userSig after its end: %v", err)
		}
		roomKey, until, err := issuer.RoomKeySigner("bob")("9528")
		if err != nil || !until.Equal(end) {
			t.Fatalf("it ends %v, not %v: %v", until, end, err)
		}
		if _, err := verifier.PrivateMapKey(roomKey, "bob", sig.RoomNumber(9528), end); err != nil {
			t.Errorf("the key of a new room: %v", err)
		}
		if reply, err := issuer.SignIn("alice", ""); err != nil || reply.PrivateMapKey != "" {
			t.Errorf("without a room: %+v, %v", reply, err)
		}
	})
}

func TestOldGeneration(t *testing.T) {
	legacy := []string{"TRTC_SECRET_KEY", "", "TRTC_ACCOUNT_TYPE", "36862"}
	check := func(t *testing.T, pairs ...string) {
		t.Helper()
		issuer, err := signin.New(look(append(pairs, legacy...)...))
		if err != nil {
			t.Fatal(err)
		}
		reply, err := issuer.SignIn("alice", "9527")
		if err != nil || reply.AccountType != "36862" {
			t.Fatalf("%+v, %v", reply, err)
		}
		doc, err := sig.Decode(reply.UserSig)
		if err != nil || doc.Generation != sig.ECDSA || doc.AccountType != "36862" {
			t.Errorf("userSig: %+v, %v", doc, err)
		}
	}
	t.Run("variable", func(t *testing.T) { check(t, "TRTC_PRIVATE_KEY", privateKey) })
	t.Run("variable in one line", func(t *testing.T) {
		check(t, "TRTC_PRIVATE_KEY", strings.ReplaceAll(privateKey, "\n", `\n`))
	})
	t.Run("file", func(t *testing.T) {
		writeKeyFile(t, privateKey)
		check(t)
	})
}

// writeKeyFile makes the folder of the test one of a package with a key file.
func writeKeyFile(t *testing.T, text string) {
	t.Helper()
	t.Chdir(t.TempDir())
	if err := os.Mkdir("config", 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join("config", "private_key"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestWrongSettings(t *testing.T) {
	for _, tt := range []struct {
		name  string
		pairs []string
		want  string // in the error
	}{
		{"no app", []string{"TRTC_SDK_APP_ID", ""}, "TRTC_SDK_APP_ID"},
		{"app 0", []string{"TRTC_SDK_APP_ID", "0"}, "TRTC_SDK_APP_ID"},
		{"an app that is no number", []string{"TRTC_SDK_APP_ID", "wx1234"}, "TRTC_SDK_APP_ID"},
		{"a PEM as the secret", []string{"TRTC_SECRET_KEY", privateKey}, "TRTC_SECRET_KEY"},
		{"a secret as the PEM", []string{"TRTC_SECRET_KEY", "", "TRTC_PRIVATE_KEY", secret}, "TRTC_PRIVATE_KEY"},
		{"both", []string{"TRTC_PRIVATE_KEY", privateKey}, "TRTC_PRIVATE_KEY"},
		{"a lifetime of nothing", []string{"SIG_EXPIRE_SECONDS", "0"}, "SIG_EXPIRE_SECONDS"},
		{"an account type in words", []string{"TRTC_ACCOUNT_TYPE", "x"}, "TRTC_ACCOUNT_TYPE"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := signin.New(look(tt.pairs...))
			var setting *settings.Error
			if !errors.As(err, &setting) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want a settings.Error about %s", err, tt.want)
			}
			if err != nil && (strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), "49AwEHBG0wawIBAQQgNySuI39qwL7G")) {
				t.Errorf("the key is in %v", err)
			}
			if errors.Is(err, signin.ErrNoKey) {
				t.Errorf("%v counts as no key", err)
			}
		})
	}
	t.Run("broken file", func(t *testing.T) {
		writeKeyFile(t, "not a key")
		_, err := signin.New(look("TRTC_SECRET_KEY", ""))
		if err == nil || !strings.HasPrefix(err.Error(), "文件 config/private_key") || strings.Contains(err.Error(), ".env") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("file and secret", func(t *testing.T) {
		writeKeyFile(t, privateKey)
		if _, err := signin.New(look()); err == nil || !strings.Contains(err.Error(), "config/private_key") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("no key", func(t *testing.T) {
		_, err := signin.New(look("TRTC_SECRET_KEY", ""))
		var setting *settings.Error
		if !errors.Is(err, signin.ErrNoKey) || !errors.As(err, &setting) || setting.Name != "TRTC_SECRET_KEY" {
			t.Errorf("got %v", err)
		}
	})
}

func TestCheckApp(t *testing.T) {
	issuer, err := signin.New(look())
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		`{}`: "", `{"sdkAppID":1400000001,"accountType":0}`: "", `{"sdkAppID":"1400000001","accountType":""}`: "",
		`{"sdkAppID":1}`: "NOT_ALLOWED", `{"accountType":"1"}`: "NOT_ALLOWED", `{"sdkAppID":{}}`: "BAD_PARAM",
	} {
		var event scf.Event
		if err := json.Unmarshal([]byte(text), &event); err != nil {
			t.Fatal(err)
		}
		reason := ""
		var refusal *scf.Refusal
		if err := issuer.CheckApp(event); errors.As(err, &refusal) {
			reason = refusal.Reason
		}
		if reason != want {
			t.Errorf("%s: %q, want %q", text, reason, want)
		}
	}
}
