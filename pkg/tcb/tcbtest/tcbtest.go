package tcbtest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"webrtc-room/pkg/tcb"
)

// collection is where the documents of a run are, all of which it removes.
const collection = "webrtc_room_conformance"

// A suite is one run.
type suite struct {
	config tcb.Config
	docs   *tcb.Collection
	run    string // in the _id of each document of this run
}

// Run checks the environment that config leads to, with a subtest for each thing
// that is relied on.
func Run(t *testing.T, config tcb.Config) {
	s := &suite{config: config, run: rand.Text()[:8]}
	db := s.open(t, config).Database()
	s.docs = db.Collection(collection)
	if err := db.CreateCollection(t.Context(), collection); err != nil && !errors.Is(err, tcb.ErrCollectionExists) {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		test func(*suite, *testing.T)
	}{
		{"CreateCollection", (*suite).createCollection},
		{"MissingCollection", (*suite).missingCollection},
		{"Values", (*suite).values},
		{"Duplicate", (*suite).duplicate},
		{"FreshReads", (*suite).freshReads},
		{"Date", (*suite).date},
		{"GuardedUpdate", (*suite).guardedUpdate},
		{"MembersInGuard", (*suite).membersInGuard},
		{"GuardedRemove", (*suite).guardedRemove},
		{"Race", (*suite).race},
		{"Null", (*suite).null},
		{"OneDocument", (*suite).oneDocument},
		{"UpdateAndReturn", (*suite).updateAndReturn},
		{"Pages", (*suite).pages},
		{"Exists", (*suite).exists},
		{"Expired", (*suite).expired},
		{"ServerDate", (*suite).serverDate},
		{"Signature", (*suite).signature},
		{"Clock", (*suite).clock},
	} {
		t.Run(tt.name, func(t *testing.T) { tt.test(s, t) })
	}
}

