package store

import (
	"strconv"
	"strings"

	"github.com/256dpi/lungo/bsonkit"
	"go.mongodb.org/mongo-driver/bson"

	"webrtc-room/pkg/local/tcbemu/internal/mongo"
)

// An Index forbids two documents with the same values. It makes nothing faster.
type Index struct {
	Key     bson.D // {field: 1, other: -1}
	Partial bson.D // only documents that this filter selects count; nil for all
}

type index struct {
	Index
	partial *mongo.Filter // nil for all
	base    *bsonkit.Index
}

func newIndex(spec Index) (*index, error) {
	if len(spec.Key) == 0 {
		return nil, &mongo.Error{Code: mongo.BadValue, Message: "an index needs a key"}
	}
	if _, err := mongo.ParseOrder(spec.Key); err != nil {
		return nil, err
	}
	x := &index{Index: spec}
	columns := make([]bsonkit.Column, len(spec.Key))
	for i, e := range spec.Key {
		columns[i].Path = e.Key
	}
	x.base = bsonkit.NewIndex(true, columns)
	if spec.Partial == nil {
		return x, nil
	}
	var err error
	x.partial, err = mongo.ParseFilter(spec.Partial)
	return x, err
}

// name is the one that MongoDB would give it: field_1_other_-1.
func (x *index) name() string {
	var parts []string
	for _, e := range x.Key {
		direction := "1"
		if mongo.Same(e.Value, int32(-1)) {
			direction = "-1"
		}
		parts = append(parts, e.Key, direction)
	}
	return strings.Join(parts, "_")
}

// key is what the index sees of a record, for messages.
func (x *index) key(r *record) bson.D {
	var key bson.D
	for _, e := range x.Key {
		value := bsonkit.Get(&r.doc, e.Key)
		if value == bsonkit.Missing {
			value = nil
		}
		key = append(key, bson.E{Key: e.Key, Value: value})
	}
	return key
}

func (x *index) copy() *index {
	next := *x
	next.base = x.base.Clone()
	return &next
}

func (x *index) counts(r *record) bool { return x.partial == nil || x.partial.Matches(r.doc) }

// add returns false if another record has the same values.
func (x *index) add(r *record) bool { return !x.counts(r) || x.base.Add(&r.doc) }

func (x *index) remove(r *record) {
	if x.counts(r) {
		x.base.Remove(&r.doc)
	}
}

func (c *collection) addIndex(spec Index) error {
	x, err := newIndex(spec)
	if err != nil {
		return err
	}
	for _, m := range c.find(nil, 0) {
		if !x.add(m.record) {
			return c.duplicate(x.name(), x.key(m.record))
		}
	}
	c.indexes = append(c.indexes, x)
	return nil
}

// bsonIndex names an index's parts in the file.
type bsonIndex struct {
	Key     bson.D `bson:"key"`
	Partial bson.D `bson:"partial,omitempty"`
}

// indexKeys numbers the indexes of a collection in the file.
func indexKey(i int) []byte { return []byte(strconv.Itoa(i)) }
