package roomstore_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"webrtc-room/pkg/roomstore"
	"webrtc-room/pkg/tcb"
)

func TestPrivateRoom(t *testing.T) {
	s := roomstore.New(newFakeDB(), roomstore.Options{MaxMembers: 2})
	wish := in("9527", "alice")
	wish.Private = true
	made, created, err := s.Enter(t.Context(), wish)
	if err != nil || !created || !made.Private() || len(made.Invitation) != 22 {
		t.Fatalf("%+v, %v, %v", made, created, err)
	}
	if other, err := s.Create(t.Context(), roomstore.Entry{User: "alice", Private: true}); err != nil || other.Invitation == made.Invitation || !other.Private() {
		t.Errorf("another: %+v, %v", other, err)
	}
	enter := func(user roomstore.UserID, invitation string) error {
		e := in("9527", user)
		e.Invitation = invitation
		_, _, err := s.Enter(t.Context(), e)
		return err
	}
	for _, wrong := range []string{"", "x", made.Invitation + "x", made.Invitation[1:]} {
		if err := enter("bob", wrong); err != roomstore.ErrNotInvited {
			t.Errorf("invitation %q: %v", wrong, err)
		}
		if room, err := s.Get(t.Context(), "9527", "bob", wrong); err != roomstore.ErrNotInvited || room.ID != "" {
			t.Errorf("invitation %q shows %+v, %v", wrong, room, err)
		}
	}
	if room, err := s.Get(t.Context(), "9527", "bob", made.Invitation); err != nil || room.ID != "9527" {
		t.Errorf("the invitation shows %+v, %v", room, err)
	}
	if room, err := s.Get(t.Context(), "9527", "alice", ""); err != nil || room.Invitation != made.Invitation {
		t.Errorf("a member sees %+v, %v", room, err)
	}
	if err := enter("bob", made.Invitation); err != nil {
		t.Errorf("the invited: %v", err)
	}
	if err := enter("bob", ""); err != nil {
		t.Errorf("a member: %v", err)
	}
	for invitation, want := range map[string]error{"": roomstore.ErrNotInvited, made.Invitation: roomstore.ErrRoomFull} {
		if err := enter("carol", invitation); err != want {
			t.Errorf("when it is full, with %q: %v", invitation, err)
		}
	}
	if rooms, _, err := s.List(t.Context(), roomstore.Page{Limit: 10}); len(rooms) != 0 || err != nil {
		t.Errorf("listed: %v, %v", rooms, err)
	}
	if _, err := s.Close(t.Context(), "9527", "alice"); err != nil {
		t.Fatal(err)
	}
	if err := enter("bob", made.Invitation); err != roomstore.ErrNotInvited {
		t.Errorf("the invitation makes a room when its own has ended: %v", err)
	}
	fill(t, s, "9527", "carol")
	if err := enter("bob", made.Invitation); err != nil {
		t.Errorf("a public room, with an invitation: %v", err)
	}
	if rooms, _, err := s.List(t.Context(), roomstore.Page{Limit: 10}); len(rooms) != 1 || rooms[0].Private() || err != nil {
		t.Errorf("listed: %v, %v", rooms, err)
	}
}

// TestPublicRoomAfterAPrivateOne: nothing of a room that has ended is left in the next
// one of its id.
func TestPublicRoomAfterAPrivateOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := roomstore.New(newFakeDB(), roomstore.Options{MemberTTL: ttl})
		wish := in("9527", "alice")
		wish.Private, wish.Key = true, func(roomstore.RoomID) (string, time.Time, error) { return "key of alice", time.Time{}, nil }
		if _, _, err := s.Enter(t.Context(), wish); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Ban(t.Context(), "9527", "bob", "alice", time.Hour); err != nil {
			t.Fatal(err)
		}
		time.Sleep(ttl)
		room, created, err := s.Enter(t.Context(), in("9527", "bob"))
		if err != nil || !created || room.Private() || room.PrivateMapKey != "" {
			t.Errorf("%+v, %v, %v", room, created, err)
		}
		if rooms, _, err := s.List(t.Context(), roomstore.Page{Limit: 10}); len(rooms) != 1 || err != nil {
			t.Errorf("listed: %v, %v", rooms, err)
		}
	})
}

