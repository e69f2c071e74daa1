// Sig makes, checks and explains the tokens of Tencent TRTC from a shell; run it
// without arguments for its usage.
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

	"webrtc-room/pkg/sig"
)

const usage = `usage: go run ./scripts/sig <command> [flags] [token]

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
                     file; by default the key is $TRTC_SECRET_KEY or $TRTC_PRIVATE_KEY
  -at TIME           instead of now: Unix seconds, or as 2026-01-31T12:00:00+08:00
  -wide              take ids beyond TRTC's rules, such as Chinese ones

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
  go run ./scripts/sig sign -key-file trtc.key -app 1400000000 -user alice
  go run ./scripts/sig decode eAEsy0EL...
  go run ./scripts/sig diagnose -key-file trtc.key -app 1400000000 -user alice eAEsy0EL...
`

func main() {
	c := command{
		stdin:  os.Stdin,
		stdout: os.Stdout,
		getenv: os.Getenv,
		now:    time.Now,
	}
	if err := c.run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// errRefused ends a command that has already said what is wrong.
var errRefused = errors.New("the token would be refused (签名会被拒绝)")

// A command is what one run of the program works with.
type command struct {
	stdin  io.Reader
	stdout io.Writer
	getenv func(string) string
	now    func() time.Time

	app         uint64
	user        string
	room        sig.Room
	keyFile     string
	lifetime    time.Duration
	privileges  sig.Privilege
	accountType string
	plain       bool
	wide        bool
	batch       bool
}

func (c *command) run(args []string) error {
	if len(args) == 0 {
		return c.help()
	}
	name, args := args[0], args[1:]
	commands := map[string]func(token string) error{"verify": c.verify, "decode": c.decode, "diagnose": c.diagnose}
	run := commands[name]
	if run == nil && name != "sign" {
		if strings.Trim(name, "-") == "help" || name == "-h" {
			return c.help()
		}
		return errors.New("there is no command of this name; it is sign, verify, decode or diagnose")
	}
	tokens, err := c.parse(args)
	if errors.Is(err, flag.ErrHelp) {
		return c.help()
	}
	if err != nil {
		return err
	}
	if name == "sign" {
		if len(tokens) > 0 {
			return errors.New("sign takes no token; did you mean diagnose?")
		}
		return c.sign()
	}
	if len(tokens) > 1 {
		return errors.New("there are two tokens; a token has no spaces, so put it in quotation marks if yours has")
	}
	if len(tokens) == 0 || tokens[0] == "-" {
		text, err := c.read()
		if err != nil {
			return err
		}
		tokens = []string{text}
	}
	return run(tokens[0])
}

func (c *command) help() error {
	_, err := fmt.Fprintf(c.stdout, usage, privilegeNames())
	return err
}

// parse reads the flags, which may stand behind the token as well, and returns
// what else there is.
func (c *command) parse(args []string) (rest []string, err error) {
	for _, arg := range args {
		if name, _, _ := strings.Cut(strings.TrimLeft(arg, "-"), "="); name != arg && name == "key" {
			return nil, errors.New("a key in the arguments is kept by the shell; put it into a file for -key-file")
		}
	}
	flags := flag.NewFlagSet("sig", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.Uint64Var(&c.app, "app", 0, "")
	flags.StringVar(&c.user, "user", "", "")
	flags.StringVar(&c.keyFile, "key-file", "", "")
	flags.DurationVar(&c.lifetime, "lifetime", 2*time.Hour, "")
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
	for {
		if err := flags.Parse(args); err != nil {
			return nil, err
		}
		if flags.NArg() == 0 {
			break
		}
		rest, args = append(rest, flags.Arg(0)), flags.Args()[1:]
	}
	if app := c.getenv("TRTC_SDK_APP_ID"); c.app == 0 && app != "" {
		if c.app, err = strconv.ParseUint(strings.TrimSpace(app), 10, 32); err != nil {
			return nil, errors.New("TRTC_SDK_APP_ID isn't a number")
		}
	}
	if c.app > 1<<32-1 {
		return nil, errors.New("-app is too large; an SDKAppID is at most 4294967295")
	}
	return rest, nil
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
		return fmt.Errorf("%w (diagnose says more)", err)
	}
	c.show(d)
	fmt.Fprintln(c.stdout, "The token is valid. 签名有效。")
	return nil
}

func (c *command) decode(token string) error {
	d, err := sig.Decode(strings.TrimSpace(token))
	if err != nil {
		return fmt.Errorf("%w (diagnose says more)", err)
	}
	c.show(d)
	fmt.Fprintln(c.stdout, "Its signature was not checked. 没有校验签名。")
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
	if err != nil && !errors.Is(err, errNoKey) {
		return err
	}
	d := sig.Diagnose(token, key, uint32(c.app), c.user, c.room, c.now())
	fmt.Fprintln(c.stdout, d.Chinese)
	fmt.Fprintln(c.stdout, d.English)
	if d.Code != 0 {
		return errRefused
	}
	return nil
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
