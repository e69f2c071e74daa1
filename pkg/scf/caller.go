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
// holds the account's keys. These are the console's test button (""), a server with
// one of the SDKs, whose chain begins with nothing (",unknown"), WeChat's HTTP API, a
// timer, and another function. All other sources, also of kinds that are yet to come,
// are clients whose login didn't arrive.
func (s source) keyHolder() bool {
	first, _, _ := strings.Cut(string(s), ",")
	return first == "" || s == "wx_http" || s == "wx_trigger" || s.function()
}

// A Claim says whom a call is about, and who asks. The two differ only when a caller
// names somebody else, which a handler has to allow or to refuse.
type Claim struct {
	User string // who it is about
	By   string // who asks
}

// Claim works out whom the call is about, and who asks.
//
// With a caller, it is about the user that the event names, or about the caller where
// the event names nobody. The caller asks. But with ALLOW_CUSTOM_USER_ID, and in a call
// from another function of the account, which may speak for users, it is the named user
// who asks.
//
// Without a caller, the event's userID is taken from those who hold the account's keys:
// the console's test button, a server, another function. From everybody else it is
// refused with NO_IDENTITY. Neither caller nor userID is MISSING_PARAM.
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

// User returns whom the call is about, for functions in which nobody acts for somebody
// else. It goes by Claim, and refuses a caller who names another user with
// USER_ID_MISMATCH.
func (c *Call) User() (string, error) {
	claim, err := c.Claim()
	if err == nil && claim.User != claim.By {
		err = Refuse("USER_ID_MISMATCH", "")
	}
	return claim.User, err
}
