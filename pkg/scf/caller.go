package scf

import (
	"fmt"
	"strings"
)

// callers are the variables that name the caller, the most specific first.
var callers = []string{
	"WX_FROM_OPENID",     // a mini program of another account, in a shared environment
	"WX_OPENID",          // a mini program
	"TCB_CUSTOM_USER_ID", // CloudBase custom login, from web and app
	"TCB_UUID",           // any other CloudBase login, anonymous included
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

// A source is what called this function, as TCB_SOURCE says it: a chain, as in
// "wx_client,scf" for a function that another function called on behalf of a
// mini program. The last link is the one that called.
type source string

// function reports whether another function of the account called.
func (s source) function() bool {
	return strings.TrimSpace(string(s[strings.LastIndexByte(string(s), ',')+1:])) == "scf"
}

// keyHolder reports whether a call that names no caller was made by somebody who
// holds the account's keys: by the console's test button (""), by a server with
// one of the SDKs, whose chain begins with nothing (",unknown"), over WeChat's
// HTTP API, by a timer, or by another function. Of all others, also of kinds that
// are yet to come, it is a client whose login didn't arrive.
func (s source) keyHolder() bool {
	first, _, _ := strings.Cut(string(s), ",")
	return first == "" || s == "wx_http" || s == "wx_trigger" || s.function()
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
// server, another function), and refused with NO_IDENTITY from everybody else.
// Neither caller nor userID is MISSING_PARAM.
func (c *Call) Claim() (Claim, error) {
	named, err := c.Event.Text("userID", "BAD_USER_ID")
	if err != nil {
		return Claim{}, err
	}
	switch {
	case c.Caller == "" && !c.source.keyHolder():
		return Claim{}, Refuse("NO_IDENTITY", "").Because(fmt.Sprintf("there is no caller, and TCB_SOURCE (%.60q) is that of a client", string(c.source)))
	case c.Caller == "" && named == "":
		return Claim{}, Refuse("MISSING_PARAM", "").Because("there is no caller, and no userID in the event")
	case named == "" || named == c.Caller:
		return Claim{User: c.Caller, By: c.Caller}, nil
	case c.Caller == "" || c.customUserIDs || c.source.function():
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
