package mongo

import (
	"math"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/bson"
)

// A Projection keeps part of a document.
type Projection struct {
	root      *node
	including bool // what isn't named is left out
	hideID    bool
}

// A node of the tree of paths that a projection names.
type node struct {
	children map[string]*node
	// For a path's end: what becomes of the value, or nil to include or exclude it.
	transform func(v any) (any, bool)
}

// ParseProjection reads a projection, {name: 1}, {secret: 0}, {list: {$slice: 3}} or
// {list: {$elemMatch: {…}}}.
func ParseProjection(doc bson.D) (*Projection, error) {
	p := &Projection{root: &node{}}
	var include, exclude string // one field of each kind, if there are any
	for _, e := range doc {
		n, err := p.add(e.Key)
		if err != nil {
			return nil, err
		}
		switch v := e.Value.(type) {
		case bool, int32, int64, float64:
			switch {
			case e.Key == "_id":
				p.hideID = !truthy(v)
				continue
			case truthy(v):
				include = e.Key
			default:
				exclude = e.Key
			}
		case bson.D:
			if n.transform, err = parseTransform(v); err != nil {
				return nil, err
			}
			if v[0].Key == "$elemMatch" {
				include = e.Key
			}
		default:
			return nil, unsupported("a projection that computes '" + e.Key + "'")
		}
	}
	if include != "" && exclude != "" {
		return nil, errorf(BadValue, "Cannot do exclusion on field %s in inclusion projection", exclude)
	}
	_, onlyID := Field(doc, "_id")
	p.including = include != "" || onlyID && len(doc) == 1 && !p.hideID
	return p, nil
}

// add makes the node of a path's end.
func (p *Projection) add(path string) (*node, error) {
	n := p.root
	names := split(path)
	for i, name := range names {
		if name == "" || strings.HasPrefix(name, "$") {
			return nil, unsupported("the projection of '" + path + "'")
		}
		child := n.children[name]
		last := i == len(names)-1
		if child != nil && (last || child.children == nil) {
			return nil, errorf(BadValue, "Path collision at %s", path)
		}
		if child == nil {
			child = &node{}
			if n.children == nil {
				n.children = make(map[string]*node)
			}
			n.children[name] = child
		}
		n = child
	}
	return n, nil
}

// Apply returns the part of doc that the projection keeps, in doc's order.
func (p *Projection) Apply(doc bson.D) bson.D {
	kept := bson.D{}
	for _, e := range doc {
		n := p.root.children[e.Key]
		if e.Key == "_id" && (n == nil || n.children == nil) {
			if !p.hideID {
				kept = append(kept, e)
			}
			continue
		}
		if v, ok := p.field(n, e.Value); ok {
			kept = append(kept, bson.E{Key: e.Key, Value: v})
		}
	}
	return kept
}

// field returns what is kept of a field, of which n says what to do.
func (p *Projection) field(n *node, v any) (any, bool) {
	switch {
	case n == nil:
		return v, !p.including
	case n.transform != nil:
		return n.transform(v)
	case n.children == nil:
		return v, p.including
	default:
		return p.below(n, v)
	}
}

func (p *Projection) below(n *node, v any) (any, bool) {
	switch v := v.(type) {
	case bson.D:
		kept := bson.D{}
		for _, e := range v {
			if value, ok := p.field(n.children[e.Key], e.Value); ok {
				kept = append(kept, bson.E{Key: e.Key, Value: value})
			}
		}
		return kept, true
	case bson.A:
		kept := bson.A{}
		for _, item := range v {
			if value, ok := p.below(n, item); ok {
				kept = append(kept, value)
			}
		}
		return kept, true
	default:
		return v, !p.including
	}
}

func parseTransform(doc bson.D) (func(v any) (any, bool), error) {
	if len(doc) == 1 && doc[0].Key == "$slice" {
		return parseSlice(doc[0].Value)
	}
	if len(doc) != 1 || doc[0].Key != "$elemMatch" {
		return nil, unsupported("a projection by " + clip(show("operators", doc)))
	}
	c, err := parseElemMatch(doc[0].Value)
	if err != nil {
		return nil, err
	}
	return func(v any) (any, bool) {
		i := c.(element).find(v)
		if i < 0 {
			return nil, false
		}
		return bson.A{v.(bson.A)[i]}, true
	}, nil
}

// parseSlice reads {$slice: n}, the first n elements or the last -n, and
// {$slice: [skip, n]}.
func parseSlice(arg any) (func(v any) (any, bool), error) {
	numbers, ok := arg.(bson.A)
	if !ok {
		numbers = bson.A{arg}
	}
	var n []int
	for _, item := range numbers {
		i, ok := Integer(item)
		if !ok || i < -math.MaxInt32 || i > math.MaxInt32 {
			return nil, errorf(BadValue, "$slice needs whole numbers")
		}
		n = append(n, int(i))
	}
	if len(n) < 1 || len(n) > 2 || len(n) == 2 && n[1] <= 0 {
		return nil, errorf(BadValue, "$slice needs a number, or an array of a number to skip and a positive number to keep")
	}
	return func(v any) (any, bool) {
		array, ok := v.(bson.A)
		if !ok {
			return v, true
		}
		start, keep := 0, n[len(n)-1]
		if len(n) == 2 {
			start = n[0]
		} else if keep < 0 {
			start, keep = keep, -keep
		}
		if start < 0 {
			start = max(0, len(array)+start)
		}
		rest := array[min(start, len(array)):]
		return slices.Clone(rest[:min(keep, len(rest))]), true
	}, nil
}