func TestLongestBan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := roomstore.New(newFakeDB(), roomstore.Options{})
		fill(t, s, "9527", "alice", "bob")
		if d, err := s.Ban(t.Context(), "9527", "bob", "alice", roomstore.MaxBan); err != nil || !d.Left {
			t.Errorf("%+v, %v", d, err)
		}
	})
}

// Whoever was seen last at the very time when the call ended is out.
func TestDismissedAtTheVeryTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := roomstore.New(newFakeDB(), roomstore.Options{})
		fill(t, s, "9527", "alice")
		if d, err := s.Dismissed(t.Context(), "9527", time.Now()); err != nil || !d.Removed {
			t.Errorf("%+v, %v", d, err)
		}
	})
}

func TestBan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := newFakeDB()
		s := roomstore.New(db, roomstore.Options{MaxMembers: 2})
		fill(t, s, "9527", "alice", "bob")
		ban := func(user, by roomstore.UserID, lasts time.Duration) (roomstore.Departure, error) {
			return s.Ban(t.Context(), "9527", user, by, lasts)
		}
		for name, err := range map[string]error{
			"by a member": func() error { _, err := ban("alice", "bob", time.Hour); return err }(),
			"oneself":     func() error { _, err := ban("alice", "alice", time.Hour); return err }(),
		} {
			if err != roomstore.ErrMayNotRemove {
				t.Errorf("%s: %v", name, err)
			}
		}
		for _, lasts := range []time.Duration{-1, roomstore.MaxBan + 1} {
			if _, err := ban("bob", "alice", lasts); err != roomstore.ErrBadBan {
				t.Errorf("for %s: %v", lasts, err)
			}
		}
		if _, err := s.Ban(t.Context(), "9528", "bob", "alice", time.Hour); err != roomstore.ErrRoomNotFound {
			t.Errorf("another room: %v", err)
		}
		if d, err := ban("bob", "alice", time.Hour); err != nil || !d.Left || !d.Updated || d.Removed || d.Room.Has("bob") {
			t.Errorf("%+v, %v", d, err)
		}
		expect := func(until time.Time) {
			t.Helper()
			_, _, err := s.Enter(t.Context(), in("9527", "bob"))
			var banned *roomstore.BannedError
			if !errors.As(err, &banned) || !banned.Until.Equal(until) || banned.Reason() != "BANNED" {
				t.Errorf("%v, want a ban until %v", err, until)
			}
		}
		expect(time.Now().Add(time.Hour))
		fill(t, s, "9527", "carol")
		expect(time.Now().Add(time.Hour)) // also when it is full
		if d, err := ban("bob", "alice", 30*time.Minute); err != nil || d.Left || !d.Updated {
			t.Errorf("a ban alone: %+v, %v", d, err)
		}
		expect(time.Now().Add(30 * time.Minute))
		if d, err := ban("bob", "alice", 0); err != nil || d.Left || !d.Updated {
			t.Errorf("lifting it: %+v, %v", d, err)
		}
		if d, err := ban("bob", "alice", 0); err != nil || d.Updated {
			t.Errorf("once more: %+v, %v", d, err)
		}
		if d, err := ban("carol", "alice", 0); err != nil || !d.Left {
			t.Errorf("removing somebody with a ban for no time: %+v, %v", d, err)
		}
		fill(t, s, "9527", "bob")
		if _, err := ban("bob", "alice", time.Minute); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Minute)
		fill(t, s, "9527", "bob")
		for i := range 60 {
			if _, err := ban(roomstore.UserID(fmt.Sprint("user", i)), "alice", time.Hour); err != nil {
				t.Fatal(err)
			}
		}
		banned := db.docs["9527"]["banned"].([]any)
		if len(banned) != 50 || cmp.Diff(banned[49].(tcb.M)["user"], any("user59")) != "" {
			t.Errorf("%d bans are kept, the last is %v", len(banned), banned[len(banned)-1])
		}
	})
}

