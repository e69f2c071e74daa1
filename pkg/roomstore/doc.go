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
// and answers that are honest. Success means applied, a refusal means not
// applied, and where a lost reply leaves the outcome open and reading back can't
// settle it, the error is ErrOutcomeUnknown.
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
// let an old write that is still on its way hit the new room.
//
// A write whose reply is lost may have been applied, may be applied later, or
// never. Reading the record back tells: our revision is there; or the old one
// still is, and the write is tried again with the same guard, so that only one
// of the two can ever be applied; or another one is, and the lost write can't be
// applied any more. Then nobody can tell whether it was, and the call ends with
// ErrOutcomeUnknown, unless what it has to answer is right either way.
//
// # Leases
//
// A client that is killed never quits. So a member's seat is theirs for
// Options.MemberTTL since they were last seen: since they entered, or entered
// again, which is the heartbeat, or since TRTC reported them (Renew). A seat
// that has expired is free: it isn't counted and isn't shown, and the next write
// to the room drops it. The clocks of function instances may differ by seconds,
// and so may the moment at which a seat expires; the limit on members holds all
// the same, because whoever takes a seat drops the expired ones with one write.
//
// A room all of whose seats have expired is shown to nobody. Whoever meets it takes
// it over or removes it; and since ids are hardly ever drawn twice, List looks for
// some now and then.
//
// A creator who leaves, or whose seat expires, hands the room to whoever has
// been in it longest.
//
// # The late insert
//
// That argument needs a record. An insert has none to guard it: one that is
// applied long after its caller gave up could bring back a room that has lived
// and died since. Two things bound it, neither of which costs a request:
//
//   - The record carries the database's own time of insertion beside the
//     caller's. If the two are further apart than maxLateness, the room is
//     nobody's: it isn't shown, and whoever meets it takes it over or removes it.
//   - A call that lost the reply to its insert marks the record it then writes
//     as fenced for that long. A fenced room is emptied rather than removed when
//     the last one leaves, so that the late insert still finds its id taken.
//
// If the room that a lost insert made is left again before its call has looked,
// the call makes it once more: nobody can tell that from an insert that never
// came.
//
// What remains: a call that never got an answer (ErrOutcomeUnknown, or the
// function was killed) may still take effect once, up to maxLateness later, as
// its error says.
package roomstore
