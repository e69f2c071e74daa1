package mongo

import (
	"slices"
	"strings"

	"github.com/256dpi/lungo/bsonkit"
	"go.mongodb.org/mongo-driver/bson"
)

// An Order sorts documents.
type Order struct {
	keys []sortKey
}

type sortKey struct {
	path       []string
	descending bool
}

// ParseOrder reads a sort document, {created: -1, name: 1}.
func ParseOrder(doc bson.D) (*Order, error) {
	o := &Order{}
	for _, e := range doc {
		direction, ok := Integer(e.Value)
		switch {
		case !ok || direction != 1 && direction != -1:
			return nil, errorf(BadValue, "the order of '%s' must be 1 or -1", e.Key)
		case e.Key == "" || e.Key[0] == '$':
			return nil, errorf(BadValue, "can't sort by '%s'", e.Key)
		}
		path, err := splitWalked(e.Key)
		if err != nil {
			return nil, err
		}
		o.keys = append(o.keys, sortKey{path, direction == -1})
	}
	return o, nil
}

// Fields returns the fields to sort by.
func (o *Order) Fields() []string {
	fields := make([]string, len(o.keys))
	for i, key := range o.keys {
		fields[i] = strings.Join(key.path, ".")
	}
	return fields
}

// Follows tells whether o sorts as other does, or exactly the other way round.
func (o *Order) Follows(other *Order) (follows, reversed bool) {
	if len(o.keys) == 0 || len(o.keys) != len(other.keys) {
		return false, false
	}
	reversed = o.keys[0].descending != other.keys[0].descending
	for i, key := range o.keys {
		if !slices.Equal(key.path, other.keys[i].path) || (key.descending != other.keys[i].descending) != reversed {
			return false, false
		}
	}
	return true, reversed
}

// Descends tells whether the greatest value of the first field comes first.
func (o *Order) Descends() bool { return o.keys[0].descending }

// Values returns what doc is sorted by.
func (o *Order) Values(doc bson.D) []any {
	values := make([]any, len(o.keys))
	for i, key := range o.keys {
		values[i] = key.value(doc)
	}
	return values
}

// Compare compares what two documents are sorted by, or the first values of it.
func (o *Order) Compare(a, b []any) int {
	for i := range min(len(a), len(b)) {
		if compared := compareKeys(a[i], b[i]); compared != 0 {
			if o.keys[i].descending {
				return -compared
			}
			return compared
		}
	}
	return 0
}

// Elements returns the values that a document has at a path: those of an array
// besides the array itself, each once. array tells whether there is one on the way.
func Elements(doc bson.D, path string) (values []any, array bool) {
	walk(doc, split(path), true, -1, func(v any, at int) bool {
		if _, ok := v.(bson.A); ok || at >= 0 {
			array = true
		}
		if !slices.ContainsFunc(values, func(other any) bool { return bsonkit.Compare(v, other) == 0 }) {
			values = append(values, v)
		}
		return false
	})
	return values, array
}

// Sort sorts docs in place. What is equal stays in its order.
func (o *Order) Sort(docs []bson.D) {
	if len(o.keys) == 0 {
		return
	}
	type row struct {
		doc    bson.D
		values []any
	}
	rows := make([]row, len(docs))
	for i, doc := range docs {
		rows[i] = row{doc, o.Values(doc)}
	}
	slices.SortStableFunc(rows, func(a, b row) int { return o.Compare(a.values, b.values) })
	for i, row := range rows {
		docs[i] = row.doc
	}
}

// emptyArray is how an array without elements is sorted: before null.
type emptyArray struct{}

// value is what doc is sorted by. Of the elements of an array that is the least, or the
// greatest if the order is descending. Nothing counts as null.
func (k sortKey) value(doc bson.D) any {
	var best any
	found := false
	consider := func(v any) {
		if !found || k.before(v, best) {
			best, found = v, true
		}
	}
	walk(doc, k.path, false, -1, func(v any, _ int) bool {
		array, ok := v.(bson.A)
		switch {
		case !ok:
			consider(v)
		case len(array) == 0:
			consider(emptyArray{})
		default:
			for _, item := range array {
				consider(item)
			}
		}
		return false
	})
	return best
}

func (k sortKey) before(a, b any) bool {
	compared := compareKeys(a, b)
	return compared < 0 && !k.descending || compared > 0 && k.descending
}

func compareKeys(a, b any) int {
	_, emptyA := a.(emptyArray)
	_, emptyB := b.(emptyArray)
	switch {
	case emptyA && emptyB:
		return 0
	case emptyA:
		return -1
	case emptyB:
		return 1
	default:
		return bsonkit.Compare(a, b)
	}
}
