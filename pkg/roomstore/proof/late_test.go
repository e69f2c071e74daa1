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

// TestLateInsert has the insert of a call arrive long after the call, when the
// room has lived and died. A call that was answered brings no room back, however
// late; one that wasn't may make its room, within maxLateness.
func TestLateInsert(t *testing.T) {
	for _, late := range []time.Duration{
		time.Second, maxLateness - time.Minute, maxLateness + time.Minute,
		2*maxLateness - time.Minute, 2*maxLateness + time.Minute, 3 * time.Hour,
	} {
		for _, answered := range []bool{true, false} {
			for _, skew := range []time.Duration{-10 * time.Minute, 0, 10 * time.Minute} {
				t.Run(fmt.Sprintf("%s late, answered %v, clock %+v", late, answered, skew), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) { lateInsert(t, late, answered, skew) })
				})
			}
		}
	}
}

func lateInsert(t *testing.T, late time.Duration, answered bool, skew time.Duration) {
	random := rand.New(rand.NewPCG(1, 2))
	w := newWorld(t, random, model{rules{maxMembers: 3}}, 24*time.Hour, open)
	w.instances[0] = w.newInstance(t, random, open, skew, 24*time.Hour)
	w.instances[1] = w.newInstance(t, random, open, 10*time.Minute, 24*time.Hour) // whose clock says first that a fence is over
	w.calm(random, call{kind: enter, room: "1", user: "erin"})

	began := time.Now()
	first := true
	way := planned(random, w.gateway, func(r faults.Request) faults.Fault {
		if r.Action == "database.insertDocument" && first {
			first = false
			return faults.Fault{Kind: faults.Late, Delay: late}
		}
		return faults.Fault{}
	})
	way.killAt, way.killAfter = 1, true
	if answered {
		way.killAt = -1
	}
	w.do(&call{kind: enter, room: "9527", user: "alice"}, w.instances[0], way, time.Minute)
	w.calm(random, call{kind: enter, room: "9527", user: "bob"})
	for _, user := range []roomstore.UserID{"alice", "bob"} {
		w.calm(random, call{kind: quit, room: "9527", user: user, by: user})
	}
	time.Sleep(time.Until(began.Add(late - time.Second/2)))
	if gone := w.calm(random, call{kind: get, room: "9527"}); gone.answer.refusal != roomstore.ErrRoomNotFound {
		t.Errorf("before it arrives: %s", gone)
	}
	w.settle()
	found := w.calm(random, call{kind: get, room: "9527"})
	switch came := found.answer.refusal == nil; {
	case came && answered:
		t.Errorf("after the call was answered, its late insert brought the room back: %s", found)
	case came && late > maxLateness+max(skew, 0):
		t.Errorf("later than promised, a room was made: %s", found)
	case !came && !answered && late < maxLateness+min(skew, 0):
		t.Errorf("an insert that came in time is not there: the test doesn't reach what it is about")
	}
	if err := w.verdict(t.Name()); err != nil {
		t.Error(err)
	}
}
