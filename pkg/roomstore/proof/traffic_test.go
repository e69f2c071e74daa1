package proof

import (
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"webrtc-room/pkg/roomstore"
)

// traffic is what clients ask for, in waves with pauses between them in which
// seats expire, fences end, and late writes arrive.
type traffic struct {
	clients int
	users   []roomstore.UserID
	rooms   []roomstore.RoomID
	kinds   []kind // each as often as it is asked for
	waves   []time.Duration
	calls   int // of each client in each wave

	removals bool // creators, and others, remove members
	privacy  bool // some rooms are for the invited only
}

var (
	users = []roomstore.UserID{"alice", "bob", "carol", "dave", "erin"}
	rooms = []roomstore.RoomID{"9527", "10000001", "9528"}

	// kindsOf2018 are the methods that stores without leases have as well.
	kindsOf2018 = []kind{
		enter, enter, enter, enter, enter, enter, quit, quit, quit, quit, quit, create, get, get, list,
	}
	// comebacks are of members who vanish a lot.
	comebacks = []kind{enter, enter, enter, enter, enter, vanished, vanished, vanished, entered, entered, entered, quit, get}
	allKinds  = append(kindsOf2018[:len(kindsOf2018):len(kindsOf2018)], enter, quit, create, end, banish, banish, entered, entered, left, vanished, vanished, dismissed)
)

var bans = []time.Duration{0, time.Second, time.Minute, 30 * time.Minute}

// newTraffic draws traffic for a store.
func newTraffic(random *rand.Rand, s subject) traffic {
	pauses := []time.Duration{0, time.Second, time.Minute, 10 * time.Minute, maxLateness, 2 * maxLateness, seatTTL}
	tr := traffic{
		clients: 2 + random.IntN(3),
		users:   users[:2+random.IntN(len(users)-1)],
		rooms:   rooms[:1+random.IntN(len(rooms))],
		kinds:   s.kinds,
		calls:   2 + random.IntN(4),

		removals: !s.lenient,
		privacy:  !s.lenient,
	}
	for range 1 + random.IntN(4) {
		around := pauses[random.IntN(len(pauses))]
		tr.waves = append(tr.waves, time.Duration((0.9+0.2*random.Float64())*float64(around)))
	}
	return tr
}

// run lets the clients loose and returns when all is quiet again.
func (tr traffic) run(w *world, random *rand.Rand, weather weather) {
	for wave, pause := range tr.waves {
		time.Sleep(pause)
		var clients sync.WaitGroup
		for client := range tr.clients {
			random := rand.New(rand.NewPCG(random.Uint64(), uint64(wave)))
			clients.Go(func() {
				for range tr.calls {
					time.Sleep(between(random, time.Millisecond, 300*time.Millisecond))
					c := tr.call(w, random)
					c.client = client
					way := newTrip(rand.New(rand.NewPCG(random.Uint64(), 0)), weather, w.gateway)
					w.do(c, w.instances[random.IntN(len(w.instances))], way, between(random, time.Second, 8*time.Second))
				}
			})
		}
		clients.Wait()
	}
}

// call draws what a client asks for next.
func (tr traffic) call(w *world, random *rand.Rand) *call {
	c := &call{
		kind: tr.kinds[random.IntN(len(tr.kinds))],
		room: tr.rooms[random.IntN(len(tr.rooms))],
		user: tr.users[random.IntN(len(tr.users))],
	}
	c.by = c.user
	switch c.kind {
	case create:
		if random.IntN(2) == 0 {
			c.room = ""
		}
	case quit, end:
		if tr.removals && random.IntN(4) == 0 {
			c.by = tr.users[random.IntN(len(tr.users))]
		}
	case banish:
		c.by = tr.users[random.IntN(len(tr.users))]
		c.lasts = bans[random.IntN(len(bans))]
	case dismissed:
		c.user = ""
	case list:
		c.room = ""
	}
	if tr.privacy && (c.kind == create || c.kind == enter) {
		c.private = random.IntN(3) == 0
	}
	if tr.privacy && (c.kind == enter || c.kind == get) && random.IntN(4) > 0 {
		c.invitation = w.invitation(c.room, []int{0, 0, 1, 2}[random.IntN(4)])
	}
	// TRTC's news come late, and some of them very late.
	c.at = time.Now().Add(-between(random, time.Millisecond, 2*time.Hour)).Truncate(time.Millisecond)
	if random.IntN(2) == 0 {
		c.at = time.Now().Add(-between(random, time.Millisecond, 2*time.Second)).Truncate(time.Millisecond)
	}
	// Those come back who have vanished, and some of them have quit meanwhile.
	if gone := w.lastVanished(random); gone != nil && (c.kind == entered && random.IntN(4) > 0 || c.kind == quit && random.IntN(4) == 0) {
		c.room, c.user, c.by, c.at = gone.room, gone.user, gone.user, time.Now().Truncate(time.Millisecond)
	}
	return c
}

// lastVanished is one of the latest reports that took somebody's seat, nil if there is
// none.
func (w *world) lastVanished(random *rand.Rand) *call {
	w.mu.Lock()
	defer w.mu.Unlock()
	skip := random.IntN(2)
	for _, c := range slices.Backward(w.calls) {
		if c.over && c.kind == vanished && c.answered && c.answer.left {
			if skip == 0 {
				return c
			}
			skip--
		}
	}
	return nil
}

// inspect has somebody without a clock's or a network's troubles look at all
// rooms, as part of the history.
func (w *world) inspect() {
	seen := make(map[roomstore.RoomID]bool)
	for _, c := range w.calls {
		for _, id := range append(c.tried, c.room, c.made) {
			if id != "" && !seen[id] {
				seen[id] = true
				w.look(&call{kind: get, room: id, invitation: w.invitation(id, 0)})
			}
		}
	}
	w.look(&call{kind: list})
}

// look makes a call that has no troubles.
func (w *world) look(c *call) {
	c.client = len(w.instances) + 10
	time.Sleep(time.Millisecond)
	w.do(c, w.instances[0], newTrip(rand.New(rand.NewPCG(uint64(len(w.calls)), 0)), weather{}, w.gateway), time.Minute)
}
