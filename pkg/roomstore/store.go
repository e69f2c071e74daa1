package roomstore

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"io"
	"slices"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"webrtc-room/pkg/tcb"
)

// Collection is what a Store needs of a database; *tcb.Collection is one. The
// writes change at most one document, and say how many.
type Collection interface {
	Create(ctx context.Context) error // the collection itself
	Insert(ctx context.Context, doc tcb.M) (id string, err error)
	Get(ctx context.Context, id string) (tcb.M, error)
	Find(ctx context.Context, query tcb.Query) ([]tcb.M, error)
	Update(ctx context.Context, filter, update tcb.M) (updated int, err error)
	Remove(ctx context.Context, filter tcb.M) (deleted int, err error)
}

var _ Collection = (*tcb.Collection)(nil)

// What holds unless Options say otherwise.
const (
	DefaultMaxMembers = 4
	DefaultMemberTTL  = 12 * time.Hour
)

// MaxBan is how long a ban lasts at most.
const MaxBan = 7 * 24 * time.Hour

// Options change how a Store works. The zero value is right for production.
type Options struct {
	// MaxMembers is how many people fit in a room; 0 means DefaultMaxMembers.
	MaxMembers int

	// MemberTTL is how long a seat that this Store gives is kept for a member who
	// doesn't enter again and whom TRTC doesn't report; 0 means DefaultMemberTTL.
	MemberTTL time.Duration

	// MaxRooms is how many rooms a user may be in at once; 0 means that nobody looks.
	// The rooms are looked up beside the read when somebody enters, by their members,
	// which wants an index. A user who enters several rooms at the same time may get
	// into more, and a look-up that fails limits nobody.
	MaxRooms int

	Now    func() time.Time // nil means time.Now
	Random io.Reader        // nil means crypto/rand
}

// A Store keeps the rooms of one collection. Several stores, in this process or
// in others, may share it. Its methods return, besides what they name, the
// database's errors.
type Store struct {
	rooms      Collection
	maxMembers int
	memberTTL  time.Duration
	maxRooms   int
	now        func() time.Time
	random     io.Reader

	ahead  atomic.Int64 // of the database's clock, the local one, in nanoseconds, at a page's last reply
	tidyAt atomic.Int64 // when List is to look for records of nobody, in Unix milliseconds
}

// New returns the store of a collection, which need not exist yet.
func New(rooms Collection, o Options) *Store {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Random == nil {
		o.Random = rand.Reader
	}
	s := &Store{
		rooms:      rooms,
		maxMembers: cmp.Or(o.MaxMembers, DefaultMaxMembers),
		memberTTL:  cmp.Or(o.MemberTTL, DefaultMemberTTL),
		maxRooms:   o.MaxRooms,
		now:        o.Now,
		random:     o.Random,
	}
	// Instances that live for less than tidyEvery tidy as well, some of them.
	first, err := share(s.random, tidyEvery-time.Second)
	if err != nil {
		first = tidyEvery // whoever needs randomness will say what is wrong
	}
	s.tidyAt.Store(s.now().Add(time.Second + first).UnixMilli())
	return s
}

// An Entry is a user's wish to be in a room.
type Entry struct {
	Room RoomID // "" for a room with a fresh id
	User UserID
	Name string // of the room, if it is made

	Private    bool   // of the room, if it is made
	Invitation string // to a private room that is there

	// Key signs the privateMapKey that is stored with a room whose creator User is,
	// and says when that ends; nil signs none.
	Key func(RoomID) (key string, until time.Time, err error)
}

// named reports whether the room's name is one that a room may have.
func (e Entry) named() bool { return utf8.RuneCountInString(e.Name) <= maxRoomName }

