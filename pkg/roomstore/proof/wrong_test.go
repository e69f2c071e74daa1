package proof

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"webrtc-room/pkg/roomstore"
	"webrtc-room/pkg/tcb"
)

// wrongs are stores that are known to be wrong: other algorithms that people use
// or would, and ours with one part left out. The checker must catch each.
var wrongs = []struct {
	name string
	subject
	seed int // of a history in which it does
}{
	{"look up, then write", subject{openLookUp, kindsOf2018, forever, true, weathers}, 1},
	{"guarded addToSet", subject{openAddToSet, kindsOf2018, forever, true, weathers}, 0},
	{"restarting counter", subject{without(restartingCounter), allKinds, seatTTL, false, lateWrites}, 19},
	{"no revision in the guard", subject{without(noGuard), allKinds, seatTTL, false, weathers}, 31},
	{"no fence", subject{without(noFence), allKinds, seatTTL, false, lateWrites}, 28},
	{"no time of insertion", subject{without(noInsertTime), allKinds, seatTTL, false, lateWrites}, 2},
	{"the reader's own TTL", subject{without(ownTTL), allKinds, seatTTL, false, weathers}, 6},
	{"the local clock", subject{without(localClock), allKinds, seatTTL, false, weathers}, 2},
	{"a ban checked before the read only", subject{openEarlyBan, allKinds, seatTTL, false, weathers}, 82},
	{"an invitation that survives the room", subject{without(sameInvitation), allKinds, seatTTL, false, weathers}, 0},
	{"a report that seats over the limit", subject{openRoomyReports, comebacks, seatTTL, false, weathers}, 7},
	{"a report that seats anybody", subject{openGenerousReports, allKinds, seatTTL, false, weathers}, 2},
	{"a mark that outlives quitting", subject{without(lastingMarks), comebacks, seatTTL, false, weathers}, 18},
}

// TestWrongStores checks that the checker finds something to object to.
func TestWrongStores(t *testing.T) {
	for _, wrong := range wrongs {
		t.Run(wrong.name, func(t *testing.T) {
			t.Parallel()
			err := wrong.play(t, wrong.seed).verdict(wrong.name)
			if err != nil {
				t.Logf("caught at seed %d: %v", wrong.seed, err)
				return
			}
			// The store may have changed, and what happens in histories with it.
			for seed := range 200 {
				if wrong.play(t, seed).verdict(wrong.name) != nil {
					t.Fatalf("not caught at seed %d, but at %d: say so here and in ../README.md", wrong.seed, seed)
				}
			}
			t.Error("not caught within 200 seeds")
		})
	}
}

// without opens our store over a collection that leaves something out.
func without(part func(roomstore.Collection) roomstore.Collection) opener {
	return func(rooms roomstore.Collection, o roomstore.Options) store { return roomstore.New(part(rooms), o) }
}

// An omission changes the requests of a store.
type omission struct {
	roomstore.Collection
	doc   func(tcb.M) tcb.M // that is inserted, or set
	guard func(tcb.M) tcb.M // of a change
}

func (o omission) Insert(ctx context.Context, doc tcb.M) (string, error) {
	return o.Collection.Insert(ctx, o.doc(doc))
}

func (o omission) Update(ctx context.Context, filter, update tcb.M) (int, error) {
	return o.Collection.Update(ctx, o.guard(filter), tcb.M{"$set": o.doc(update["$set"].(tcb.M))})
}

func (o omission) Remove(ctx context.Context, filter tcb.M) (int, error) {
	return o.Collection.Remove(ctx, o.guard(filter))
}

func dropping(field string) func(tcb.M) tcb.M {
	return func(m tcb.M) tcb.M {
		m = maps.Clone(m)
		delete(m, field)
		return m
	}
}

func unchanged(m tcb.M) tcb.M { return m }

func noGuard(c roomstore.Collection) roomstore.Collection {
	return omission{c, unchanged, dropping("rev")}
}

// noFence removes a room with its last member, whatever may still arrive.
func noFence(c roomstore.Collection) roomstore.Collection {
	return omission{c, dropping("fence"), unchanged}
}

func noInsertTime(c roomstore.Collection) roomstore.Collection {
	return omission{c, dropping("insertTime"), unchanged}
}

// ownTTL has each function judge seats by its own setting, as if all had the same.
func ownTTL(c roomstore.Collection) roomstore.Collection { return reinterpreting{c} }

