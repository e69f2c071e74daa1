// Command sig makes, checks and explains the tokens of Tencent TRTC from a shell:
//
//	go run ./scripts/sig sign -user alice
//	go run ./scripts/sig diagnose -user alice eAEsy0EL...
//
// The key and the app are those of the functions unless flags name others: the
// variables of the environment, or the file config/private_key. The flag -help prints
// all commands and flags. The exit status is 3 for a token that would be refused.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"webrtc-room/pkg/settings"
	"webrtc-room/pkg/sig"
	"webrtc-room/pkg/signin"
	"webrtc-room/scripts/internal/cmdline"
	"webrtc-room/scripts/internal/project"
)

const help = `
commands
  sign      make a userSig or, with -room or -room-name, a privateMapKey
  verify    check a token, more strictly than the service does
  decode    show what a token says; takes no key
  diagnose  say which error the service would answer with, why, and what to do
            说明这个签名会得到哪个错误码、原因和解决办法

flags
  -app N             SDKAppID; by default $TRTC_SDK_APP_ID
  -user ID           user id, such as an OPENID
  -room N            number of a room
  -room-name NAME    name of a room with a name
  -key-file FILE     file with the SDKSecretKey, or a private_key or public_key
                     file; by default the key is that of the functions:
                     $TRTC_SECRET_KEY, $TRTC_PRIVATE_KEY or the file
                     functions/*/config/private_key
  -at TIME           instead of now: Unix seconds, or as 2026-01-31T12:00:00+08:00
  -wide              take ids beyond TRTC's rules, such as Chinese ones
  -lang LANGUAGE     show texts that there are in two languages in this one: zh
                     or en (default that of $LANG, or both)

flags of sign
  -lifetime D        how long the token lasts, by default 2h
  -privileges P      all, or names joined by +, or a number; by default all
                     (%s)
  -account-type N    account type of an app from before July 2019
  -plain             use + / = instead of * - _
  -batch             sign for each line of the input, which is JSON:
                     {"userID":"alice","roomID":1,"privilege":255,"at":1700000000,
                     "lifetime":7200}, or with a roomName for the roomID

A token that isn't given is read from the standard input. Keys are never taken from
arguments, which shells keep, and never shown.

examples
  go run ./scripts/sig sign -key-file trtc.key -app 1400000001 -user alice
  go run ./scripts/sig decode eAEsy0EL...
  go run ./scripts/sig diagnose -key-file trtc.key -app 1400000001 -user alice eAEsy0EL...
`

func main() {
	c := command{
		stdin:  os.Stdin,
		stdout: os.Stdout,
		stderr: os.Stderr,
		getenv: os.Getenv,
		now:    time.Now,
	}
	if here, err := project.Find("."); err == nil {
		c.root = here.Root
	}
	cmdline.Exit("sig", c.run(os.Args[1:]))
}

// A command is what one run of the program works with.
type command struct {
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer
	root   string // the repository, "" outside it
	getenv func(string) string
	now    func() time.Time

	app         uint64
	user        string
	room        sig.Room
	keyFile     string
	language    *string
	lifetime    *time.Duration
	privileges  sig.Privilege
	accountType string
	plain       bool
	wide        bool
	batch       bool
}

func (c *command) run(args []string) error {
	flags := c.flags()
	for _, arg := range args {
		if name, _, _ := strings.Cut(strings.TrimLeft(arg, "-"), "="); name != arg && name == "key" {
			return cmdline.Misuse(flags, "a key in the arguments is kept by the shell; put it into a file for -key-file")
		}
	}
	operands, err := cmdline.ParseOperands(flags, args)
	switch {
	case err != nil:
		return err
	case len(operands) == 0:
		return cmdline.Misuse(flags, "say what to do: sign, verify, decode or diagnose")
	}
	name, tokens := operands[0], operands[1:]
	run := map[string]func(token string) error{"verify": c.verify, "decode": c.decode, "diagnose": c.diagnose}[name]
	switch {
	case run == nil && name != "sign":
		return cmdline.Misuse(flags, "there is no command of this name; it is sign, verify, decode or diagnose")
	case name == "sign" && len(tokens) > 0:
		return cmdline.Misuse(flags, "sign takes no token; did you mean diagnose?")
	case len(tokens) > 1:
		return cmdline.Misuse(flags, "there are two tokens; a token has no spaces, so put it in quotation marks if yours has")
	}
	if err = c.defaultApp(); err == nil {
		if name == "sign" {
			err = c.sign()
		} else {
			err = c.withToken(run, tokens)
		}
	}
	if err != nil && !errors.Is(err, cmdline.ErrRefused) {
		return errors.New(cmdline.In(*c.language, err))
	}
	return err
}

