package roomstore_test

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"webrtc-room/pkg/tcb"
)

// fakeDB is a collection in memory, with the network in between. It knows just
// what a Store asks of a database.
type fakeDB struct {
	mu       sync.Mutex
	missing  bool // the collection isn't there yet
	docs     map[string]tcb.M
	requests int
	faults   map[int]fault  // by request, counted from 1
	meddle   map[int]func() // before a request, with the lock held
	late     []func()       // writes that are still on their way
	now      func() time.Time
}

type fault string

const (
	lostRequest fault = "request lost"
	lostReply   fault = "reply lost"
	lateRequest fault = "request late" // applied when arrive is called
	throttled   fault = "throttled"
	quotaUsedUp fault = "quota used up"
	forbidden   fault = "forbidden"
	conflict    fault = "conflict"
	resentOnce  fault = "request resent" // on the way; the reply is to the copy

	// Refusals of what is carried out all the same.
	throttledLate fault = "throttled too late"
	quotaLate     fault = "quota used up too late"
	conflictLate  fault = "conflict too late"
)

func newFakeDB() *fakeDB {
	return &fakeDB{docs: map[string]tcb.M{}, faults: map[int]fault{}, meddle: map[int]func(){}, now: time.Now}
}

// fail makes the request after the next n fail.
func (db *fakeDB) fail(n int, f fault) { db.faults[db.requests+1+n] = f }

// arrive applies the writes that were late.
func (db *fakeDB) arrive() {
	for _, apply := range db.late {
		apply()
	}
	db.late = nil
}

// do makes a request of apply, which runs with the lock held.
func (db *fakeDB) do(write bool, apply func() error) error {
	db.mu.Lock()
	defer db.mu.Unlock()
	db.requests++
	if meddle := db.meddle[db.requests]; meddle != nil {
		meddle()
	}
	silence := &tcb.Error{Code: tcb.CodeTimeout, MaybeApplied: write}
	switch db.faults[db.requests] {
	case lostRequest:
		return silence
	case lostReply:
		_ = apply() // the error is what is lost
		return silence
	case lateRequest:
		db.late = append(db.late, func() { _ = apply() })
		return silence
	case resentOnce:
		_ = apply()
	case throttledLate, quotaLate, conflictLate:
		_ = apply()
	}
	switch db.faults[db.requests] {
	case conflict, conflictLate:
		return &tcb.Error{Code: "DATABASE_TRANSACTION_CONFLICT", Err: tcb.ErrConflict}
	case throttled, throttledLate:
		return &tcb.Error{Code: "EXCEED_RATELIMIT", Err: tcb.ErrThrottled}
	case quotaUsedUp, quotaLate:
		return &tcb.Error{Code: "EXCEED_REQUEST_LIMIT", Err: tcb.ErrQuota}
	case forbidden:
		return &tcb.Error{Code: "PERMISSION_DENIED", Err: tcb.ErrUnauthorized}
	}
	if db.missing {
		return &tcb.Error{Err: tcb.ErrCollectionNotExist}
	}
	return apply()
}

func (db *fakeDB) Create(context.Context) error {
	db.mu.Lock()
	defer db.mu.Unlock()
	db.requests++
	if meddle := db.meddle[db.requests]; meddle != nil {
		meddle()
	}
	if !db.missing {
		return &tcb.Error{Err: tcb.ErrCollectionExists}
	}
	db.missing = false
	return nil
}

func (db *fakeDB) Insert(_ context.Context, doc tcb.M) (string, error) {
	id := doc["_id"].(string)
	return id, db.do(true, func() error {
		if _, ok := db.docs[id]; ok {
			return &tcb.Error{Err: tcb.ErrDuplicate}
		}
		db.docs[id] = db.stored(doc)
		return nil
	})
}

func (db *fakeDB) Get(_ context.Context, id string) (m tcb.M, err error) {
	err = db.do(false, func() error {
		doc, ok := db.docs[id]
		if !ok {
			return &tcb.Error{Err: tcb.ErrNotFound}
		}
		m = maps.Clone(doc)
		return nil
	})
	return m, err
}