type reinterpreting struct{ roomstore.Collection }

func (r reinterpreting) Get(ctx context.Context, id string) (tcb.M, error) {
	m, err := r.Collection.Get(ctx, id)
	seats, _ := m["seats"].([]any)
	for _, s := range seats {
		s := s.(tcb.M)
		s["until"] = s["seen"].(time.Time).Add(callOf(ctx).ttl)
	}
	return m, err
}

// localClock keeps from the store what the database's replies say of the time.
func localClock(c roomstore.Collection) roomstore.Collection { return timeless{c} }

type timeless struct{ roomstore.Collection }

func (l timeless) Get(ctx context.Context, id string) (tcb.M, error) {
	return l.Collection.Get(tcb.WithDate(ctx, new(time.Time)), id)
}

func (l timeless) Find(ctx context.Context, q tcb.Query) ([]tcb.M, error) {
	return l.Collection.Find(tcb.WithDate(ctx, new(time.Time)), q)
}

// earlyBan looks for bans in a request of its own, before the one that decides.
type earlyBan struct {
	store
	rooms roomstore.Collection
}

func openEarlyBan(rooms roomstore.Collection, o roomstore.Options) store {
	return earlyBan{roomstore.New(banBlind{rooms}, o), rooms}
}

func (s earlyBan) Enter(ctx context.Context, e roomstore.Entry) (roomstore.Room, bool, error) {
	if m, err := s.rooms.Get(ctx, string(e.Room)); err == nil {
		banned, _ := m["banned"].([]any)
		for _, b := range banned {
			if b := b.(tcb.M); b["user"] == string(e.User) && b["until"].(time.Time).After(time.Now()) {
				return roomstore.Room{}, false, &roomstore.BannedError{Until: b["until"].(time.Time)}
			}
		}
	}
	return s.store.Enter(ctx, e)
}

// banBlind keeps bans, and hides them from those who enter.
type banBlind struct{ roomstore.Collection }

func (b banBlind) Get(ctx context.Context, id string) (tcb.M, error) {
	m, err := b.Collection.Get(ctx, id)
	if c := callOf(ctx); err == nil && c.kind == enter {
		c.hidden = m["banned"]
		delete(m, "banned")
	}
	return m, err
}

func (b banBlind) Update(ctx context.Context, filter, update tcb.M) (int, error) {
	set := maps.Clone(update["$set"].(tcb.M))
	if c := callOf(ctx); c.kind == enter && c.hidden != nil && set["rev"] != set["firstRevision"] {
		set["banned"] = c.hidden
	}
	return b.Collection.Update(ctx, filter, tcb.M{"$set": set})
}

// sameInvitation gives every private room of an id the same one.
func sameInvitation(c roomstore.Collection) roomstore.Collection {
	return omission{c, invite, unchanged}
}

func invite(m tcb.M) tcb.M {
	m = maps.Clone(m)
	if m["invitation"] != nil {
		m["invitation"] = "to whatever is there"
	}
	return m
}

// roomyReports has more seats for those who come back than for those who come.
type roomyReports struct {
	store
	roomy store
}

func openRoomyReports(rooms roomstore.Collection, o roomstore.Options) store {
	s := roomyReports{store: open(rooms, o)}
	o.MaxMembers = 100
	s.roomy = open(rooms, o)
	return s
}

func (s roomyReports) Entered(ctx context.Context, id roomstore.RoomID, user roomstore.UserID, at time.Time) error {
	return s.roomy.Entered(ctx, id, user, at)
}

// generousReports believes that whoever TRTC lets in may have a seat.
type generousReports struct{ store }

func openGenerousReports(rooms roomstore.Collection, o roomstore.Options) store {
	return generousReports{open(rooms, o)}
}

func (s generousReports) Entered(ctx context.Context, id roomstore.RoomID, user roomstore.UserID, _ time.Time) error {
	room, err := s.Get(ctx, id, user, "")
	if err == nil && !room.Has(user) {
		_, _, err = s.Enter(ctx, roomstore.Entry{Room: id, User: user, Name: room.Name})
	}
	return err
}

// lastingMarks leaves a mark where it is when somebody quits.
func lastingMarks(c roomstore.Collection) roomstore.Collection { return marking{c} }

type marking struct{ roomstore.Collection }

