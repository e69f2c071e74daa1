package roomstore_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"webrtc-room/pkg/roomstore"
	"webrtc-room/pkg/tcb"
)

// in is a wish to enter.
func in(room roomstore.RoomID, user roomstore.UserID) roomstore.Entry {
	return roomstore.Entry{Room: room, User: user}
}

// fill seats users in a room, and must succeed.
func fill(t *testing.T, s *roomstore.Store, room roomstore.RoomID, users ...roomstore.UserID) {
	t.Helper()
	for _, user := range users {
		if _, _, err := s.Enter(t.Context(), in(room, user)); err != nil {
			t.Fatalf("%s enters %s: %v", user, room, err)
		}
	}
}

// members returns who is in a room, nil if there is none.
func members(t *testing.T, s *roomstore.Store, room roomstore.RoomID) []roomstore.UserID {
	t.Helper()
	r, err := s.Get(t.Context(), room, "", "")
	if err != nil && !errors.Is(err, roomstore.ErrRoomNotFound) {
		t.Fatal(err)
	}
	return r.Members
}

func TestEnter(t *testing.T) {
	s := roomstore.New(newFakeDB(), roomstore.Options{MaxMembers: 2})
	keys := 0
	made, created, err := s.Enter(t.Context(), roomstore.Entry{
		Room: "9527", User: "alice", Name: "first",
		Key: func(id roomstore.RoomID) (string, time.Time, error) {
			keys++
			return "key of " + string(id), time.Time{}, nil
		},
	})
	if err != nil || !created {
		t.Fatalf("created %v, %v", created, err)
	}
	want := roomstore.Room{
		ID: "9527", Name: "first", Creator: "alice", Members: []roomstore.UserID{"alice"},
		CreateTime: made.CreateTime, PrivateMapKey: "key of 9527",
	}
	if diff := cmp.Diff(want, made); diff != "" {
		t.Error(diff)
	}
	want.Members = []roomstore.UserID{"alice", "bob"}
	joined, created, err := s.Enter(t.Context(), in("9527", "bob"))
	if diff := cmp.Diff(want, joined); diff != "" || created || err != nil {
		t.Errorf("joining: created %v, %v %s", created, err, diff)
	}
	again, created, err := s.Enter(t.Context(), in("9527", "alice"))
	if diff := cmp.Diff(want, again); diff != "" || created || err != nil {
		t.Errorf("entering again, the room being full: created %v, %v %s", created, err, diff)
	}
	if _, _, err := s.Enter(t.Context(), in("9527", "carol")); err != roomstore.ErrRoomFull {
		t.Errorf("entering a full room: %v", err)
	}
	got, err := s.Get(t.Context(), "9527", "", "")
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("in the database: %v %s", err, diff)
	}
	if keys != 1 {
		t.Errorf("%d keys were signed, want 1", keys)
	}
}

func TestNameOfARoom(t *testing.T) {
	db := newFakeDB()
	s := roomstore.New(db, roomstore.Options{})
	long := strings.Repeat("房", 65)
	if _, err := s.Create(t.Context(), roomstore.Entry{User: "alice", Name: long}); err != roomstore.ErrBadRoomName {
		t.Errorf("Create: %v", err)
	}
	if _, _, err := s.Enter(t.Context(), roomstore.Entry{Room: "1", User: "alice", Name: long}); err != roomstore.ErrBadRoomName {
		t.Errorf("Enter: %v", err)
	}
	if db.requests != 0 {
		t.Errorf("%d requests for what is refused", db.requests)
	}
}

func TestKeyThatCannotBeSigned(t *testing.T) {
	db := newFakeDB()
	broken := errors.New("broken key")
	_, err := roomstore.New(db, roomstore.Options{}).Create(t.Context(), roomstore.Entry{
		User: "alice", Key: func(roomstore.RoomID) (string, time.Time, error) { return "", time.Time{}, broken },
	})
	if err != broken || len(db.docs) != 0 {
		t.Errorf("%v, and %d rooms", err, len(db.docs))
	}
}

