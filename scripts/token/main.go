// Command token makes a key and a token, to try the functions over HTTP with:
//
//	go run ./scripts/token -sub alice
//
// It prints the setting HTTP_JWT_KEYS for the functions and the bearer TOKEN of
// alice, each in a line. If HTTP_JWT_KEYS is set already, the token is signed
// with its first HS256 secret, so that a second token goes with the first one.
//
//	go run ./scripts/token -alg ES256 -key login.pem
//
// signs with the private key in that file, and makes the file if it isn't there. RS256
// and EdDSA work in the same way. HTTP_JWT_KEYS then is the public key.
//
// In production the app's login service makes the tokens, after a login.
package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"webrtc-room/pkg/scf/bearer"
	"webrtc-room/scripts/internal/cmdline"
)

func main() {
	p := &program{stdout: os.Stdout, stderr: os.Stderr, getenv: os.Getenv, now: time.Now}
	cmdline.Exit("token", p.run(os.Args[1:]))
}

// A program is one run of this command.
type program struct {
	stdout, stderr io.Writer
	getenv         func(string) string
	now            func() time.Time
}

func (p *program) run(args []string) error {
	flags := cmdline.New("go run ./scripts/token", "", p.stderr)
	sub := flags.String("sub", "alice", "make the token for this `user` id")
	life := cmdline.Duration(flags, "for", time.Hour, "the token is valid for this `duration`, as in 30m or 12h")
	alg := flags.String("alg", "HS256", "the `algorithm` of a new key: HS256, RS256, ES256 or EdDSA")
	file := flags.String("key", "", "sign with the private key in this PEM `file`, and make it if it isn't there; not for HS256")
	issuer := flags.String("iss", p.getenv("HTTP_JWT_ISSUER"), "the token's `issuer`; default $HTTP_JWT_ISSUER")
	audience := flags.String("aud", p.getenv("HTTP_JWT_AUDIENCE"), "the token's `audience`; default $HTTP_JWT_AUDIENCE")
	if err := cmdline.Parse(flags, args); err != nil {
		return err
	}

	key, err := p.key(*alg, *file)
	if err != nil {
		return err
	}
	now := p.now()
	claims := jwt.MapClaims{"sub": *sub, "iat": now.Unix(), "exp": now.Add(*life).Unix()}
	if *issuer != "" {
		claims["iss"] = *issuer
	}
	if *audience != "" {
		claims["aud"] = *audience
	}
	token, err := key.sign(claims)
	if err != nil {
		return err
	}
	if err := p.check(token, key.setting, *issuer, *audience); err != nil {
		return fmt.Errorf("the functions would refuse this token: %w", err)
	}
	fmt.Fprintf(p.stdout, "HTTP_JWT_KEYS=%s\nTOKEN=%s\n", key.setting, token)
	fmt.Fprintf(p.stderr, "The token is %s's for %v. Send it as the header\n\n\tAuthorization: Bearer $TOKEN\n\nto functions that have this HTTP_JWT_KEYS; others refuse it.\n%s", *sub, *life, p.howToStart(key.setting))
	return nil
}

// howToStart says how to start a local server that takes the token: one that runs
// already refuses it, unless it was started with the setting.
func (p *program) howToStart(setting string) string {
	if setting == p.getenv("HTTP_JWT_KEYS") {
		// It may be that of the cloud: once is enough to print it.
		return "This shell has it, so a local server that is started here takes the token:\n\n\tgo run ./scripts/local\n"
	}
	return fmt.Sprintf(`To have the local server take the token, stop the one that runs, and start it like this in a Unix shell:

	HTTP_JWT_KEYS='%[1]s' go run ./scripts/local

and like this in Windows PowerShell:

	$env:HTTP_JWT_KEYS = '%[1]s'; go run ./scripts/local
`, setting) // which is new, and so has no quotation mark in it
}

// check does what the functions do with a token.
func (p *program) check(token, setting, issuer, audience string) error {
	keys, err := bearer.ParseKeys(setting)
	if err != nil {
		return err
	}
	_, err = bearer.New(bearer.Config{Keys: keys, Issuer: issuer, Audience: audience, Now: p.now}).User(token)
	return err
}