func (m marking) Get(ctx context.Context, id string) (tcb.M, error) {
	doc, err := m.Collection.Get(ctx, id)
	if c := callOf(ctx); err == nil && c.kind == quit {
		c.hidden = doc["vanished"]
	}
	return doc, err
}

func (m marking) Update(ctx context.Context, filter, update tcb.M) (int, error) {
	set := maps.Clone(update["$set"].(tcb.M))
	if c := callOf(ctx); c.kind == quit {
		set["vanished"] = c.hidden
	}
	return m.Collection.Update(ctx, filter, tcb.M{"$set": set})
}

// restartingCounter guards with a counter, which begins again with a room that is
// made again.
func restartingCounter(c roomstore.Collection) roomstore.Collection { return counting{c} }

type counting struct{ roomstore.Collection }

func (c counting) Insert(ctx context.Context, doc tcb.M) (string, error) {
	doc = maps.Clone(doc)
	doc["count"] = 1
	return c.Collection.Insert(ctx, doc)
}

func (c counting) Get(ctx context.Context, id string) (tcb.M, error) {
	m, err := c.Collection.Get(ctx, id)
	if err == nil {
		callOf(ctx).count, _ = m["count"].(int64)
	}
	return m, err
}

func (c counting) Update(ctx context.Context, filter, update tcb.M) (int, error) {
	set, count := maps.Clone(update["$set"].(tcb.M)), callOf(ctx).count
	set["count"] = count + 1
	return c.Collection.Update(ctx, tcb.M{"_id": filter["_id"], "count": count}, tcb.M{"$set": set})
}

func (c counting) Remove(ctx context.Context, filter tcb.M) (int, error) {
	if callOf(ctx).kind == list {
		return c.Collection.Remove(ctx, filter) // of what nobody changes any more
	}
	return c.Collection.Remove(ctx, tcb.M{"_id": filter["_id"], "count": callOf(ctx).count})
}

// A simple is what the stores below have in common: no leases, and no more said
// about a lost write than is known.
type simple struct {
	rooms      roomstore.Collection
	maxMembers int
	now        func() time.Time
}

func (simple) Close(context.Context, roomstore.RoomID, roomstore.UserID) (roomstore.Departure, error) {
	return roomstore.Departure{}, errors.ErrUnsupported
}

func (simple) Ban(context.Context, roomstore.RoomID, roomstore.UserID, roomstore.UserID, time.Duration) (roomstore.Departure, error) {
	return roomstore.Departure{}, errors.ErrUnsupported
}

func (simple) Entered(context.Context, roomstore.RoomID, roomstore.UserID, time.Time) error {
	return errors.ErrUnsupported
}

func (simple) Left(context.Context, roomstore.RoomID, roomstore.UserID, time.Time) (roomstore.Departure, error) {
	return roomstore.Departure{}, errors.ErrUnsupported
}

func (simple) Vanished(context.Context, roomstore.RoomID, roomstore.UserID, time.Time, time.Duration) (roomstore.Departure, error) {
	return roomstore.Departure{}, errors.ErrUnsupported
}

func (simple) Dismissed(context.Context, roomstore.RoomID, time.Time) (roomstore.Departure, error) {
	return roomstore.Departure{}, errors.ErrUnsupported
}

func (s simple) List(ctx context.Context, p roomstore.Page) (rooms []roomstore.Room, next string, err error) {
	found, err := s.rooms.Find(ctx, tcb.Query{Skip: p.Skip, Limit: p.Limit, Filter: tcb.M{"members.0": tcb.M{"$exists": true}}})
	if errors.Is(err, tcb.ErrCollectionNotExist) {
		return nil, "", nil
	}
	for _, m := range found {
		rooms = append(rooms, asRoom(m))
	}
	return rooms, "", err
}

func (s simple) insert(ctx context.Context, doc tcb.M) error {
	_, err := s.rooms.Insert(ctx, doc)
	if errors.Is(err, tcb.ErrCollectionNotExist) {
		if err = s.rooms.Create(ctx); err == nil || errors.Is(err, tcb.ErrCollectionExists) {
			_, err = s.rooms.Insert(ctx, doc)
		}
	}
	return err
}

func honest(err error) error {
	if tcb.MaybeApplied(err) {
		return fmt.Errorf("%w (%v)", roomstore.ErrOutcomeUnknown, err)
	}
	return err
}

