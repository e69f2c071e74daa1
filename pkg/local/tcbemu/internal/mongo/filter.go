package mongo

import (
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"
)

// A Filter selects documents.
type Filter struct {
	root matcher
	// equal holds the fields that every selected document has: an upsert starts from
	// them, and the _id among them finds the document without a search.
	equal bson.D
	// ranges holds the other comparisons that every selected document satisfies.
	ranges []fieldComparison
}

type fieldComparison struct {
	field string
	compare
}

// A matcher judges a document. It leaves in at the index of the array element that
// decided, if one did, for the positional operator.
type matcher interface {
	matches(doc bson.D, at *int) bool
}

// Matches reports whether doc is selected.
func (f *Filter) Matches(doc bson.D) bool {
	_, ok := f.Locate(doc)
	return ok
}

// Locate is Matches; it also tells which element of an array a $ in an update's path
// stands for, or -1.
func (f *Filter) Locate(doc bson.D) (at int, ok bool) {
	at = -1
	ok = f.root.matches(doc, &at)
	return at, ok
}

// ID returns the _id of the only document that can be selected, if the filter names it.
func (f *Filter) ID() (id any, ok bool) { return Field(f.equal, "_id") }

// Equal returns the value that a field of every selected document has, or one of its
// elements, if the filter names one by which an index can be searched.
func (f *Filter) Equal(field string) (v any, ok bool) {
	v, ok = Field(f.equal, field)
	return v, ok && indexable(v)
}

// Range returns between which values a field of every selected document is, both
// included, if the filter says so and the field is no array.
func (f *Filter) Range(field string) (low, high any) {
	if v, ok := f.Equal(field); ok {
		return v, v
	}
	for _, c := range f.ranges {
		switch {
		case c.field != field || !indexable(c.with):
		case c.operator[:3] == "$gt":
			low = c.with
		default:
			high = c.with
		}
	}
	return low, high
}

// indexable tells whether what is equal to v, or less, or greater, has its place beside
// v in an order. A missing field counts as null; an array is one, or has one.
func indexable(v any) bool {
	switch v.(type) {
	case nil, bson.A, primitive.Null, primitive.Regex:
		return false
	}
	return !isNaN(v)
}

// ParseFilter reads a query document.
func ParseFilter(query bson.D) (*Filter, error) {
	p := parser{}
	root, err := p.query(query, true)
	if err != nil {
		return nil, err
	}
	return &Filter{root, p.equal, p.ranges}, nil
}

// every selects what all select.
type every []matcher

func (m every) matches(doc bson.D, at *int) bool {
	for _, part := range m {
		if !part.matches(doc, at) {
			return false
		}
	}
	return true
}

// anyOf selects what at least one selects.
type anyOf []matcher

func (m anyOf) matches(doc bson.D, at *int) bool {
	for _, part := range m {
		if part.matches(doc, at) {
			return true
		}
	}
	return false
}

// none selects what no one selects.
type none []matcher

func (m none) matches(doc bson.D, _ *int) bool {
	ignored := -1
	return !anyOf(m).matches(doc, &ignored)
}

// field judges what is at a path.
type field struct {
	path []string
	condition
}

func (m field) matches(doc bson.D, at *int) bool { return m.at(doc, m.path, at) }

// parser gathers, on its way, what every selected document satisfies.
type parser struct {
	equal  bson.D
	ranges []fieldComparison
}

// query parses the fields and logical operators of a query; they all must hold.
// certain is true where a selected document must satisfy what is parsed.
func (p *parser) query(query bson.D, certain bool) (matcher, error) {
	var parts every
	for _, e := range query {
		part, err := p.clause(e, certain)
		if err != nil {
			return nil, err
		}
		parts = append(parts, part)
	}
	return parts, nil
}

func (p *parser) clause(e bson.E, certain bool) (matcher, error) {
	switch {
	case e.Key == "$and":
		parts, err := p.queries(e, certain)
		return every(parts), err
	case e.Key == "$or":
		parts, err := p.queries(e, false)
		return anyOf(parts), err
	case e.Key == "$nor":
		parts, err := p.queries(e, false)
		return none(parts), err
	case e.Key == "$expr":
		return parseComparison(e.Value)
	case e.Key == "$comment":
		return every{}, nil
	case slices.Contains([]string{"$where", "$text", "$jsonSchema", "$sampleRate"}, e.Key):
		return nil, unsupported(e.Key)
	case strings.HasPrefix(e.Key, "$"):
		return nil, errorf(BadValue, "unknown top level operator: %s", e.Key)
	}
	path, err := splitWalked(e.Key)
	if err != nil {
		return nil, err
	}
	c, err := parseCondition(e.Value)
	if err != nil {
		return nil, err
	}
	if certain {
		p.gather(e.Key, c.comparisons())
	}
	return field{path, c}, nil
}

