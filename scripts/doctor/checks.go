package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"webrtc-room/pkg/settings"
	"webrtc-room/pkg/sig"
	"webrtc-room/pkg/signin"
	"webrtc-room/scripts/internal/project"
	"webrtc-room/scripts/internal/tcbcli"
)

// suffix makes the names of this examination its own.
func (d *doctor) suffix() string { return strings.ToLower(rand.Text()[:8]) }

// event is a function's event, field by field.
type event map[string]any

// checkDeployed looks whether the functions are deployed, and as what. It reports
// whether any is there to be called.
func (d *doctor) checkDeployed(ctx context.Context, cli *tcbcli.CLI, functions []string) (bool, error) {
	existing, err := cli.Functions(ctx)
	if errors.Is(err, tcbcli.ErrNotLoggedIn) || ctx.Err() != nil {
		return false, err
	} else if err != nil {
		d.fail(fmt.Sprintf("the environment %s can't be looked at: %v", cli.EnvID, err), "check TCB_ENV_ID, and with  tcb env list  that the account which the CLI is logged in with has that environment")
		return false, nil
	}
	var deployed []string
	for _, name := range functions {
		if _, ok := existing[name]; ok {
			deployed = append(deployed, name)
		} else {
			d.missing(cli.EnvID, name)
		}
	}
	if len(deployed) == 0 {
		return false, nil
	}
	details, err := cli.Details(ctx, deployed)
	if ctx.Err() != nil {
		return false, err
	} else if err != nil {
		d.fail(fmt.Sprintf("what the functions are deployed as can't be looked at: %v", err), "try again, with the CLI's version "+tcbcli.Version+" if it is another one")
		return false, nil
	}
	there := 0
	for _, name := range deployed {
		if d.checkDetail(cli.EnvID, name, details[name]) {
			there++
		}
	}
	return there > 0, nil
}

func (d *doctor) missing(envID, name string) {
	if optional := project.Switch(name); optional != "" {
		d.note("%s, which is optional, isn't deployed: set %s to deploy it", name, optional)
		return
	}
	d.fail(fmt.Sprintf("%s isn't deployed in %s", name, envID), "./scripts/deploy")
}

// checkDetail looks at what a function is deployed as.
func (d *doctor) checkDetail(envID, name string, f tcbcli.Detail) bool {
	optional := project.Switch(name)
	switch {
	case f.Runtime != "Go1":
		d.fail(fmt.Sprintf("%s has the runtime %s: it is another function of that name", name, f.Runtime), fmt.Sprintf("delete it with  tcb fn delete %s -e %s  and deploy again", name, envID))
	case f.Handler != "main" && f.Handler != name:
		d.fail(fmt.Sprintf("%s has the handler %q, and its package has no such program", name, f.Handler), "./scripts/deploy")
	case optional != "" && !f.Variables[optional]:
		d.fail(name+" is deployed without "+optional, "set it and deploy again, or delete the function")
	case settings.Named("TRTC_SECRET_KEY").IsFor(name) && !f.Variables["TRTC_SDK_APP_ID"]:
		d.fail(name+" is deployed without TRTC_SDK_APP_ID", "set it in the environment or in a file .env, and then  ./scripts/deploy")
	default:
		d.pass("%s is deployed: runtime %s, handler %s", name, f.Runtime, f.Handler)
		return true
	}
	return false
}

// nextFor is what to do about a function's failure.
func (d *doctor) nextFor(text string) string {
	setting := strings.Contains(text, "环境变量")
	switch {
	case setting && d.local():
		return "set the variable " + inItsShell
	case setting:
		return "set the variable in the environment or in a file .env, and deploy again"
	case strings.Contains(text, "unknown function"):
		return restart
	case d.local():
		return "look at the message. There is more in the terminal of the local server"
	}
	return "look at the message. If it is about the database: the environment must be running and have one (云开发控制台 > 数据库).\nThere is more in the function's log: 云开发控制台 > 云函数 > 日志"
}

const (
	restart = "restart  go run ./scripts/local"
	// inItsShell is where the local server's settings are set.
	inItsShell = "in the shell where  go run ./scripts/local  is started, and start it again: it doesn't read .env"
)

