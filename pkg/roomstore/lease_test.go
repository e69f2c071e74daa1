package roomstore_test

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"webrtc-room/pkg/roomstore"
)

const ttl = time.Minute

func TestSeatExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := newFakeDB()
		s := roomstore.New(db, roomstore.Options{MaxMembers: 2, MemberTTL: ttl})
		fill(t, s, "9527", "alice", "bob")
		time.Sleep(ttl / 2)
		fill(t, s, "9527", "bob") // renews
		time.Sleep(ttl/2 - time.Millisecond)
		if _, _, err := s.Enter(t.Context(), in("9527", "carol")); err != roomstore.ErrRoomFull {
			t.Errorf("before the first seat expires: %v", err)
		}
		time.Sleep(time.Millisecond)
		if got := members(t, s, "9527"); !slices.Equal(got, []roomstore.UserID{"bob"}) {
			t.Errorf("after it expired: members %v", got)
		}
		if rooms, _, err := s.List(t.Context(), roomstore.Page{Limit: 1}); err != nil || len(rooms) != 1 || rooms[0].Has("alice") {
			t.Errorf("after it expired: listed %v, %v", rooms, err)
		}
		if room, _, err := s.Enter(t.Context(), in("9527", "carol")); err != nil || room.Creator != "bob" {
			t.Errorf("the free seat: %+v, %v", room, err)
		}
		if stored := db.docs["9527"]["members"].([]any); !slices.Equal(stored, []any{"bob", "carol"}) {
			t.Errorf("the next write keeps %v", stored)
		}
	})
}

// TestRoomOfExpiredSeats: nobody is shown it, anybody may have its id, and who only looks
// removes nothing.
func TestRoomOfExpiredSeats(t *testing.T) {
	calls := map[string]func(t *testing.T, s *roomstore.Store){
		"get": func(t *testing.T, s *roomstore.Store) {
			if _, err := s.Get(t.Context(), "9527", "alice", ""); err != roomstore.ErrRoomNotFound {
				t.Error(err)
			}
		},
		"list": func(t *testing.T, s *roomstore.Store) {
			if rooms, _, err := s.List(t.Context(), roomstore.Page{Limit: 10}); len(rooms) != 0 || err != nil {
				t.Errorf("%v, %v", rooms, err)
			}
		},
		"quit": func(t *testing.T, s *roomstore.Store) {
			if _, err := s.Quit(t.Context(), "9527", "alice", "alice"); err != roomstore.ErrRoomNotFound {
				t.Error(err)
			}
		},
	}
	for name, call := range calls {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				db := newFakeDB()
				s := roomstore.New(db, roomstore.Options{MemberTTL: ttl})
				fill(t, s, "9527", "alice", "bob")
				time.Sleep(ttl)
				before := db.docs["9527"]["rev"]
				call(t, s)
				if db.docs["9527"]["rev"] != before {
					t.Errorf("it leaves %v", db.docs)
				}
				if room, created, err := s.Enter(t.Context(), in("9527", "bob")); !created || err != nil || room.Creator != "bob" {
					t.Errorf("enter: %+v, %v, %v", room, created, err)
				}
			})
		})
	}
}

// TestOtherFunctionsLeases: a seat ends when the function said that gave it, whatever
// is set for others.
func TestOtherFunctionsLeases(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := newFakeDB()
		long := roomstore.New(db, roomstore.Options{MaxMembers: 1, MemberTTL: time.Hour})
		short := roomstore.New(db, roomstore.Options{MaxMembers: 1, MemberTTL: ttl})
		fill(t, long, "9527", "alice")
		time.Sleep(30 * time.Minute)
		fill(t, short, "9527", "alice") // doesn't shorten it
		for range 2 {
			time.Sleep(14 * time.Minute)
			if got := members(t, short, "9527"); len(got) != 1 {
				t.Errorf("members %v", got)
			}
			if rooms, _, err := short.List(t.Context(), roomstore.Page{Limit: 10}); len(rooms) != 1 || err != nil {
				t.Errorf("listed %v, %v", rooms, err)
			}
			if _, _, err := short.Enter(t.Context(), in("9527", "bob")); err != roomstore.ErrRoomFull {
				t.Errorf("bob enters: %v", err)
			}
		}
		fill(t, long, "9527", "alice")
		time.Sleep(59 * time.Minute)
		if got := members(t, short, "9527"); len(got) != 1 {
			t.Errorf("after a renewal: members %v", got)
		}
	})
}

