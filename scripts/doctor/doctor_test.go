package main

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"webrtc-room/pkg/local/client"
	"webrtc-room/pkg/local/console"
	"webrtc-room/pkg/local/scfemu"
	"webrtc-room/pkg/sig"
	"webrtc-room/scripts/internal/project"
	"webrtc-room/scripts/internal/tcbcli"
)

const (
	envID     = "prod-1gabcd2e3f4g5h6i"
	secretKey = "5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e"
)

// examine runs the command in an environment with nothing but these settings.
func examine(t *testing.T, environ []string, args ...string) (string, error) {
	t.Helper()
	var output bytes.Buffer
	err := run(t.Context(), args, environ, &output)
	if strings.Contains(output.String(), secretKey) {
		t.Errorf("a secret was printed:\n%s", output.String())
	}
	return output.String(), err
}

// expect reports what is missing from the output.
func expect(t *testing.T, output string, want ...string) {
	t.Helper()
	for _, want := range want {
		if !strings.Contains(output, want) {
			t.Errorf("the report lacks %q:\n%s", want, output)
		}
	}
}

var key = []string{"TRTC_SDK_APP_ID=1400000001", "TRTC_SECRET_KEY=" + secretKey}

// The real local server is healthy.
func TestLocalServer(t *testing.T) {
	here, err := project.Find(".")
	if err != nil {
		t.Fatal(err)
	}
	settings, err := project.Project{Root: t.TempDir()}.LoadSettings(key, "")
	if err != nil {
		t.Fatal(err)
	}
	data := here.Path(".local/test")
	if _, err := scfemu.Build(t.Context(), here.Root, data); err != nil {
		t.Fatal(err)
	}
	server, err := console.Start(t.Context(), console.Config{
		Root:     here.Root,
		Data:     data,
		Prebuilt: true,
		Addr:     "127.0.0.1:0",
		Memory:   true,
		Getenv:   func(name string) string { return settings[name] },
		Log:      io.Discard,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	addr := strings.TrimPrefix(server.URL, "http://")
	output, err := examine(t, key, "-addr", addr)
	if err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	expect(t, output,
		"the local server answers", "OPENID arrives",
		"the userSig verifies with TRTC_SECRET_KEY, for the app 1400000001", "the clocks agree",
		"the database answers", "the collection webrtcRooms is there", "Nothing is wrong")

	output, err = examine(t, []string{key[0], "TRTC_SECRET_KEY=" + strings.Repeat("0", 64)}, "-addr", server.URL)
	if err == nil {
		t.Error("a wrong key went unnoticed")
	}
	expect(t, output, "FAIL  the functions sign with another key than TRTC_SECRET_KEY")
}

func TestNoServer(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	addr := server.Listener.Addr().String()
	output, err := examine(t, key, "-addr", addr)
	if err == nil {
		t.Error("another server went unnoticed")
	}
	expect(t, output, "is not the local server")
	server.Close()
	output, err = examine(t, key, "-addr", addr)
	if err == nil {
		t.Error("the absence of a server went unnoticed")
	}
	expect(t, output, "no local server answers", "next: start it with  go run ./scripts/local")
}

// A sickness replaces the reply of one function, or of "all". The status is 200
// where it says nothing else.
type sickness struct {
	function string
	status   int
	reply    string
}

// hospital is a local server whose functions have a sickness.
func hospital(t *testing.T, issued time.Time, sick sickness) (addr string) {
	t.Helper()
	parsed, err := sig.ParseSecretKey(secretKey)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := sig.NewSigner(1400000001, parsed, "0")
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {})
	mux.HandleFunc("POST /v1/functions/{name}", func(w http.ResponseWriter, r *http.Request) {
		var event struct{ UserID string }
		json.NewDecoder(r.Body).Decode(&event)
		user := r.Header.Get("X-WX-OPENID")
		if user == "" {
			user = event.UserID
		}
		name := r.PathValue("name")
		w.Header().Set(client.HeaderRequestID, rand.Text())
		if sick.function == name || sick.function == "all" {
			w.WriteHeader(max(sick.status, http.StatusOK))
			io.WriteString(w, strings.NewReplacer("{name}", name, "{id}", rand.Text()).Replace(sick.reply))
			return
		}
		switch name {
		case "webrtc-sig-api":
			if user == "" {
				io.WriteString(w, `{"code":2,"msg":"请求失败，缺少参数","reason":"MISSING_PARAM"}`)
				return
			}
			token, err := signer.UserSig(user, issued, time.Hour)
			if err != nil {
				t.Error(err)
			}
			fmt.Fprintf(w, `{"userID":%q,"sdkAppID":1400000001,"accountType":"0","userSig":%q}`, user, token)
		case "webrtc-get-room-info":
			io.WriteString(w, `{"data":[{"roomID":"12345678"}]}`)
		default:
			io.WriteString(w, `{"roomID":"12345678"}`)
		}
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

func TestSicknesses(t *testing.T) {
	refused := `{"code":4,"msg":"请求失败，没有权限","reason":"NOT_ALLOWED"}`
	broken := func(text string) string { return fmt.Sprintf(`{"errorCode":-1,"errorMessage":%q}`, text) }
	tests := []struct {
		name    string
		skew    time.Duration
		sick    sickness
		environ []string
		want    []string
	}{
		{"setting missing", 0, sickness{"webrtc-enter-room", 500, broken("webrtc-enter-room: 环境变量 TRTC_SECRET_KEY：未设置")}, key,
			[]string{"FAIL  webrtc-enter-room doesn't work", "TRTC_SECRET_KEY：未设置", "next: set the variable in the shell", "it doesn't read .env"}},
		{"function missing", 0, sickness{"webrtc-quit-room", 404, broken("scfemu: unknown function")}, key,
			[]string{"FAIL  webrtc-quit-room doesn't work", "next: restart"}},
		{"no identity", 0, sickness{"webrtc-sig-api", 200, refused}, key,
			[]string{"the caller's OPENID doesn't arrive", "webrtc-sig-api doesn't sign: NOT_ALLOWED"}},
		{"somebody else's identity", 0, sickness{"webrtc-sig-api", 200, `{"userID":"somebody-else","sdkAppID":1400000001,"userSig":"x"}`}, key,
			[]string{`the reply is for "somebody-else"`, "the userSig can't be read"}},
		{"another app", 0, sickness{}, []string{"TRTC_SDK_APP_ID=1400000002", key[1]},
			[]string{"sign for the app 1400000001, and TRTC_SDK_APP_ID here is 1400000002", "it doesn't read .env"}},
		{"another key", 0, sickness{}, []string{key[0], "TRTC_SECRET_KEY=" + strings.Repeat("0", 64)},
			[]string{"sign with another key than TRTC_SECRET_KEY", "next: set the same key", "it doesn't read .env"}},
		{"no key", 0, sickness{}, []string{key[0], "TRTC_SECRET_KEY=AKIDz8krbsJ5yKBZQpn74WFkmLPx3gnPhESA"},
			[]string{"FAIL  the signing key here is wrong: "}},
		{"clock ahead", 10 * time.Minute, sickness{}, key, []string{"ahead of this computer's", "the userSig verifies"}},
		{"clock behind", -time.Hour, sickness{}, key, []string{"behind this computer's", "the userSig verifies"}},
		{"no database", 0, sickness{"webrtc-get-room-list", 500, broken("no route to the database")}, key,
			[]string{"webrtc-get-room-list doesn't work: no route to the database", "the terminal of the local server"}},
		{"read only", 0, sickness{"webrtc-create-room", 500, broken("not writable")}, key, []string{"webrtc-create-room doesn't work: not writable"}},
		{"forgetful", 0, sickness{"webrtc-get-room-info", 200, `{"data":[]}`}, key, []string{"the room 12345678 was made, and isn't there"}},
		{"unquittable", 0, sickness{"webrtc-quit-room", 200, refused}, key, []string{"webrtc-quit-room doesn't work: NOT_ALLOWED", "the room 12345678, which this check made, is still there"}},
		{"no right to remove", 0, sickness{"webrtc-quit-room", 200, `{"mediaRemoved":false,"mediaError":"attach QcloudTRTCFullAccess"}`}, key,
			[]string{"FAIL  whoever is removed from a room stays in the call: attach QcloudTRTCFullAccess"}},
		{"nonsense", 0, sickness{"webrtc-get-room-list", 200, `[]`}, key, []string{"the reply isn't what it should be"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			addr := hospital(t, time.Now().Add(test.skew), test.sick)
			output, err := examine(t, test.environ, "-addr", addr)
			if err == nil {
				t.Error("it went unnoticed")
			}
			expect(t, output, test.want...)
		})
	}
	t.Run("none", func(t *testing.T) {
		output, err := examine(t, append([]string{"LANG=en_US.UTF-8", "ALLOW_CUSTOM_USER_ID=true"}, key...), "-addr", hospital(t, time.Now(), sickness{"webrtc-quit-room", 200, `{"mediaRemoved":true}`}))
		if err != nil {
			t.Errorf("%v\n%s", err, output)
		}
		expect(t, output,
			"warn  ALLOW_CUSTOM_USER_ID: any client may say that it is anybody, also a room's creator",
			"not that it is that app's in the TRTC console", "TRTC takes what removes people from calls")
	})
}

// What all functions say is printed once, though each says its own name and the
// id of its request.
func TestOneCause(t *testing.T) {
	addr := hospital(t, time.Now(), sickness{"all", 500, `{"errorMessage":"{name}: 环境变量 LOG_LEVEL：x (request id {id})"}`})
	output, err := examine(t, key, "-addr", addr)
	if err == nil || err.Error() != "3 checks failed" {
		t.Errorf("err = %v", err)
	}
	expect(t, output,
		"FAIL  a call as a mini program's user fails: webrtc-sig-api: 环境变量 LOG_LEVEL：x (request id ",
		"FAIL  webrtc-sig-api doesn't sign: the same as above, where a call as a mini program's user fails\n      next: as above\n",
		"FAIL  webrtc-get-room-list doesn't work: the same as above, where a call as a mini program's user fails\n      next: as above\n")
	if strings.Count(output, "LOG_LEVEL") != 1 {
		t.Errorf("the cause isn't printed once:\n%s", output)
	}

	addr = hospital(t, time.Now(), sickness{"all", 500, `{"errorMessage":"{name}: {id}"}`})
	if output, _ = examine(t, key, "-addr", addr); strings.Contains(output, "as above") {
		t.Errorf("different causes are taken for one:\n%s", output)
	}
}

// The settings are those of the deployment, of which the local server knows
// nothing.
func TestThrowAwayKey(t *testing.T) {
	for _, test := range []struct {
		keys string // of the local server
		want []string
	}{
		{`{"trtc":{"sdkAppId":"1400000001","secretKey":"` + secretKey + `"}}`, []string{"ok    the userSig verifies with the local server's throw-away key", "it doesn't read .env"}},
		{`{"trtc":{"sdkAppId":"1400000001","secretKey":"` + strings.Repeat("0", 64) + `"}}`, []string{"FAIL  the functions sign with another key than the local server's throw-away key"}},
		{`{"trtc":{"sdkAppId":"1400000003","secretKey":"` + secretKey + `"}}`, []string{"FAIL  the functions sign for the app 1400000001, and TRTC_SDK_APP_ID here is 1400000002"}},
	} {
		here := project.Project{Root: t.TempDir()}
		if err := errors.Join(os.Mkdir(here.Path(".local"), 0o777), os.WriteFile(here.Path(".local/keys.json"), []byte(test.keys), 0o600)); err != nil {
			t.Fatal(err)
		}
		var output bytes.Buffer
		d := &doctor{
			project:  here,
			settings: project.Settings{"TRTC_SDK_APP_ID": "1400000002", "TRTC_SECRET_KEY": strings.Repeat("1", 64)},
			out:      &output,
			now:      time.Now,
			patient:  localServer{client.New("http://"+hospital(t, time.Now(), sickness{}), 0)},
		}
		d.checkSignature(t.Context(), "alice")
		expect(t, output.String(), test.want...)
	}
}

// A local server that keeps its key in memory has nobody to tell it.
func TestUnknownKey(t *testing.T) {
	var output bytes.Buffer
	d := &doctor{
		project: project.Project{Root: t.TempDir()},
		out:     &output,
		now:     time.Now,
		patient: localServer{client.New("http://"+hospital(t, time.Now(), sickness{}), 0)},
	}
	d.checkSignature(t.Context(), "alice")
	expect(t, output.String(), "note  whether the signing key is right can't be told: the local server has one")
	if d.failed > 0 {
		t.Error(output.String())
	}
}

func TestDeployedWithoutEnvironment(t *testing.T) {
	output, err := examine(t, key, "-deployed")
	if err == nil {
		t.Error("went on without an environment")
	}
	expect(t, output, "TCB_ENV_ID is not set")
}

// What is deployed is looked at before it is called.
func TestDetails(t *testing.T) {
	good := func(change func(*tcbcli.Detail)) tcbcli.Detail {
		d := tcbcli.Detail{Runtime: "Go1", Handler: "main", Variables: map[string]bool{"TRTC_SDK_APP_ID": true, "TRTC_CALLBACK_KEY": true}}
		change(&d)
		return d
	}
	tests := []struct {
		function string
		change   func(*tcbcli.Detail)
		want     string
	}{
		{"webrtc-sig-api", func(d *tcbcli.Detail) {}, "ok    webrtc-sig-api is deployed: runtime Go1, handler main"},
		{"webrtc-sig-api", func(d *tcbcli.Detail) { d.Handler = "webrtc-sig-api" }, "ok    webrtc-sig-api is deployed"},
		{"webrtc-quit-room", func(d *tcbcli.Detail) { d.Variables = nil }, "ok    webrtc-quit-room is deployed"},
		{"webrtc-sig-api", func(d *tcbcli.Detail) { d.Runtime, d.Handler = "Nodejs16.13", "index.main" }, "FAIL  webrtc-sig-api has the runtime Nodejs16.13: it is another function of that name\n      next: delete it with  tcb fn delete webrtc-sig-api -e " + envID},
		{"webrtc-sig-api", func(d *tcbcli.Detail) { d.Handler = "webrtc-quit-room" }, `FAIL  webrtc-sig-api has the handler "webrtc-quit-room"`},
		{"webrtc-sig-api", func(d *tcbcli.Detail) { d.Variables = nil }, "FAIL  webrtc-sig-api is deployed without TRTC_SDK_APP_ID"},
		{"webrtc-room-events", func(d *tcbcli.Detail) { d.Variables = nil }, "FAIL  webrtc-room-events is deployed without TRTC_CALLBACK_KEY"},
	}
	for _, test := range tests {
		var output bytes.Buffer
		d := &doctor{out: &output}
		passed := d.checkDetail(envID, test.function, good(test.change))
		if !strings.HasPrefix(output.String(), test.want) || passed != strings.HasPrefix(test.want, "ok") || passed != (d.failed == 0) {
			t.Errorf("got %v and\n%swant\n%s", passed, output.String(), test.want)
		}
	}
	var output bytes.Buffer
	d := &doctor{out: &output}
	d.missing(envID, "webrtc-quit-room")
	d.missing(envID, "webrtc-room-events")
	if d.failed != 1 {
		t.Errorf("of a missing function and a missing optional one, %d are failures:\n%s", d.failed, output.String())
	}
}