// sameTwice is randomness whose first two room ids are the same.
type sameTwice struct{ ids int }

func (r *sameTwice) Read(p []byte) (int, error) {
	if r.ids++; len(p) == 4 && r.ids <= 3 { // alice's id, her revision, bob's id
		clear(p)
		return len(p), nil
	}
	return rand.Read(p)
}

func TestCreateTakesAnotherIDForATakenOne(t *testing.T) {
	db := newFakeDB()
	s := roomstore.New(db, roomstore.Options{Random: &sameTwice{}})
	first, err := s.Create(t.Context(), in("", "alice"))
	if err != nil {
		t.Fatal(err)
	}
	for _, wish := range []roomstore.RoomID{"", first.ID} {
		other, err := s.Create(t.Context(), in(wish, "bob"))
		if err != nil || other.ID == first.ID || len(other.ID) != 8 || other.ID[0] == '0' {
			t.Errorf("wished for %q: %+v, %v", wish, other, err)
		}
	}
	if len(db.docs) != 3 {
		t.Errorf("%d rooms, want 3", len(db.docs))
	}
}

func TestQuit(t *testing.T) {
	db := newFakeDB()
	s := roomstore.New(db, roomstore.Options{})
	fill(t, s, "9527", "alice", "bob", "carol", "dave")

	if _, err := s.Quit(t.Context(), "9527", "carol", "bob"); err != roomstore.ErrMayNotRemove {
		t.Errorf("a member removes another: %v", err)
	}
	if _, err := s.Quit(t.Context(), "9528", "bob", "bob"); err != roomstore.ErrRoomNotFound {
		t.Errorf("another room: %v", err)
	}
	for _, tt := range []struct {
		user, by      roomstore.UserID
		left, removed bool
		members       []roomstore.UserID
	}{
		{"erin", "erin", false, false, []roomstore.UserID{"alice", "bob", "carol", "dave"}},
		{"carol", "alice", true, false, []roomstore.UserID{"alice", "bob", "dave"}},
		{"alice", "alice", true, false, []roomstore.UserID{"bob", "dave"}},
		{"dave", "dave", true, false, []roomstore.UserID{"bob"}},
		{"bob", "bob", true, true, nil},
	} {
		d, err := s.Quit(t.Context(), "9527", tt.user, tt.by)
		if err != nil || d.Left != tt.left || d.Removed != tt.removed || !slices.Equal(d.Room.Members, tt.members) || d.Room.ID != "9527" {
			t.Errorf("%s quits: %+v, %v", tt.user, d, err)
		}
	}
	if len(db.docs) != 0 {
		t.Errorf("left behind: %v", db.docs)
	}
}

// TestRoundTrips holds the store to its budget, without contention.
func TestRoundTrips(t *testing.T) {
	db := newFakeDB()
	s := roomstore.New(db, roomstore.Options{})
	for _, tt := range []struct {
		name string
		want int
		call func() error
	}{
		{"create", 1, func() error { _, err := s.Create(t.Context(), in("9527", "alice")); return err }},
		{"create, any id", 1, func() error { _, err := s.Create(t.Context(), in("", "alice")); return err }},
		{"enter", 2, func() error { _, _, err := s.Enter(t.Context(), in("9527", "bob")); return err }},
		{"enter again", 2, func() error { _, _, err := s.Enter(t.Context(), in("9527", "bob")); return err }},
		{"enter what isn't there", 2, func() error { _, _, err := s.Enter(t.Context(), in("9528", "bob")); return err }},
		{"get", 1, func() error { _, err := s.Get(t.Context(), "9527", "", ""); return err }},
		{"list", 1, func() error { _, _, err := s.List(t.Context(), roomstore.Page{Limit: 10}); return err }},
		{"quit", 2, func() error { _, err := s.Quit(t.Context(), "9527", "bob", "bob"); return err }},
		{"quit, the last one", 2, func() error { _, err := s.Quit(t.Context(), "9527", "alice", "alice"); return err }},
	} {
		before := db.requests
		if err := tt.call(); err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		if got := db.requests - before; got != tt.want {
			t.Errorf("%s: %d round trips, want %d", tt.name, got, tt.want)
		}
	}
}