// A comeback is a room from which bob has vanished.
type comeback struct {
	*roomstore.Store
	t  *testing.T
	db *fakeDB
}

const silence = 90 * time.Second

func (w comeback) vanish(user roomstore.UserID, at time.Time) {
	w.t.Helper()
	if _, err := w.Vanished(w.t.Context(), "9527", user, at, silence); err != nil {
		w.t.Error(err)
	}
}

// TestComingBack: whose seat a report of TRTC's took away gets one back by a report.
func TestComingBack(t *testing.T) {
	for name, tt := range map[string]struct {
		before  func(w comeback, at time.Time)
		want    error
		members []roomstore.UserID
	}{
		"at once":                {func(comeback, time.Time) {}, nil, []roomstore.UserID{"alice", "bob"}},
		"the report comes twice": {func(w comeback, at time.Time) { w.vanish("bob", at) }, nil, []roomstore.UserID{"alice", "bob"}},
		"quit since": {func(w comeback, _ time.Time) {
			if d, err := w.Quit(w.t.Context(), "9527", "bob", "bob"); err != nil || d.Left || !d.Updated {
				w.t.Errorf("quit: %+v, %v", d, err)
			}
		}, roomstore.ErrNotAMember, []roomstore.UserID{"alice"}},
		"removed since": {func(w comeback, _ time.Time) {
			if _, err := w.Quit(w.t.Context(), "9527", "bob", "alice"); err != nil {
				w.t.Error(err)
			}
		}, roomstore.ErrNotAMember, []roomstore.UserID{"alice"}},
		"banned since": {func(w comeback, _ time.Time) {
			if _, err := w.Ban(w.t.Context(), "9527", "bob", "alice", time.Hour); err != nil {
				w.t.Error(err)
			}
		}, roomstore.ErrNotAMember, []roomstore.UserID{"alice"}},
		"left for good, as was reported": {func(w comeback, at time.Time) {
			if _, err := w.Left(w.t.Context(), "9527", "bob", at.Add(2*time.Second)); err != nil {
				w.t.Error(err)
			}
		}, roomstore.ErrNotAMember, []roomstore.UserID{"alice"}},
		"left before, as was reported late": {func(w comeback, at time.Time) {
			if _, err := w.Left(w.t.Context(), "9527", "bob", at.Add(-time.Second)); err != nil {
				w.t.Error(err)
			}
		}, nil, []roomstore.UserID{"alice", "bob"}},
		"full since":             {func(w comeback, _ time.Time) { fill(w.t, w.Store, "9527", "carol") }, roomstore.ErrRoomFull, []roomstore.UserID{"alice", "carol"}},
		"entered since":          {func(w comeback, _ time.Time) { fill(w.t, w.Store, "9527", "bob") }, nil, []roomstore.UserID{"alice", "bob"}},
		"much later":             {func(comeback, time.Time) { time.Sleep(time.Hour) }, roomstore.ErrRoomNotFound, nil},
		"everybody has vanished": {func(w comeback, at time.Time) { w.vanish("alice", at) }, nil, []roomstore.UserID{"bob"}},
		"a new room since": {func(w comeback, at time.Time) {
			w.vanish("alice", at)
			if got := members(w.t, w.Store, "9527"); got != nil {
				w.t.Errorf("a room that waits shows %v", got)
			}
			if rooms, _, _ := w.List(w.t.Context(), roomstore.Page{Limit: 10}); len(rooms) != 0 {
				w.t.Errorf("listed: %v", rooms)
			}
			fill(w.t, w.Store, "9527", "carol")
		}, roomstore.ErrNotAMember, []roomstore.UserID{"carol"}},
		"quit when everybody had vanished": {func(w comeback, at time.Time) {
			w.vanish("alice", at)
			for _, user := range []roomstore.UserID{"bob", "alice"} {
				if d, err := w.Quit(w.t.Context(), "9527", user, user); err != nil || d.Left || !d.Updated {
					w.t.Errorf("quit: %+v, %v", d, err)
				}
			}
			if len(w.db.docs) != 0 {
				w.t.Errorf("left behind: %v", w.db.docs)
			}
		}, roomstore.ErrRoomNotFound, nil},
		"closed when everybody had vanished": {func(w comeback, at time.Time) {
			w.vanish("alice", at)
			if _, err := w.Close(w.t.Context(), "9527", "bob"); err != roomstore.ErrMayNotClose {
				w.t.Errorf("bob closes: %v", err)
			}
			if _, err := w.Close(w.t.Context(), "9527", "alice"); err != nil {
				w.t.Error(err)
			}
		}, roomstore.ErrRoomNotFound, nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				db := newFakeDB()
				w := comeback{roomstore.New(db, roomstore.Options{MaxMembers: 2, MemberTTL: 30 * time.Minute}), t, db}
				fill(t, w.Store, "9527", "alice", "bob")
				time.Sleep(2 * silence)
				at := time.Now()
				w.vanish("bob", at)
				if got := members(t, w.Store, "9527"); !slices.Equal(got, []roomstore.UserID{"alice"}) {
					t.Errorf("after he vanished: %v", got)
				}
				for _, late := range []time.Time{at.Add(-silence), at} {
					if err := w.Entered(t.Context(), "9527", "bob", late); err != nil {
						t.Errorf("a report that is older: %v", err)
					}
				}
				if got := members(t, w.Store, "9527"); len(got) != 1 {
					t.Errorf("a report that is older brings him back: %v", got)
				}
				time.Sleep(time.Second)
				tt.before(w, at)
				time.Sleep(2 * time.Second)
				for range 2 { // it comes twice
					if err := w.Entered(t.Context(), "9527", "bob", at.Add(time.Second)); err != tt.want {
						t.Errorf("entered: %v, want %v", err, tt.want)
					}
				}
				if got := members(t, w.Store, "9527"); !slices.Equal(got, tt.members) {
					t.Errorf("members %v, want %v", got, tt.members)
				}
				marks, _ := db.docs["9527"]["vanished"].([]any)
				if slices.ContainsFunc(marks, func(m any) bool { return m.(tcb.M)["user"] == "bob" }) && slices.Contains(tt.members, "bob") {
					t.Errorf("a member has a mark: %v", marks)
				}
			})
		})
	}
}

