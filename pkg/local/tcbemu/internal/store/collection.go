package store

import (
	"bytes"
	"slices"

	"github.com/256dpi/lungo/bsonkit"
	"github.com/tidwall/btree"
	"go.mongodb.org/mongo-driver/bson"

	"webrtc-room/pkg/local/tcbemu/internal/mongo"
)

// maxDocument is the greatest size of a document, in BSON.
const maxDocument = 16 << 20

// A record is a document as it is kept. It never changes.
type record struct {
	seq uint64 // its place in the order of insertion
	id  any
	doc bson.D
	raw []byte // doc in BSON
}

// A collection holds records. Two goroutines may read one, and copy one that nobody
// writes to; a copy shares its nodes with the original until one of them is written to.
type collection struct {
	name    string
	bySeq   *btree.Map[uint64, *record]
	byID    *btree.BTreeG[*record]
	indexes []*index
	nextSeq uint64
}

func newCollection(name string, indexes []*mongo.Order) *collection {
	c := &collection{
		name:  name,
		bySeq: new(btree.Map[uint64, *record]),
		byID: btree.NewBTreeGOptions(func(a, b *record) bool {
			return bsonkit.Compare(a.id, b.id) < 0
		}, btree.Options{NoLocks: true}),
		nextSeq: 1,
	}
	for _, order := range indexes {
		c.indexes = append(c.indexes, newIndex(order))
	}
	return c
}

func (c *collection) copy() *collection {
	next := *c
	next.bySeq = c.bySeq.Copy()
	next.byID = c.byID.Copy()
	next.indexes = make([]*index, len(c.indexes))
	for i, x := range c.indexes {
		next.indexes[i] = x.copy()
	}
	return &next
}

// A match is a selected record, and the array element that decided, or -1.
type match struct {
	*record
	at int
}

// find returns the records that filter selects, or just so many as are enough, if that
// isn't 0. A nil filter selects all. They are in the order of insertion, unless sorted
// tells that they are in the one that was asked for.
func (c *collection) find(filter *mongo.Filter, order *mongo.Order, enough int) (found []match, sorted bool) {
	consider := func(r *record) (more bool) {
		at, ok := -1, true
		if filter != nil {
			at, ok = filter.Locate(r.doc)
		}
		if ok {
			found = append(found, match{r, at})
		}
		return enough == 0 || len(found) < enough
	}
	if filter != nil {
		if id, ok := filter.ID(); ok {
			if r, ok := c.byID.Get(&record{id: id}); ok {
				consider(r)
			}
			return found, true
		}
	}
	for _, x := range c.indexes {
		if x.find(filter, order, consider) {
			return found, true
		}
	}
	if order != nil {
		enough = 0 // the first in that order may be the last that is found
	}
	for _, x := range c.indexes {
		if x.find(filter, nil, consider) {
			return found, order == nil
		}
	}
	c.bySeq.Scan(func(_ uint64, r *record) bool { return consider(r) })
	return found, order == nil
}

// all returns every record, in the order of insertion.
func (c *collection) all() []*record { return c.bySeq.Values() }

// insert adds a document that has an _id, which it puts first.
func (c *collection) insert(doc bson.D) (*record, error) {
	r, err := newRecord(c.nextSeq, idFirst(doc))
	if err != nil {
		return nil, err
	}
	if err := mongo.CheckID(r.id); err != nil {
		return nil, err
	}
	if _, taken := c.byID.Get(r); taken {
		return nil, mongo.DuplicateIDError("tnt-local."+c.name, r.id)
	}
	c.set(r)
	c.nextSeq++
	return r, nil
}

// replace puts doc in the place of old. It returns old itself if they don't differ.
func (c *collection) replace(old *record, doc bson.D) (*record, error) {
	r, err := newRecord(old.seq, doc)
	if err != nil {
		return nil, err
	}
	if bytes.Equal(r.raw, old.raw) {
		return old, nil
	}
	for _, x := range c.indexes {
		x.remove(old)
	}
	c.set(r)
	return r, nil
}

func (c *collection) set(r *record) {
	c.bySeq.Set(r.seq, r)
	c.byID.Set(r)
	for _, x := range c.indexes {
		x.add(r)
	}
}

func (c *collection) delete(r *record) {
	c.bySeq.Delete(r.seq)
	c.byID.Delete(r)
	for _, x := range c.indexes {
		x.remove(r)
	}
}

func newRecord(seq uint64, doc bson.D) (*record, error) {
	raw, err := bson.Marshal(doc)
	if err != nil {
		return nil, &mongo.Error{Code: mongo.BadValue, Message: "can't be stored: " + err.Error()}
	}
	if len(raw) > maxDocument {
		return nil, &mongo.Error{Code: mongo.DocumentTooLarge, Message: "object to insert too large: a document may have 16 MB"}
	}
	id, _ := mongo.Field(doc, "_id")
	return &record{seq, id, doc, raw}, nil
}

func idFirst(doc bson.D) bson.D {
	i := slices.IndexFunc(doc, func(e bson.E) bool { return e.Key == "_id" })
	if i <= 0 {
		return doc
	}
	return slices.Insert(slices.Delete(slices.Clone(doc), i, i+1), 0, doc[i])
}
