package roomstore_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"webrtc-room/pkg/roomstore"
	"webrtc-room/pkg/tcb"
)

// TestOwnRoomThatOthersChanged: a call recognizes the room that its lost insert made,
// also when somebody has entered it since.
func TestOwnRoomThatOthersChanged(t *testing.T) {
	for _, f := range []fault{lostReply, resentOnce, throttledLate, quotaLate} {
		t.Run(string(f), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				db := newFakeDB()
				s := roomstore.New(db, roomstore.Options{})
				enters := func() {
					db.docs["9527"]["rev"] = "of somebody else"
					db.docs["9527"]["members"] = []any{"alice", "bob"}
				}
				db.fail(1, f)
				db.meddle[3] = enters
				if room, created, err := s.Enter(t.Context(), in("9527", "alice")); err != nil || !created || !room.Has("bob") {
					t.Errorf("Enter: %+v, created %v, %v", room, created, err)
				}
				clear(db.docs)
				db.fail(0, f)
				db.meddle[db.requests+2] = enters
				if room, err := s.Create(t.Context(), in("9527", "alice")); err != nil || room.ID != "9527" || len(db.docs) != 1 {
					t.Errorf("Create: %+v, %v, and %d rooms", room, err, len(db.docs))
				}
			})
		})
	}
}

// TestUserIDsHaveCase: TRTC tells Alice from alice.
func TestUserIDsHaveCase(t *testing.T) {
	s := roomstore.New(newFakeDB(), roomstore.Options{})
	fill(t, s, "9527", "alice", "Alice")
	if _, err := s.Quit(t.Context(), "9527", "Alice", "Alice"); err != nil {
		t.Error(err)
	}
	if got := members(t, s, "9527"); !slices.Equal(got, []roomstore.UserID{"alice"}) {
		t.Errorf("members %v", got)
	}
}

// TestTwoLateInserts: both inserts of a call may still come, the second after the fence
// of the first.
func TestTwoLateInserts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := newFakeDB()
		s := roomstore.New(db, roomstore.Options{})
		db.fail(1, lateRequest)
		db.meddle[3] = func() { time.Sleep(10 * time.Minute) }
		db.fail(3, lateRequest)
		fill(t, s, "9527", "alice")
		if d, err := s.Quit(t.Context(), "9527", "alice", "alice"); err != nil || !d.Removed {
			t.Fatalf("%+v, %v", d, err)
		}
		fence, _ := db.docs["9527"]["fence"].(time.Time)
		if want := time.Now().Add(29 * time.Minute); fence.Before(want) {
			t.Errorf("the room stays until %v, want %v", fence, want)
		}
	})
}

// TestNoFenceForAnInsertThatCame: a room is removed with its last member if nothing of
// the call that made it is on its way any more.
func TestNoFenceForAnInsertThatCame(t *testing.T) {
	for _, f := range []fault{lostReply, resentOnce, throttledLate} {
		synctest.Test(t, func(t *testing.T) {
			db := newFakeDB()
			s := roomstore.New(db, roomstore.Options{})
			db.fail(1, f)
			fill(t, s, "9527", "alice")
			if _, err := s.Quit(t.Context(), "9527", "alice", "alice"); err != nil || len(db.docs) != 0 {
				t.Errorf("%s: %v, left behind: %v", f, err, db.docs)
			}
		})
	}
}

// TestFenceOutlivesChanges: whoever writes to a room that is fenced leaves it so.
func TestFenceOutlivesChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := newFakeDB()
		s := roomstore.New(db, roomstore.Options{})
		db.fail(1, lateRequest)
		fill(t, s, "9527", "alice", "bob")
		for _, user := range []roomstore.UserID{"alice", "bob"} {
			if _, err := s.Quit(t.Context(), "9527", user, user); err != nil {
				t.Fatal(err)
			}
		}
		db.arrive()
		if got := members(t, s, "9527"); got != nil {
			t.Errorf("the late insert brought back a room of %v", got)
		}
		time.Sleep(time.Hour)
		fill(t, s, "9527", "carol")
		if _, err := s.Quit(t.Context(), "9527", "carol", "carol"); err != nil || len(db.docs) != 0 {
			t.Errorf("after the fence: %v, left behind: %v", err, db.docs)
		}
	})
}

// TestLostChangeOfARoomThatIsGone: nobody can tell whether it was applied before.
func TestLostChangeOfARoomThatIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := newFakeDB()
		s := roomstore.New(db, roomstore.Options{})
		fill(t, s, "9527", "alice")
		db.fail(1, lostRequest)
		db.meddle[db.requests+3] = func() { clear(db.docs) }
		if _, _, err := s.Enter(t.Context(), in("9527", "bob")); !errors.Is(err, roomstore.ErrOutcomeUnknown) || err.Error() != roomstore.ErrOutcomeUnknown.Error() {
			t.Errorf("got %v, want ErrOutcomeUnknown", err)
		}
	})
}