// TestVanishedAgain: who has been seen within the silence stays.
func TestVanishedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := roomstore.New(newFakeDB(), roomstore.Options{})
		fill(t, s, "9527", "alice")
		time.Sleep(time.Minute)
		if d, err := s.Vanished(t.Context(), "9527", "alice", time.Now(), 90*time.Second); err != nil || d.Left {
			t.Errorf("%+v, %v", d, err)
		}
		if d, err := s.Vanished(t.Context(), "9528", "alice", time.Now(), 0); err != nil || d.Left || d.Updated {
			t.Errorf("no such room: %+v, %v", d, err)
		}
		time.Sleep(30 * time.Second)
		if d, err := s.Vanished(t.Context(), "9527", "alice", time.Now(), 90*time.Second); err != nil || !d.Left || !d.Removed {
			t.Errorf("%+v, %v", d, err)
		}
	})
}

func TestMaxRooms(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := newFakeDB()
		s := roomstore.New(db, roomstore.Options{MaxRooms: 2, MemberTTL: ttl})
		fill(t, s, "1", "alice")
		fill(t, s, "2", "bob", "alice")
		fill(t, s, "3", "bob")
		fill(t, s, "2", "alice") // again
		for name, call := range map[string]func() error{
			"enter":        func() error { _, _, err := s.Enter(t.Context(), in("3", "alice")); return err },
			"enter, a new": func() error { _, _, err := s.Enter(t.Context(), in("4", "alice")); return err },
			"create":       func() error { _, err := s.Create(t.Context(), in("", "alice")); return err },
		} {
			var many *roomstore.TooManyRoomsError
			if err := call(); !errors.As(err, &many) || cmp.Diff([]roomstore.RoomID{"1", "2"}, many.Rooms) != "" || many.Reason() != "TOO_MANY_ROOMS" {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := s.Quit(t.Context(), "1", "alice", "alice"); err != nil {
			t.Error(err)
		}
		fill(t, s, "3", "alice")
		time.Sleep(ttl)
		fill(t, s, "4", "alice") // the seats have ended
		db.fail(0, forbidden)
		db.fail(1, forbidden)
		if _, err := s.Create(t.Context(), in("5", "carol")); err == nil {
			t.Error("created what the database forbids")
		}
	})
}

