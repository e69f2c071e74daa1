// Package tcb is a client for CloudBase (Tencent Cloud Base, 云开发): its document
// database and its cloud functions, from Go.
//
//	app, err := tcb.Init(&tcb.Config{})
//	rooms := app.Database().Collection("rooms")
//	id, err := rooms.Insert(ctx, tcb.M{"_id": "9527", "members": []string{"alice"}})
//	n, err := rooms.Update(ctx,
//		tcb.M{"_id": "9527", "rev": rev},
//		tcb.M{"$set": tcb.M{"rev": newRev}, "$push": tcb.M{"members": "bob"}})
//
// # Inside a cloud function
//
// A zero Config is enough. The platform gives each invocation temporary keys and
// the caller's tokens; this package reads them from the invocation's context, which
// scf-go-lib makes, at every request, and keeps none. So ctx must be the context
// that the handler was called with, or come from it. Elsewhere, EnvID, SecretID and
// SecretKey say whose database it is, and URL leads to an emulator.
//
// # On the wire
//
// There is no official Go SDK. This package sends what the Node SDK sends
// (@cloudbase/node-sdk 3.18.3), to the endpoint that it would use: POST /admin with
// the action and its parameters in a JSON body, signed as package tc3 describes.
// Documents, filters and updates travel as strings of canonical extended JSON
// (EJSON), where every number says its type. The tests hold the requests against
// captured ones of that SDK. Every method is one request; WithStats counts them.
//
// # When something fails
//
// Errors are *Error: a code for programs, words for people, the service's request
// id, and MaybeApplied. That last one matters, because a request whose reply was
// lost may have been carried out:
//
//	n, err := rooms.Update(ctx, filter, update)
//	switch {
//	case tcb.MaybeApplied(err): // unknown: read the document back
//	case errors.Is(err, tcb.ErrThrottled): // nothing changed; try again later
//	case err != nil: // some other refusal, nothing changed either
//	case n == 0: // the filter didn't match: somebody was faster
//	}
//
// It is false only where it's certain that nothing was changed. Reads are repeated
// after a lost reply or a server's error, at most twice and within the context's
// deadline. A write is repeated only if it never reached the network.
package tcb
