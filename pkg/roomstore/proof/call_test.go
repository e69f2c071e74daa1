package proof

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"webrtc-room/pkg/roomstore"
)

// A kind is a method of a store.
type kind string

const (
	create    kind = "create"
	enter     kind = "enter"
	quit      kind = "quit"
	banish    kind = "ban"
	end       kind = "close"
	entered   kind = "entered"
	left      kind = "left"
	vanished  kind = "vanished"
	dismissed kind = "dismissed"
	get       kind = "get"
	list      kind = "list"
)

// A call is one call of a method: what was asked, when, and what was answered.
type call struct {
	id     int // from 1; a room that the call makes is named after it
	client int
	skew   time.Duration // how far the instance's clock is ahead
	ttl    time.Duration // of the seats that the instance gives

	kind     kind
	room     roomstore.RoomID
	user, by roomstore.UserID
	at       time.Time     // of a report
	lasts    time.Duration // of a ban

	private    bool   // of a room, if it is made
	invitation string // … that somebody was shown
	invitedTo  int    // the call that made the room which that was in

	start, end time.Time
	over       bool // the others may read what it was answered; guarded by the world's lock
	answered   bool // with success or a refusal, rather than an error or not at all
	answer     answer
	keyedAt    time.Time                 // when it last signed a key
	made       roomstore.RoomID          // by a create, which may get another room than it asked for
	listed     map[roomstore.RoomID]view // by a list
	err        error

	trip     *trip
	reading  time.Time          // when it last began to read
	losses   []write            // whose outcome the call can't know
	sweeps   []write            // records of nobody that the call has removed
	tried    []roomstore.RoomID // those that it has sent an insert for
	shown    []roomstore.Room
	count    int64    // for a store that counts
	hidden   any      // from a store, of the record that was read
	cautious bool     // it may call the outcome unknown though no write was lost
	wrongs   []string // what is wrong whatever the others did
}

func (c *call) wrong(format string, args ...any) {
	c.wrongs = append(c.wrongs, fmt.Sprintf(format, args...))
}

// An answer is what a call says about one room.
type answer struct {
	refusal                      error // or else
	room                         view
	made, left, removed, updated bool

	until span // of a ban that is the refusal
}

// A view is a room as answers show it, less its id. The zero view is none.
type view struct {
	made    int // the call that made it
	creator roomstore.UserID
	key     int // the call that signed its privateMapKey, 0 for none
	private bool
	members string // in order of entry
}

// A write is one that a call has lost, or a sweep.
type write struct {
	room roomstore.RoomID
	kind writeKind
	// What was written is what the room was read to be at some time from since,
	// changed. It was sent after that, and answered or given up at until.
	since, sent, until time.Time

	arrives bool // at the database, now or later, which the call can't know
	late    bool // it may be later
	doubt   doubt
}

type writeKind string

const (
	lostInsert writeKind = "lost insert" // of a room where none was
	lostChange writeKind = "lost change" // of the very record that was read
	lostSweep  writeKind = "lost sweep"  // removal of the very record that was read, which is nobody's
	swept      writeKind = "sweep"
)

func (c *call) roomName() string { return "call " + strconv.Itoa(c.id) }

// keyTTL is how long the keys of calls are valid: some for longer than the seats.
func (c *call) keyTTL() time.Duration {
	return []time.Duration{10 * time.Minute, 24 * time.Hour}[c.id%2]
}

// keyUntil is when the call's key ends, by the clock that is right.
func (c *call) keyUntil() span { return spanOf(c.start, c.keyedAt).plus(c.skew + c.keyTTL()) }

// key signs a key, whose validity begins at the time that the instance's clock shows.
func (c *call) key(id roomstore.RoomID) (string, time.Time, error) {
	c.keyedAt = time.Now()
	return keyText(c.id, id), c.keyedAt.Add(c.skew + c.keyTTL()), nil
}

func keyText(call int, id roomstore.RoomID) string {
	return fmt.Sprintf("key of call %d to %s", call, id)
}