// TestCreatorsKey: it is signed anew for its creator, and shown as long as it is valid.
func TestCreatorsKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := roomstore.New(newFakeDB(), roomstore.Options{})
		enter := func(user roomstore.UserID) string {
			t.Helper()
			e := in("9527", user)
			at := time.Now()
			e.Key = func(roomstore.RoomID) (string, time.Time, error) {
				return fmt.Sprint("key of ", user, " at ", at.Minute()), at.Add(time.Hour), nil
			}
			room, _, err := s.Enter(t.Context(), e)
			if err != nil {
				t.Fatal(err)
			}
			return room.PrivateMapKey
		}
		expect := func(want string) {
			t.Helper()
			room, err := s.Get(t.Context(), "9527", "alice", "")
			if err != nil || room.PrivateMapKey != want {
				t.Errorf("%q, %v, want %q", room.PrivateMapKey, err, want)
			}
		}
		if key := enter("alice"); key != "key of alice at 0" {
			t.Errorf("made: %q", key)
		}
		time.Sleep(30 * time.Minute)
		if key := enter("bob"); key != "key of alice at 0" {
			t.Errorf("a member enters: %q", key)
		}
		expect("key of alice at 0")
		if key := enter("alice"); key != "key of alice at 30" {
			t.Errorf("the creator enters again: %q", key)
		}
		time.Sleep(time.Hour - time.Millisecond)
		expect("key of alice at 30")
		time.Sleep(time.Millisecond)
		expect("")
		if _, err := s.Quit(t.Context(), "9527", "alice", "alice"); err != nil {
			t.Fatal(err)
		}
		if key := enter("bob"); key != "key of bob at 30" {
			t.Errorf("the new creator enters: %q", key)
		}
	})
}

func TestCursorsThatAreNone(t *testing.T) {
	s := roomstore.New(newFakeDB(), roomstore.Options{})
	for _, p := range []roomstore.Page{
		{After: "x", Limit: 1}, {After: "!", Limit: 1}, {After: "MS4", Limit: 1}, {After: "eC4x", Limit: 1}, {After: "MS4x", Skip: 1, Limit: 1},
	} {
		if _, _, err := s.List(t.Context(), p); err != roomstore.ErrBadPage {
			t.Errorf("%+v: %v", p, err)
		}
	}
	if _, _, err := s.List(t.Context(), roomstore.Page{After: "MS4x", Limit: 1}); err != nil {
		t.Error(err)
	}
	fill(t, s, "9527", "alice")
	if rooms, next, err := s.List(t.Context(), roomstore.Page{Limit: 1}); len(rooms) != 1 || next != "" || err != nil {
		t.Errorf("the last page: %v, %q, %v", rooms, next, err)
	}
}

// TestInvitationOfOnesOwn: a client that always asks for privacy makes a room, whatever
// old invitation it sends.
func TestInvitationOfOnesOwn(t *testing.T) {
	s := roomstore.New(newFakeDB(), roomstore.Options{})
	e := roomstore.Entry{Room: "9527", User: "alice", Private: true, Invitation: "old"}
	if room, created, err := s.Enter(t.Context(), e); err != nil || !created || room.Invitation == "old" {
		t.Errorf("%+v, %v, %v", room, created, err)
	}
}

// TestMembersKeyIsNotStored: only the creator's own key is, also when a member enters again.
func TestMembersKeyIsNotStored(t *testing.T) {
	s := roomstore.New(newFakeDB(), roomstore.Options{})
	for _, user := range []roomstore.UserID{"alice", "bob", "bob"} {
		e := in("9527", user)
		e.Key = func(roomstore.RoomID) (string, time.Time, error) { return "key of " + string(user), time.Time{}, nil }
		if room, _, err := s.Enter(t.Context(), e); err != nil || room.PrivateMapKey != "key of alice" {
			t.Errorf("%s enters: %q, %v", user, room.PrivateMapKey, err)
		}
	}
}

