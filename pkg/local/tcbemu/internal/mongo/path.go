package mongo

import (
	"strconv"
	"strings"

	"github.com/256dpi/lungo/bsonkit"
	"go.mongodb.org/mongo-driver/bson"
)

// maxPadding is how far past an array's end MongoDB lets an index reach.
const maxPadding = 1_500_000

// maxIndexes is how many segments of a path to walk may be numbers. Each may mean an
// index as well as a name, so each nearly doubles the ways to go.
const maxIndexes = 16

func split(path string) []string { return strings.Split(path, ".") }

// splitWalked is split for a path to walk.
func splitWalked(path string) ([]string, error) {
	names := split(path)
	numbers := 0
	for _, name := range names {
		if _, ok := index(name); ok {
			numbers++
		}
	}
	if numbers > maxIndexes {
		return nil, unsupported("a path with more than 16 numbers (" + clip(path) + ")")
	}
	return names, nil
}

// index reads a segment of a path as an array index: digits, no leading zero.
func index(segment string) (int, bool) {
	if segment == "" || (len(segment) > 1 && segment[0] == '0') || segment[0] < '0' || segment[0] > '9' {
		return 0, false
	}
	i, err := strconv.Atoi(segment)
	return i, err == nil
}

// A visit sees a value that a path reaches, and the index of the array element that
// the path went through last, or -1. It returns true to stop.
type visit func(v any, at int) bool

// walk shows visit every value that path reaches in doc, in the order of MongoDB's
// matcher, and reports whether visit stopped it. A path enters the documents in an
// array by itself; an index in it means the element as well as a field of that name.
// Where the path leads nowhere, visit sees bsonkit.Missing. An array at the path's
// end is seen as a whole, and before that element by element if elements is set.
func walk(doc bson.D, path []string, elements bool, at int, see visit) bool {
	var v any = doc
	for i, name := range path {
		switch parent := v.(type) {
		case bson.D:
			var ok bool
			if v, ok = Field(parent, name); !ok {
				return see(bsonkit.Missing, at)
			}
		case bson.A:
			return walkArray(parent, path[i:], elements, see)
		default:
			return see(bsonkit.Missing, at)
		}
	}
	if array, ok := v.(bson.A); ok && elements {
		for i, element := range array {
			if see(element, i) {
				return true
			}
		}
	}
	return see(v, at)
}

func walkArray(array bson.A, path []string, elements bool, see visit) bool {
	wanted, numeric := index(path[0])
	for i, element := range array {
		here := numeric && i == wanted
		if doc, ok := element.(bson.D); ok && walk(doc, path, elements, i, see) {
			return true
		}
		switch {
		case !here:
			continue
		case len(path) == 1:
			if see(element, i) {
				return true
			}
		default:
			switch element := element.(type) {
			case bson.D:
				if walk(element, path[1:], elements, i, see) {
					return true
				}
			case bson.A:
				if walkArray(element, path[1:], elements, see) {
					return true
				}
			}
		}
	}
	return false
}

// lookup finds the one value at path, as an update means it: an index is an index.
func lookup(v any, path []string) any {
	for _, name := range path {
		switch parent := v.(type) {
		case bson.D:
			v, _ = Field(parent, name)
		case bson.A:
			i, ok := index(name)
			if !ok || i >= len(parent) {
				return bsonkit.Missing
			}
			v = parent[i]
		default:
			return bsonkit.Missing
		}
	}
	return v
}

// put returns v, which is called name, with value at path below it. It makes the
// documents that are missing on the way, and may change v.
func put(name string, v any, path []string, value any) (any, error) {
	if len(path) == 0 {
		return value, nil
	}
	next, rest := path[0], path[1:]
	switch parent := v.(type) {
	case bsonkit.MissingType:
		child, err := put(next, bsonkit.Missing, rest, value)
		return bson.D{{Key: next, Value: child}}, err
	case bson.D:
		for i := range parent {
			if parent[i].Key == next {
				child, err := put(next, parent[i].Value, rest, value)
				parent[i].Value = child
				return parent, err
			}
		}
		child, err := put(next, bsonkit.Missing, rest, value)
		return append(parent, bson.E{Key: next, Value: child}), err
	case bson.A:
		i, ok := index(next)
		if !ok {
			break
		}
		if i < len(parent) {
			child, err := put(next, parent[i], rest, value)
			parent[i] = child
			return parent, err
		}
		if i-len(parent) > maxPadding {
			return nil, errorf(BadValue, "can't grow the array '%s' to index %d: it has %d elements", name, i, len(parent))
		}
		child, err := put(next, bsonkit.Missing, rest, value)
		for len(parent) < i {
			parent = append(parent, nil)
		}
		return append(parent, child), err
	}
	return nil, errorf(PathNotViable, "Cannot create field '%s' in element %s", next, show(name, v))
}

// remove returns v without what is at path, which must be there. It may change v.
// An array keeps its length: the element becomes null.
func remove(v any, path []string) any {
	next, rest := path[0], path[1:]
	switch parent := v.(type) {
	case bson.D:
		for i := range parent {
			if parent[i].Key != next {
				continue
			}
			if len(rest) == 0 {
				return append(parent[:i], parent[i+1:]...)
			}
			parent[i].Value = remove(parent[i].Value, rest)
		}
	case bson.A:
		i, _ := index(next)
		if len(rest) == 0 {
			parent[i] = nil
		} else {
			parent[i] = remove(parent[i], rest)
		}
	}
	return v
}