func TestMissingCollection(t *testing.T) {
	db := newFakeDB()
	db.missing = true
	s := roomstore.New(db, roomstore.Options{})
	if got := members(t, s, "9527"); got != nil {
		t.Errorf("a room: %v", got)
	}
	if rooms, _, err := s.List(t.Context(), roomstore.Page{Limit: 10}); len(rooms) != 0 || err != nil {
		t.Errorf("rooms: %v, %v", rooms, err)
	}
	if _, err := s.Quit(t.Context(), "9527", "alice", "alice"); err != roomstore.ErrRoomNotFound {
		t.Errorf("quit: %v", err)
	}
	fill(t, s, "9527", "alice")
	if got := members(t, s, "9527"); len(got) != 1 {
		t.Errorf("after entering: %v", got)
	}
}

func TestSeatsUnderContention(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := newFakeDB()
		var wg sync.WaitGroup
		var mu sync.Mutex
		outcomes := map[error]int{}
		for i := range 200 {
			s := roomstore.New(db, roomstore.Options{}) // each caller has its own instance
			wg.Go(func() {
				_, _, err := s.Enter(t.Context(), in("9527", roomstore.UserID(fmt.Sprint("user", i))))
				mu.Lock()
				defer mu.Unlock()
				outcomes[err]++
			})
		}
		wg.Wait()
		if diff := cmp.Diff(map[error]int{nil: 4, roomstore.ErrRoomFull: 196}, outcomes, cmp.Comparer(func(a, b error) bool { return a == b })); diff != "" {
			t.Error(diff)
		}
		if got := members(t, roomstore.New(db, roomstore.Options{}), "9527"); len(got) != 4 {
			t.Errorf("members: %v", got)
		}
	})
}

// TestLostWrites loses each write of each call, in each way. The call must
// succeed all the same, and have its effect once.
func TestLostWrites(t *testing.T) {
	calls := []struct {
		name   string
		before []roomstore.UserID
		write  int // which request is the write
		call   func(ctx context.Context, s *roomstore.Store) error
		after  []roomstore.UserID
	}{
		{"create", nil, 0, func(ctx context.Context, s *roomstore.Store) error {
			r, err := s.Create(ctx, in("9527", "alice"))
			if err == nil && r.ID != "9527" {
				err = fmt.Errorf("created %s", r.ID)
			}
			return err
		}, []roomstore.UserID{"alice"}},
		{"enter what isn't there", nil, 1, func(ctx context.Context, s *roomstore.Store) error {
			_, created, err := s.Enter(ctx, in("9527", "alice"))
			if err == nil && !created {
				err = errors.New("answered that the room was there")
			}
			return err
		}, []roomstore.UserID{"alice"}},
		{"enter", []roomstore.UserID{"alice"}, 1, func(ctx context.Context, s *roomstore.Store) error {
			_, created, err := s.Enter(ctx, in("9527", "bob"))
			if created {
				err = errors.New("answered that the room was made")
			}
			return err
		}, []roomstore.UserID{"alice", "bob"}},
		{"quit", []roomstore.UserID{"alice", "bob"}, 1, func(ctx context.Context, s *roomstore.Store) error {
			d, err := s.Quit(ctx, "9527", "alice", "alice")
			if err == nil && (!d.Left || d.Removed) {
				err = fmt.Errorf("%+v", d)
			}
			return err
		}, []roomstore.UserID{"bob"}},
		{"quit, the last one", []roomstore.UserID{"alice"}, 1, func(ctx context.Context, s *roomstore.Store) error {
			d, err := s.Quit(ctx, "9527", "alice", "alice")
			if err == nil && (!d.Left || !d.Removed) {
				err = fmt.Errorf("%+v", d)
			}
			return err
		}, nil},
	}
	for _, tt := range calls {
		for _, f := range []fault{
			lostRequest, lostReply, lateRequest, throttled, conflict, resentOnce, throttledLate, quotaLate, conflictLate,
		} {
			if f == resentOnce && tt.name == "quit, the last one" {
				continue // the reply denies what was done, and nothing shows it
			}
			t.Run(tt.name+", "+string(f), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					db := newFakeDB()
					s := roomstore.New(db, roomstore.Options{})
					fill(t, s, "9527", tt.before...)
					db.fail(tt.write, f)
					if err := tt.call(t.Context(), s); err != nil {
						t.Fatal(err)
					}
					for range 2 { // before and after late writes
						if got := members(t, s, "9527"); !slices.Equal(got, tt.after) {
							t.Errorf("members: %v, want %v", got, tt.after)
						}
						db.arrive()
					}
				})
			})
		}
	}
}

