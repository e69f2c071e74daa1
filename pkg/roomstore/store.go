package roomstore

import (
	"cmp"
	"context"
	"crypto/rand"
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

// Options change how a Store works. The zero value is right for production.
type Options struct {
	// MaxMembers is how many people fit in a room; 0 means DefaultMaxMembers.
	MaxMembers int

	// MemberTTL is how long a seat is kept for a member who doesn't enter again
	// and whom TRTC doesn't report; 0 means DefaultMemberTTL.
	MemberTTL time.Duration

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
	now        func() time.Time
	random     io.Reader
	tidyAt     atomic.Int64 // when List is to look for expired rooms, in Unix milliseconds
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
		now:        o.Now,
		random:     o.Random,
	}
	s.tidyAt.Store(s.now().Add(tidyEvery).UnixMilli())
	return s
}

// An Entry is a user's wish to be in a room.
type Entry struct {
	Room RoomID // "" for a room with a fresh id
	User UserID
	Name string // of the room, if it is made

	// Key signs the privateMapKey that is stored with a room which User makes;
	// nil stores none.
	Key func(RoomID) (string, error)
}

// named reports whether the room's name is one that a room may have.
func (e Entry) named() bool { return utf8.RuneCountInString(e.Name) <= maxRoomName }

// Create makes a room with the user in it. An id that is taken is replaced by a
// fresh one: the room tells which it became. Errors: ErrBadRoomName, ErrBusy,
// ErrOutcomeUnknown.
func (s *Store) Create(ctx context.Context, e Entry) (Room, error) {
	if !e.named() {
		return Room{}, ErrBadRoomName
	}
	for {
		if e.Room == "" {
			id, err := newRoomID(s.random)
			if err != nil {
				return Room{}, err
			}
			e.Room = id
		}
		r, _, err := s.change(ctx, e.Room, assumeAbsent, func(cur *record, unsure bool) (*record, error) {
			switch {
			case unsure:
				return nil, ErrOutcomeUnknown
			case cur.live():
				return nil, errTaken
			}
			return s.draft(e)
		})
		if !errors.Is(err, errTaken) {
			return r.room(), err
		}
		e.Room = ""
	}
}

var errTaken = errors.New("the room id is taken")

// Enter lets the user into a room, and makes the room if nobody is there;
// created tells. Entering again always succeeds, and renews the user's seat.
// Errors: ErrRoomFull, ErrBadRoomName, ErrBusy, ErrOutcomeUnknown.
func (s *Store) Enter(ctx context.Context, e Entry) (room Room, created bool, err error) {
	if !e.named() {
		return Room{}, false, ErrBadRoomName
	}
	if e.Room == "" {
		room, err = s.Create(ctx, e)
		return room, err == nil, err
	}
	now := s.clock()
	r, created, err := s.change(ctx, e.Room, readFirst, func(cur *record, unsure bool) (*record, error) {
		switch mine := cur.liveSeat(e.User); {
		case mine != nil && unsure && !mine.seen.Before(now):
			return nil, nil
		case mine != nil:
			return cur.renewed(e.User, now), nil // once or twice is the same
		case unsure:
			return nil, ErrOutcomeUnknown
		case !cur.live():
			return s.draft(e)
		case len(cur.seats) >= s.maxMembers:
			return nil, ErrRoomFull
		}
		return cur.with(append(slices.Clone(cur.seats), seat{e.User, now})), nil
	})
	return r.room(), created, err
}

// A Departure is what became of a room that somebody was to leave.
type Departure struct {
	Room    Room // as it is without them
	Left    bool // somebody was in, and no longer is
	Removed bool // nobody is in any more, and the room is gone
}

// Quit takes the user out of the room, and removes the room with its last
// member. A user who isn't in the room changes nothing. by is who asks: the user
// or the room's creator. Errors: ErrRoomNotFound, ErrNotTheCreator, ErrBusy,
// ErrOutcomeUnknown.
func (s *Store) Quit(ctx context.Context, id RoomID, user, by UserID) (Departure, error) {
	return s.leave(ctx, id, func(cur *record) (func(seat) bool, error) {
		switch {
		case !cur.live():
			return nil, ErrRoomNotFound
		case by != user && by != cur.creator:
			return nil, ErrNotTheCreator
		}
		return func(s seat) bool { return s.user == user }, nil
	})
}