func (s simple) draft(e roomstore.Entry) (tcb.M, roomstore.Room) {
	key, _, _ := e.Key(e.Room) // a test's key can be signed
	r := roomstore.Room{
		ID: e.Room, Name: e.Name, Creator: e.User, PrivateMapKey: key, Members: []roomstore.UserID{e.User},
		CreateTime: s.now().UTC().Truncate(time.Millisecond),
	}
	return tcb.M{
		"roomID": r.ID, "roomName": r.Name, "creator": r.Creator, "privateMapKey": key, "members": r.Members, "createTime": r.CreateTime,
	}, r
}

func asRoom(m tcb.M) roomstore.Room {
	text := func(field string) string { s, _ := m[field].(string); return s }
	r := roomstore.Room{
		ID: roomstore.RoomID(text("roomID")), Name: text("roomName"),
		Creator: roomstore.UserID(text("creator")), PrivateMapKey: text("privateMapKey"),
	}
	r.CreateTime, _ = m["createTime"].(time.Time)
	members, _ := m["members"].([]any)
	for _, member := range members {
		r.Members = append(r.Members, roomstore.UserID(member.(string)))
	}
	if len(r.Members) > 0 && !r.Has(r.Creator) {
		r.Creator, r.PrivateMapKey = r.Members[0], ""
	}
	return r
}

// lookUp is what the JavaScript demo of 2018 did: look, decide, write.
type lookUp struct{ simple }

func openLookUp(rooms roomstore.Collection, o roomstore.Options) store {
	return lookUp{simple{rooms, o.MaxMembers, o.Now}}
}

func (s lookUp) find(ctx context.Context, id roomstore.RoomID) (room roomstore.Room, _id any, err error) {
	found, err := s.rooms.Find(ctx, tcb.Query{Filter: tcb.M{"roomID": id}, Limit: 1})
	if errors.Is(err, tcb.ErrCollectionNotExist) {
		err = nil
	}
	if err == nil && len(found) > 0 {
		room, _id = asRoom(found[0]), found[0]["_id"]
	}
	return room, _id, err
}

func (s lookUp) Get(ctx context.Context, id roomstore.RoomID, _ roomstore.UserID, _ string) (roomstore.Room, error) {
	r, found, err := s.find(ctx, id)
	if err == nil && found == nil {
		err = roomstore.ErrRoomNotFound
	}
	return r, err
}

func (s lookUp) Create(ctx context.Context, e roomstore.Entry) (roomstore.Room, error) {
	for n := 20000000; ; n++ {
		if e.Room != "" {
			callOf(ctx).tried = append(callOf(ctx).tried, e.Room)
			if _, found, err := s.find(ctx, e.Room); err != nil {
				return roomstore.Room{}, err
			} else if found == nil {
				doc, r := s.draft(e)
				return r, honest(s.insert(ctx, doc))
			}
		}
		e.Room = roomstore.RoomID(fmt.Sprint(n))
	}
}

func (s lookUp) Enter(ctx context.Context, e roomstore.Entry) (roomstore.Room, bool, error) {
	r, found, err := s.find(ctx, e.Room)
	switch {
	case err != nil:
		return r, false, err
	case found == nil:
		r, err = s.Create(ctx, e)
		return r, err == nil, err
	case r.Has(e.User):
		return r, false, nil
	case len(r.Members) >= s.maxMembers:
		return r, false, roomstore.ErrRoomFull
	}
	r.Members = append(r.Members, e.User)
	_, err = s.rooms.Update(ctx, tcb.M{"_id": found, "roomID": e.Room}, tcb.M{"$set": tcb.M{"members": r.Members}})
	return r, false, honest(err)
}

func (s lookUp) Quit(ctx context.Context, id roomstore.RoomID, user, by roomstore.UserID) (roomstore.Departure, error) {
	r, found, err := s.find(ctx, id)
	switch {
	case err != nil:
		return roomstore.Departure{}, err
	case found == nil:
		return roomstore.Departure{}, roomstore.ErrRoomNotFound
	case by != user && by != r.Creator:
		return roomstore.Departure{}, roomstore.ErrMayNotRemove
	case !r.Has(user):
		return roomstore.Departure{Room: r}, nil
	}
	r.Members = slices.DeleteFunc(r.Members, func(u roomstore.UserID) bool { return u == user })
	if len(r.Members) == 0 {
		_, err = s.rooms.Remove(ctx, tcb.M{"_id": found, "roomID": id})
		return roomstore.Departure{Room: r, Left: true, Removed: true}, honest(err)
	}
	_, err = s.rooms.Update(ctx, tcb.M{"_id": found, "roomID": id}, tcb.M{"$set": tcb.M{"members": r.Members}})
	if !r.Has(r.Creator) {
		r.Creator, r.PrivateMapKey = r.Members[0], ""
	}
	return roomstore.Departure{Room: r, Left: true}, honest(err)
}