// TestLateInsert has the insert of a call arrive after the room has lived and
// died: it must not bring the room back.
func TestLateInsert(t *testing.T) {
	for _, late := range []time.Duration{time.Second, 29 * time.Minute, time.Hour} {
		t.Run(late.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				db := newFakeDB()
				s := roomstore.New(db, roomstore.Options{})
				db.fail(1, lateRequest)
				fill(t, s, "9527", "alice")
				d, err := s.Quit(t.Context(), "9527", "alice", "alice")
				if err != nil || !d.Removed {
					t.Fatalf("%+v, %v", d, err)
				}
				if got := members(t, s, "9527"); got != nil {
					t.Errorf("after the last one left: %v", got)
				}
				time.Sleep(late)
				members(t, s, "9527") // whoever comes by tidies up, if it is time
				db.arrive()
				if got := members(t, s, "9527"); got != nil {
					t.Errorf("the late insert brought back a room of %v", got)
				}
				if rooms, _, err := s.List(t.Context(), roomstore.Page{Limit: 10}); len(rooms) != 0 || err != nil {
					t.Errorf("listed: %v, %v", rooms, err)
				}
				fill(t, s, "9527", "bob")
				if got := members(t, s, "9527"); !slices.Equal(got, []roomstore.UserID{"bob"}) {
					t.Errorf("the next one finds %v", got)
				}
			})
		})
	}
}

// TestLateInsertOfACallThatGaveUp: with nobody to tell how it went, the room may
// appear, but not after maxLateness.
func TestLateInsertOfACallThatGaveUp(t *testing.T) {
	for late, want := range map[time.Duration][]roomstore.UserID{
		time.Second: {"alice"},
		time.Hour:   nil,
	} {
		synctest.Test(t, func(t *testing.T) {
			db := newFakeDB()
			s := roomstore.New(db, roomstore.Options{})
			db.fail(1, lateRequest)
			db.fail(2, forbidden) // reading back
			_, _, err := s.Enter(t.Context(), in("9527", "alice"))
			if !errors.Is(err, roomstore.ErrOutcomeUnknown) {
				t.Fatalf("got %v, want ErrOutcomeUnknown", err)
			}
			time.Sleep(late)
			db.arrive()
			if rooms, _, _ := s.List(t.Context(), roomstore.Page{Limit: 10}); len(rooms) != len(want) {
				t.Errorf("%v late: listed %v", late, rooms)
			}
			if got := members(t, s, "9527"); !slices.Equal(got, want) {
				t.Errorf("%v late: members %v, want %v", late, got, want)
			}
		})
	}
}

