package proof

import (
	"errors"
	"math/rand/v2"
	"net/http"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"webrtc-room/pkg/local/tcbemu/faults"
	"webrtc-room/pkg/roomstore"
)

// TestPrograms checks programs of calls, one after the other: each answers what
// the model does, to the letter, also if one of its requests goes wrong. rapid
// shrinks a program that doesn't to the shortest one.
func TestPrograms(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rapid.SyncTest(t, func(t *rapid.T) {
			p := newProgram(t)
			t.Repeat(map[string]func(*rapid.T){
				"call": p.call,
				"wait": func(t *rapid.T) { time.Sleep(rapid.SampledFrom(waits).Draw(t, "wait")) },
			})
			p.run(t, &call{kind: list}, nil)
		})
	})
}

var waits = []time.Duration{time.Second, 10 * time.Minute, maxLateness + time.Minute, 2*maxLateness + time.Minute, seatTTL}

// A program is one under way.
type program struct {
	world  *world
	random *rand.Rand // of the network's delays
	states map[roomstore.RoomID][]state
}

func newProgram(t *rapid.T) *program {
	random := rand.New(rand.NewPCG(1, 2))
	m := model{rules{maxMembers: rapid.IntRange(1, 3).Draw(t, "seats")}}
	return &program{newWorld(t, random, m, seatTTL, open), random, make(map[roomstore.RoomID][]state)}
}

func (p *program) call(t *rapid.T) {
	user := rapid.SampledFrom(users[:3])
	c := &call{
		kind: rapid.SampledFrom(allKinds).Draw(t, "call"),
		room: rapid.SampledFrom(rooms[:2]).Draw(t, "room"),
		user: user.Draw(t, "user"),
	}
	c.by = c.user
	switch c.kind {
	case create, enter:
		c.private = rapid.Bool().Draw(t, "private")
	case quit, end, banish:
		c.by = user.Draw(t, "by")
		c.lasts = rapid.SampledFrom(bans).Draw(t, "lasts")
	case entered, left, vanished, dismissed:
		ago := rapid.SampledFrom([]time.Duration{0, time.Second, 30 * time.Minute}).Draw(t, "ago")
		c.at = time.Now().Add(-ago).Truncate(time.Millisecond)
	case list:
		c.room = ""
	}
	if c.kind == enter || c.kind == get {
		c.invitation = p.world.invitation(c.room, rapid.IntRange(0, 2).Draw(t, "invitation"))
	}
	if c.kind == dismissed {
		c.user = ""
	}
	at := rapid.IntRange(0, 5).Draw(t, "which request goes wrong")
	fault := rapid.SampledFrom(troubles).Draw(t, "how")
	p.run(t, c, func(r faults.Request) faults.Fault {
		if r.Index == at {
			return fault
		}
		return faults.Fault{}
	})
}

// troubles are what a call can find out about: after it has been answered,
// nothing of it is under way any more. faults.Resend is not among them: of a
// removal that something on the way sends twice, the second answer says that
// there was nothing to remove, which is what a room says that somebody else has
// removed. Histories have it.
var troubles = []faults.Fault{
	{},
	{Kind: faults.LoseRequest, Silent: true},
	{Kind: faults.LoseReply},
	{Kind: faults.Duplicate},
	{Kind: faults.Garble, Status: http.StatusBadGateway},
	faults.BadGateway,
	faults.Busy,
	faults.Conflict,
}

func (p *program) run(t *rapid.T, c *call, plan func(faults.Request) faults.Fault) {
	if plan == nil {
		plan = func(faults.Request) faults.Fault { return faults.Fault{} }
	}
	w := p.world
	w.do(c, w.instances[0], planned(p.random, w.gateway, plan), time.Minute)
	c.trip.link.Wait()
	t.Logf("%s %s %s", c.start.Format(clock), c, c.trip.faults)
	if err := c.check(); err != nil {
		t.Fatal(err)
	}
	switch {
	case c.answered:
	case errors.Is(c.err, roomstore.ErrOutcomeUnknown) && (c.kind == create || c.kind == enter):
		// Whose insert is lost can't tell a room that is full, or taken, from one
		// that it will still be in: then that's what it was.
		c.answered, c.answer = true, answer{refusal: roomstore.ErrRoomFull}
		if c.kind == create {
			c.answer.refusal = errTaken
		}
	case slices.Contains(c.trip.faults, faults.Refuse.String()):
		return // with an error that says that nothing was changed
	default:
		t.Fatalf("not answered: %v", c.err)
	}
	c.losses, c.sweeps = nil, nil // nobody may notice
	for _, st := range c.steps(roomsOf(w.calls)) {
		before, known := p.states[st.room]
		if !known {
			before = []state{{}}
		}
		var after []state
		for _, s := range before {
			after = append(after, w.next(s, st)...)
		}
		if len(after) == 0 {
			t.Fatalf("room %s was %v", st.room, before)
		}
		p.states[st.room] = distinct(after)
	}
}
