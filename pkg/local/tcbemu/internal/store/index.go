package store

import (
	"cmp"
	"slices"

	"github.com/tidwall/btree"
	"go.mongodb.org/mongo-driver/bson"

	"webrtc-room/pkg/local/tcbemu/internal/mongo"
)

// An index keeps the records of a collection in an order, so that a query that asks for
// that order, or the opposite one, needs only look at what it returns. An index of one
// field also finds the records with a value in it. An index changes no answer.
type index struct {
	order  *mongo.Order
	fields []string
	tree   *btree.BTreeG[entry]
	arrays int // records that have an array in one of the fields
}

// An entry is the place of a record. In an index of one field, a record has an entry
// for each element of an array.
type entry struct {
	values []any // the first of them, or none, in a place to search from
	seq    uint64
	*record
}

func newIndex(order *mongo.Order) *index {
	x := &index{order: order, fields: order.Fields()}
	x.tree = btree.NewBTreeGOptions(func(a, b entry) bool {
		if c := order.Compare(a.values, b.values); c != 0 {
			return c < 0
		}
		return a.seq < b.seq
	}, btree.Options{NoLocks: true})
	return x
}

func (x *index) copy() *index {
	next := *x
	next.tree = x.tree.Copy()
	return &next
}

// entries returns the places of a record.
func (x *index) entries(r *record) (entries []entry, array bool) {
	var values []any
	for _, field := range x.fields {
		var has bool
		values, has = mongo.Elements(r.doc, field)
		array = array || has
	}
	if !array || len(x.fields) > 1 {
		return []entry{{x.order.Values(r.doc), r.seq, r}}, array
	}
	for _, v := range values {
		entries = append(entries, entry{[]any{v}, r.seq, r})
	}
	return entries, array
}

func (x *index) add(r *record) {
	entries, array := x.entries(r)
	for _, e := range entries {
		x.tree.Set(e)
	}
	if array {
		x.arrays++
	}
}

func (x *index) remove(r *record) {
	entries, array := x.entries(r)
	for _, e := range entries {
		x.tree.Delete(e)
	}
	if array {
		x.arrays--
	}
}

// find shows see the records that the filter may select, in the order that the query
// asks for, until it returns false. It returns false itself if the index can't help.
func (x *index) find(filter *mongo.Filter, order *mongo.Order, see func(*record) (more bool)) bool {
	if order == nil {
		return x.findEqual(filter, see)
	}
	follows, reversed := order.Follows(x.order)
	if !follows || x.arrays > 0 {
		return false
	}
	var low, high any
	if filter != nil {
		low, high = filter.Range(x.fields[0])
	}
	first, last := low, high
	if order.Descends() {
		first, last = high, low
	}
	var same []*record // what is equal stays in the order of insertion, also if reversed
	var values []any
	flush := func() (more bool) {
		equal := same
		same = nil
		slices.SortFunc(equal, func(a, b *record) int { return cmp.Compare(a.seq, b.seq) })
		for _, r := range equal {
			if !see(r) {
				return false
			}
		}
		return true
	}
	step := func(e entry) bool {
		if last != nil && order.Compare(e.values, []any{last}) > 0 {
			return false
		}
		if len(same) > 0 && order.Compare(e.values, values) != 0 && !flush() {
			return false
		}
		same, values = append(same, e.record), e.values
		return true
	}
	switch {
	case !reversed && first == nil:
		x.tree.Scan(step)
	case !reversed:
		x.tree.Ascend(entry{values: []any{first}}, step)
	case first == nil:
		x.tree.Reverse(step)
	default:
		x.tree.Descend(entry{values: []any{first}, seq: ^uint64(0)}, step)
	}
	flush()
	return true
}

// findEqual is find for what an index of one field has, in the order of insertion.
func (x *index) findEqual(filter *mongo.Filter, see func(*record) (more bool)) bool {
	if filter == nil || len(x.fields) > 1 {
		return false
	}
	v, ok := filter.Equal(x.fields[0])
	if !ok {
		return false
	}
	x.tree.Ascend(entry{values: []any{v}}, func(e entry) bool {
		return x.order.Compare(e.values, []any{v}) == 0 && see(e.record)
	})
	return true
}

// Indexes are the orders in which collections keep their records besides the order of
// insertion, by the collection's name.
type Indexes map[string][]*mongo.Order

// ParseIndexes reads documents such as {created: -1, _id: -1}.
func ParseIndexes(docs map[string][]bson.D) (Indexes, error) {
	parsed := make(Indexes)
	for name, keys := range docs {
		for _, key := range keys {
			order, err := mongo.ParseOrder(key)
			if err != nil {
				return nil, err
			}
			if len(order.Fields()) == 0 {
				return nil, &mongo.Error{Code: mongo.BadValue, Message: "an index needs a key"}
			}
			parsed[name] = append(parsed[name], order)
		}
	}
	return parsed, nil
}