// withToken calls run with the token of the arguments or, without one, of the input.
func (c *command) withToken(run func(token string) error, tokens []string) error {
	if len(tokens) == 1 && tokens[0] != "-" {
		return run(tokens[0])
	}
	token, err := c.read()
	if err != nil {
		return err
	}
	return run(token)
}

// flags returns the flags of all commands.
func (c *command) flags() *flag.FlagSet {
	flags := cmdline.New("go run ./scripts/sig <command>", "[token]", c.stderr)
	flags.Usage = func() {
		fmt.Fprint(c.stderr, "usage: go run ./scripts/sig <command> [flags] [token]\n")
		fmt.Fprintf(c.stderr, help, privilegeNames())
	}
	c.language = cmdline.Language(flags, c.getenv)
	flags.Uint64Var(&c.app, "app", 0, "")
	flags.StringVar(&c.user, "user", "", "")
	flags.StringVar(&c.keyFile, "key-file", "", "")
	c.lifetime = cmdline.Duration(flags, "lifetime", 2*time.Hour, "")
	flags.StringVar(&c.accountType, "account-type", c.getenv("TRTC_ACCOUNT_TYPE"), "")
	flags.BoolVar(&c.plain, "plain", false, "")
	flags.BoolVar(&c.wide, "wide", false, "")
	flags.BoolVar(&c.batch, "batch", false, "")
	c.privileges = sig.PrivilegeAll
	flags.Func("privileges", "", func(s string) (err error) { c.privileges, err = parsePrivileges(s); return err })
	setRoom := func(r sig.Room) error {
		if c.room != (sig.Room{}) {
			return errors.New("there are two rooms")
		}
		c.room = r
		return nil
	}
	flags.Func("room", "", func(s string) error {
		n, err := strconv.ParseUint(s, 10, 32)
		if err != nil || n == 0 {
			return errors.New("the number of a room is 1 to 4294967295; rooms with names are for -room-name")
		}
		return setRoom(sig.RoomNumber(uint32(n)))
	})
	flags.Func("room-name", "", func(s string) error { return setRoom(sig.RoomName(s)) })
	flags.Func("at", "", func(s string) error {
		t, err := time.Parse(time.RFC3339, s)
		if seconds, numberErr := strconv.ParseInt(s, 10, 64); numberErr == nil {
			t, err = time.Unix(seconds, 0), nil
		}
		c.now = func() time.Time { return t }
		return err
	})
	return flags
}

// defaultApp takes the functions' app where no flag has named one.
func (c *command) defaultApp() (err error) {
	if c.app == 0 {
		var app uint32
		app, err = settings.Lookup(c.getenv).AppID()
		c.app = uint64(app)
	}
	if c.app > 1<<32-1 {
		return errors.New("-app is too large; an SDKAppID is at most 4294967295")
	}
	return err
}

// read returns the standard input, unless a person would have to type it.
func (c *command) read() (string, error) {
	if f, ok := c.stdin.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			return "", errors.New("there is no token; add it to the command, or pipe it in")
		}
	}
	text, err := io.ReadAll(io.LimitReader(c.stdin, 1<<20))
	return string(text), err
}

// checkWhom returns an error if there is no app or no user to sign for or verify.
func (c *command) checkWhom() error {
	switch {
	case c.app == 0:
		return errors.New("there is no SDKAppID; add -app, or set TRTC_SDK_APP_ID")
	case c.user == "" && !c.batch:
		return errors.New("there is no user; add -user")
	}
	return nil
}

