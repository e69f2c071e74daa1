package roomstore

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"webrtc-room/pkg/tcb"
)

// A decision says what a record is to become: another record, or nil for what it is
// already. cur is nil when there is no record, and now is the database's time when
// it was read. unsure means that a write of this change was lost and that cur
// doesn't tell whether it was applied: then a decision may only return what is right
// either way, or ErrOutcomeUnknown.
type decision func(cur *record, now time.Time, unsure bool) (next *record, err error)

// A start is how a change begins.
type start int

const (
	readFirst    start = iota // with a look at the record
	assumeAbsent              // with the guess that there is none, which saves the look where it is right
)

// change brings the record of a room from what it is to what decide makes of it,
// in one atomic step, and returns what it then is: nil when there is none. made
// tells whether the room was made by this change. The package comment has the
// argument; attempt keeps the books.
func (s *Store) change(ctx context.Context, id RoomID, begin start, decide decision) (r *record, made bool, err error) {
	var a attempt
	var last error // of the database, if it is why there is another try
	for try := 0; ; try++ {
		if try > 0 {
			if err := s.pause(ctx, try, last); err != nil {
				return nil, false, a.gaveUp(cmp.Or(last, err))
			}
		}
		var cur *record
		now := s.clock(time.Time{})
		if try > 0 || begin == readFirst {
			if cur, now, err = s.read(ctx, id); errors.Is(err, tcb.ErrThrottled) {
				last = err
				continue
			}
			if err != nil {
				return nil, false, a.failed(err)
			}
		}
		if a.applied(cur) {
			if a.unfenced(cur) {
				return nil, false, a.failed(nil)
			}
			return cur, a.made(cur), nil
		}

		a.unsure = a.unsure || a.superseded(cur)
		next, err := decide(cur, now, a.unsure)
		switch {
		case (next == nil || err != nil) && a.unfenced(cur), err != nil && a.guarded:
			// What was lost may still be applied.
			return nil, false, a.failed(err)
		case err != nil:
			return nil, false, err
		case next == nil:
			return cur, a.made(cur), nil
		}

		if next.revision, err = newRevision(s.random); err != nil {
			return nil, false, a.failed(err)
		}
		if next.fresh {
			next.firstRevision = next.revision
		}
		next.fence = latest(cur.fenced(), a.fence(cur))
		removal := cur != nil && next.goes(now)
		// Whatever the reply says: if the record shows this revision, it was applied.
		a.revisions = append(a.revisions, next.revision)
		done, err := s.write(ctx, cur, next, now, removal)
		last = err
		switch {
		case done && removal:
			return nil, false, nil
		case done:
			return next, next.fresh, nil
		case err == nil:
			continue // somebody was faster
		}
		a.removal = a.removal || removal
		switch {
		case tcb.MaybeApplied(err):
			a.lost(cur, next)
		case !errors.Is(err, tcb.ErrThrottled) && !errors.Is(err, tcb.ErrConflict):
			// It would be no use to send it again. A refusal of what was applied
			// all the same can be seen.
			if cur, _, lookErr := s.read(ctx, id); lookErr == nil && a.applied(cur) && !a.unfenced(cur) {
				return cur, a.made(cur), nil
			}
			return nil, false, a.failed(err)
		}
	}
}

// write makes cur into next if it still is cur, and reports whether it did.
func (s *Store) write(ctx context.Context, cur, next *record, now time.Time, removal bool) (done bool, err error) {
	var n int
	switch {
	case cur == nil:
		doc := next.document(now, s.memberTTL)
		_, err = s.rooms.Insert(ctx, doc)
		if errors.Is(err, tcb.ErrCollectionNotExist) {
			if err = s.rooms.Create(ctx); err == nil || errors.Is(err, tcb.ErrCollectionExists) {
				_, err = s.rooms.Insert(ctx, doc)
			}
		}
		if errors.Is(err, tcb.ErrDuplicate) {
			return false, nil
		}
		return err == nil, err
	case removal:
		n, err = s.rooms.Remove(ctx, cur.guard())
	default:
		n, err = s.rooms.Update(ctx, cur.guard(), tcb.M{"$set": next.fields(now)})
	}
	if errors.Is(err, tcb.ErrCollectionNotExist) {
		return false, nil // somebody dropped it, and the record with it
	}
	return err == nil && n > 0, err
}