// TestOutcomeUnknown: the write was lost, and so is what would tell its fate.
func TestOutcomeUnknown(t *testing.T) {
	other := tcb.M{
		"_id": "9527", "rev": "of somebody else", "creator": "alice",
		"members": []any{"alice", "mallory"}, "createTime": time.Now(),
	}
	full := maps.Clone(other)
	full["members"] = []any{"alice", "mallory", "carol", "dave"}
	for name, readBack := range map[string]func(db *fakeDB){
		"reading back fails": func(db *fakeDB) { db.fail(2, forbidden) },
		"somebody else has written": func(db *fakeDB) {
			db.meddle[db.requests+3] = func() { db.docs["9527"] = other }
		},
		"the room is full now": func(db *fakeDB) {
			db.meddle[db.requests+3] = func() { db.docs["9527"] = full }
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				db := newFakeDB()
				s := roomstore.New(db, roomstore.Options{})
				fill(t, s, "9527", "alice")
				db.fail(1, lostRequest)
				readBack(db)
				_, _, err := s.Enter(t.Context(), in("9527", "bob"))
				if !errors.Is(err, roomstore.ErrOutcomeUnknown) || errors.Is(err, roomstore.ErrRoomFull) {
					t.Errorf("got %v, want ErrOutcomeUnknown and no refusal", err)
				}
			})
		})
	}
}

// TestRefusalAfterALateInsert: somebody else made the room and filled it, but our own
// insert may still come when that room is gone.
func TestRefusalAfterALateInsert(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := newFakeDB()
		s := roomstore.New(db, roomstore.Options{MaxMembers: 1})
		db.fail(1, lateRequest)
		db.meddle[3] = func() {
			db.docs["9527"] = tcb.M{"_id": "9527", "rev": "of somebody else", "creator": "alice", "members": []any{"alice"}, "createTime": time.Now()}
		}
		_, _, err := s.Enter(t.Context(), in("9527", "bob"))
		if !errors.Is(err, roomstore.ErrOutcomeUnknown) || errors.Is(err, roomstore.ErrRoomFull) {
			t.Errorf("got %v, want ErrOutcomeUnknown and no refusal", err)
		}
	})
}

// TestLostRenewal: a seat is kept from the time of the call that was answered, even
// if the renewal was lost and somebody else has written meanwhile.
func TestLostRenewal(t *testing.T) {
	for name, renew := range map[string]func(t *testing.T, s *roomstore.Store) error{
		"enter": func(t *testing.T, s *roomstore.Store) error {
			_, _, err := s.Enter(t.Context(), in("9527", "alice"))
			return err
		},
		"entered": func(t *testing.T, s *roomstore.Store) error {
			return s.Entered(t.Context(), "9527", "alice", time.Now())
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				db := newFakeDB()
				s := roomstore.New(db, roomstore.Options{MemberTTL: time.Hour})
				fill(t, s, "9527", "alice", "bob")
				time.Sleep(40 * time.Minute)
				db.fail(1, lostRequest)
				db.meddle[db.requests+3] = func() { db.docs["9527"]["rev"] = "of somebody else" }
				if err := renew(t, s); err != nil {
					t.Fatal(err)
				}
				time.Sleep(40 * time.Minute)
				if got := members(t, s, "9527"); !slices.Equal(got, []roomstore.UserID{"alice"}) {
					t.Errorf("members %v, want alice", got)
				}
			})
		})
	}
}

func TestFailureThatChangedNothing(t *testing.T) {
	db := newFakeDB()
	s := roomstore.New(db, roomstore.Options{})
	fill(t, s, "9527", "alice")
	for n := range 2 {
		db.fail(n, forbidden)
		_, _, err := s.Enter(t.Context(), in("9527", "bob"))
		if !errors.Is(err, tcb.ErrUnauthorized) || errors.Is(err, roomstore.ErrOutcomeUnknown) {
			t.Errorf("request %d refused: %v", n, err)
		}
	}
}

// TestTimeIsUp: a database that is asked too often is asked again, but not often,
// until time is up.
func TestTimeIsUp(t *testing.T) {
	for name, every := range map[string]func(n int) int{
		"every request": func(n int) int { return n },
		"every write":   func(n int) int { return 2*n + 1 },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				db := newFakeDB()
				s := roomstore.New(db, roomstore.Options{})
				for n := range 1000 {
					db.fail(every(n), throttled)
				}
				ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
				defer cancel()
				_, _, err := s.Enter(ctx, in("9527", "alice"))
				if !errors.Is(err, roomstore.ErrBusy) || !errors.Is(err, tcb.ErrThrottled) || len(db.docs) != 0 {
					t.Errorf("got %v", err)
				}
				if db.requests > 60 {
					t.Errorf("it made %d requests of a database that is asked too often", db.requests)
				}
			})
		})
	}
}