// renew is how functions become what they should be.
func (d *doctor) renew() string {
	if d.local() {
		return restart
	}
	return "deploy again"
}

// checkIdentity calls as a mini program's user.
func (d *doctor) checkIdentity(ctx context.Context) {
	openID := "doctor-" + d.suffix()
	r, err := d.patient.call(ctx, "webrtc-sig-api", event{"userInfo": event{"openId": "somebody-else"}}, openID)
	switch {
	case err != nil:
		d.failCall("a call as a mini program's user fails", "webrtc-sig-api", err.Error())
	case r.UserID != openID:
		d.fail(fmt.Sprintf("the caller's OPENID doesn't arrive: the reply is for %q (%s)", r.UserID, r.refusal()), restart)
	default:
		d.pass("the caller's OPENID arrives, and what the event says of it is ignored")
	}
}

// A signingKey is the key that signatures should be made with.
type signingKey struct {
	sig.VerifyKey
	appID uint32
	from  string
}

// signingKey returns the key of functions that sign for an app: the throw-away key
// if the app is the local server's own, which may know nothing of the settings, as
// of those in .env; else the key that the settings have.
func (d *doctor) signingKey(signsFor uint32) (signingKey, error) {
	if k, ok := d.throwAwayKey(); ok && k.appID == signsFor {
		return k, nil
	}
	key, err := signin.FindKeyIn(d.project.Root, d.settings.Lookup)
	if err != nil {
		return signingKey{}, err
	}
	appID, err := settings.Lookup(d.settings.Lookup).AppID()
	return signingKey{key.Key, appID, key.From}, err
}

const throwAway = "the local server's throw-away key"

func (d *doctor) throwAwayKey() (k signingKey, ok bool) {
	var keys struct {
		TRTC struct{ SDKAppID, SecretKey string }
	}
	content, err := os.ReadFile(d.project.Path(".local/keys.json"))
	if !d.local() || err != nil || json.Unmarshal(content, &keys) != nil {
		return k, false
	}
	appID, _ := strconv.ParseUint(keys.TRTC.SDKAppID, 10, 32)
	k.appID, k.from = uint32(appID), throwAway
	k.VerifyKey, err = sig.ParseSecretKey(keys.TRTC.SecretKey)
	return k, err == nil
}

// clockTolerance is how far two clocks may be apart without anybody minding. TRTC
// and CloudBase mind minutes.
const clockTolerance = 30 * time.Second

// checkSignature has a user signed in, and verifies the signature. When it was made
// tells the function's clock.
func (d *doctor) checkSignature(ctx context.Context, user string) {
	before := d.now()
	r, err := d.patient.call(ctx, "webrtc-sig-api", event{"userID": user}, "")
	after := d.now()
	if err != nil || r.refusal() != "" {
		d.failCall("webrtc-sig-api doesn't sign", "webrtc-sig-api", textOf(err, r))
		return
	}
	document, err := sig.Decode(r.UserSig)
	if err != nil {
		d.fail(fmt.Sprintf("the userSig can't be read: %v", err), d.renew())
		return
	}
	key, err := d.signingKey(r.SDKAppID)
	switch {
	case errors.Is(err, signin.ErrNoKey) && d.local():
		d.note("whether the signing key is right can't be told: the local server has one that is neither set here nor in .local")
	case errors.Is(err, signin.ErrNoKey):
		d.note("whether the signing key is right can't be told: set TRTC_SDK_APP_ID and TRTC_SECRET_KEY here as well")
	case err != nil:
		d.fail(fmt.Sprintf("the signing key here is wrong: %v", d.brief(err)), "take the SDKSecretKey from the TRTC console: 应用管理 > 快速上手")
	case key.appID != 0 && r.SDKAppID != key.appID:
		next := "set the same SDKAppID in both places; deploy again if it's the functions that are wrong"
		if d.local() {
			next = "set the same SDKAppID, with its key, " + inItsShell
		}
		d.fail(fmt.Sprintf("the functions sign for the app %d, and TRTC_SDK_APP_ID here is %d", r.SDKAppID, key.appID), next)
	default:
		d.verify(r, key, user, document.Issued)
	}
	if document.Issued.IsZero() {
		return
	}
	// The signature has whole seconds.
	early, late := document.Issued.Sub(after), document.Issued.Add(time.Second).Sub(before)
	switch {
	case early > clockTolerance:
		d.fail(fmt.Sprintf("the function's clock is %v ahead of this computer's", early.Round(time.Second)), "set this computer's clock by the network; if it is right, the function's is wrong, and its signatures are not accepted yet: restart it by deploying again")
	case late < -clockTolerance:
		d.fail(fmt.Sprintf("the function's clock is %v behind this computer's", (-late).Round(time.Second)), "set this computer's clock by the network; if it is right, the function's is wrong, and its signatures end early: restart it by deploying again")
	default:
		d.pass("the clocks agree")
	}
}

