package mongo

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/256dpi/lungo/bsonkit"
	"go.mongodb.org/mongo-driver/bson"
)

// An Update turns a document into another: by operators, or by replacing all but its _id.
type Update struct {
	changes     []change
	replacement bson.D // instead of changes; nil if there are operators
}

// A change is what one operator does to one path.
type change struct {
	operator string
	path     []string
	modify   modifier
	to       []string // of $rename
}

// ParseUpdate reads a document of update operators.
func ParseUpdate(update bson.D) (*Update, error) {
	if len(update) == 0 {
		return nil, errorf(FailedToParse, "the update is empty")
	}
	u := new(Update)
	for _, e := range update {
		fields, err := fieldsOf(e)
		if err != nil {
			return nil, err
		}
		for _, f := range fields {
			c, err := parseChange(e.Key, f)
			if err != nil {
				return nil, err
			}
			u.changes = append(u.changes, c)
		}
	}
	return u, sortChanges(u.changes)
}

// ParseReplacement reads a document that takes another one's place.
func ParseReplacement(doc bson.D) (*Update, error) {
	if err := CheckStorable(doc); err != nil {
		return nil, err
	}
	return &Update{replacement: slices.Clone(doc)}, nil
}

// IsReplacement tells what ParseReplacement made from what ParseUpdate made.
func (u *Update) IsReplacement() bool { return u.replacement != nil }

func fieldsOf(e bson.E) (bson.D, error) {
	_, known := modifiers[e.Key]
	switch {
	case known:
	case e.Key == "$bit", e.Key == "$currentDate":
		return nil, unsupported(e.Key)
	default:
		return nil, errorf(FailedToParse, "Unknown modifier: %s. Expected a valid update modifier.", e.Key)
	}
	fields, ok := e.Value.(bson.D)
	if !ok {
		return nil, errorf(FailedToParse, "Modifiers operate on fields but we found type %s instead: %s", typeName(e.Value), show(e.Key, e.Value))
	}
	return fields, nil
}

func parseChange(operator string, f bson.E) (change, error) {
	c := change{operator: operator, path: split(f.Key)}
	if err := checkPath(f.Key, true); err != nil {
		return c, err
	}
	if operator == "$rename" {
		target, ok := f.Value.(string)
		if !ok {
			return c, errorf(BadValue, "The 'to' field for $rename must be a string: %s", show(f.Key, f.Value))
		}
		c.to = split(target)
		return c, cmp.Or(checkPath(f.Key, false), checkPath(target, false))
	}
	var err error
	c.modify, err = modifiers[operator](f.Key, f.Value)
	return c, err
}

// checkPath refuses names that can't be stored; positional says that $ and $[] may
// stand for elements of an array.
func checkPath(path string, positional bool) error {
	for i, name := range split(path) {
		switch {
		case name == "":
			return errorf(EmptyFieldName, "The update path '%s' contains an empty field name, which is not allowed.", path)
		case !strings.HasPrefix(name, "$"):
		case strings.HasPrefix(name, "$[") && name != "$[]":
			return errorf(BadValue, "No array filter found for identifier '%s'", strings.Trim(name, "$[]"))
		case isPositional(name) && i > 0 && positional:
		case isPositional(name):
			return errorf(BadValue, "The positional operator in '%s' is not allowed there.", path)
		default:
			return errorf(DollarPrefixedField, "The dollar ($) prefixed field '%s' in '%s' is not valid for storage.", name, path)
		}
	}
	return nil
}

func isPositional(name string) bool { return name == "$" || name == "$[]" }

// sortChanges sorts changes as MongoDB applies them, by path, so that new fields come in that
// order; and refuses two changes of the same field.
func sortChanges(changes []change) error {
	slices.SortStableFunc(changes, func(a, b change) int { return slices.CompareFunc(a.path, b.path, compareNames) })
	var all [][]string
	for _, c := range changes {
		all = append(all, c.path)
		if c.to != nil {
			all = append(all, c.to)
		}
	}
	slices.SortFunc(all, slices.Compare)
	for i := 1; i < len(all); i++ {
		a, b := all[i-1], all[i]
		if len(a) <= len(b) && slices.Equal(a, b[:len(a)]) {
			return errorf(ConflictingOperators, "Updating the path '%s' would create a conflict at '%s'",
				strings.Join(b, "."), strings.Join(a, "."))
		}
	}
	return nil
}

// compareNames orders array indexes as numbers and anything else as text.
func compareNames(a, b string) int {
	i, ok1 := index(a)
	j, ok2 := index(b)
	if ok1 && ok2 {
		return cmp.Compare(i, j)
	}
	return cmp.Compare(a, b)
}

// Apply returns what doc becomes. at is what Filter.Locate told of doc.
func (u *Update) Apply(doc bson.D, at int) (bson.D, error) {
	id, _ := Field(doc, "_id")
	if u.IsReplacement() {
		return withID(u.replacement, id)
	}
	next, err := u.apply(doc, at, false)
	if err != nil {
		return nil, err
	}
	if newID, _ := Field(next, "_id"); !Same(newID, id) || newID == bsonkit.Missing {
		return nil, immutableID()
	}
	return next, nil
}