// Close removes the room with everybody in it. by is who asks: the room's
// creator. Errors: ErrRoomNotFound, ErrNotAllowed, ErrBusy, ErrOutcomeUnknown.
func (s *Store) Close(ctx context.Context, id RoomID, by UserID) (Departure, error) {
	return s.leave(ctx, id, func(cur *record) (func(seat) bool, error) {
		switch {
		case !cur.live():
			return nil, ErrRoomNotFound
		case by != cur.creator:
			return nil, ErrNotAllowed
		}
		return func(seat) bool { return true }, nil
	})
}

// Renew keeps the seat of a user who was seen in the room at a time. Nobody gets
// a seat by it. Errors: ErrBusy, ErrOutcomeUnknown.
func (s *Store) Renew(ctx context.Context, id RoomID, user UserID, at time.Time) error {
	_, _, err := s.change(ctx, id, readFirst, func(cur *record, _ bool) (*record, error) {
		mine := cur.liveSeat(user)
		if mine == nil || !at.After(mine.seen) {
			return nil, nil
		}
		return cur.renewed(user, at), nil // once or twice is the same
	})
	return err
}

// Vacate takes out of the room the user, or with user "" everybody, who left it
// at a time. Who has been seen there since stays; so news that come late or
// twice do no harm. No such room or member is no error. Errors: ErrBusy,
// ErrOutcomeUnknown.
func (s *Store) Vacate(ctx context.Context, id RoomID, user UserID, at time.Time) (Departure, error) {
	return s.leave(ctx, id, func(*record) (func(seat) bool, error) {
		return func(s seat) bool { return (user == "" || s.user == user) && !s.seen.After(at) }, nil
	})
}

// leave takes those out of a room whom decide, shown the record, says.
func (s *Store) leave(ctx context.Context, id RoomID, decide func(cur *record) (leaves func(seat) bool, err error)) (Departure, error) {
	var (
		after *record // the room without them, as last decided
		tried bool    // a write of this call may have taken them out
	)
	r, _, err := s.change(ctx, id, readFirst, func(cur *record, unsure bool) (*record, error) {
		tried = unsure
		if !cur.live() && unsure {
			// Our own write may be what took the room away, and either way they
			// are out.
			return nil, nil
		}
		leaves, err := decide(cur)
		if err != nil || !cur.live() || !slices.ContainsFunc(cur.seats, leaves) {
			return nil, err
		}
		if unsure {
			return nil, ErrOutcomeUnknown
		}
		tried, after = true, cur.without(leaves)
		return after, nil
	})
	switch {
	case err != nil:
		return Departure{}, err
	case r.live():
		return Departure{Room: r.room(), Left: tried}, nil
	case !tried:
		return Departure{Room: Room{ID: id}}, nil
	}
	return Departure{Room: after.with(nil).room(), Left: true, Removed: true}, nil
}

// Get returns a room, or ErrRoomNotFound.
func (s *Store) Get(ctx context.Context, id RoomID) (Room, error) {
	r, err := s.read(ctx, id)
	switch {
	case err != nil:
		return Room{}, err
	case !r.live():
		s.sweep(ctx, r)
		return Room{}, ErrRoomNotFound
	}
	return r.room(), nil
}

// MaxPage is how many rooms List returns at most.
const MaxPage = 100

// maxSkip is more rooms than any collection has. What the database makes of a larger
// number, nobody knows.
const maxSkip = 1_000_000_000