func (c *command) verify(token string) error {
	if err := c.checkWhom(); err != nil {
		return err
	}
	key, err := c.key()
	if err != nil {
		return err
	}
	v, err := sig.NewVerifier(uint32(c.app), key)
	if err != nil {
		return err
	}
	v.WideIDs = c.wide
	token = strings.TrimSpace(token)
	var d sig.Document
	if c.room == (sig.Room{}) {
		d, err = v.UserSig(token, c.user, c.now())
	} else {
		d, err = v.PrivateMapKey(token, c.user, c.room, c.now())
	}
	if err != nil {
		fmt.Fprintf(c.stderr, "%v (diagnose says more)\n", err)
		return cmdline.ErrRefused
	}
	c.show(d)
	c.say(settings.Text{ZH: "签名有效。", EN: "The token is valid."})
	return nil
}

func (c *command) decode(token string) error {
	d, err := sig.Decode(strings.TrimSpace(token))
	if err != nil {
		return fmt.Errorf("%w (diagnose says more)", err)
	}
	c.show(d)
	c.say(settings.Text{ZH: "没有校验签名。", EN: "Its signature was not checked."})
	return nil
}

// show prints what a token says.
func (c *command) show(d sig.Document) {
	line := func(name string, value any) { fmt.Fprintf(c.stdout, "%-13s%v\n", name, value) }
	kind := "userSig"
	if d.UserBuf != nil {
		kind = "privateMapKey"
	}
	line("token", kind)
	line("signed with", d.Generation)
	line("user", fmt.Sprintf("%q", d.UserID))
	line("SDKAppID", d.SDKAppID)
	if d.AccountType != "" {
		line("account type", d.AccountType)
	}
	end := func(t time.Time) string {
		left := t.Sub(c.now().Truncate(time.Second))
		if left < 0 {
			return fmt.Sprintf("%s, %v ago", t.Format(time.RFC3339), -left)
		}
		return fmt.Sprintf("%s, %v left", t.Format(time.RFC3339), left)
	}
	line("issued", d.Issued.Format(time.RFC3339))
	line("expires", end(d.Expires))
	if u := d.UserBuf; u != nil {
		line("room", u.Room)
		line("privileges", fmt.Sprintf("%v (%d)", u.Privilege, uint32(u.Privilege)))
		if !u.Expires.Equal(d.Expires) {
			line("room until", end(u.Expires))
		}
		if u.UserID != d.UserID || u.SDKAppID != d.SDKAppID {
			line("room for", fmt.Sprintf("%q of SDKAppID %d", u.UserID, u.SDKAppID))
		}
	}
}

func (c *command) diagnose(token string) error {
	key, err := c.key()
	if err != nil && !errors.Is(err, signin.ErrNoKey) {
		return err
	}
	d := sig.Diagnose(token, key, uint32(c.app), c.user, c.room, c.now())
	c.say(settings.Text{ZH: d.Chinese, EN: d.English})
	if d.Code != 0 {
		return cmdline.ErrRefused
	}
	return nil
}

// say prints a text in the reader's language, or in both, each in a line.
func (c *command) say(text settings.Text) {
	if *c.language == "" {
		fmt.Fprintln(c.stdout, text.ZH)
		fmt.Fprintln(c.stdout, text.EN)
		return
	}
	fmt.Fprintln(c.stdout, text.In(*c.language))
}

func privilegeNames() string {
	var names []string
	for p := sig.PrivilegeCreateRoom; p < sig.PrivilegeAll; p <<= 1 {
		names = append(names, p.String())
	}
	return strings.Join(names, " ")
}

func parsePrivileges(s string) (sig.Privilege, error) {
	if n, err := strconv.ParseUint(s, 10, 32); err == nil {
		return sig.Privilege(n), nil
	}
	if s == sig.PrivilegeAll.String() {
		return sig.PrivilegeAll, nil
	}
	var all sig.Privilege
	for name := range strings.SplitSeq(s, "+") {
		p := sig.PrivilegeCreateRoom
		for p.String() != name {
			if p <<= 1; p > sig.PrivilegeAll {
				return 0, fmt.Errorf("%q is none; they are all, %s", name, strings.ReplaceAll(privilegeNames(), " ", ", "))
			}
		}
		all |= p
	}
	return all, nil
}
