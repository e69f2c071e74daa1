package roomstore

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"webrtc-room/pkg/tcb"
)

// MaxPage is how many rooms List returns at most.
const MaxPage = 100

// maxSkip is more rooms than any collection has. What the database makes of a larger
// number, nobody knows.
const maxSkip = 1_000_000_000

// A Page says which rooms List returns: at most Limit, after those that were there
// before. Those are the ones up to After, which an earlier page said was next, or the
// first Skip, which takes the longer the more they are.
type Page struct {
	After string
	Skip  int
	Limit int
}

// List returns a page of the public rooms, the newest first, and where the next page
// begins: "" if this is the last. While no room comes or goes, pages neither overlap
// nor leave one out. A page is shorter than its limit if records of it are damaged. Now
// and then List removes some records that have been nobody's for long. Errors:
// ErrBadPage.
func (s *Store) List(ctx context.Context, p Page) (rooms []Room, next string, err error) {
	if p.Skip < 0 || p.Limit < 1 || p.Limit > MaxPage || p.Skip > 0 && p.After != "" {
		return nil, "", ErrBadPage
	}
	created := tcb.M{"$gt": time.Unix(0, 0)}
	filter := tcb.M{
		"members.0":  tcb.M{"$exists": true},
		"rev":        tcb.M{"$exists": true}, // records that the JavaScript demo left have none
		"invitation": nil,
		"createTime": created,
	}
	if p.After != "" {
		last, err := parseCursor(p.After)
		if err != nil {
			return nil, "", err
		}
		created["$lte"] = last.createTime
		filter["$or"] = []any{
			tcb.M{"createTime": tcb.M{"$lt": last.createTime}},
			tcb.M{"_id": tcb.M{"$lt": string(last.id)}},
		}
	}
	if p.Skip > maxSkip {
		return nil, "", nil
	}
	query := tcb.Query{
		Filter: filter,
		Sort:   []tcb.Sort{{Field: "createTime", Descending: true}, {Field: "_id", Descending: true}},
		Skip:   p.Skip,
		Limit:  p.Limit + 1, // to see whether there are more
	}
	found, now, err := s.findUsed(ctx, query)
	if errors.Is(err, tcb.ErrCollectionNotExist) {
		return nil, "", nil
	}
	if err != nil {
		return nil, "", err
	}
	if len(found) > p.Limit {
		found = found[:p.Limit]
		next = cursorTo(found[p.Limit-1])
	}
	rooms = make([]Room, 0, len(found))
	for _, m := range found {
		// One record that somebody damaged must not hide all others; entering
		// that room says what is wrong with it.
		if r, err := parseRecord(m); err == nil {
			if r = r.asOf(now); r.live() {
				rooms = append(rooms, r.room())
			}
		}
	}
	s.tidy(ctx, now)
	return rooms, next, nil
}

// A cursor names a room among those that a list has, be it there or not.
type cursor struct {
	createTime time.Time
	id         RoomID
}

// cursorTo is the cursor to a room that was found.
func cursorTo(m tcb.M) string {
	created, _ := m["createTime"].(time.Time)
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%d.%v", created.UnixMilli(), m["_id"]))
}

func parseCursor(text string) (cursor, error) {
	b, err := base64.RawURLEncoding.DecodeString(text)
	millis, id, found := strings.Cut(string(b), ".")
	at, timeErr := strconv.ParseInt(millis, 10, 64)
	room, idErr := ParseRoomID(id)
	if err != nil || !found || timeErr != nil || idErr != nil {
		return cursor{}, ErrBadPage
	}
	return cursor{time.UnixMilli(at).UTC(), room}, nil
}

