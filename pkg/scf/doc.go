// Package scf is what every function needs around its handler: who calls, what
// they sent, what to answer, and one log line about it.
//
// A function's main hands Start its name and an open function. At the first call Start
// opens the handler with the settings. Each call runs like this:
//
//	payload ─▶ Event ─▶ Call{Event, Caller, …} ─▶ Handler ─▶ reply, or error
//	                                                           │
//	       a Refusal (bad input, full room, …)   {code, msg, reason}, a normal reply
//	       anything else (database down, …)      an invocation error, which SCF counts
//
// # The runtime
//
// Serve speaks SCF's protocol, with the types of scf-go-lib, instead of that library's
// StartHandler, for three reasons. StartHandler copies the caller's variables into the
// process and never clears them, so that in a warm instance os.Getenv names the caller
// before. It listens on all network interfaces, also on a laptop. And it brings net/rpc
// with its HTML templates, 0.6 MB of each package. In all else the two behave alike, which
// a test holds by calling both.
//
// # Who calls
//
// The platform says so in the environment of each invocation, and nowhere else:
// event.userInfo is whatever the client wrote. Call.Claim has the rules about who may
// speak for whom, and Call.User is for calls in which nobody may.
//
// # HTTP
//
// A call that comes through an SCF function URL or CloudBase's HTTP access service is an
// HTTP request in an event. Its JSON body is the Event, and its caller is the user of its
// bearer token (see package bearer) and nobody else. What the platform says about the
// caller doesn't matter then, nor does ALLOW_CUSTOM_USER_ID, since the token names the
// app's own user already. A call that looks like an HTTP request and has no valid token is
// refused, also one by somebody who holds the account's keys. A call with an OPENID is a
// mini program's, whatever its event looks like.
//
// The status of the response is 200 with the handler's reply, also when that is a refusal.
// The other responses have {code, msg, reason} for a body, too:
//
//	400  the body is no JSON object
//	401  there is no valid token
//	403  a preflight request came from an origin that isn't listed
//	405  the method isn't POST
//	413  the body is too large
//	500  an error for the operator, with the request id
//
// The settings that begin with HTTP_ matter to HTTP only, and are read at the first such
// call.
//
// # What may go wrong
//
// Errors for the caller carry a reason, an upper-case symbol for programs, from
// any package: an error with a method Reason() string whose symbol is in the
// table of reply.go becomes a reply with the code and the Chinese text that
// mini programs know. All other errors are the operator's business: they become
// invocation errors with the request id, after secrets and user ids were
// covered. A panic becomes one, too.
//
// The context that a handler gets ends a little before the invocation does, so
// that there is time left to answer and to log.
package scf