func TestRoomIsNeverWithoutItsOwner(t *testing.T) {
	s := roomstore.New(newFakeDB(), roomstore.Options{})
	key := func(roomstore.RoomID) (string, time.Time, error) { return "key of alice", time.Time{}, nil }
	if _, _, err := s.Enter(t.Context(), roomstore.Entry{Room: "9527", User: "alice", Key: key}); err != nil {
		t.Fatal(err)
	}
	fill(t, s, "9527", "bob", "carol")
	d, err := s.Quit(t.Context(), "9527", "alice", "alice")
	if err != nil || d.Room.Creator != "bob" || d.Room.PrivateMapKey != "" {
		t.Errorf("the creator left: %+v, %v", d.Room, err)
	}
	if _, err := s.Quit(t.Context(), "9527", "carol", "bob"); err != nil {
		t.Errorf("the new one removes a member: %v", err)
	}
	fill(t, s, "9527", "alice")
	if _, err := s.Quit(t.Context(), "9527", "bob", "alice"); err != roomstore.ErrMayNotRemove {
		t.Errorf("the old one does: %v", err)
	}
}

func TestClose(t *testing.T) {
	db := newFakeDB()
	s := roomstore.New(db, roomstore.Options{})
	fill(t, s, "9527", "alice", "bob")
	if _, err := s.Close(t.Context(), "9527", "bob"); err != roomstore.ErrMayNotClose || len(db.docs) != 1 {
		t.Errorf("a member closes the room: %v", err)
	}
	if d, err := s.Close(t.Context(), "9527", "alice"); err != nil || !d.Removed || len(d.Room.Members) != 0 || len(db.docs) != 0 {
		t.Errorf("its creator does: %+v, %v", d, err)
	}
	if _, err := s.Close(t.Context(), "9527", "alice"); err != roomstore.ErrRoomNotFound {
		t.Errorf("once more: %v", err)
	}
}

func TestReportsOfTRTC(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := newFakeDB()
		s := roomstore.New(db, roomstore.Options{MemberTTL: ttl})
		start := time.Now()
		fill(t, s, "9527", "alice", "bob")
		time.Sleep(ttl / 2)
		fill(t, s, "9527", "bob") // has left and come back

		left := func(user roomstore.UserID, at time.Duration) {
			t.Helper()
			if _, err := s.Left(t.Context(), "9527", user, start.Add(at)); err != nil {
				t.Error(err)
			}
		}
		dismissed := func(at time.Duration) {
			t.Helper()
			if _, err := s.Dismissed(t.Context(), "9527", start.Add(at)); err != nil {
				t.Error(err)
			}
		}
		entered := func(user roomstore.UserID, at time.Duration, want error) {
			t.Helper()
			if err := s.Entered(t.Context(), "9527", user, start.Add(at)); err != want {
				t.Errorf("%s entered: %v, want %v", user, err, want)
			}
		}
		left("bob", ttl/4)   // comes late
		left("carol", ttl/4) // was never in
		if got := members(t, s, "9527"); len(got) != 2 {
			t.Errorf("late reports removed somebody: %v", got)
		}
		entered("alice", ttl/2, nil)
		entered("carol", ttl/2, roomstore.ErrNotAMember)
		entered("alice", 0, nil)
		time.Sleep(ttl/2 + time.Second) // past alice's first lease
		if got := members(t, s, "9527"); !slices.Equal(got, []roomstore.UserID{"alice", "bob"}) {
			t.Errorf("after alice was seen: %v", got)
		}
		left("bob", ttl)
		left("bob", ttl) // comes twice
		if got := members(t, s, "9527"); !slices.Equal(got, []roomstore.UserID{"alice"}) {
			t.Errorf("after bob left: %v", got)
		}
		entered("bob", 2*ttl, roomstore.ErrNotAMember)
		fill(t, s, "9527", "bob")
		dismissed(ttl) // before bob came
		if got := members(t, s, "9527"); !slices.Equal(got, []roomstore.UserID{"bob"}) {
			t.Errorf("after the room was dismissed: %v", got)
		}
		left("bob", ttl+time.Second) // at the very time at which he was seen
		if len(db.docs) != 0 {
			t.Errorf("left behind: %v", db.docs)
		}
		entered("bob", 3*ttl, roomstore.ErrRoomNotFound)
		fill(t, s, "9527", "bob", "carol")
		dismissed(2 * ttl)
		dismissed(2 * ttl)
		if len(db.docs) != 0 {
			t.Errorf("left behind: %v", db.docs)
		}
	})
}

