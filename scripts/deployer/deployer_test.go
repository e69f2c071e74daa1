package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"webrtc-room/scripts/internal/project"
	"webrtc-room/scripts/internal/tcbcli"
)

// prepared is a deployment with these settings, before anything was checked.
func prepared(t *testing.T, settings project.Settings) *deployment {
	t.Helper()
	here, err := project.Find(".")
	if err != nil {
		t.Fatal(err)
	}
	d := &deployment{project: here, settings: settings}
	if err := d.choose(); err != nil {
		t.Fatal(err)
	}
	return d
}

func good(more ...string) project.Settings {
	s := project.Settings{"TCB_ENV_ID": envID, "TRTC_SDK_APP_ID": "1400000001", "TRTC_SECRET_KEY": secretKey}
	for i := 0; i < len(more); i += 2 {
		s[more[i]] = more[i+1]
		if more[i+1] == "" {
			delete(s, more[i])
		}
	}
	return s
}

func TestSettings(t *testing.T) {
	tests := []struct {
		name     string
		settings project.Settings
		want     []string // "" when all is well
	}{
		{"good", good(), nil},
		{"none", project.Settings{}, []string{"TCB_ENV_ID is not set", "\nTRTC_SDK_APP_ID", "\nTRTC_SECRET_KEY", "TRTC_PRIVATE_KEY"}},
		{"no environment", good("TCB_ENV_ID", ""), []string{"TCB_ENV_ID is not set"}},
		{"a name as environment", good("TCB_ENV_ID", "My environment"), []string{"is no environment id"}},
		{"no app", good("TRTC_SDK_APP_ID", ""), []string{"TRTC_SDK_APP_ID"}},
		{"app in letters", good("TRTC_SDK_APP_ID", "wx1234567890"), []string{"TRTC_SDK_APP_ID"}},
		{"a SecretId as key", good("TRTC_SECRET_KEY", "AKIDz8krbsJ5yKBZQpn74WFkmLPx3gnPhESA"), []string{"TRTC_SECRET_KEY"}},
		{"two keys", good("TRTC_PRIVATE_KEY", "x"), []string{"TRTC_SECRET_KEY"}},
		{"no number of seats", good("ROOM_MAX_MEMBERS", "four"), []string{"ROOM_MAX_MEMBERS"}},
		{"no lifetime", good("SIG_EXPIRE_SECONDS", "1h"), []string{"SIG_EXPIRE_SECONDS"}},
		{"neither true nor false", good("ALLOW_CUSTOM_USER_ID", "yes"), []string{"ALLOW_CUSTOM_USER_ID"}},
		{"no level", good("LOG_LEVEL", "loud"), []string{"LOG_LEVEL"}},
		{"no key of tokens", good("HTTP_JWT_KEYS", "nonsense"), []string{"HTTP_JWT_KEYS"}},
		{"no origin of a page", good("HTTP_ALLOWED_ORIGINS", "https://App.example.com/,*"), []string{"HTTP_ALLOWED_ORIGINS"}},
		{"several", good("LOG_LEVEL", "loud", "ROOM_MAX_MEMBERS", "four"), []string{"LOG_LEVEL", "ROOM_MAX_MEMBERS"}},
		{"quotation mark", good("TRTC_ACCOUNT_TYPE", `1"`), []string{`TRTC_ACCOUNT_TYPE has a "`}},
		{"line break", good("HTTP_JWT_ISSUER", "a\nb"), []string{"HTTP_JWT_ISSUER has a line break"}},
		{"JSON", good("HTTP_JWT_ISSUER", "{}"), []string{"HTTP_JWT_ISSUER looks like JSON"}},
		{"too long", good("HTTP_JWT_ISSUER", strings.Repeat("x", 4000)), []string{"SCF takes 4 KB"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d := prepared(t, test.settings)
			err := d.checkSettings()
			if (err == nil) != (test.want == nil) {
				t.Fatalf("got error %v, want one with %q", err, test.want)
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got error %v, want one with %q", err, want)
				}
			}
			if err != nil && strings.Contains(err.Error(), secretKey) {
				t.Errorf("the error shows the key: %v", err)
			}
		})
	}
}