// TestTwoLostBans: what the first may have done is told, whatever became of the second.
func TestTwoLostBans(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := newFakeDB()
		s := roomstore.New(db, roomstore.Options{})
		fill(t, s, "9527", "alice", "bob")
		db.fail(1, lostRequest)
		db.meddle[db.requests+3] = func() {
			db.docs["9527"]["rev"], db.docs["9527"]["members"] = "of somebody else", []any{"alice"}
		}
		db.fail(3, lostRequest)
		if d, err := s.Ban(t.Context(), "9527", "bob", "alice", time.Hour); err != nil || !d.Left || !d.Updated {
			t.Errorf("%+v, %v", d, err)
		}
	})
}

// TestOneOfTwoLateInsertsCame: the other may come when the room has ended.
func TestOneOfTwoLateInsertsCame(t *testing.T) {
	for name, third := range map[string]fault{"read back": "", "refused": quotaUsedUp} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				db := newFakeDB()
				s := roomstore.New(db, roomstore.Options{})
				db.fail(1, lateRequest)
				db.fail(3, lateRequest)
				read := 5
				if third != "" {
					db.fail(5, third)
					read = 7
				}
				db.meddle[read] = func() { db.late[0]() }
				if _, _, err := s.Enter(t.Context(), in("9527", "alice")); !errors.Is(err, roomstore.ErrOutcomeUnknown) && third == "" || err == nil {
					t.Errorf("got %v, want an error", err)
				}
			})
		})
	}
}

// TestKeyThatCannotBeSignedAgain: the first insert may still come.
func TestKeyThatCannotBeSignedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := newFakeDB()
		s := roomstore.New(db, roomstore.Options{})
		db.fail(1, lateRequest)
		e := in("9527", "alice")
		signed := 0
		e.Key = func(roomstore.RoomID) (string, time.Time, error) {
			if signed++; signed > 1 {
				return "", time.Time{}, errors.New("broken key")
			}
			return "key", time.Time{}, nil
		}
		if _, _, err := s.Enter(t.Context(), e); !errors.Is(err, roomstore.ErrOutcomeUnknown) {
			t.Errorf("got %v, want ErrOutcomeUnknown", err)
		}
	})
}

// TestCollectionThatSomebodyElseMade: two functions are the first at the same time.
func TestCollectionThatSomebodyElseMade(t *testing.T) {
	db := newFakeDB()
	db.missing = true
	db.meddle[2] = func() { db.missing = false }
	if _, err := roomstore.New(db, roomstore.Options{}).Create(t.Context(), in("9527", "alice")); err != nil {
		t.Error(err)
	}
}

// TestSomebodyElseWasFaster: a removal that found nothing to remove did nothing.
func TestSomebodyElseWasFaster(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := newFakeDB()
		s := roomstore.New(db, roomstore.Options{})
		fill(t, s, "9527", "alice")
		db.meddle[db.requests+2] = func() { clear(db.docs) }
		if d, err := s.Quit(t.Context(), "9527", "alice", "alice"); err != roomstore.ErrRoomNotFound {
			t.Errorf("%+v, %v", d, err)
		}
		fill(t, s, "9527", "alice", "bob")
		db.meddle[db.requests+2] = func() {
			db.docs["9527"]["rev"], db.docs["9527"]["members"] = "of somebody else", []any{"bob"}
		}
		if d, err := s.Quit(t.Context(), "9527", "alice", "alice"); err != nil || d.Left || d.Updated || d.Removed {
			t.Errorf("%+v, %v", d, err)
		}
	})
}

// TestDroppedCollection: somebody drops the collection between a call's read and its
// write.
func TestDroppedCollection(t *testing.T) {
	for name, call := range map[string]struct {
		before []roomstore.UserID
		do     func(t *testing.T, s *roomstore.Store) error
		want   error
	}{
		"insert": {nil, func(t *testing.T, s *roomstore.Store) error {
			_, created, err := s.Enter(t.Context(), in("9527", "alice"))
			if !created {
				t.Error("not created")
			}
			return err
		}, nil},
		"update": {[]roomstore.UserID{"bob"}, func(t *testing.T, s *roomstore.Store) error {
			_, created, err := s.Enter(t.Context(), in("9527", "alice"))
			if !created {
				t.Error("not created")
			}
			return err
		}, nil},
		"remove": {[]roomstore.UserID{"alice"}, func(t *testing.T, s *roomstore.Store) error {
			_, err := s.Quit(t.Context(), "9527", "alice", "alice")
			return err
		}, roomstore.ErrRoomNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				db := newFakeDB()
				s := roomstore.New(db, roomstore.Options{})
				fill(t, s, "9527", call.before...)
				db.meddle[db.requests+2] = func() { db.missing = true; clear(db.docs) }
				if err := call.do(t, s); err != call.want {
					t.Errorf("%v, want %v", err, call.want)
				}
			})
		})
	}
}