func (s *suite) open(t *testing.T, config tcb.Config) *tcb.App {
	t.Helper()
	app, err := tcb.Init(&config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(app.CloseIdleConnections)
	return app
}

// insert stores a document until the end of the test, and returns its _id.
func (s *suite) insert(t *testing.T, name string, fields tcb.M) string {
	t.Helper()
	doc := tcb.M{"_id": s.run + " " + name, "run": s.run, "test": t.Name()}
	for field, value := range fields {
		doc[field] = value
	}
	id, err := s.docs.Insert(t.Context(), doc)
	if err != nil {
		t.Fatal(err)
	}
	if id != doc["_id"] {
		t.Errorf("inserted %q, and was told %q", doc["_id"], id)
	}
	t.Cleanup(func() {
		if _, err := s.docs.Remove(context.Background(), tcb.M{"_id": id}); err != nil {
			t.Errorf("%q may be left in the collection %s: %v", id, collection, err)
		}
	})
	return id
}

// expect checks what a document has become, but for the fields of insert.
func (s *suite) expect(t *testing.T, id string, want tcb.M) {
	t.Helper()
	got, err := s.docs.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	for _, field := range []string{"_id", "run", "test"} {
		delete(got, field)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("stored: %s", diff)
	}
}

// refused checks that an error is of a kind, and certain that nothing was changed.
func refused(t *testing.T, what string, err, kind error) {
	t.Helper()
	if !errors.Is(err, kind) || tcb.MaybeApplied(err) {
		t.Errorf("%s: %v; want %v, certain that nothing was changed", what, err, kind)
	}
}

// count checks the result of a write that says how many documents it changed.
func count(t *testing.T, what string, want int) func(got int, err error) {
	return func(got int, err error) {
		t.Helper()
		if got != want || err != nil {
			t.Errorf("%s: %d, %v; want %d", what, got, err, want)
		}
	}
}

func (s *suite) createCollection(t *testing.T) {
	err := s.open(t, s.config).Database().CreateCollection(t.Context(), collection)
	refused(t, "creating what exists", err, tcb.ErrCollectionExists)
}

func (s *suite) missingCollection(t *testing.T) {
	none := s.open(t, s.config).Database().Collection("webrtc_room_none_" + s.run)
	filter, update := tcb.M{"_id": "a"}, tcb.M{"$set": tcb.M{"b": 1}}
	_, err := none.Insert(t.Context(), tcb.M{"_id": "a"})
	refused(t, "Insert", err, tcb.ErrCollectionNotExist)
	_, err = none.Get(t.Context(), "a")
	refused(t, "Get", err, tcb.ErrCollectionNotExist)
	_, err = none.Find(t.Context(), tcb.Query{Filter: filter})
	refused(t, "Find", err, tcb.ErrCollectionNotExist)
	_, err = none.Update(t.Context(), filter, update)
	refused(t, "Update", err, tcb.ErrCollectionNotExist)
	_, err = none.Remove(t.Context(), filter)
	refused(t, "Remove", err, tcb.ErrCollectionNotExist)
}

func (s *suite) values(t *testing.T) {
	at := time.Date(2018, 12, 19, 9, 35, 9, 123e6, time.UTC)
	want := tcb.M{
		"text": `房间 "$gt" \ </script> ` + "\u2028", "empty": "", "yes": true, "none": nil,
		"int": int64(4294967294), "fraction": 0.5, "date": at,
		"list": []any{"alice", "bob"}, "empties": []any{}, "dates": []any{at, at.Add(time.Millisecond)},
		"nested": tcb.M{"a": tcb.M{"b": []any{int64(1)}}},
	}
	id := s.insert(t, "values", want)
	s.expect(t, id, want)
	want["list"], want["dates"] = []any{"carol"}, []any{}
	count(t, "Update", 1)(s.docs.Update(t.Context(), tcb.M{"_id": id}, tcb.M{"$set": tcb.M{"list": want["list"], "dates": want["dates"]}}))
	s.expect(t, id, want)
	_, err := s.docs.Get(t.Context(), id+" none")
	refused(t, "Get of what isn't there", err, tcb.ErrNotFound)
}

func (s *suite) duplicate(t *testing.T) {
	id := s.insert(t, "room", tcb.M{"rev": "r1"})
	_, err := s.docs.Insert(t.Context(), tcb.M{"_id": id, "rev": "r2"})
	refused(t, "a second insert", err, tcb.ErrDuplicate)
	s.expect(t, id, tcb.M{"rev": "r1"})
}

func (s *suite) guardedUpdate(t *testing.T) {
	id := s.insert(t, "room", tcb.M{"rev": "r1", "members": []string{"alice"}})
	enter := func(rev, next, user string) (int, error) {
		return s.docs.Update(t.Context(), tcb.M{"_id": id, "rev": rev}, tcb.M{"$set": tcb.M{"rev": next, "members": []string{user}}})
	}
	count(t, "the revision that is there", 1)(enter("r1", "r2", "bob"))
	count(t, "one that was", 0)(enter("r1", "r3", "carol"))
	s.expect(t, id, tcb.M{"rev": "r2", "members": []any{"bob"}})
	count(t, "another document", 0)(s.docs.Update(t.Context(), tcb.M{"_id": id + " none", "rev": "r2"}, tcb.M{"$set": tcb.M{"rev": "r3"}}))
	if _, err := s.docs.Get(t.Context(), id+" none"); !errors.Is(err, tcb.ErrNotFound) {
		t.Errorf("an update of nothing left something: %v", err)
	}
}

func (s *suite) guardedRemove(t *testing.T) {
	id := s.insert(t, "room", tcb.M{"rev": "r1"})
	remove := func(rev string) (int, error) {
		return s.docs.Remove(t.Context(), tcb.M{"_id": id, "rev": rev})
	}
	count(t, "a revision that was never there", 0)(remove("r0"))
	s.expect(t, id, tcb.M{"rev": "r1"})
	count(t, "the one that is", 1)(remove("r1"))
	count(t, "again", 0)(remove("r1"))
	_, err := s.docs.Insert(t.Context(), tcb.M{"_id": id, "rev": "r2", "run": s.run})
	if err != nil {
		t.Errorf("the _id can't be used again: %v", err)
	}
}

// race has many writers name the same revision at once.
func (s *suite) race(t *testing.T) {
	id := s.insert(t, "room", tcb.M{"rev": "r0", "round": 0})
	const rounds, writers = 3, 8
	for round := range rounds {
		var mu sync.Mutex
		var won []string
		var wg sync.WaitGroup
		for writer := range writers {
			wg.Go(func() {
				n, rev, err := s.write(t.Context(), id, round, fmt.Sprintf("r%d of writer %d", round+1, writer))
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					t.Error(err)
				} else if n == 1 {
					won = append(won, rev)
				}
			})
		}
		wg.Wait()
		if len(won) != 1 {
			t.Fatalf("round %d: %d of %d writers were told that they had changed it: %q", round, len(won), writers, won)
		}
		s.expect(t, id, tcb.M{"rev": won[0], "round": int64(round + 1)})
	}
}

