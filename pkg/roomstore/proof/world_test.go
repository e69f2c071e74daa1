package proof

import (
	"context"
	"encoding/json"
	"errors"
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
	Ban(ctx context.Context, id roomstore.RoomID, user, by roomstore.UserID, lasts time.Duration) (roomstore.Departure, error)
	Entered(ctx context.Context, id roomstore.RoomID, user roomstore.UserID, at time.Time) error
	Left(ctx context.Context, id roomstore.RoomID, user roomstore.UserID, at time.Time) (roomstore.Departure, error)
	Vanished(ctx context.Context, id roomstore.RoomID, user roomstore.UserID, at time.Time, silence time.Duration) (roomstore.Departure, error)
	Dismissed(ctx context.Context, id roomstore.RoomID, at time.Time) (roomstore.Departure, error)
	Get(ctx context.Context, id roomstore.RoomID, viewer roomstore.UserID, invitation string) (roomstore.Room, error)
	List(context.Context, roomstore.Page) (rooms []roomstore.Room, next string, err error)
}

// An opener makes an instance's store.
type opener func(roomstore.Collection, roomstore.Options) store

func open(rooms roomstore.Collection, o roomstore.Options) store { return roomstore.New(rooms, o) }

const (
	collection = "webrtcRooms"
	maxSkew    = 590 * time.Second // of an instance's clock: CloudBase refuses more than ten minutes
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

	mu          sync.Mutex
	calls       []*call
	trips       []*trip
	invitations []invitation // that anybody was shown
}

// An invitation is to the room that a call made.
type invitation struct {
	text string
	room roomstore.RoomID
	made int
}

// An instance is a process of a function: it serves one caller after the other.
type instance struct {
	store store
	skew  time.Duration
	ttl   time.Duration
}

var key = tc3.Key{SecretID: "AKIDproof", SecretKey: "the-key-of-the-proof"}

func newWorld(t tester, random *rand.Rand, m model, ttl time.Duration, open opener) *world {
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
	skew := []time.Duration{0, 10 * time.Millisecond, 5 * time.Second, maxSkew}[random.IntN(4)]
	for i := range 3 {
		instanceTTL := ttl
		if i > 0 && ttl == seatTTL && random.IntN(2) == 0 {
			instanceTTL = ttl / 40 // that function has another setting
		}
		w.instances = append(w.instances, w.newInstance(t, random, open, time.Duration((2*random.Float64()-1)*float64(skew)), instanceTTL))
	}
	return w
}

func (w *world) newInstance(t tester, random *rand.Rand, open opener, skew, ttl time.Duration) instance {
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
		ttl:  ttl,
		store: open(recorder{app.Database().Collection(collection)}, roomstore.Options{
			MaxMembers: w.maxMembers, MemberTTL: ttl, Now: now, Random: dice,
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
	c.invitedTo = -1
	for _, in := range w.invitations {
		if in.text == c.invitation {
			c.invitedTo = in.made
		}
	}
	w.mu.Unlock()

	c.skew, c.ttl, c.trip, c.start = on.skew, on.ttl, way, time.Now()
	c.keyedAt = c.start
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
	w.mu.Lock()
	defer w.mu.Unlock()
	c.over = true
	for _, r := range c.shown {
		w.learn(c, r)
	}
}

// learn keeps the invitation that a room shows. Each is to one room.
func (w *world) learn(c *call, r roomstore.Room) {
	v, err := look(r)
	if err != nil || v.made == 0 || r.Invitation == "" {
		return
	}
	for _, known := range w.invitations {
		if known.text == r.Invitation && known.made != v.made || known.text != r.Invitation && known.made == v.made {
			c.wrong("room %s, which call %d made, shows an invitation that is of call %d", r.ID, v.made, known.made)
		}
		if known.text == r.Invitation {
			return
		}
	}
	w.invitations = append(w.invitations, invitation{r.Invitation, r.ID, v.made})
}

// invitation is one to a room, 0 for the latest: "" if there is none.
func (w *world) invitation(id roomstore.RoomID, which int) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := len(w.invitations) - 1; i >= 0; i-- {
		if w.invitations[i].room == id {
			if which == 0 {
				return w.invitations[i].text
			}
			which--
		}
	}
	return ""
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
	case banish:
		gone, err = s.Ban(ctx, c.room, c.user, c.by, c.lasts)
	case entered:
		err = s.Entered(ctx, c.room, c.user, c.at)
	case left:
		gone, err = s.Left(ctx, c.room, c.user, c.at)
	case vanished:
		gone, err = s.Vanished(ctx, c.room, c.user, c.at, silence)
	case dismissed:
		gone, err = s.Dismissed(ctx, c.room, c.at)
	case get:
		shown, err = s.Get(ctx, c.room, c.user, c.invitation)
	case list:
		var rooms []roomstore.Room
		rooms, _, err = s.List(ctx, roomstore.Page{Limit: roomstore.MaxPage})
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
		var ban *roomstore.BannedError
		if errors.As(err, &ban) {
			c.answer.until = spanOf(ban.Until, ban.Until)
		}
		return
	}
	c.answered = true
	c.answer.left, c.answer.removed, c.answer.updated = gone.Left, gone.Removed, gone.Updated
	switch {
	case gone.Removed:
	case gone.Room.ID != "":
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
	if c.kind == list {
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
	c.trip.arrives, c.trip.resent, c.trip.late = false, false, false
	l := write{room: room, kind: kind, since: c.reading, sent: time.Now()}
	if l.since.IsZero() {
		l.since = c.start
	}
	killed, unknown, refused := true, false, false
	defer func() {
		l.arrives, l.late, l.until = c.trip.arrives, c.trip.late, time.Now()
		switch {
		case unknown || killed && l.arrives:
		case c.trip.resent:
			l.doubt = resent
		case refused:
			l.doubt = denied
		default:
			return
		}
		c.losses = append(c.losses, l)
	}()
	err := do()
	killed, unknown = false, tcb.MaybeApplied(err)
	// Of what was refused, a room that is gone may seem to be the effect.
	refused = err != nil && !unknown && (kind != lostInsert || c.trip.arrives) && !errors.Is(err, tcb.ErrDuplicate) && !errors.Is(err, tcb.ErrCollectionNotExist)
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