// Create makes a room with the user in it. An id that is taken is replaced by a
// fresh one: the room tells which it became. Errors: ErrBadRoomName,
// TooManyRoomsError, ErrBusy, ErrOutcomeUnknown.
func (s *Store) Create(ctx context.Context, e Entry) (Room, error) {
	if !e.named() {
		return Room{}, ErrBadRoomName
	}
	invitation, err := s.newInvitation(e) // one, however often the call tries
	if err != nil {
		return Room{}, err
	}
	others := s.lookUp(ctx, e.User)
	defer others.end()
	for {
		if e.Room == "" {
			id, err := newRoomID(s.random)
			if err != nil {
				return Room{}, err
			}
			e.Room = id
		}
		r, _, err := s.change(ctx, e.Room, assumeAbsent, func(cur *record, now time.Time, unsure bool) (*record, error) {
			switch {
			case unsure:
				return nil, ErrOutcomeUnknown
			case cur.live():
				return nil, errTaken
			}
			return s.draft(e, invitation, now, others)
		})
		if !errors.Is(err, errTaken) {
			return r.room(), err
		}
		e.Room = ""
	}
}

var errTaken = errors.New("the room id is taken")

// Enter lets the user into a room, and makes the room if nobody is there;
// created tells. Entering again always succeeds, and renews the user's seat and
// the creator's key. An invitation to a room that isn't there any more doesn't make
// one, unless the Entry says Private: whoever holds it expects to be among friends.
// Errors: ErrNotInvited, BannedError, ErrRoomFull, TooManyRoomsError, of which the
// first that applies; ErrBadRoomName, ErrBusy, ErrOutcomeUnknown.
func (s *Store) Enter(ctx context.Context, e Entry) (room Room, created bool, err error) {
	if !e.named() {
		return Room{}, false, ErrBadRoomName
	}
	if e.Room == "" {
		room, err = s.Create(ctx, e)
		return room, err == nil, err
	}
	invitation, err := s.newInvitation(e) // one, however often the call tries
	if err != nil {
		return Room{}, false, err
	}
	others := s.lookUp(ctx, e.User)
	defer others.end()
	r, created, err := s.change(ctx, e.Room, readFirst, func(cur *record, now time.Time, unsure bool) (*record, error) {
		switch {
		case cur.liveSeat(e.User) != nil:
			next := cur.renewed(s.seat(e.User, now)) // once or twice is the same
			if next.creator != e.User {
				return next, nil
			}
			return next, next.sign(e)
		case unsure:
			return nil, ErrOutcomeUnknown
		case !cur.live() && e.Invitation != "" && !e.Private:
			return nil, ErrNotInvited
		case !cur.live():
			return s.draft(e, invitation, now, others)
		case !cur.invites(e.Invitation):
			return nil, ErrNotInvited
		}
		next, err := s.admit(cur, s.seat(e.User, now))
		if err != nil {
			return nil, err
		}
		return next, others.refusal(s.maxRooms, e.Room)
	})
	return r.room(), created, err
}

// admit is the record with another member, if they may have a seat.
func (s *Store) admit(cur *record, new seat) (*record, error) {
	if ban := cur.ban(new.user); ban != nil {
		return nil, &BannedError{ban.until}
	}
	if len(cur.seats) >= s.maxMembers {
		return nil, ErrRoomFull
	}
	return cur.joined(new), nil
}

// seat is the seat of a user who was seen at a time.
func (s *Store) seat(user UserID, seen time.Time) seat {
	return seat{user, seen, seen.Add(s.memberTTL)}
}

// draft is the record of a new room with its creator in it.
func (s *Store) draft(e Entry, invitation string, now time.Time, others *lookup) (*record, error) {
	if err := others.refusal(s.maxRooms, e.Room); err != nil {
		return nil, err
	}
	r := &record{
		id: e.Room, name: e.Name, creator: e.User, seats: []seat{s.seat(e.User, now)},
		createTime: now, sentTime: now, fresh: true,
		invitation: invitation,
	}
	return r, r.sign(e)
}

// newInvitation draws one to the room that the user may make, "" to a public room.
func (s *Store) newInvitation(e Entry) (string, error) {
	if !e.Private {
		return "", nil
	}
	var b [16]byte
	_, err := io.ReadFull(s.random, b[:])
	return base64.RawURLEncoding.EncodeToString(b[:]), err
}

// sign stores the creator's key.
func (r *record) sign(e Entry) (err error) {
	if e.Key != nil {
		r.key, r.keyUntil, err = e.Key(r.id)
	}
	return err
}