func (p *parser) gather(field string, comparisons []compare) {
	equal := false
	for _, c := range comparisons {
		switch {
		case c.operator != "$eq":
			p.ranges = append(p.ranges, fieldComparison{field, c})
		case !equal:
			p.equal = append(p.equal, bson.E{Key: field, Value: c.with})
			equal = true
		}
	}
}

func (p *parser) queries(e bson.E, certain bool) ([]matcher, error) {
	array, ok := e.Value.(bson.A)
	if !ok {
		return nil, errorf(BadValue, "%s must be an array", e.Key)
	}
	if len(array) == 0 {
		return nil, errorf(BadValue, "%s must be a nonempty array", e.Key)
	}
	var parts []matcher
	for _, item := range array {
		query, ok := item.(bson.D)
		if !ok {
			return nil, errorf(BadValue, "%s's entries need to be full objects", e.Key)
		}
		part, err := p.query(query, certain)
		if err != nil {
			return nil, err
		}
		parts = append(parts, part)
	}
	return parts, nil
}

// isOperators tells a document of operators, {$gt: 3}, from one to compare with.
func isOperators(v any) (bson.D, bool) {
	doc, ok := v.(bson.D)
	return doc, ok && len(doc) > 0 && strings.HasPrefix(doc[0].Key, "$")
}

// parseCondition reads what is asked of a field: a value to be equal to, a regular
// expression, or a document of operators.
func parseCondition(v any) (condition, error) {
	if operators, ok := isOperators(v); ok {
		return parseOperators(operators)
	}
	return parseValue(v)
}

// parseValue reads a value that stands for itself, or a regular expression.
func parseValue(v any) (condition, error) {
	if pattern, ok := v.(primitive.Regex); ok {
		return matchRegex(pattern)
	}
	return compare{"$eq", v}.leaf(), nil
}

func parseOperators(operators bson.D) (condition, error) {
	var parts conjunction
	for _, e := range operators {
		var part condition
		var err error
		switch e.Key {
		case "$regex":
			options, _ := Field(operators, "$options")
			part, err = parseRegex(e.Value, options)
		case "$options":
			if _, ok := Field(operators, "$regex"); !ok {
				err = errorf(BadValue, "$options needs a $regex")
			}
			part = conjunction{}
		default:
			part, err = parseOperator(e.Key, e.Value)
		}
		if err != nil {
			return nil, err
		}
		parts = append(parts, part)
	}
	if len(parts) == 1 {
		return parts[0], nil
	}
	return parts, nil
}

func parseOperator(name string, v any) (condition, error) {
	switch name {
	case "$eq", "$gt", "$gte", "$lt", "$lte":
		if _, ok := v.(primitive.Regex); ok && name != "$eq" {
			return nil, errorf(BadValue, "Can't have RegEx as arg to %s", name)
		}
		return compare{name, v}.leaf(), nil
	case "$ne":
		if _, ok := v.(primitive.Regex); ok {
			return nil, errorf(BadValue, "Can't have regex as arg to $ne.")
		}
		return negation{compare{"$eq", v}.leaf()}, nil
	case "$in":
		return parseIn(name, v)
	case "$nin":
		c, err := parseIn(name, v)
		return negation{c}, err
	case "$exists":
		if truthy(v) {
			return exists, nil
		}
		return negation{exists}, nil
	case "$not":
		return parseNot(v)
	case "$all":
		return parseAll(v)
	case "$elemMatch":
		return parseElemMatch(v)
	case "$size":
		return parseSize(v)
	case "$mod":
		return parseMod(v)
	case "$type":
		return parseType(v)
	case "$near", "$nearSphere", "$geoWithin", "$geoIntersects", "$within",
		"$bitsAllClear", "$bitsAllSet", "$bitsAnyClear", "$bitsAnySet":
		return nil, unsupported(name)
	default:
		return nil, errorf(BadValue, "unknown operator: %s", name)
	}
}
