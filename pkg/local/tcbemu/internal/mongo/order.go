package mongo

import (
	"slices"

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
		rows[i] = row{doc, make([]any, len(o.keys))}
		for j, key := range o.keys {
			rows[i].values[j] = key.value(doc)
		}
	}
	slices.SortStableFunc(rows, func(a, b row) int {
		for i, key := range o.keys {
			order := compareKeys(a.values[i], b.values[i])
			if key.descending {
				order = -order
			}
			if order != 0 {
				return order
			}
		}
		return 0
	})
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
	order := compareKeys(a, b)
	return order < 0 && !k.descending || order > 0 && k.descending
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