// A Departure is what became of a room that somebody was to leave.
type Departure struct {
	Room    Room // as it is without them
	Left    bool // somebody was in, and no longer is
	Removed bool // nobody is in any more, and the room is gone
	Updated bool // the record was changed, be it that only a ban was
}

// Quit takes the user out of the room, and removes the room with its last
// member. For a user who isn't in the room it changes nothing, except that no report
// of TRTC's brings them back. by is who asks: the user or the room's creator.
// Errors: ErrRoomNotFound, ErrMayNotRemove, ErrBusy, ErrOutcomeUnknown.
func (s *Store) Quit(ctx context.Context, id RoomID, user, by UserID) (Departure, error) {
	return s.leave(ctx, id, func(cur *record, _ time.Time) (*record, error) {
		switch {
		case !cur.live() && !(by == user && cur.claimed(user)):
			return nil, ErrRoomNotFound
		case by != user && by != cur.creator:
			return nil, ErrMayNotRemove
		case cur.seat(user) == nil && !cur.claimed(user):
			return nil, nil
		}
		return cur.without(func(s seat) bool { return s.user == user }).unmarked(user), nil
	})
}

// Ban takes the user out of the room and keeps them out of it for a time, which ends
// with the room. A ban for no time at all lifts one. The 50 latest bans of a room
// count. by is who asks: the room's creator, who can't ban themselves. Errors:
// ErrBadBan, ErrRoomNotFound, ErrMayNotRemove, ErrBusy, ErrOutcomeUnknown.
func (s *Store) Ban(ctx context.Context, id RoomID, user, by UserID, lasts time.Duration) (Departure, error) {
	if lasts < 0 || lasts > MaxBan {
		return Departure{}, ErrBadBan
	}
	return s.leave(ctx, id, func(cur *record, now time.Time) (*record, error) {
		switch {
		case !cur.live():
			return nil, ErrRoomNotFound
		case by != cur.creator || by == user:
			return nil, ErrMayNotRemove
		case lasts == 0 && cur.seat(user) == nil && !cur.claimed(user) && cur.ban(user) == nil:
			return nil, nil
		}
		var until time.Time
		if lasts > 0 {
			until = now.Add(lasts)
		}
		return cur.without(func(s seat) bool { return s.user == user }).unmarked(user).banning(user, until), nil
	})
}

// Close removes the room with everybody in it. by is who asks: the room's
// creator. Errors: ErrRoomNotFound, ErrMayNotClose, ErrBusy, ErrOutcomeUnknown.
func (s *Store) Close(ctx context.Context, id RoomID, by UserID) (Departure, error) {
	return s.leave(ctx, id, func(cur *record, _ time.Time) (*record, error) {
		switch {
		case !cur.live() && !cur.claimed(by):
			return nil, ErrRoomNotFound
		case by != cur.creator:
			return nil, ErrMayNotClose
		}
		next := cur.with(nil)
		next.vanished = nil
		return next, nil
	})
}

// Entered takes TRTC's report that it let the user into the room's call at a time. It
// renews their seat; and it gives a seat to somebody who lost it by TRTC's report that
// they had vanished before that time. A report of before they vanished changes nothing.
// Nobody else gets a seat by it: then it is a refusal that says why they have none,
// ErrRoomNotFound, ErrNotAMember, BannedError or ErrRoomFull. Errors: ErrBusy,
// ErrOutcomeUnknown.
func (s *Store) Entered(ctx context.Context, id RoomID, user UserID, at time.Time) error {
	_, _, err := s.change(ctx, id, readFirst, func(cur *record, _ time.Time, _ bool) (*record, error) {
		if mine := cur.liveSeat(user); mine != nil {
			if !at.After(mine.seen) {
				return nil, nil
			}
			return cur.renewed(s.seat(user, at)), nil // once or twice is the same
		}
		mark := cur.mark(user)
		switch {
		case !cur.live() && mark == nil:
			return nil, ErrRoomNotFound
		case mark == nil:
			return nil, ErrNotAMember
		case !at.After(mark.at):
			return nil, nil // it comes late; where they are by now, another report says
		}
		return s.admit(cur, s.seat(user, at))
	})
	return err
}