// TestTimeIsUpAfterALoss: nobody says of a change that may be applied that nothing
// was changed.
func TestTimeIsUpAfterALoss(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := newFakeDB()
		s := roomstore.New(db, roomstore.Options{})
		fill(t, s, "9527", "alice")
		for n := range 1000 {
			db.fail(2*n+1, lostRequest)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		_, _, err := s.Enter(ctx, in("9527", "bob"))
		if !errors.Is(err, roomstore.ErrOutcomeUnknown) || strings.Contains(err.Error(), roomstore.ErrBusy.Error()) {
			t.Errorf("got %v", err)
		}
		if db.requests > 60 {
			t.Errorf("it made %d requests of a database that doesn't answer", db.requests)
		}
	})
}

// TestQuotaIsUsedUp: no more tries can help that day. The third request looks whether
// the write was applied all the same.
func TestQuotaIsUsedUp(t *testing.T) {
	db := newFakeDB()
	db.fail(1, quotaUsedUp)
	_, _, err := roomstore.New(db, roomstore.Options{}).Enter(t.Context(), in("9527", "alice"))
	if !errors.Is(err, tcb.ErrQuota) || errors.Is(err, roomstore.ErrBusy) || db.requests != 3 {
		t.Errorf("got %v after %d requests", err, db.requests)
	}
}

// TestRefusalAfterALoss: a creator's removal of somebody is on its way when the
// creator's own seat expires. Whoever then says "refused" speaks too early.
func TestRefusalAfterALoss(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := newFakeDB()
		s := roomstore.New(db, roomstore.Options{MemberTTL: time.Minute})
		fill(t, s, "9527", "alice")
		time.Sleep(10 * time.Second)
		fill(t, s, "9527", "bob", "carol")
		time.Sleep(49 * time.Second)
		db.fail(1, lateRequest)
		db.meddle[db.requests+2] = func() { time.Sleep(2 * time.Second) }
		_, err := s.Quit(t.Context(), "9527", "carol", "alice")
		if !errors.Is(err, roomstore.ErrOutcomeUnknown) || errors.Is(err, roomstore.ErrMayNotRemove) {
			t.Errorf("got %v, want ErrOutcomeUnknown", err)
		}
		db.arrive()
		if got := members(t, s, "9527"); !slices.Equal(got, []roomstore.UserID{"bob"}) {
			t.Errorf("members: %v", got)
		}
	})
}

func TestRoomsThatAreNobodys(t *testing.T) {
	now := time.Now()
	empty := func() tcb.M {
		return tcb.M{"_id": "9527", "rev": "r0", "creator": "alice", "roomName": "old", "members": []any{}, "createTime": now}
	}
	ghost := func() tcb.M {
		return tcb.M{"_id": "9527", "rev": "r0", "creator": "alice", "members": []any{"alice"}, "createTime": now, "sentTime": now.Add(-time.Hour), "insertTime": now}
	}
	for name, record := range map[string]func() tcb.M{"empty": empty, "inserted late": ghost} {
		t.Run(name, func(t *testing.T) {
			db := newFakeDB()
			s := roomstore.New(db, roomstore.Options{})
			reset := func() { db.docs["9527"] = record() }

			reset()
			if rooms, _, err := s.List(t.Context(), roomstore.Page{Limit: 10}); len(rooms) != 0 || err != nil {
				t.Errorf("listed: %v, %v", rooms, err)
			}
			reset()
			if _, err := s.Get(t.Context(), "9527", "", ""); err != roomstore.ErrRoomNotFound {
				t.Errorf("Get: %v", err)
			}
			reset()
			if _, err := s.Quit(t.Context(), "9527", "alice", "alice"); err != roomstore.ErrRoomNotFound {
				t.Errorf("Quit: %v", err)
			}
			room, created, err := s.Enter(t.Context(), roomstore.Entry{Room: "9527", User: "bob", Name: "new"})
			if err != nil || !created || room.Creator != "bob" || room.Name != "new" || !slices.Equal(room.Members, []roomstore.UserID{"bob"}) {
				t.Errorf("Enter: %+v, %v", room, err)
			}
			reset()
			if room, err = s.Create(t.Context(), in("9527", "bob")); err != nil || room.ID != "9527" {
				t.Errorf("Create: %+v, %v", room, err)
			}
			if got := members(t, s, "9527"); !slices.Equal(got, []roomstore.UserID{"bob"}) {
				t.Errorf("members: %v", got)
			}
		})
	}
}