// TestConflictEndsNothing: somebody's transaction held the record, or the database was
// asked too often, once.
func TestConflictEndsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := newFakeDB()
		s := roomstore.New(db, roomstore.Options{})
		for _, f := range []fault{conflict, throttled} {
			db.fail(1, f)
			fill(t, s, "9527", "alice")
		}
		db.fail(0, throttled)
		fill(t, s, "9527", "alice")
	})
}

// TestRenewalByAClockBehind: it neither shortens a seat nor makes its member older news.
func TestRenewalByAClockBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := newFakeDB()
		s := roomstore.New(db, roomstore.Options{MemberTTL: ttl})
		behind := roomstore.New(db, roomstore.Options{MemberTTL: ttl, Now: func() time.Time { return time.Now().Add(-ttl / 2) }})
		fill(t, s, "9527", "alice", "bob")
		fill(t, behind, "9527", "alice")
		if _, err := s.Left(t.Context(), "9527", "alice", time.Now().Add(-ttl/4)); err != nil {
			t.Error(err)
		}
		time.Sleep(ttl - time.Millisecond)
		if got := members(t, s, "9527"); !slices.Equal(got, []roomstore.UserID{"alice", "bob"}) {
			t.Errorf("members %v", got)
		}
	})
}

// TestTidy: it removes what has been nobody's for long, readable or not, and nothing else.
func TestTidy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := newFakeDB()
		s := roomstore.New(db, roomstore.Options{MemberTTL: ttl, Random: strings.NewReader("\x00\x00\x00\x00")}) // it waits the shortest time
		ago := func(d time.Duration) time.Time { return time.Now().Add(-d) }
		record := func(id string, until any) tcb.M {
			return tcb.M{"_id": id, "rev": "r", "members": []any{}, "until": until}
		}
		for i := range 12 { // damaged
			db.docs[string(rune('a'+i))] = record(string(rune('a'+i)), ago(20*time.Minute))
		}
		db.docs["1"] = record("1", ago(16*time.Minute))
		db.docs["2"] = record("2", ago(12*time.Minute))
		db.docs["3"] = record("3", ago(-time.Minute))
		db.docs["4"] = record("4", nil)
		db.docs["5"] = record("5", ago(time.Hour))
		db.docs["5"]["fence"] = ago(-time.Hour)
		db.docs["6"] = record("6", ago(time.Hour))
		delete(db.docs["6"], "rev")
		db.docs["7"] = record("7", ago(time.Hour))
		db.docs["7"]["fence"] = ago(time.Minute)
		for range 2 {
			time.Sleep(time.Minute - time.Second)
			if _, _, err := s.List(t.Context(), roomstore.Page{Limit: 10}); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
		}
		var left []string
		for id := range db.docs {
			left = append(left, id)
		}
		slices.Sort(left)
		if !slices.Equal(left, []string{"2", "3", "4", "5", "6"}) {
			t.Errorf("left: %v", left)
		}
	})
}

// TestTidyOfWhatHasChanged: between looking for a record and removing it somebody may
// have entered.
func TestTidyOfWhatHasChanged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := newFakeDB()
		s := roomstore.New(db, roomstore.Options{MemberTTL: ttl})
		fill(t, s, "9527", "alice")
		time.Sleep(ttl + 20*time.Minute)
		db.meddle[db.requests+3] = func() { db.docs["9527"]["rev"] = "of somebody else" }
		if _, _, err := s.List(t.Context(), roomstore.Page{Limit: 10}); err != nil || len(db.docs) != 1 {
			t.Errorf("%v, left: %v", err, db.docs)
		}
	})
}

// TestShortLivedInstancesTidy: some of them look for records of nobody.
func TestShortLivedInstancesTidy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := newFakeDB()
		db.docs["1"] = tcb.M{"_id": "1", "rev": "r", "members": []any{}, "until": time.Now().Add(-time.Hour)}
		for range 200 {
			s := roomstore.New(db, roomstore.Options{})
			time.Sleep(10 * time.Second)
			if _, _, err := s.List(t.Context(), roomstore.Page{Limit: 1}); err != nil {
				t.Fatal(err)
			}
		}
		if len(db.docs) != 0 {
			t.Error("200 instances that lived for 10 seconds left the record of nobody")
		}
	})
}

// TestCreateThatSomebodyElseFollowed: a room of somebody else, where a lost insert may have
// made one before, says nothing of what became of the insert.
func TestCreateThatSomebodyElseFollowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := newFakeDB()
		s := roomstore.New(db, roomstore.Options{})
		db.fail(0, lostReply)
		db.meddle[2] = func() {
			room := db.docs["9527"]
			room["rev"], room["firstRevision"] = "of somebody else", "of somebody else"
			room["creator"], room["members"] = "bob", []any{"bob"}
		}
		if room, err := s.Create(t.Context(), in("9527", "alice")); err == nil || !errors.Is(err, roomstore.ErrOutcomeUnknown) {
			t.Errorf("%+v, %v, want an unknown outcome", room, err)
		}
		if len(db.docs) != 1 {
			t.Errorf("%d rooms, want somebody else's only", len(db.docs))
		}
	})
}