// write reads a document and changes it if it still is that, in this round.
func (s *suite) write(ctx context.Context, id string, round int, rev string) (int, string, error) {
	doc, err := s.docs.Get(ctx, id)
	if err != nil {
		return 0, "", err
	}
	n, err := s.docs.Update(ctx,
		tcb.M{"_id": id, "rev": doc["rev"], "round": round},
		tcb.M{"$set": tcb.M{"rev": rev, "round": round + 1}})
	return n, rev, err
}

// null in a filter stands for a field that isn't there: records made by hand have
// no revision.
func (s *suite) null(t *testing.T) {
	without, with := s.insert(t, "without", nil), s.insert(t, "with", tcb.M{"rev": "r1"})
	set := tcb.M{"$set": tcb.M{"rev": "r2"}}
	count(t, "a document without the field", 1)(s.docs.Update(t.Context(), tcb.M{"_id": without, "rev": nil}, set))
	count(t, "a document with it", 0)(s.docs.Update(t.Context(), tcb.M{"_id": with, "rev": nil}, set))
}

func (s *suite) oneDocument(t *testing.T) {
	a, b := s.insert(t, "a", tcb.M{"pair": true}), s.insert(t, "b", tcb.M{"pair": true})
	pair := tcb.M{"run": s.run, "pair": true}
	count(t, "Update", 1)(s.docs.Update(t.Context(), pair, tcb.M{"$set": tcb.M{"changed": true}}))
	count(t, "changed", 1)(s.docs.Count(t.Context(), tcb.M{"run": s.run, "changed": true}))
	count(t, "Remove", 1)(s.docs.Remove(t.Context(), pair))
	left, err := s.docs.Count(t.Context(), tcb.M{"_id": tcb.M{"$in": []string{a, b}}})
	count(t, "left", 1)(left, err)
}

func (s *suite) updateAndReturn(t *testing.T) {
	id := s.insert(t, "room", tcb.M{"rev": "r1"})
	doc, err := s.docs.UpdateAndReturn(t.Context(), tcb.M{"_id": id, "rev": "r1"}, tcb.M{"$set": tcb.M{"rev": "r2"}})
	if err != nil || doc["rev"] != "r2" || doc["_id"] != id {
		t.Errorf("%v, %v; want the document as it is then", doc, err)
	}
	_, err = s.docs.UpdateAndReturn(t.Context(), tcb.M{"_id": id, "rev": "r1"}, tcb.M{"$set": tcb.M{"rev": "r3"}})
	refused(t, "of what no longer matches", err, tcb.ErrNotFound)
}