// TestRoomThatWaits is of the record of a room from which everybody has vanished.
func TestRoomThatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := newFakeDB()
		s := roomstore.New(db, roomstore.Options{MemberTTL: time.Hour})
		fill(t, s, "9527", "alice", "bob")
		time.Sleep(time.Minute)
		for _, user := range []roomstore.UserID{"bob", "alice"} {
			if _, err := s.Vanished(t.Context(), "9527", user, time.Now(), 0); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := s.Quit(t.Context(), "9527", "bob", "alice"); err != roomstore.ErrRoomNotFound {
			t.Errorf("the creator, who has vanished, removes somebody: %v", err)
		}
		list := func() {
			if rooms, _, err := s.List(t.Context(), roomstore.Page{Limit: 10}); len(rooms) != 0 || err != nil {
				t.Errorf("listed %v, %v", rooms, err)
			}
		}
		time.Sleep(50 * time.Minute)
		list()
		if err := s.Entered(t.Context(), "9527", "bob", time.Now()); err != nil {
			t.Errorf("bob comes back: %v", err)
		}
		before := db.requests
		if err := s.Entered(t.Context(), "9527", "bob", time.Now().Add(-time.Minute)); err != nil || db.requests != before+1 {
			t.Errorf("an older report: %v, %d requests", err, db.requests-before)
		}
		time.Sleep(2 * time.Hour)
		list()
		if len(db.docs) != 0 {
			t.Errorf("long after: %v", db.docs)
		}
	})
}

// TestMarkOutlastsTheOthers: somebody may come back to a room whose last seat has ended.
func TestMarkOutlastsTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := newFakeDB()
		long := roomstore.New(db, roomstore.Options{MemberTTL: 2 * time.Hour})
		short := roomstore.New(db, roomstore.Options{MemberTTL: ttl})
		fill(t, short, "9527", "alice", "bob")
		if _, err := long.Vanished(t.Context(), "9527", "bob", time.Now(), 0); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		if rooms, _, err := short.List(t.Context(), roomstore.Page{Limit: 10}); len(rooms) != 0 || err != nil {
			t.Errorf("listed %v, %v", rooms, err)
		}
		if err := long.Entered(t.Context(), "9527", "bob", time.Now()); err != nil {
			t.Error(err)
		}
	})
}

// TestLatestMarks: of many who have vanished the latest may come back.
func TestLatestMarks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := newFakeDB()
		s := roomstore.New(db, roomstore.Options{})
		fill(t, s, "9527", "alice")
		for i := range 60 {
			user := roomstore.UserID(fmt.Sprint("user", i))
			fill(t, s, "9527", user)
			if _, err := s.Vanished(t.Context(), "9527", user, time.Now(), 0); err != nil {
				t.Fatal(err)
			}
		}
		if n := len(db.docs["9527"]["vanished"].([]any)); n != 50 {
			t.Errorf("%d marks are kept", n)
		}
	})
}

// TestListedUntilTheLastSeatEnds: the seats of a room end at different times, or never.
func TestListedUntilTheLastSeatEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := newFakeDB()
		long := roomstore.New(db, roomstore.Options{MemberTTL: time.Hour})
		short := roomstore.New(db, roomstore.Options{MemberTTL: ttl})
		fill(t, long, "1", "alice")
		fill(t, short, "1", "bob")
		fill(t, short, "2", "alice")
		db.docs["3"] = tcb.M{"_id": "3", "rev": "r", "members": []any{"alice"}, "createTime": time.Now()}
		fill(t, short, "3", "bob")
		for _, tt := range []struct {
			after time.Duration
			want  int
		}{{0, 3}, {ttl, 2}, {time.Hour, 1}} {
			time.Sleep(tt.after)
			if rooms, _, err := short.List(t.Context(), roomstore.Page{Limit: 10}); len(rooms) != tt.want || err != nil {
				t.Errorf("after %s more: listed %v, %v", tt.after, rooms, err)
			}
		}
	})
}