func (c *call) entry() roomstore.Entry {
	return roomstore.Entry{
		Room: c.room, User: c.user, Name: c.roomName(), Key: c.key, Private: c.private, Invitation: c.invitation,
	}
}

// look is what a room shows. A room that no call can have made is an error.
func look(r roomstore.Room) (view, error) {
	if len(r.Members) == 0 {
		return view{}, nil
	}
	made, err := strconv.Atoi(strings.TrimPrefix(r.Name, "call "))
	if err != nil {
		return view{}, fmt.Errorf("room %s has the name %q, which no call gave it", r.ID, r.Name)
	}
	key := 0
	if r.PrivateMapKey != "" {
		if _, err := fmt.Sscanf(r.PrivateMapKey, "key of call %d", &key); err != nil || r.PrivateMapKey != keyText(key, r.ID) {
			return view{}, fmt.Errorf("room %s has the key %q, which no call signed", r.ID, r.PrivateMapKey)
		}
	}
	return view{made, r.Creator, key, r.Private(), join(r.Members)}, nil
}

func join(members []roomstore.UserID) string {
	text := make([]string, len(members))
	for i, m := range members {
		text[i] = string(m)
	}
	return strings.Join(text, " ")
}

// refusalIn returns the refusal that a function would answer an error with, as
// package scf finds it, or nil.
func refusalIn(err error) error {
	var reasoned interface{ Reason() string }
	if !errors.As(err, &reasoned) {
		return nil
	}
	if _, is := reasoned.(*roomstore.BannedError); is {
		return errBanned
	}
	return reasoned.(error)
}

func (c *call) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d: %s", c.id, c.kind)
	if c.kind != list {
		fmt.Fprintf(&b, " %s", c.room)
	}
	switch c.kind {
	case create, enter, get:
		fmt.Fprintf(&b, " %s", c.user)
		if c.private {
			b.WriteString(" private")
		}
		if c.invitation != "" {
			fmt.Fprintf(&b, " invited to the room of call %d", c.invitedTo)
		}
	case quit, banish:
		fmt.Fprintf(&b, " %s", c.user)
		if c.by != c.user {
			fmt.Fprintf(&b, " by %s", c.by)
		}
		if c.kind == banish {
			fmt.Fprintf(&b, " for %s", c.lasts)
		}
	case end:
		fmt.Fprintf(&b, " by %s", c.by)
	case entered, left, vanished, dismissed:
		fmt.Fprintf(&b, " %q at %s", c.user, c.at.Format(clock))
	}
	b.WriteString(" -> ")
	switch {
	case c.answered && c.kind == list:
		fmt.Fprint(&b, c.listed)
	case c.answered && c.made != "" && c.made != c.room:
		fmt.Fprintf(&b, "%s %s", c.made, c.answer)
	case c.answered:
		b.WriteString(c.answer.String())
	case errors.Is(c.err, roomstore.ErrOutcomeUnknown):
		b.WriteString("outcome unknown")
	case c.err != nil:
		text := c.err.Error()
		b.WriteString(text[:min(len(text), 60)])
	default:
		b.WriteString("killed")
	}
	return b.String()
}

func (a answer) String() string {
	if a.refusal != nil {
		return a.refusal.Error()
	}
	var words []string
	for word, is := range map[string]bool{"made": a.made, "left": a.left, "removed": a.removed, "updated": a.updated} {
		if is {
			words = append(words, word)
		}
	}
	slices.Sort(words)
	return strings.Join(append(words, a.room.String()), " ")
}

func (v view) String() string {
	if v == (view{}) {
		return "{}"
	}
	text := fmt.Sprintf("{%s, of call %d, creator %s", v.members, v.made, v.creator)
	if v.private {
		text += ", private"
	}
	if v.key != 0 {
		text += fmt.Sprintf(" with the key of call %d", v.key)
	}
	return text + "}"
}

const clock = "15:04:05.000"
