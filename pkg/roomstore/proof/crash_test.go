package proof

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"webrtc-room/pkg/local/tcbemu/faults"
	"webrtc-room/pkg/roomstore"
)

// A scene is what a call finds.
type scene struct {
	name   string
	before []call
	wait   time.Duration // after that
	call   call
}

// scenes are those of each kind of call: all the ways that a function has through
// the store.
var scenes = []scene{
	{"create", nil, 0, call{kind: create, room: "9527", user: "alice"}},
	{"create with a fresh id", nil, 0, call{kind: create, user: "alice"}},
	{"create in a new collection", []call{}, 0, call{kind: create, room: "9527", user: "alice"}},
	{"create what is taken", in("bob"), 0, call{kind: create, room: "9527", user: "alice"}},
	{"create where seats have expired", in("bob"), 2 * seatTTL, call{kind: create, room: "9527", user: "alice"}},
	{"enter what isn't there", nil, 0, call{kind: enter, room: "9527", user: "alice"}},
	{"enter", in("bob"), 0, call{kind: enter, room: "9527", user: "alice"}},
	{"enter again", in("bob", "alice"), 0, call{kind: enter, room: "9527", user: "alice"}},
	{"enter what is full", in("bob", "carol", "dave"), 0, call{kind: enter, room: "9527", user: "alice"}},
	{"enter where seats have expired", in("bob", "carol", "dave"), 2 * seatTTL, call{kind: enter, room: "9527", user: "alice"}},
	{"quit", in("bob", "alice"), 0, call{kind: quit, room: "9527", user: "alice", by: "alice"}},
	{"quit, the creator", in("alice", "bob"), 0, call{kind: quit, room: "9527", user: "alice", by: "alice"}},
	{"quit, the last one", in("alice"), 0, call{kind: quit, room: "9527", user: "alice", by: "alice"}},
	{"quit what isn't there", nil, 0, call{kind: quit, room: "9527", user: "alice", by: "alice"}},
	{"remove a member", in("alice", "bob"), 0, call{kind: quit, room: "9527", user: "bob", by: "alice"}},
	{"close", in("alice", "bob"), 0, call{kind: end, room: "9527", by: "alice"}},
	{"ban", in("alice", "bob"), 0, call{kind: banish, room: "9527", user: "bob", by: "alice", lasts: time.Minute}},
	{"ban somebody who isn't there", in("bob"), 0, call{kind: banish, room: "9527", user: "alice", by: "bob", lasts: time.Minute}},
	{"lift a ban", append(in("bob"), call{kind: banish, room: "9527", user: "alice", by: "bob", lasts: time.Hour}), 0, call{kind: banish, room: "9527", user: "alice", by: "bob"}},
	{"create a private room", nil, 0, call{kind: create, room: "9527", user: "alice", private: true}},
	{"entered", in("alice"), time.Minute, call{kind: entered, room: "9527", user: "alice"}},
	{"left", in("alice", "bob"), time.Minute, call{kind: left, room: "9527", user: "alice"}},
	{"left, the last one", in("alice"), time.Minute, call{kind: left, room: "9527", user: "alice"}},
	{"vanished", in("alice", "bob"), time.Minute, call{kind: vanished, room: "9527", user: "alice"}},
	{"vanished, the last one", in("alice"), time.Minute, call{kind: vanished, room: "9527", user: "alice"}},
	{"came back", append(in("bob", "alice"), call{kind: vanished, room: "9527", user: "alice"}), time.Minute, call{kind: entered, room: "9527", user: "alice"}},
	{"came back to nobody", append(in("alice"), call{kind: vanished, room: "9527", user: "alice"}), time.Minute, call{kind: entered, room: "9527", user: "alice"}},
	{"quit after vanishing", append(in("alice"), call{kind: vanished, room: "9527", user: "alice"}), time.Minute, call{kind: quit, room: "9527", user: "alice", by: "alice"}},
	{"dismissed", in("alice", "bob"), time.Minute, call{kind: dismissed, room: "9527"}},
	{"get", in("alice"), 0, call{kind: get, room: "9527"}},
	{"get where seats have expired", in("alice"), 2 * seatTTL, call{kind: get, room: "9527"}},
	{"list", in("alice"), 0, call{kind: list}},
	{"list where seats have expired", in("alice"), 2 * seatTTL, call{kind: list}},
}

// in is how users got into room 9527.
func in(users ...roomstore.UserID) (before []call) {
	for _, user := range users {
		before = append(before, call{kind: enter, room: "9527", user: user})
	}
	return before
}

// deaths are the ways to die at a request.
var deaths = []string{
	"before it is sent",
	"after it was carried out",
	"before it arrives", // which it does when others have come and gone
}

// TestCrashPoints stops every call at every request, in every way. Whatever is
// left is what some order of whole calls could have left, and those who come next
// find a room that works.
func TestCrashPoints(t *testing.T) {
	for _, scene := range scenes {
		t.Run(scene.name, func(t *testing.T) {
			t.Parallel()
			points := 0
			for at := 0; ; at++ {
				for _, death := range deaths {
					if !scene.crash(t, at, death) {
						t.Logf("%d crash points", points)
						return // the call has no more requests
					}
					points++
				}
			}
		})
	}
}

// crash plays the scene, with its call killed at a request, if it makes that many.
func (s scene) crash(t *testing.T, at int, death string) (killed bool) {
	name := fmt.Sprintf("%s, killed at request %d %s", s.name, at, death)
	synctest.Test(t, func(t *testing.T) {
		random := rand.New(rand.NewPCG(1, 2))
		w := newWorld(t, random, model{rules{maxMembers: 3}}, seatTTL, open)
		if s.before == nil {
			// The collection exists, since somebody was here before.
			w.calm(random, call{kind: enter, room: "1", user: "erin"})
		}
		for _, before := range s.before {
			w.calm(random, before)
		}
		time.Sleep(s.wait)

		way := planned(random, w.gateway, func(r faults.Request) faults.Fault {
			if r.Index == at && death == deaths[2] {
				return faults.Fault{Kind: faults.Late, Delay: time.Second}
			}
			return faults.Fault{}
		})
		way.killAt, way.killAfter = at, death != deaths[0]
		victim := s.call
		victim.at = time.Now().Truncate(time.Millisecond)
		w.do(&victim, w.instances[0], way, time.Minute)
		killed = !victim.answered

		for range 2 { // before and after it arrives
			for _, next := range []call{
				{kind: get, room: "9527"},
				{kind: list},
				{kind: enter, room: "9527", user: "erin"},
				{kind: quit, room: "9527", user: "alice", by: "alice"},
				{kind: enter, room: "9527", user: "alice"},
				{kind: quit, room: "9527", user: "erin", by: "erin"},
				{kind: create, room: "9527", user: "bob"},
			} {
				if c := w.calm(random, next); !c.answered {
					t.Errorf("%s: then %s", name, c)
				}
			}
			time.Sleep(2 * time.Second)
		}
		w.inspect()
		if err := w.verdict(name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	})
	return killed
}

// calm makes a call when all is well.
func (w *world) calm(random *rand.Rand, c call) *call {
	time.Sleep(time.Millisecond)
	if c.kind == vanished {
		time.Sleep(2 * silence)
	}
	if c.at.IsZero() {
		c.at = time.Now().Truncate(time.Millisecond)
	}
	w.do(&c, w.instances[1], planned(random, w.gateway, func(faults.Request) faults.Fault { return faults.Fault{} }), time.Minute)
	return &c
}