// TestManyExpiredRooms: those who list rooms don't pay for all whose members have
// vanished, and are not shown shorter pages. In time, all are removed.
func TestManyExpiredRooms(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := newFakeDB()
		s := roomstore.New(db, roomstore.Options{MemberTTL: ttl})
		var want []roomstore.RoomID
		for i := range 100 {
			fill(t, s, roomstore.RoomID(fmt.Sprint(1000+i)), "gone")
			if i%4 == 0 {
				id := roomstore.RoomID(fmt.Sprint(2000 + i))
				fill(t, s, id, "alice")
				want = append([]roomstore.RoomID{id}, want...)
			}
			time.Sleep(time.Millisecond)
		}
		for minute := range 30 {
			time.Sleep(ttl - time.Second)
			for _, id := range want {
				fill(t, s, id, "alice") // renews
			}
			time.Sleep(time.Second)
			before := db.requests
			var got []roomstore.RoomID
			for skip := 0; skip < 30; skip += 10 {
				rooms, _, err := s.List(t.Context(), roomstore.Page{Skip: skip, Limit: 10})
				if err != nil {
					t.Fatal(err)
				}
				for _, room := range rooms {
					got = append(got, room.ID)
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("minute %d: %s", minute, diff)
			}
			if n := db.requests - before; n > 3*2+1+10 {
				t.Errorf("minute %d: three pages took %d requests", minute, n)
			}
		}
		if len(db.docs) != len(want) {
			t.Errorf("%d rooms are left of %d", len(db.docs), len(want))
		}
	})
}

// TestListsNowAndThen: where no room has expired, a page is one request, however
// seldom one asks for it.
func TestListsNowAndThen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := newFakeDB()
		s := roomstore.New(db, roomstore.Options{MemberTTL: 12 * time.Hour})
		fill(t, s, "9527", "alice")
		before := db.requests
		for range 30 {
			time.Sleep(10 * time.Minute)
			if rooms, _, err := s.List(t.Context(), roomstore.Page{Limit: 10}); len(rooms) != 1 || err != nil {
				t.Fatal(rooms, err)
			}
		}
		if n := db.requests - before; n > 30+1 {
			t.Errorf("30 pages took %d requests", n)
		}
	})
}

// TestRecordsWithoutLeases: who edits the collection by hand need not know about them.
func TestRecordsWithoutLeases(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := newFakeDB()
		s := roomstore.New(db, roomstore.Options{MemberTTL: ttl})
		db.docs["1"] = map[string]any{"_id": "1", "rev": "r", "members": []any{"alice"}, "createTime": time.Now()}
		time.Sleep(2 * ttl)
		if got := members(t, s, "1"); len(got) != 1 {
			t.Errorf("a room made by hand: %v", got)
		}
		if rooms, _, err := s.List(t.Context(), roomstore.Page{Limit: 10}); len(rooms) != 1 || err != nil {
			t.Errorf("listed: %v, %v", rooms, err)
		}
		fill(t, s, "2", "alice", "bob")
		time.Sleep(ttl / 2)
		fill(t, s, "2", "bob")
		db.docs["2"]["members"] = []any{"bob", "carol"}
		db.docs["2"]["createTime"] = time.Now().Add(-time.Hour)
		time.Sleep(ttl/2 + time.Second)
		if got := members(t, s, "2"); !slices.Equal(got, []roomstore.UserID{"bob", "carol"}) {
			t.Errorf("edited: members %v", got)
		}
		time.Sleep(ttl / 2)
		if got := members(t, s, "2"); got != nil {
			t.Errorf("after the last seat has ended: members %v", got)
		}
	})
}

// TestEditBetweenReadAndWrite: what somebody edits in the console is not undone by a
// call that is under way.
func TestEditBetweenReadAndWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := newFakeDB()
		s := roomstore.New(db, roomstore.Options{})
		fill(t, s, "9527", "alice", "mallory")
		db.meddle[db.requests+2] = func() { db.docs["9527"]["members"] = []any{"alice"} }
		fill(t, s, "9527", "bob")
		if got := members(t, s, "9527"); !slices.Equal(got, []roomstore.UserID{"alice", "bob"}) {
			t.Errorf("members %v", got)
		}
	})
}