// read returns the record of a room, nil if there is none, and when that was by the
// database's clock.
func (s *Store) read(ctx context.Context, id RoomID) (*record, time.Time, error) {
	var date time.Time
	m, err := s.rooms.Get(tcb.WithDate(ctx, &date), string(id))
	now := s.clock(date)
	if errors.Is(err, tcb.ErrNotFound) || errors.Is(err, tcb.ErrCollectionNotExist) {
		return nil, now, nil
	}
	if err != nil {
		return nil, now, err
	}
	r, err := parseRecord(m)
	if err != nil {
		return nil, now, err
	}
	return r.asOf(now), now, nil
}

// clock is the database's time of a reply, given the reply's date, which has whole
// seconds. Within that second the local clock is asked; and it is all there is where
// a reply has no date.
func (s *Store) clock(date time.Time) time.Time {
	now := s.now().UTC().Truncate(time.Millisecond)
	switch last := date.Add(time.Second - time.Millisecond); {
	case date.IsZero():
		return now
	case now.Before(date):
		return date
	case now.After(last):
		return last
	}
	return now
}

// pause waits a little longer each time, by a random share so that those who
// were in each other's way don't meet again. A database that didn't answer, or was
// asked too often, is left alone for longer than one where somebody was faster.
func (s *Store) pause(ctx context.Context, try int, last error) error {
	longest := min(time.Millisecond<<min(try, 10), 100*time.Millisecond)
	if last != nil && !errors.Is(last, tcb.ErrConflict) {
		longest = min(50*time.Millisecond<<min(try, 10), time.Second)
	}
	wait, err := share(s.random, longest)
	if err != nil {
		return err
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// share is a random share of a duration.
func share(random io.Reader, of time.Duration) (time.Duration, error) {
	var b [4]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return 0, err
	}
	return time.Duration(float64(of) * float64(binary.LittleEndian.Uint32(b[:])) / (1 << 32)), nil
}

// An attempt keeps book of the writes of one change that did not succeed for
// certain.
type attempt struct {
	revisions []any     // of every write that was sent
	inserts   []*record // that may still arrive
	guarded   bool      // a guarded write was lost …
	guard     any       // … which applies only to this revision
	removal   bool      // a removal was sent, and not answered with what it found
	unsure    bool      // whether a guarded write was applied can't be told any more
}

func (a *attempt) lost(cur, next *record) {
	if cur == nil {
		a.inserts = append(a.inserts, next)
		return
	}
	a.guarded, a.guard = true, cur.revision
}

// applied reports whether cur shows a write of this change to have been applied.
func (a *attempt) applied(cur *record) bool {
	if cur == nil {
		return a.removal
	}
	return slices.Contains(a.revisions, cur.revision) || a.made(cur)
}

// made reports whether cur is a room that this change made.
func (a *attempt) made(cur *record) bool {
	return cur != nil && slices.Contains(a.revisions, cur.firstRevision)
}

// superseded reports whether a guarded write was lost and somebody has changed the
// record since, after it or instead of it.
func (a *attempt) superseded(cur *record) bool {
	return a.guarded && (cur == nil || cur.revision != a.guard)
}

// fence returns until when an insert of this change may still arrive, other than
// the one that made cur.
func (a *attempt) fence(cur *record) (until time.Time) {
	for _, insert := range a.inserts {
		if cur == nil || cur.firstRevision != insert.revision {
			until = latest(until, insert.sentTime.Add(fenceFor))
		}
	}
	return until
}

// unfenced reports whether an insert of this change may still arrive after the
// record's fence, and then bring about a room that nobody asks for any more.
func (a *attempt) unfenced(cur *record) bool { return a.fence(cur).After(cur.fenced()) }

// settled reports whether no write of this change was lost: then it has changed
// nothing, and won't.
func (a *attempt) settled() bool { return len(a.inserts) == 0 && !a.guarded }

// failed is the error of a change that can't go on because of err.
func (a *attempt) failed(err error) error {
	switch {
	case a.settled():
		return err
	case err == nil, err == ErrOutcomeUnknown:
		return ErrOutcomeUnknown
	}
	// Not wrapped: a refusal in err would make a refusal of what may be applied.
	return fmt.Errorf("%w (%v)", ErrOutcomeUnknown, err)
}

// gaveUp is the error of a change whose time is up; err is why it took so long.
func (a *attempt) gaveUp(err error) error {
	if a.settled() {
		return fmt.Errorf("%w (%w)", ErrBusy, err)
	}
	return a.failed(err)
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