// List returns limit rooms after the first skip, the newest first; fewer if there
// aren't so many, or if records among them are damaged. While no room comes or
// goes, pages neither overlap nor leave one out. Errors: ErrBadPage.
func (s *Store) List(ctx context.Context, skip, limit int) ([]Room, error) {
	if skip < 0 || limit < 1 || limit > MaxPage {
		return nil, ErrBadPage
	}
	if skip > maxSkip {
		return nil, nil
	}
	found, err := s.rooms.Find(ctx, tcb.Query{
		Filter: tcb.M{
			"members.0": tcb.M{"$exists": true},
			"rev":       tcb.M{"$exists": true}, // records that the JavaScript demo left have none
			"$or":       []any{tcb.M{"seen": tcb.M{"$gt": s.expiry()}}, tcb.M{"seen": tcb.M{"$exists": false}}},
		},
		Sort:  []tcb.Sort{{Field: "createTime", Descending: true}, {Field: "_id", Descending: true}},
		Skip:  skip,
		Limit: limit,
	})
	if errors.Is(err, tcb.ErrCollectionNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	rooms := make([]Room, 0, len(found))
	var dead []*record
	for _, m := range found {
		switch r, err := s.parse(m); {
		case err != nil:
			// One record that somebody damaged must not hide all others; entering
			// that room says what is wrong with it.
		case r.live():
			rooms = append(rooms, r.room())
		default:
			dead = append(dead, r)
		}
	}
	s.tidy(ctx, dead)
	return rooms, nil
}

const (
	tidyEvery = time.Minute
	tidyMost  = 10 // records
	tidyFor   = 500 * time.Millisecond
)

// tidy removes a few rooms that are nobody's, for List, which isn't held up by it for
// long: dead, which it has met; and, now and then, those that everybody has vanished
// from. Pages don't show these, and as ids are hardly ever drawn twice, nobody else
// would meet them. As long as there are some, it looks every minute, and else twice
// in the time that a seat is kept.
func (s *Store) tidy(ctx context.Context, dead []*record) {
	now, at := s.now(), s.tidyAt.Load()
	due := now.UnixMilli() >= at && s.tidyAt.CompareAndSwap(at, now.Add(tidyEvery).UnixMilli())
	if len(dead) == 0 && !due {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, tidyFor)
	defer cancel()
	for _, r := range dead[:min(len(dead), tidyMost)] {
		s.sweep(ctx, r)
	}
	if !due {
		return
	}
	expired, err := s.rooms.Find(ctx, tcb.Query{
		Filter: tcb.M{
			"rev": tcb.M{"$exists": true},
			"$nor": []any{
				tcb.M{"seen": tcb.M{"$gt": s.expiry()}},
				tcb.M{"seen": tcb.M{"$exists": false}}, // made by hand
				tcb.M{"fence": tcb.M{"$gt": now}},
			},
		},
		Limit: tidyMost,
	})
	if err != nil {
		return // housekeeping: the next one tries again
	}
	if len(expired) == 0 {
		s.tidyAt.Store(now.Add(max(tidyEvery, s.memberTTL/2)).UnixMilli())
	}
	for _, m := range expired {
		if r, err := s.parse(m); err == nil && !r.live() {
			s.sweep(ctx, r)
		}
	}
}

// expiry is when those were seen whose seats expire now.
func (s *Store) expiry() time.Time { return s.now().Add(-s.memberTTL) }

// draft is the record of a new room with its creator in it.
func (s *Store) draft(e Entry) (*record, error) {
	now := s.clock()
	r := &record{id: e.Room, name: e.Name, creator: e.User, seats: []seat{{e.User, now}}, createTime: now}
	if e.Key != nil {
		key, err := e.Key(e.Room)
		if err != nil {
			return nil, err
		}
		r.privateMapKey = key
	}
	return r, nil
}

// sweep removes a record that is nobody's room. It is housekeeping: if it fails,
// the next one who meets the record tries again.
func (s *Store) sweep(ctx context.Context, r *record) {
	if r != nil && !s.now().Before(r.fence) {
		_, _ = s.rooms.Remove(ctx, r.guard())
	}
}

// parse reads a record as of now, without the seats that have expired.
func (s *Store) parse(m tcb.M) (*record, error) {
	r, err := parseRecord(m)
	if err != nil {
		return nil, err
	}
	now := s.now()
	return r.without(func(seat seat) bool {
		return !seat.seen.IsZero() && !now.Before(seat.seen.Add(s.memberTTL))
	}), nil
}

// clock is the time as the database keeps it.
func (s *Store) clock() time.Time { return s.now().UTC().Truncate(time.Millisecond) }