// findUsed finds those records of a query that are still of use, and when that was by
// the database's clock. What that clock shows is known only after its reply; so if the
// guess was wrong, it asks again.
func (s *Store) findUsed(ctx context.Context, query tcb.Query) (found []tcb.M, now time.Time, err error) {
	local := s.now().UTC().Truncate(time.Millisecond)
	guess := local.Add(-time.Duration(s.ahead.Load()) - time.Second)
	for again := false; ; again = true {
		// Records that somebody made by hand don't say until when they are of use.
		query.Filter["$nor"] = []any{tcb.M{"until": tcb.M{"$lte": guess}}}
		var date time.Time
		found, err = s.rooms.Find(tcb.WithDate(ctx, &date), query)
		now = s.clock(date)
		if err != nil {
			return found, now, err
		}
		s.ahead.Store(int64(s.now().Sub(now)))
		early := guess.After(now) // then rooms are missing whose seats haven't ended
		late := slices.ContainsFunc(found, func(m tcb.M) bool {
			until, ok := m["until"].(time.Time)
			return ok && !now.Before(until)
		})
		if again || !early && !late {
			return found, now, nil
		}
		guess = now
	}
}

const (
	tidyEvery = time.Minute
	tidyMost  = 10 // records
	tidyFor   = 500 * time.Millisecond
)

// tidy removes, for List, which isn't held up by it for long, a few records that have
// been nobody's for long. As ids are hardly ever drawn twice, nobody else would meet
// them. As long as there are some, it looks every minute, and else twice in the time
// that a seat is kept. What somebody has damaged goes with the others, for who says
// that a record ended long ago says all that matters.
func (s *Store) tidy(ctx context.Context, now time.Time) {
	local, at := s.now(), s.tidyAt.Load()
	if local.UnixMilli() < at || !s.tidyAt.CompareAndSwap(at, local.Add(tidyEvery).UnixMilli()) {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, tidyFor)
	defer cancel()
	over, err := s.rooms.Find(ctx, tcb.Query{
		Filter: tcb.M{
			"rev":   tcb.M{"$exists": true},
			"until": tcb.M{"$lt": now.Add(-maxLateness)},
			"$nor":  []any{tcb.M{"fence": tcb.M{"$gt": now}}, tcb.M{"vanished.until": tcb.M{"$gt": now}}},
		},
		Limit: tidyMost,
	})
	if err != nil {
		return // housekeeping: the next one tries again
	}
	if len(over) == 0 {
		s.tidyAt.Store(local.Add(max(tidyEvery, s.memberTTL/2)).UnixMilli())
	}
	for _, m := range over {
		if _, err := s.rooms.Remove(ctx, tcb.M{"_id": m["_id"], "rev": m["rev"], "until": m["until"]}); err != nil {
			return
		}
	}
}

// A lookup is of the rooms that a user is in, beside a call that may give them
// another.
type lookup struct {
	end   func() // must be called
	found chan []RoomID
	rooms []RoomID
	known bool
}

// lookUp begins a lookup, if there is a limit. A failed one finds none.
func (s *Store) lookUp(ctx context.Context, user UserID) *lookup {
	if s.maxRooms == 0 {
		return &lookup{end: func() {}, known: true}
	}
	ctx, cancel := context.WithCancel(ctx)
	l := &lookup{found: make(chan []RoomID, 1)}
	ended := make(chan struct{})
	l.end = func() { cancel(); <-ended }
	go func() {
		defer close(ended)
		found, now, _ := s.findUsed(ctx, tcb.Query{
			Filter: tcb.M{"members": string(user), "rev": tcb.M{"$exists": true}},
			Limit:  s.maxRooms + 1, // one of them may be the room that is entered
		})
		var rooms []RoomID
		for _, m := range found {
			if r, err := parseRecord(m); err == nil && r.asOf(now).liveSeat(user) != nil {
				rooms = append(rooms, r.id)
			}
		}
		slices.SortFunc(rooms, func(a, b RoomID) int { return cmp.Compare(a.Number(), b.Number()) })
		l.found <- rooms
	}()
	return l
}

// refusal is the error if a seat in another room would be one too many.
func (l *lookup) refusal(most int, id RoomID) error {
	if !l.known {
		l.rooms, l.known = <-l.found, true
	}
	others := slices.DeleteFunc(slices.Clone(l.rooms), func(room RoomID) bool { return room == id })
	if most == 0 || len(others) < most {
		return nil
	}
	return &TooManyRoomsError{others}
}