func TestRecordsMadeByHand(t *testing.T) {
	db := newFakeDB()
	s := roomstore.New(db, roomstore.Options{})
	db.docs["1"] = tcb.M{"_id": "1", "members": []any{"alice"}, "createTime": time.Now()}
	fill(t, s, "1", "bob")
	if got := members(t, s, "1"); !slices.Equal(got, []roomstore.UserID{"alice", "bob"}) {
		t.Errorf("without a revision: %v", got)
	}
	for field, value := range map[string]any{
		"members": "alice", "rev": int64(3), "creator": int64(1), "createTime": "yesterday", "roomName": tcb.M{},
	} {
		db.docs["2"] = tcb.M{"_id": "2", "rev": "r0", "members": []any{"alice"}, "createTime": time.Now()}
		db.docs["2"][field] = value
		if _, err := s.Get(t.Context(), "2", "", ""); err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("%s = %v: %v, want an error that names the field", field, value, err)
		}
		if rooms, _, err := s.List(t.Context(), roomstore.Page{Limit: 10}); len(rooms) != 1 || err != nil {
			t.Errorf("%s = %v: listed %v, %v", field, value, rooms, err)
		}
	}
	// What somebody has taken out of a record is missing, and that is all.
	delete(db.docs, "2")
	for _, field := range []string{"createTime", "insertTime", "sentTime", "seats", "until", "firstRevision", "creator", "roomName", "banned", "vanished"} {
		fill(t, s, "3", "alice", "bob")
		delete(db.docs["3"], field)
		if got := members(t, s, "3"); !slices.Equal(got, []roomstore.UserID{"alice", "bob"}) {
			t.Errorf("without %s: %v, %v", field, got, db.docs["3"])
		}
		if rooms, _, err := s.List(t.Context(), roomstore.Page{Limit: 10}); err != nil || len(rooms) != 2 && field != "createTime" { // which is the order of a list
			t.Errorf("without %s: listed %v, %v", field, rooms, err)
		}
		delete(db.docs, "3")
	}
}

func TestListPages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := roomstore.New(newFakeDB(), roomstore.Options{})
		var want []roomstore.RoomID
		for i := range 25 {
			id := roomstore.RoomID(fmt.Sprint(1000 + i))
			fill(t, s, id, "alice")
			want = append([]roomstore.RoomID{id}, want...)
			if i%3 == 0 {
				time.Sleep(time.Millisecond) // the others share their createTime
			}
		}
		var got []roomstore.RoomID
		for skip := 0; ; skip += 10 {
			rooms, _, err := s.List(t.Context(), roomstore.Page{Skip: skip, Limit: 10})
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range rooms {
				got = append(got, r.ID)
			}
			if len(rooms) < 10 {
				break
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		got = nil
		for after, pages := "", 0; pages == 0 || after != ""; pages++ {
			rooms, next, err := s.List(t.Context(), roomstore.Page{After: after, Limit: 5})
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range rooms {
				got = append(got, r.ID)
			}
			after = next
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("after a cursor: %s", diff)
		}
		for _, page := range [][2]int{{-1, 10}, {0, 0}, {0, 101}, {0, -1}} {
			if _, _, err := s.List(t.Context(), roomstore.Page{Skip: page[0], Limit: page[1]}); err != roomstore.ErrBadPage {
				t.Errorf("skip %d, limit %d: %v", page[0], page[1], err)
			}
		}
	})
}
