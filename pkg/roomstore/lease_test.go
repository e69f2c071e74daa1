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
		if rooms, err := s.List(t.Context(), 0, 1); err != nil || len(rooms) != 1 || rooms[0].Has("alice") {
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

func TestRoomOfExpiredSeats(t *testing.T) {
	calls := map[string]func(t *testing.T, s *roomstore.Store){
		"get": func(t *testing.T, s *roomstore.Store) {
			if _, err := s.Get(t.Context(), "9527"); err != roomstore.ErrRoomNotFound {
				t.Error(err)
			}
		},
		"list": func(t *testing.T, s *roomstore.Store) {
			if rooms, err := s.List(t.Context(), 0, 10); len(rooms) != 0 || err != nil {
				t.Errorf("%v, %v", rooms, err)
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
				call(t, s)
				if len(db.docs) != 0 {
					t.Errorf("it leaves %v", db.docs)
				}
			})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		s := roomstore.New(newFakeDB(), roomstore.Options{MemberTTL: ttl})
		fill(t, s, "9527", "alice")
		time.Sleep(ttl)
		if _, err := s.Quit(t.Context(), "9527", "alice", "alice"); err != roomstore.ErrRoomNotFound {
			t.Errorf("quit: %v", err)
		}
		if room, created, err := s.Enter(t.Context(), in("9527", "bob")); !created || err != nil || room.Creator != "bob" {
			t.Errorf("enter: %+v, %v, %v", room, created, err)
		}
	})
}

func TestRoomIsNeverWithoutItsOwner(t *testing.T) {
	s := roomstore.New(newFakeDB(), roomstore.Options{})
	key := func(roomstore.RoomID) (string, error) { return "key of alice", nil }
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
	if _, err := s.Quit(t.Context(), "9527", "bob", "alice"); err != roomstore.ErrNotTheCreator {
		t.Errorf("the old one does: %v", err)
	}
}

func TestClose(t *testing.T) {
	db := newFakeDB()
	s := roomstore.New(db, roomstore.Options{})
	fill(t, s, "9527", "alice", "bob")
	if _, err := s.Close(t.Context(), "9527", "bob"); err != roomstore.ErrNotAllowed || len(db.docs) != 1 {
		t.Errorf("a member closes the room: %v", err)
	}
	if d, err := s.Close(t.Context(), "9527", "alice"); err != nil || !d.Removed || len(d.Room.Members) != 0 || len(db.docs) != 0 {
		t.Errorf("its creator does: %+v, %v", d, err)
	}
	if _, err := s.Close(t.Context(), "9527", "alice"); err != roomstore.ErrRoomNotFound {
		t.Errorf("once more: %v", err)
	}
}

func TestNewsFromTRTC(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := newFakeDB()
		s := roomstore.New(db, roomstore.Options{MemberTTL: ttl})
		start := time.Now()
		fill(t, s, "9527", "alice", "bob")
		time.Sleep(ttl / 2)
		fill(t, s, "9527", "bob") // has left and come back

		vacate := func(user roomstore.UserID, at time.Duration) {
			t.Helper()
			if _, err := s.Vacate(t.Context(), "9527", user, start.Add(at)); err != nil {
				t.Error(err)
			}
		}
		vacate("bob", ttl/4)   // comes late
		vacate("carol", ttl/4) // was never in
		if got := members(t, s, "9527"); len(got) != 2 {
			t.Errorf("late news removed somebody: %v", got)
		}
		if err := s.Renew(t.Context(), "9527", "alice", start.Add(ttl/2)); err != nil {
			t.Error(err)
		}
		if err := s.Renew(t.Context(), "9527", "carol", start.Add(ttl/2)); err != nil {
			t.Error(err)
		}
		if err := s.Renew(t.Context(), "9527", "alice", start); err != nil {
			t.Error(err)
		}
		time.Sleep(ttl/2 + time.Second) // past alice's first lease
		if got := members(t, s, "9527"); !slices.Equal(got, []roomstore.UserID{"alice", "bob"}) {
			t.Errorf("after alice was seen: %v", got)
		}
		vacate("bob", ttl)
		vacate("bob", ttl) // comes twice
		if got := members(t, s, "9527"); !slices.Equal(got, []roomstore.UserID{"alice"}) {
			t.Errorf("after bob left: %v", got)
		}
		fill(t, s, "9527", "bob")
		vacate("", ttl) // the room was dismissed before bob came
		if got := members(t, s, "9527"); !slices.Equal(got, []roomstore.UserID{"bob"}) {
			t.Errorf("after the room was dismissed: %v", got)
		}
		vacate("", 2*ttl)
		vacate("", 2*ttl)
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
		for minute := range 12 {
			time.Sleep(ttl - time.Second)
			for _, id := range want {
				fill(t, s, id, "alice") // renews
			}
			time.Sleep(time.Second)
			before := db.requests
			var got []roomstore.RoomID
			for skip := 0; skip < 30; skip += 10 {
				rooms, err := s.List(t.Context(), skip, 10)
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
			if n := db.requests - before; n > 3+1+10 {
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
			if rooms, err := s.List(t.Context(), 0, 10); len(rooms) != 1 || err != nil {
				t.Fatal(rooms, err)
			}
		}
		if n := db.requests - before; n > 30+1 {
			t.Errorf("30 pages took %d requests", n)
		}
	})
}

// TestRecordsWithoutLeases: who edits the collection by hand, or made it before
// there were leases, need not know about them.
func TestRecordsWithoutLeases(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := newFakeDB()
		s := roomstore.New(db, roomstore.Options{MemberTTL: ttl})
		db.docs["1"] = map[string]any{"_id": "1", "rev": "r", "members": []any{"alice"}}
		db.docs["2"] = map[string]any{"_id": "2", "rev": "r", "members": []any{"alice"}, "createTime": time.Now()}
		time.Sleep(2 * ttl)
		if got := members(t, s, "1"); len(got) != 1 {
			t.Errorf("with no time at all: %v", got)
		}
		if got := members(t, s, "2"); len(got) != 0 {
			t.Errorf("with the time it was made: %v", got)
		}
	})
}