// addToSet leaves the counting to the database: one atomic write adds a member if
// there is a free seat, another takes one out, and the room goes if it is empty.
// Both can be sent again until there is a reply.
type addToSet struct{ simple }

func openAddToSet(rooms roomstore.Collection, o roomstore.Options) store {
	return addToSet{simple{rooms, o.MaxMembers, o.Now}}
}

func (s addToSet) Get(ctx context.Context, id roomstore.RoomID, _ roomstore.UserID, _ string) (roomstore.Room, error) {
	m, err := s.rooms.Get(ctx, string(id))
	if errors.Is(err, tcb.ErrNotFound) || errors.Is(err, tcb.ErrCollectionNotExist) {
		return roomstore.Room{}, roomstore.ErrRoomNotFound
	}
	r := asRoom(m)
	if err == nil && len(r.Members) == 0 {
		return roomstore.Room{}, roomstore.ErrRoomNotFound
	}
	return r, err
}

func (s addToSet) Create(ctx context.Context, e roomstore.Entry) (roomstore.Room, error) {
	for n := 20000000; ; n++ {
		if e.Room != "" {
			doc, r := s.draft(e)
			doc["_id"] = e.Room
			if err := s.insert(ctx, doc); !errors.Is(err, tcb.ErrDuplicate) {
				return r, honest(err)
			}
		}
		e.Room = roomstore.RoomID(fmt.Sprint(n))
	}
}

func (s addToSet) Enter(ctx context.Context, e roomstore.Entry) (roomstore.Room, bool, error) {
	for {
		n, err := s.rooms.Update(ctx,
			tcb.M{"_id": e.Room, fmt.Sprintf("members.%d", s.maxMembers-1): tcb.M{"$exists": false}},
			tcb.M{"$addToSet": tcb.M{"members": e.User}})
		if tcb.MaybeApplied(err) && ctx.Err() == nil {
			continue // adding twice is adding once
		}
		if err != nil && !errors.Is(err, tcb.ErrCollectionNotExist) {
			return roomstore.Room{}, false, honest(err)
		}
		r, getErr := s.Get(ctx, e.Room, "", "")
		switch {
		case getErr == nil && (n > 0 || r.Has(e.User)):
			return r, false, nil
		case getErr == nil:
			return r, false, roomstore.ErrRoomFull
		case !errors.Is(getErr, roomstore.ErrRoomNotFound):
			return r, false, fmt.Errorf("%w (%v)", roomstore.ErrOutcomeUnknown, getErr)
		}
		doc, r := s.draft(e)
		doc["_id"] = e.Room
		if err := s.insert(ctx, doc); !errors.Is(err, tcb.ErrDuplicate) {
			return r, true, honest(err)
		}
	}
}

func (s addToSet) Quit(ctx context.Context, id roomstore.RoomID, user, by roomstore.UserID) (roomstore.Departure, error) {
	before, err := s.Get(ctx, id, "", "")
	switch {
	case err != nil:
		return roomstore.Departure{}, err
	case by != user && by != before.Creator:
		return roomstore.Departure{}, roomstore.ErrMayNotRemove
	case !before.Has(user):
		return roomstore.Departure{Room: before}, nil
	}
	for {
		_, err = s.rooms.Update(ctx, tcb.M{"_id": id}, tcb.M{"$pull": tcb.M{"members": user}})
		if !tcb.MaybeApplied(err) || ctx.Err() != nil {
			break // removing twice is removing once
		}
	}
	if err != nil {
		return roomstore.Departure{}, honest(err)
	}
	n, err := s.rooms.Remove(ctx, tcb.M{"_id": id, "members": []roomstore.UserID{}})
	if err != nil {
		return roomstore.Departure{}, honest(err)
	}
	r, err := s.Get(ctx, id, "", "")
	if n > 0 || errors.Is(err, roomstore.ErrRoomNotFound) {
		return roomstore.Departure{Left: true, Removed: true}, nil
	}
	return roomstore.Departure{Room: r, Left: true}, err
}