func (d *doctor) verify(r reply, key signingKey, user string, at time.Time) {
	verifier, err := sig.NewVerifier(r.SDKAppID, key)
	if err == nil {
		_, err = verifier.UserSig(r.UserSig, user, at)
	}
	switch {
	case errors.Is(err, sig.ErrSignature) || errors.Is(err, sig.ErrVersion):
		next := "set the same key in both places: the SDKSecretKey that the TRTC console shows for the app; then deploy"
		if d.local() {
			next = "set the same key, the SDKSecretKey that the TRTC console shows for the app, " + inItsShell
		}
		d.fail(fmt.Sprintf("the functions sign with another key than %s: %v", key.from, err), next)
	case err != nil:
		d.fail(fmt.Sprintf("the userSig is wrong: %v", err), d.renew())
	case key.from == throwAway:
		d.pass("the userSig verifies with %s", key.from)
		d.note("TRTC knows no such app: to make calls, set TRTC_SDK_APP_ID and TRTC_SECRET_KEY\n%s", inItsShell)
	default:
		d.pass("the userSig verifies with %s, for the app %d", key.from, r.SDKAppID)
		d.note("that proves that the functions have the key that is set here, not that it is that app's in the TRTC console:\nif TRTC answers that the userSig is wrong, compare the key with 应用管理 > 快速上手")
	}
}

func textOf(err error, r reply) string {
	if err != nil {
		return err.Error()
	}
	return r.refusal()
}

// checkRooms reads and writes the database through the other functions: it makes a
// room, enters it, sees it, and closes it, which removes it.
func (d *doctor) checkRooms(ctx context.Context) {
	call := func(function string, e event) (reply, bool) {
		r, err := d.patient.call(ctx, function, e, "")
		if text := textOf(err, r); text != "" {
			d.failCall(function+" doesn't work", function, text)
			return r, false
		}
		return r, true
	}
	user := "doctor-" + d.suffix()
	if _, ok := call("webrtc-get-room-list", event{"userID": user, "limit": 1}); !ok {
		return
	}
	d.pass("the database answers")

	r, ok := call("webrtc-create-room", event{"userID": user, "roomName": "doctor"})
	if !ok {
		return
	}
	room := r.RoomID
	member := event{"userID": user, "roomID": room}
	_, entered := call("webrtc-enter-room", member)
	r, found := call("webrtc-get-room-info", member)
	if found {
		found = slices.ContainsFunc(r.Data, func(one struct{ RoomID string }) bool { return one.RoomID == room })
		if !found {
			d.fail(fmt.Sprintf("the room %s was made, and isn't there", room), "see whether several environments have a function of these: all must be in the same one")
		}
	}
	// Closing a room in which nobody calls removes nobody, but it tells whether TRTC
	// takes the function's keys.
	r, left := call("webrtc-quit-room", event{"userID": user, "roomID": room, "closeRoom": true})
	switch {
	case !left || r.MediaRemoved == nil:
	case *r.MediaRemoved:
		d.pass("TRTC takes what removes people from calls: the keys have the right to it, and their app is the functions'")
	default:
		d.fail("whoever is removed from a room stays in the call: "+r.MediaError, "do what it says, and look again; or unset TRTC_KICK")
	}
	if !left {
		d.note("the room %s, which this check made, is still there", room)
	}
	if entered && found && left {
		d.pass("the collection webrtcRooms is there: a room was made, entered, seen, and closed, which removed it")
	}
}
