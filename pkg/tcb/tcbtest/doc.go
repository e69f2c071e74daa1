// Package tcbtest says, as a test, what this project relies on CloudBase's document
// database for.
//
//	tcbtest.Run(t, tcb.Config{EnvID: …, SecretID: …, SecretKey: …})
//
// The same suite runs against the emulator with every go test, and against a real
// environment when the test is told one:
//
//	TCB_ENV_ID=… TENCENTCLOUD_SECRETID=… TENCENTCLOUD_SECRETKEY=… \
//		go test ./pkg/tcb/tcbtest -run TestEnvironment -v
//
// TENCENTCLOUD_SESSIONTOKEN belongs to temporary keys, and TENCENTCLOUD_REGION to
// environments outside Shanghai. That prints every request and its reply, without
// the keys, for a report of what differs. It makes the collection
// webrtc_room_conformance if it isn't there, and removes every document that it has
// put there; the empty collection stays, since the protocol can't remove it.
//
// # What is assumed until somebody has run that
//
// The emulator is built after the documentation, the SDKs' sources and what others
// have reported, so it can't tell more than those. In order of what would go wrong:
//
//   - FreshReads: a read shows every write that was answered before the read was sent, on
//     whatever connection. With older reads rooms stay right, but a call that changes
//     nothing answers as of before.
//   - GuardedUpdate, GuardedRemove: of two writes that name the same revision, one is
//     applied, and the other is told that it changed nothing.
//   - Duplicate: a second insert of an _id is refused, and known by its error.
//   - ServerDate: {"$tcb_server_date": …} is the time at which the database, not the
//     gateway's queue, carries out the insert. Only the reply's lower bound is checked.
//   - Clock: a request whose clock is 20 minutes off is refused. That it isn't at 10
//     is what fences in package roomstore are reckoned with.
//   - Expired: $nor and $or beside other conditions, dates that are missing or null.
//   - Date: a reply says what time it is, and is right to a second.
//   - MembersInGuard: a filter with a list matches the very same list.
//   - MissingCollection, CreateCollection: their error codes.
//   - Null: a filter with null matches a document without the field.
package tcbtest
