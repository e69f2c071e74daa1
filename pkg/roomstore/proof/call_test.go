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
	create kind = "create"
	enter  kind = "enter"
	quit   kind = "quit"
	end    kind = "close"
	renew  kind = "renew"
	vacate kind = "vacate"
	get    kind = "get"
	list   kind = "list"
)

// A call is one call of a method: what was asked, when, and what was answered.
type call struct {
	id     int // from 1; a room that the call makes is named after it
	client int
	skew   time.Duration // how far the instance's clock is ahead

	kind     kind
	room     roomstore.RoomID
	user, by roomstore.UserID
	at       time.Time // of renew and vacate

	start, end time.Time
	answered   bool // with success or a refusal, rather than an error or not at all
	answer     answer
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
	cautious bool     // it may call the outcome unknown though no write was lost
	wrongs   []string // what is wrong whatever the others did
}

func (c *call) wrong(format string, args ...any) {
	c.wrongs = append(c.wrongs, fmt.Sprintf(format, args...))
}

// An answer is what a call says about one room.
type answer struct {
	refusal             error // or else
	room                view
	made, left, removed bool
}

// A view is a room as answers show it, less its id. The zero view is none.
type view struct {
	made    int // the call that made it
	creator roomstore.UserID
	key     bool   // with the privateMapKey of who made it
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
	resent  bool // the reply that came is to a second delivery of the request
}

type writeKind string

const (
	lostInsert writeKind = "lost insert" // of a room where none was
	lostChange writeKind = "lost change" // of the very record that was read
	lostSweep  writeKind = "lost sweep"  // removal of the very record that was read, which is nobody's
	swept      writeKind = "sweep"
)

func (c *call) roomName() string { return "call " + strconv.Itoa(c.id) }

func (c *call) key(id roomstore.RoomID) (string, error) {
	return "key of call " + strconv.Itoa(c.id) + " to " + string(id), nil
}

func (c *call) entry() roomstore.Entry {
	return roomstore.Entry{Room: c.room, User: c.user, Name: c.roomName(), Key: c.key}
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
	maker := call{id: made}
	key, _ := maker.key(r.ID)
	if r.PrivateMapKey != "" && r.PrivateMapKey != key {
		return view{}, fmt.Errorf("room %s has the key %q, which call %d didn't sign", r.ID, r.PrivateMapKey, made)
	}
	return view{made, r.Creator, r.PrivateMapKey != "", join(r.Members)}, nil
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
	return reasoned.(error)
}

// lossesOf are the writes to a room that the call has lost.
func (c *call) lossesOf(id roomstore.RoomID) []write {
	var found []write
	for _, l := range c.losses {
		if l.room == id {
			found = append(found, l)
		}
	}
	return found
}

func (c *call) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d: %s", c.id, c.kind)
	if c.kind != list {
		fmt.Fprintf(&b, " %s", c.room)
	}
	switch c.kind {
	case create, enter:
		fmt.Fprintf(&b, " %s", c.user)
	case quit:
		fmt.Fprintf(&b, " %s", c.user)
		if c.by != c.user {
			fmt.Fprintf(&b, " by %s", c.by)
		}
	case end:
		fmt.Fprintf(&b, " by %s", c.by)
	case renew, vacate:
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
	for word, is := range map[string]bool{"made": a.made, "left": a.left, "removed": a.removed} {
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
	if v.key {
		text += " with key"
	}
	return text + "}"
}

const clock = "15:04:05.000"