// A user who has set nothing and installed nothing is told of both at once.
func TestNothingThere(t *testing.T) {
	here, err := project.Find(".")
	if err != nil {
		t.Fatal(err)
	}
	bare := project.Project{Root: t.TempDir()} // where no test has installed the CLI
	var copies []string
	functions, err := here.Functions()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range functions {
		copies = append(copies, "functions/"+name+"/main.go")
	}
	for _, name := range copies {
		text, err := os.ReadFile(here.Path(name))
		if err := errors.Join(err, os.MkdirAll(filepath.Dir(bare.Path(name)), 0o700), os.WriteFile(bare.Path(name), text, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", t.TempDir())
	_, err = new(program).prepare(t.Context(), bare, "")
	if !errors.Is(err, tcbcli.ErrNotInstalled) || !strings.Contains(err.Error(), "TCB_ENV_ID is not set") {
		t.Errorf("without anything: %v", err)
	}
	set := &program{environ: []string{"TCB_ENV_ID=" + envID, "TRTC_SDK_APP_ID=1400000001", "TRTC_SECRET_KEY=" + secretKey}}
	_, err = set.prepare(t.Context(), bare, "")
	if !errors.Is(err, tcbcli.ErrNotInstalled) || strings.Contains(err.Error(), "settings") {
		t.Errorf("without the CLI: %v", err)
	}
}

// A PEM file has line breaks, which the CLI can't pass on. The functions take it in
// base64 as well.
func TestPrivateKey(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	pem := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	for name, value := range map[string]string{
		"PEM":                       string(pem),
		"PEM with \\n":              strings.ReplaceAll(string(pem), "\n", `\n`),
		"PEM in base64, as it goes": base64.StdEncoding.EncodeToString(pem),
	} {
		d := prepared(t, good("TRTC_SECRET_KEY", "", "TRTC_PRIVATE_KEY", value))
		if err := d.checkSettings(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if decoded, err := base64.StdEncoding.DecodeString(d.settings["TRTC_PRIVATE_KEY"]); err != nil || !bytes.Equal(decoded, pem) {
			t.Errorf("%s is passed on as %q", name, d.settings["TRTC_PRIVATE_KEY"])
		}
	}
}

func TestConfiguration(t *testing.T) {
	d := prepared(t, good("SIG_EXPIRE_SECONDS", "3600"))
	if err := d.checkSettings(); err != nil {
		t.Fatal(err)
	}
	if err := d.write(); err != nil {
		t.Fatal(err)
	}
	defer d.close()
	written, err := os.ReadFile(d.config)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(written), secretKey) {
		t.Error("a secret is written to a file")
	}
	want := make(map[string]map[string]string)
	for _, name := range []string{"webrtc-create-room", "webrtc-enter-room", "webrtc-sig-api"} {
		want[name] = map[string]string{
			"TRTC_SDK_APP_ID": "{{env.TRTC_SDK_APP_ID}}", "TRTC_SECRET_KEY": "{{env.TRTC_SECRET_KEY}}",
			"SIG_EXPIRE_SECONDS": "{{env.SIG_EXPIRE_SECONDS}}", "ROOM_MAX_MEMBERS": "{{env.ROOM_MAX_MEMBERS}}",
		}
	}
	want["webrtc-quit-room"] = map[string]string{"TRTC_SDK_APP_ID": "{{env.TRTC_SDK_APP_ID}}", "ROOM_MAX_MEMBERS": "{{env.ROOM_MAX_MEMBERS}}"}
	for _, name := range []string{"webrtc-get-room-info", "webrtc-get-room-list"} {
		want[name] = map[string]string{"ROOM_MAX_MEMBERS": "{{env.ROOM_MAX_MEMBERS}}"}
	}
	var c configuration
	if err := json.Unmarshal(written, &c); err != nil {
		t.Fatal(err)
	}
	got := make(map[string]map[string]string)
	for _, f := range c.Functions {
		got[f.Name] = f.EnvVariables
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("functions and their variables (-want +got):\n%s", diff)
	}
	d = prepared(t, good("TRTC_CALLBACK_KEY", "Callback0Key1"))
	if !slices.Contains(d.functions, "webrtc-room-events") {
		t.Error("webrtc-room-events isn't deployed although it has a key")
	}
}

// Nothing is uploaded that isn't a program.
func TestCheckPackages(t *testing.T) {
	root := t.TempDir()
	d := &deployment{project: project.Project{Root: root}, functions: []string{"f"}}
	check := func(want string) {
		t.Helper()
		if err := d.checkPackages(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got error %v, want one with %q", err, want)
		}
	}
	check("has no handler")
	if err := os.MkdirAll(filepath.Join(root, ".local/package/f"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, ".local/package/f/main"), []byte("package main"), 0o700); err != nil {
		t.Fatal(err)
	}
	check("is no Linux program")
}

func TestReport(t *testing.T) {
	p := &plan{functions: []string{"a", "b", "c"}, compared: true, existing: map[string]tcbcli.Function{"b": {}}}
	var table bytes.Buffer
	if err := report(&table, p, map[string]error{}, map[string]error{}); err != nil || !strings.Contains(table.String(), "All 3 functions") {
		t.Errorf("all well: %v\n%s", err, table.String())
	}
	table.Reset()
	err := report(&table, p, map[string]error{"b": errors.New("no quota")}, map[string]error{"b": errNotCalled, "c": errors.New("no database")})
	if err == nil || !strings.Contains(err.Error(), "b was not updated: no quota\nc is deployed, and doesn't work: no database") {
		t.Errorf("got %v", err)
	}
	for _, want := range []string{"a         created   answers", "b         FAILED    -", "c         created   FAILED"} {
		if !strings.Contains(table.String(), want) {
			t.Errorf("the table lacks %q:\n%s", want, table.String())
		}
	}
}

func TestConfirm(t *testing.T) {
	for answer, want := range map[string]bool{"y\n": true, "YES\r\n": true, "": false, "\n": false, "n\n": false, "maybe\n": false} {
		p := &program{stdin: strings.NewReader(answer), stdout: &bytes.Buffer{}}
		if got := p.confirm("? "); got != want {
			t.Errorf("%q was taken for %v", answer, got)
		}
	}
}

// standIn has the CLI's place in the PATH taken by what a shell script says, and
// returns the environment of somebody who deploys with it.
func standIn(t *testing.T, script string) []string {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("the CLI's stand-in is a shell script")
	}
	bin := t.TempDir()
	if err := os.WriteFile(filepath.Join(bin, "tcb"), []byte("#!/bin/sh\n"+script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+string(filepath.ListSeparator)+os.Getenv("PATH"))
	// Packages can't be made where there is no go command.
	return []string{"PATH=" + bin, "LANG=en_US.UTF-8", "TCB_ENV_ID=" + envID, "TRTC_SDK_APP_ID=1400000001", "TRTC_SECRET_KEY=" + secretKey, "ALLOW_CUSTOM_USER_ID=true"}
}

// Whoever isn't logged in hears so at once, and with -dry-run sees what is known
// without.
func TestNotLoggedIn(t *testing.T) {
	var output bytes.Buffer
	p := &program{
		stdin: strings.NewReader(""), stdout: &output,
		environ: standIn(t, "echo 'No valid identity information'\nread answer\n"),
	}
	if err := p.run(t.Context(), []string{"-dry-run"}); err != nil {
		t.Errorf("a plan without a login: %v", err)
	}
	for _, want := range []string{"create or update  webrtc-sig-api", "not compared", "tcb login", "Nothing was changed.", "warning: ALLOW_CUSTOM_USER_ID: any client may say that it is anybody, also a room's creator"} {
		if !strings.Contains(output.String(), want) {
			t.Errorf("it lacks %q:\n%s", want, output.String())
		}
	}
	if err := p.run(t.Context(), []string{"-yes"}); !errors.Is(err, tcbcli.ErrNotLoggedIn) {
		t.Errorf("deploying without a login: %v", err)
	}
}

// Nothing is done over somebody else's function.
func TestAnotherRuntime(t *testing.T) {
	calls := filepath.Join(t.TempDir(), "calls")
	var output bytes.Buffer
	p := &program{stdin: strings.NewReader(""), stdout: &output, environ: standIn(t, `echo "$1 $2" >>`+calls+`
echo '│ Function Id │ Function name │ Runtime │ Creation Time │ Modification time │ Status │'
echo '│ lam-1 │ webrtc-sig-api │ Nodejs16.13 │ 2020-01-02 03:04:05 │ 2020-01-02 03:04:05 │ Deployment completed │'
`)}
	err := p.run(t.Context(), []string{"-yes"})
	if err == nil || !strings.Contains(err.Error(), "webrtc-sig-api exists there with the runtime Nodejs16.13") {
		t.Errorf("over a Node function: %v\n%s", err, output.String())
	}
	called, err := os.ReadFile(calls)
	if diff := cmp.Diff("fn list\n", string(called)); diff != "" || err != nil {
		t.Errorf("%v, commands that should have been run (-) and were (+):\n%s", err, diff)
	}
}
