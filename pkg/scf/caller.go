package scf

import "strings"

// callers are the variables that name the caller, the most specific first.
var callers = []string{
	"WX_FROM_OPENID",     // a mini program of another account, in a shared environment
	"WX_OPENID",          // a mini program
	"TCB_CUSTOM_USER_ID", // CloudBase custom login, from web and app
	"TCB_UUID",           // any other CloudBase login, anonymous included
}

// clients are the sources that a client program's call comes from. Such a call
// without a caller is a client whose login didn't arrive, not a server.
var clients = map[string]bool{
	"wx_client":     true,
	"wx_devtools":   true,
	"wx_localdebug": true,
	"wx_crawler":    true,
	"wx_unknown":    true,
}

// caller returns who the platform says is calling, or "".
func caller(environment map[string]string) string {
	for _, name := range callers {
		if id := environment[name]; id != "" {
			return id
		}
	}
	return ""
}

// source returns what called this function. TCB_SOURCE is a chain, as in
// "wx_client,scf" for a function that another function called on behalf of a
// mini program; the last link is the one that called.
func source(environment map[string]string) string {
	chain := environment["TCB_SOURCE"]
	return strings.TrimSpace(chain[strings.LastIndexByte(chain, ',')+1:])
}

// A Claim says for whom a call asks something, and on whose authority. They
// differ only when a caller names somebody else, which a handler has to allow
// or to refuse.
type Claim struct {
	User string // who it is about
	By   string // who asks
}

// Claim works out whom the call is about.
//
// With a caller it is the caller, or the user that the event names; naming
// another one is the caller's own claim (By is the caller) unless
// ALLOW_CUSTOM_USER_ID is set or the call came from another function of the
// account, which may speak for a user. Without a caller, the event's userID is
// taken from those who hold the account's keys (the console's test button, a
// server, another function), and refused with NO_IDENTITY from a client.
// Neither caller nor userID is MISSING_PARAM.
func (c *Call) Claim() (Claim, error) {
	named, err := c.Event.Text("userID", "BAD_USER_ID")
	if err != nil {
		return Claim{}, err
	}
	switch {
	case c.Caller == "" && clients[c.source]:
		return Claim{}, Refuse("NO_IDENTITY", "")
	case c.Caller == "" && named == "":
		return Claim{}, Refuse("MISSING_PARAM", "")
	case named == "" || named == c.Caller:
		return Claim{User: c.Caller, By: c.Caller}, nil
	case c.Caller == "" || c.customUserIDs || c.source == "scf":
		return Claim{User: named, By: named}, nil
	}
	return Claim{User: named, By: c.Caller}, nil
}

// User returns whom the call is about, where nobody may act for somebody else:
// as Claim, but a caller who names another user is refused with
// USER_ID_MISMATCH.
func (c *Call) User() (string, error) {
	claim, err := c.Claim()
	if err == nil && claim.User != claim.By {
		err = Refuse("USER_ID_MISMATCH", "")
	}
	return claim.User, err
}
