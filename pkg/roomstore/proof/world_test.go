package proof

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"webrtc-room/pkg/local/tcbemu"
	"webrtc-room/pkg/roomstore"
	"webrtc-room/pkg/tcb"
	"webrtc-room/pkg/tcb/tc3"
)

// A store is what histories are made with: package roomstore's, or one that is
// known to be wrong.
type store interface {
	Create(context.Context, roomstore.Entry) (roomstore.Room, error)
	Enter(context.Context, roomstore.Entry) (room roomstore.Room, created bool, err error)
	Quit(ctx context.Context, id roomstore.RoomID, user, by roomstore.UserID) (roomstore.Departure, error)
	Close(ctx context.Context, id roomstore.RoomID, by roomstore.UserID) (roomstore.Departure, error)
	Renew(ctx context.Context, id roomstore.RoomID, user roomstore.UserID, at time.Time) error
	Vacate(ctx context.Context, id roomstore.RoomID, user roomstore.UserID, at time.Time) (roomstore.Departure, error)
	Get(context.Context, roomstore.RoomID) (roomstore.Room, error)
	List(ctx context.Context, skip, limit int) ([]roomstore.Room, error)
}

// An opener makes an instance's store.
type opener func(roomstore.Collection, roomstore.Options) store

func open(rooms roomstore.Collection, o roomstore.Options) store { return roomstore.New(rooms, o) }

const (
	collection = "webrtcRooms"
	maxSkew    = 5 * time.Second // of an instance's clock; some worlds have less
)

// A tester is a *testing.T, or one of package rapid.
type tester interface {
	Helper()
	Cleanup(func())
	Logf(format string, args ...any)
	Error(args ...any)
	Fatal(args ...any)
}

// A world is a database with instances of the functions around it.
type world struct {
	model
	gateway   *gateway
	emulator  *tcbemu.Emulator
	instances []instance

	left []json.RawMessage // records of nobody, long after everybody had left

	mu    sync.Mutex
	calls []*call
	trips []*trip
}

// An instance is a process of a function: it serves one caller after the other.
type instance struct {
	store store
	skew  time.Duration
}

var key = tc3.Key{SecretID: "AKIDproof", SecretKey: "the-key-of-the-proof"}

func newWorld(t tester, random *rand.Rand, m model, open opener) *world {
	t.Helper()
	config := tcbemu.Config{EnvID: "proof", Keys: map[string]string{key.SecretID: key.SecretKey}}
	if *onlySeed >= 0 {
		config.Observe = func(r tcbemu.Request) {
			t.Logf("%s %s %s %s found %d, inserted %d, updated %d, deleted %d %s", r.Time.Format(clock), r.Action, r.Query, r.Data, r.Found, r.Inserted, r.Updated, r.Deleted, r.Code)
		}
	}
	emulator, err := tcbemu.Open(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := emulator.Close(); err != nil {
			t.Error(err)
		}
	})
	w := &world{model: m, emulator: emulator, gateway: &gateway{database: emulator, key: key}}
	skew := []time.Duration{0, 10 * time.Millisecond, maxSkew}[random.IntN(3)]
	for range 3 {
		w.instances = append(w.instances, w.newInstance(t, random, open, time.Duration((2*random.Float64()-1)*float64(skew))))
	}
	return w
}

func (w *world) newInstance(t tester, random *rand.Rand, open opener, skew time.Duration) instance {
	now := func() time.Time { return time.Now().Add(skew) }
	dice := &dice{random: rand.New(rand.NewPCG(random.Uint64(), 0))}
	app, err := tcb.Init(&tcb.Config{
		EnvID: "proof", SecretID: key.SecretID, SecretKey: key.SecretKey, URL: "http://database/admin",
		Transport: network{}, Now: now, Rand: dice.Float64,
	})
	if err != nil {
		t.Fatal(err)
	}
	return instance{
		skew: skew,
		store: open(recorder{app.Database().Collection(collection)}, roomstore.Options{
			MaxMembers: w.maxMembers, MemberTTL: w.memberTTL, Now: now, Random: dice,
		}),
	}
}

// dice are the randomness of an instance. They draw the same two room ids again
// and again, so that those collide.
type dice struct {
	mu     sync.Mutex
	random *rand.Rand
}

func (d *dice) Read(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := range p {
		p[i] = byte(d.random.Uint32())
	}
	if len(p) == 4 && d.random.IntN(2) == 0 {
		copy(p, []byte{0, 0, 0, byte(1 + d.random.IntN(2))})
	}
	return len(p), nil
}

func (d *dice) Float64() float64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.random.Float64()
}

// do makes a call, on an instance, as its function does, and returns when it has
// been answered or killed.
func (w *world) do(c *call, on instance, way *trip, timeout time.Duration) {
	w.mu.Lock()
	c.id = len(w.calls) + 1
	w.calls, w.trips = append(w.calls, c), append(w.trips, way)
	w.mu.Unlock()

	c.skew, c.trip, c.start = on.skew, way, time.Now()
	ended := make(chan struct{})
	go func() {
		defer close(ended) // also if it is killed
		ctx := context.WithValue(context.Background(), tripKey{}, way)
		ctx, cancel := context.WithTimeout(context.WithValue(ctx, callKey{}, c), timeout)
		defer cancel()
		c.ask(ctx, on.store)
	}()
	<-ended
	c.end = time.Now()
}

