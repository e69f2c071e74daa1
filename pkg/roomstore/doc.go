// Package roomstore keeps the rooms: who made them, who is in them, and how many
// fit in. One record per room, in one collection of a CloudBase database.
//
//	rooms := roomstore.New(db.Collection("webrtcRooms"), roomstore.Options{})
//	entry, err := rooms.Enter(ctx, roomstore.Entry{Room: "9527", User: "oAlice"})
//
// # Guarantees
//
// Whatever runs at the same time and whatever fails: one record per room id,
// never more members than the limit, no room removed while somebody is in it,
// nobody in a private room without its invitation, nobody back before their ban
// ends, and answers that are honest. Success means applied, a refusal means not
// applied, and where a lost reply leaves the outcome open and reading back can't
// settle it, the error is ErrOutcomeUnknown. README.md has the list, and what
// proves it.
//
// # What is assumed
//
//   - A read shows every write that was answered before the read was sent. With
//     older reads the records stay right, because writes name what was read; but a
//     call that changes nothing may then answer as of before. It isn't asked twice:
//     tcbtest checks the assumption of a real environment.
//   - An update or a removal with a filter is one step, and so is an insert with an
//     _id that must be free.
//   - The database's clock is right, to a second.
//
// # How
//
// The database can do one thing atomically: change one document, if it still is
// what the filter says. So every change is
//
//	read the record ─▶ decide ─▶ write, naming the revision that was read
//	       ▲                           │
//	       └── somebody was faster ────┘
//
// and every write gives the record a revision that was never used before, 128
// random bits. A counter would start again with a room that is made anew, and
// let an old write that is still on its way hit the new room. People who edit
// members by hand don't change the revision, so a write names the members as well.
//
// A write whose reply is lost may have been applied, may be applied later, or
// never. Reading the record back tells: our revision is there; or the old one
// still is, and the write is tried again with the same guard, so that only one
// of the two can ever be applied; or another one is, and the lost write can't be
// applied any more. Then nobody can tell whether it was, and the call ends with
// ErrOutcomeUnknown, unless what it has to answer is right either way. A write that
// was refused is looked for in the same way, because what stands before a database
// refuses now and then what the database has done.
//
// # Seats end
//
// A client that is killed never quits. So a member's seat ends some time after they
// were last seen: after they entered, or entered again, which is the heartbeat, or
// after TRTC reported them. When it ends is stored with the seat, as the function
// said that gave it, and is judged by the database's clock, which the Date of its
// replies tells for nothing. So neither another function's setting nor an instance's
// clock ends a seat early. Where replies have no Date, the local clock is all there is.
//
// A seat that has ended is free: it isn't counted and isn't shown, and the next write
// to the room drops it. A room all of whose seats have ended is shown to nobody, and
// whoever enters takes its id. Nothing is removed by those who only look, except that
// List now and then removes a few records that ended longer ago than maxLateness.
//
// A creator who leaves, or whose seat ends, hands the room to whoever has been in it
// longest.
//
// # Reports
//
// Entered, Left, Vanished and Dismissed take TRTC's reports. They come late, twice and
// out of order; the time at which something happened decides what it still says. A
// vanished member leaves a mark, with which another report can give them a seat back;
// quitting takes the mark away. A room whose last member vanished is kept for them as a
// record without members, as long as their mark lasts.
//
// # The late insert
//
// The argument above needs a record. An insert has none to guard it: one that is
// applied long after its caller gave up could bring back a room that has lived
// and died since. Two things bound it, neither of which costs a request:
//
//   - The record carries the database's own time of insertion beside the
//     caller's. If the two are further apart than maxLateness, the room is
//     nobody's: it isn't shown, and whoever enters takes it over.
//   - A call that lost the reply to its insert marks the record it then writes
//     as fenced for that long. A fenced room is emptied rather than removed when
//     the last one leaves, so that the late insert still finds its id taken.
//
// If the room that a lost insert made is left again before its call has looked,
// the call makes it once more: nobody can tell that from an insert that never
// came.
//
// # What remains
//
// A call that never got an answer (ErrOutcomeUnknown, or the function was killed) may
// still take effect once. An insert does so up to maxLateness later. An update or a
// removal does so for as long as nobody else has written to the room, be it hours: then
// somebody enters, leaves or is banned as they had asked, in the very room that they had
// asked it of, and never in a later one of its id.
package roomstore