func (db *fakeDB) Find(_ context.Context, q tcb.Query) (found []tcb.M, err error) {
	if q.Skip > 0 && len(q.Sort) != 2 {
		return nil, errors.New("the order isn't total")
	}
	err = db.do(false, func() error {
		for _, doc := range db.docs {
			if satisfies(doc, q.Filter) {
				found = append(found, maps.Clone(doc))
			}
		}
		slices.SortFunc(found, func(a, b tcb.M) int {
			at, _ := a["createTime"].(time.Time)
			bt, _ := b["createTime"].(time.Time)
			return cmp.Or(bt.Compare(at), cmp.Compare(b["_id"].(string), a["_id"].(string)))
		})
		found = found[min(q.Skip, len(found)):]
		found = found[:min(q.Limit, len(found))]
		return nil
	})
	return found, err
}

func (db *fakeDB) Update(_ context.Context, filter, update tcb.M) (n int, err error) {
	err = db.do(true, func() error {
		if doc := db.match(filter); doc != nil {
			maps.Copy(doc, db.stored(update["$set"].(tcb.M)))
			n = 1
		}
		return nil
	})
	return n, err
}

func (db *fakeDB) Remove(_ context.Context, filter tcb.M) (n int, err error) {
	err = db.do(true, func() error {
		if doc := db.match(filter); doc != nil {
			delete(db.docs, doc["_id"].(string))
			n = 1
		}
		return nil
	})
	return n, err
}

// satisfies reports whether the filter of a query matches the document.
func satisfies(doc, filter tcb.M) bool {
	matches := func(filter any) bool { return satisfies(doc, filter.(tcb.M)) }
	for field, condition := range filter {
		name, index, _ := strings.Cut(field, ".")
		value, exists := doc[name]
		if values, _ := value.([]any); index == "0" {
			exists = len(values) > 0
		}
		operators, isOperators := condition.(tcb.M)
		var ok bool
		switch {
		case index != "" && index != "0": // of one of the objects in a list
			values, _ := value.([]any)
			ok = slices.ContainsFunc(values, func(v any) bool { return satisfies(v.(tcb.M), tcb.M{index: condition}) })
		case field == "$or":
			ok = slices.ContainsFunc(condition.([]any), matches)
		case field == "$nor":
			ok = !slices.ContainsFunc(condition.([]any), matches)
		case isOperators:
			ok = true
			for operator, operand := range operators {
				ok = ok && compares(value, exists, operator, operand)
			}
		default:
			values, _ := value.([]any)
			ok = reflect.DeepEqual(value, condition) || slices.Contains(values, condition)
		}
		if !ok {
			return false
		}
	}
	return true
}

// compares reports whether an operator holds. Values of different types don't compare.
func compares(value any, exists bool, operator string, operand any) bool {
	if operator == "$exists" {
		return exists == operand.(bool)
	}
	var order int
	switch operand := operand.(type) {
	case time.Time:
		at, ok := value.(time.Time)
		if !ok {
			return false
		}
		order = at.Compare(operand)
	case string:
		order = strings.Compare(value.(string), operand)
	}
	return map[string]bool{"$gt": order > 0, "$lt": order < 0, "$lte": order <= 0}[operator]
}

// match returns the document that a guard names. The absence of a guard would be
// a write to whatever is there.
func (db *fakeDB) match(filter tcb.M) tcb.M {
	_, guarded := filter["rev"]
	doc := db.docs[filter["_id"].(string)]
	if !guarded || doc == nil {
		return nil
	}
	for field, value := range filter {
		if !reflect.DeepEqual(doc[field], value) {
			return nil
		}
	}
	return doc
}

// stored is what comes back of a document that is written.
func (db *fakeDB) stored(doc tcb.M) tcb.M {
	m := maps.Clone(doc)
	for field, value := range doc {
		switch value := value.(type) {
		case tcb.ServerDate:
			m[field] = db.now().Add(time.Duration(value)).UTC()
		case []string:
			m[field] = list(value)
		case []tcb.M:
			m[field] = list(value)
		}
	}
	return m
}

func list[T any](values []T) []any {
	l := make([]any, len(values))
	for i, v := range values {
		l[i] = v
	}
	return l
}