// ask makes the call and keeps the answer.
func (c *call) ask(ctx context.Context, s store) {
	var (
		shown roomstore.Room
		gone  roomstore.Departure
		err   error
	)
	switch c.kind {
	case create:
		shown, err = s.Create(ctx, c.entry())
		c.made, c.answer.made = shown.ID, err == nil
	case enter:
		shown, c.answer.made, err = s.Enter(ctx, c.entry())
		c.made = shown.ID
	case quit:
		gone, err = s.Quit(ctx, c.room, c.user, c.by)
	case end:
		gone, err = s.Close(ctx, c.room, c.by)
	case renew:
		err = s.Renew(ctx, c.room, c.user, c.at)
	case vacate:
		gone, err = s.Vacate(ctx, c.room, c.user, c.at)
	case get:
		shown, err = s.Get(ctx, c.room)
	case list:
		var rooms []roomstore.Room
		rooms, err = s.List(ctx, 0, roomstore.MaxPage)
		c.listed = make(map[roomstore.RoomID]view, len(rooms))
		for _, r := range rooms {
			if _, twice := c.listed[r.ID]; twice {
				c.wrong("lists room %s twice", r.ID)
			}
			c.listed[r.ID] = c.look(r)
		}
	}
	c.err = err
	if err != nil {
		c.answer = answer{refusal: refusalIn(err)}
		c.answered = c.answer.refusal != nil
		return
	}
	c.answered = true
	c.answer.left, c.answer.removed = gone.Left, gone.Removed
	switch {
	case gone.Removed:
	case gone.Left || gone.Room.ID != "":
		c.answer.room = c.look(gone.Room)
	default:
		c.answer.room = c.look(shown)
	}
}

// A recorder is the database as a call sees it. It keeps, for the checker, which
// writes the call has lost.
type recorder struct{ roomstore.Collection }

type callKey struct{}

func callOf(ctx context.Context) *call { return ctx.Value(callKey{}).(*call) }

func (r recorder) Create(ctx context.Context) error {
	err := r.Collection.Create(ctx)
	if tcb.MaybeApplied(err) {
		// The store takes this for a lost insert. That is cautious, and rare.
		callOf(ctx).cautious = true
	}
	return err
}

func (r recorder) Get(ctx context.Context, id string) (tcb.M, error) {
	callOf(ctx).reading = time.Now()
	return r.Collection.Get(ctx, id)
}

func (r recorder) Find(ctx context.Context, q tcb.Query) ([]tcb.M, error) {
	callOf(ctx).reading = time.Now()
	return r.Collection.Find(ctx, q)
}

func (r recorder) Insert(ctx context.Context, doc tcb.M) (id string, err error) {
	c, room := callOf(ctx), idIn(doc)
	if !slices.Contains(c.tried, room) {
		c.tried = append(c.tried, room)
	}
	err = c.write(room, lostInsert, func() (err error) { id, err = r.Collection.Insert(ctx, doc); return err })
	return id, err
}

func (r recorder) Update(ctx context.Context, filter, update tcb.M) (n int, err error) {
	err = callOf(ctx).write(idIn(filter), lostChange, func() (err error) { n, err = r.Collection.Update(ctx, filter, update); return err })
	return n, err
}

func (r recorder) Remove(ctx context.Context, filter tcb.M) (n int, err error) {
	c, kind := callOf(ctx), lostChange
	if c.kind == get || c.kind == list {
		kind = lostSweep
	}
	sent := time.Now()
	err = c.write(idIn(filter), kind, func() (err error) { n, err = r.Collection.Remove(ctx, filter); return err })
	if kind == lostSweep && n > 0 {
		c.sweeps = append(c.sweeps, write{room: idIn(filter), kind: swept, since: c.reading, sent: sent, until: time.Now(), arrives: true})
	}
	return n, err
}

// idIn is the room that a document is of, or a filter.
func idIn(m tcb.M) roomstore.RoomID {
	for _, field := range []string{"roomID", "_id"} {
		switch id := m[field].(type) {
		case roomstore.RoomID:
			return id
		case string:
			return roomstore.RoomID(id)
		}
	}
	return ""
}

// write carries a write out, and keeps it as lost if the call can't know what became of it: there
// was no reply, it was killed, or the reply is to a copy of the request.
func (c *call) write(room roomstore.RoomID, kind writeKind, do func() error) error {
	c.trip.arrives, c.trip.resent = false, false
	l := write{room: room, kind: kind, since: c.reading, sent: time.Now()}
	if l.since.IsZero() {
		l.since = c.start
	}
	killed, unknown := true, false
	defer func() {
		l.arrives, l.resent, l.until = c.trip.arrives, c.trip.resent, time.Now()
		if unknown || l.resent || killed && l.arrives {
			c.losses = append(c.losses, l)
		}
	}()
	err := do()
	killed, unknown = false, tcb.MaybeApplied(err)
	return err
}

// look is the package's, for a room that the call shows.
func (c *call) look(r roomstore.Room) view {
	v, err := look(r)
	if err != nil {
		c.wrong("%v", err)
	}
	if r.ID != "" && r.Name != "" {
		c.shown = append(c.shown, r)
	}
	return v
}

// settle waits until all that is under way has arrived.
func (w *world) settle() {
	for _, trip := range w.trips {
		trip.link.Wait()
	}
}

// records are the documents of the collection.
func (w *world) records(t tester) []json.RawMessage {
	t.Helper()
	snapshot, err := w.emulator.Export()
	if err != nil {
		t.Fatal(err)
	}
	return snapshot[collection].Documents
}