// Insert returns the document that an upsert makes where f found none. It has an _id
// only if the filter or the update says which.
func (u *Update) Insert(f *Filter) (bson.D, error) {
	id, identified := f.ID()
	if u.IsReplacement() {
		if !identified {
			return slices.Clone(u.replacement), nil
		}
		return withID(u.replacement, id)
	}
	var base any = bson.D{}
	for i, e := range f.equal {
		for _, earlier := range f.equal[:i] {
			if earlier.Key == e.Key {
				return nil, errorf(NotSingleValueField, "cannot infer query fields to set, path '%s' is matched twice", e.Key)
			}
		}
		var err error
		if base, err = put("", base, split(e.Key), e.Value); err != nil {
			return nil, err
		}
	}
	doc, err := u.apply(base.(bson.D), -1, true)
	if err != nil {
		return nil, err
	}
	if newID, _ := Field(doc, "_id"); identified && !Same(newID, id) {
		return nil, immutableID()
	}
	return doc, nil
}

func immutableID() error {
	return errorf(ImmutableField, "Performing an update on the path '_id' would modify the immutable field '_id'")
}

// withID returns replacement with id in front. It may name the same id itself.
func withID(replacement bson.D, id any) (bson.D, error) {
	doc := bson.D{{Key: "_id", Value: id}}
	for _, e := range replacement {
		if e.Key != "_id" {
			doc = append(doc, e)
		} else if !Same(e.Value, id) {
			return nil, errorf(ImmutableField, "the (immutable) field '_id' was found to have been altered")
		}
	}
	return doc, nil
}

func (u *Update) apply(doc bson.D, at int, inserting bool) (bson.D, error) {
	changes, err := u.resolve(doc, at)
	if err != nil {
		return nil, err
	}
	next := *bsonkit.Clone(&doc)
	for _, c := range changes {
		if c.operator == "$setOnInsert" && !inserting {
			continue
		}
		if next, err = c.apply(next); err != nil {
			return nil, err
		}
	}
	return next, nil
}

// apply may change doc.
func (c change) apply(doc bson.D) (bson.D, error) {
	old := lookup(doc, c.path)
	if c.to != nil {
		return c.rename(doc, old)
	}
	value, err := c.modify(old)
	switch {
	case err != nil:
		return nil, err
	case value != bsonkit.Missing:
		next, err := put("", doc, c.path, value)
		if err != nil {
			return nil, err
		}
		return next.(bson.D), nil
	case old != bsonkit.Missing:
		return remove(doc, c.path).(bson.D), nil
	case c.operator != "$unset":
		// Nothing to do, but only if there could have been something.
		_, err := put("", *bsonkit.Clone(&doc), c.path, nil)
		return doc, err
	default:
		return doc, nil
	}
}

func (c change) rename(doc bson.D, value any) (bson.D, error) {
	for _, path := range [][]string{c.path, c.to} {
		for i := range path {
			if _, ok := lookup(doc, path[:i]).(bson.A); ok {
				return nil, errorf(BadValue, "$rename can't go through an array: '%s'", strings.Join(path, "."))
			}
		}
	}
	if value == bsonkit.Missing {
		return doc, nil
	}
	next, err := put("", remove(doc, c.path), c.to, value)
	if err != nil {
		return nil, err
	}
	return next.(bson.D), nil
}

// resolve replaces $ and $[] in paths by the indexes that they mean in doc.
func (u *Update) resolve(doc bson.D, at int) ([]change, error) {
	if !slices.ContainsFunc(u.changes, func(c change) bool { return slices.ContainsFunc(c.path, isPositional) }) {
		return u.changes, nil
	}
	var changes []change
	for _, c := range u.changes {
		paths, err := expand(doc, c.path, at)
		if err != nil {
			return nil, err
		}
		for _, c.path = range paths {
			changes = append(changes, c)
		}
	}
	return changes, sortChanges(changes)
}

func expand(doc bson.D, path []string, at int) ([][]string, error) {
	i := slices.IndexFunc(path, isPositional)
	if i < 0 {
		return [][]string{path}, nil
	}
	with := func(index int) []string {
		concrete := slices.Clone(path)
		concrete[i] = strconv.Itoa(index)
		return concrete
	}
	if path[i] == "$" {
		if at < 0 {
			return nil, errorf(BadValue, "The positional operator did not find the match needed from the query.")
		}
		return expand(doc, with(at), at)
	}
	parent := lookup(doc, path[:i])
	array, ok := parent.(bson.A)
	switch {
	case parent == bsonkit.Missing:
		return nil, errorf(BadValue, "The path '%s' must exist in the document in order to apply array updates.", strings.Join(path[:i], "."))
	case !ok:
		return nil, errorf(BadValue, "Cannot apply array updates to non-array element %s", show(path[i-1], parent))
	}
	var paths [][]string
	for j := range array {
		more, err := expand(doc, with(j), at)
		if err != nil {
			return nil, err
		}
		paths = append(paths, more...)
	}
	return paths, nil
}