func (s *suite) pages(t *testing.T) {
	at := time.Now().UTC().Truncate(time.Millisecond)
	var want []string // the newest first, and of those that are as old the greatest _id
	for i := range 10 {
		id := s.insert(t, fmt.Sprintf("page %d", i), tcb.M{"page": true, "createTime": at.Add(time.Duration(i/3) * time.Millisecond)})
		want = append([]string{id}, want...)
	}
	var got []string
	for skip := 0; skip < 12; skip += 4 {
		page, err := s.docs.Find(t.Context(), tcb.Query{
			Filter: tcb.M{"run": s.run, "page": true},
			Sort:   []tcb.Sort{{Field: "createTime", Descending: true}, {Field: "_id", Descending: true}},
			Skip:   skip, Limit: 4, Fields: []string{"page"},
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, doc := range page {
			got = append(got, doc["_id"].(string))
			if len(doc) != 2 {
				t.Errorf("asked for one field and _id, got %v", doc)
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	count(t, "Count", 10)(s.docs.Count(t.Context(), tcb.M{"run": s.run, "page": true}))
}

// exists tells rooms with members from those without.
func (s *suite) exists(t *testing.T) {
	full := s.insert(t, "full", tcb.M{"members": []string{"alice"}})
	s.insert(t, "empty", tcb.M{"members": []string{}})
	s.insert(t, "none", nil)
	found, err := s.docs.Find(t.Context(), tcb.Query{Filter: tcb.M{"run": s.run, "members.0": tcb.M{"$exists": true}}, Limit: 10})
	if err != nil || !slices.EqualFunc(found, []string{full}, func(doc tcb.M, id string) bool { return doc["_id"] == id }) {
		t.Errorf("found %v, %v; want the one with a member", found, err)
	}
}

// expired tells rooms with a seat that is still kept from those without, as pages of
// rooms and their housekeeping do.
func (s *suite) expired(t *testing.T) {
	now := time.Now().UTC().Truncate(time.Millisecond)
	before, after := now.Add(-time.Minute), now.Add(time.Minute)
	s.insert(t, "vanished", tcb.M{"lease": true, "until": now})
	s.insert(t, "vanished, fenced", tcb.M{"lease": true, "until": before, "fence": after})
	s.insert(t, "vanished, once fenced", tcb.M{"lease": true, "until": before, "fence": before})
	s.insert(t, "vanished, not fenced", tcb.M{"lease": true, "until": before, "fence": nil})
	s.insert(t, "vanished, may return", tcb.M{"lease": true, "until": before, "vanished": []tcb.M{{"until": before}, {"until": after}}})
	s.insert(t, "there", tcb.M{"lease": true, "until": after, "invitation": nil})
	s.insert(t, "there, private", tcb.M{"lease": true, "until": after, "invitation": "x"})
	s.insert(t, "by hand", tcb.M{"lease": true, "until": nil})
	for name, filter := range map[string]tcb.M{
		"by hand, there": {"$nor": []any{tcb.M{"until": tcb.M{"$lte": now}}}, "invitation": nil},
		"vanished, not fenced, vanished, once fenced": {"until": tcb.M{"$lt": now}, "$nor": []any{tcb.M{"fence": tcb.M{"$gt": now}}, tcb.M{"vanished.until": tcb.M{"$gt": now}}}},
	} {
		filter["run"], filter["lease"] = s.run, true
		found, err := s.docs.Find(t.Context(), tcb.Query{Filter: filter, Sort: []tcb.Sort{{Field: "_id"}}, Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, doc := range found {
			ids = append(ids, strings.TrimPrefix(doc["_id"].(string), s.run+" "))
		}
		if got := strings.Join(ids, ", "); got != name {
			t.Errorf("found %q, want %q", got, name)
		}
	}
}

// freshReads writes on one connection and reads at once on others.
func (s *suite) freshReads(t *testing.T) {
	id := s.insert(t, "room", tcb.M{"n": 0})
	readers := make([]*tcb.Collection, 4)
	for i := range readers {
		readers[i] = s.open(t, s.config).Database().Collection(collection)
	}
	for n := 1; n <= 100; n++ {
		count(t, "Update", 1)(s.docs.Update(t.Context(), tcb.M{"_id": id}, tcb.M{"$set": tcb.M{"n": n}}))
		var wg sync.WaitGroup
		for i, reader := range readers {
			wg.Go(func() {
				doc, err := reader.Get(t.Context(), id)
				if i%2 == 0 && err == nil {
					var found []tcb.M
					if found, err = reader.Find(t.Context(), tcb.Query{Filter: tcb.M{"run": s.run, "n": n}}); len(found) == 1 {
						doc = found[0]
					}
				}
				if err != nil || doc["n"] != int64(n) {
					t.Errorf("write %d was answered; then connection %d reads %v, %v", n, i, doc["n"], err)
				}
			})
		}
		wg.Wait()
	}
}

// date is what replies say of the time.
func (s *suite) date(t *testing.T) {
	id := s.insert(t, "dated", tcb.M{"at": tcb.ServerDate(0)})
	var date time.Time
	doc, err := s.docs.Get(tcb.WithDate(t.Context(), &date), id)
	if err != nil {
		t.Fatal(err)
	}
	at, _ := doc["at"].(time.Time)
	if date.Before(at.Add(-time.Second)) || date.After(at.Add(10*time.Second)) {
		t.Errorf("inserted at %s by the database's clock; the reply that tells of it is dated %s", at, date)
	}
}

// membersInGuard is a filter that names a list.
func (s *suite) membersInGuard(t *testing.T) {
	id := s.insert(t, "room", tcb.M{"members": []string{"alice", "bob"}})
	set := tcb.M{"$set": tcb.M{"rev": "r1"}}
	for _, other := range []any{[]string{"bob", "alice"}, []string{"alice"}, []string{}, nil} {
		count(t, fmt.Sprint(other), 0)(s.docs.Update(t.Context(), tcb.M{"_id": id, "members": other}, set))
	}
	count(t, "the same", 1)(s.docs.Update(t.Context(), tcb.M{"_id": id, "members": []string{"alice", "bob"}}, set))
	empty := s.insert(t, "empty", tcb.M{"members": []string{}})
	count(t, "none", 1)(s.docs.Remove(t.Context(), tcb.M{"_id": empty, "members": []string{}}))
	s.insert(t, "empty", nil)
}

// serverDate is the database's time of an insert, whatever the caller's clock says.
func (s *suite) serverDate(t *testing.T) {
	ahead := s.config
	ahead.Now = func() time.Time { return time.Now().Add(3 * time.Minute) }
	other := &suite{config: ahead, docs: s.open(t, ahead).Database().Collection(collection), run: s.run}
	before := time.Now()
	id := other.insert(t, "dated", tcb.M{"at": tcb.ServerDate(0), "later": tcb.ServerDate(time.Hour)})
	after := time.Now()
	doc, err := s.docs.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	at, _ := doc["at"].(time.Time)
	later, _ := doc["later"].(time.Time)
	t.Logf("the database's clock is ahead of this one by %s to %s", at.Sub(after), at.Sub(before))
	if at.Before(before.Add(-time.Minute)) || at.After(after.Add(time.Minute)) {
		t.Errorf("inserted between %s and %s, dated %s", before, after, at)
	}
	if later.Sub(at) != time.Hour {
		t.Errorf("an offset of an hour makes %s of %s", later, at)
	}
}

func (s *suite) signature(t *testing.T) {
	wrong := s.config
	wrong.SecretKey += "x"
	docs := s.open(t, wrong).Database().Collection(collection)
	_, err := docs.Insert(t.Context(), tcb.M{"_id": s.run + " unsigned"})
	refused(t, "a wrong key", err, tcb.ErrUnauthorized)
	s.expectNone(t, s.run+" unsigned")
}

// clock checks how far the caller's clock may be off.
func (s *suite) clock(t *testing.T) {
	for _, off := range []time.Duration{-20 * time.Minute, -3 * time.Minute, 3 * time.Minute, 20 * time.Minute} {
		config := s.config
		config.Now = func() time.Time { return time.Now().Add(off) }
		docs := s.open(t, config).Database().Collection(collection)
		_, err := docs.Get(t.Context(), s.run+" nobody")
		want := tcb.ErrNotFound
		if off.Abs() > 10*time.Minute {
			want = tcb.ErrUnauthorized
		}
		refused(t, fmt.Sprintf("a clock %s off", off), err, want)
	}
}

func (s *suite) expectNone(t *testing.T, id string) {
	t.Helper()
	if doc, err := s.docs.Get(t.Context(), id); !errors.Is(err, tcb.ErrNotFound) {
		t.Errorf("stored all the same: %v, %v", doc, err)
	}
}