// Left takes TRTC's report that the user left the room's call at a time. Whoever has
// been seen there since stays; so reports that come late or twice do no harm. No such
// room or member is no error. Errors: ErrBusy, ErrOutcomeUnknown.
func (s *Store) Left(ctx context.Context, id RoomID, user UserID, at time.Time) (Departure, error) {
	return s.leave(ctx, id, func(cur *record, _ time.Time) (*record, error) {
		mine, mark := cur.seenUntil(user, at), cur.mark(user)
		if !mine && (mark == nil || mark.at.After(at)) {
			return nil, nil
		}
		next := cur
		if mine {
			next = next.without(func(s seat) bool { return s.user == user })
		}
		return next.unmarked(user), nil
	})
}

// Vanished takes TRTC's report that at a time it gave up the user, of whom it had heard
// nothing for as long as silence. It is as Left, and leaves a mark, so that Entered can
// give them a seat back for as long as a seat is kept. A room that is empty then shows
// no more, but waits for them. Errors: ErrBusy, ErrOutcomeUnknown.
func (s *Store) Vanished(ctx context.Context, id RoomID, user UserID, at time.Time, silence time.Duration) (Departure, error) {
	return s.leave(ctx, id, func(cur *record, now time.Time) (*record, error) {
		if !cur.seenUntil(user, at.Add(-silence)) {
			return nil, nil
		}
		return cur.without(func(s seat) bool { return s.user == user }).marked(mark{user, at, now.Add(s.memberTTL)}), nil
	})
}

// Dismissed takes TRTC's report that the room's call ended for everybody at a time. It
// is as Left for every member. Errors: ErrBusy, ErrOutcomeUnknown.
func (s *Store) Dismissed(ctx context.Context, id RoomID, at time.Time) (Departure, error) {
	return s.leave(ctx, id, func(cur *record, _ time.Time) (*record, error) {
		over := func(s seat) bool { return !s.seen.After(at) }
		if !cur.live() || !slices.ContainsFunc(cur.seats, over) {
			return nil, nil
		}
		return cur.without(over), nil
	})
}

// seenUntil reports whether the user has a seat and hasn't been seen after a time.
func (r *record) seenUntil(user UserID, at time.Time) bool {
	mine := r.liveSeat(user)
	return mine != nil && !mine.seen.After(at)
}

// leave makes of a room what decide, shown the record, says: one with fewer members,
// or nil for no change.
func (s *Store) leave(ctx context.Context, id RoomID, decide func(cur *record, now time.Time) (next *record, err error)) (Departure, error) {
	var (
		after         *record // the room as last decided
		left, updated bool    // what a write of this call has done, or may have
	)
	r, _, err := s.change(ctx, id, readFirst, func(cur *record, now time.Time, unsure bool) (*record, error) {
		if !unsure {
			left, updated = false, false
		}
		if !cur.live() && unsure {
			// Our own write may be what took the room away, and either way they
			// are out.
			return nil, nil
		}
		next, err := decide(cur, now)
		if err != nil || next == nil {
			return nil, err
		}
		fewer := len(next.seats) < len(cur.seats)
		if unsure && fewer {
			return nil, ErrOutcomeUnknown // the seat may be one that they got since
		}
		after, left, updated = next, left || fewer, true
		return next, nil
	})
	switch {
	case err != nil:
		return Departure{}, err
	case r.live():
		return Departure{Room: r.room(), Left: left, Updated: updated}, nil
	case after == nil:
		return Departure{Room: Room{ID: id}}, nil
	}
	return Departure{Room: after.with(nil).room(), Left: left, Removed: left, Updated: updated}, nil
}

// Get returns a room to a viewer. A private room is only for its members and for who
// holds its invitation. It removes nothing. Errors: ErrRoomNotFound, ErrNotInvited.
func (s *Store) Get(ctx context.Context, id RoomID, viewer UserID, invitation string) (Room, error) {
	r, _, err := s.read(ctx, id)
	switch {
	case err != nil:
		return Room{}, err
	case !r.live():
		return Room{}, ErrRoomNotFound
	case r.seat(viewer) == nil && !r.invites(invitation):
		return Room{}, ErrNotInvited
	}
	return r.room(), nil
}
