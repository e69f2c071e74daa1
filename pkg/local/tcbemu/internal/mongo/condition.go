package mongo

import (
	"math"
	"regexp"
	"strings"

	"github.com/256dpi/lungo/bsonkit"
	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/bsontype"
	"go.mongodb.org/mongo-driver/bson/primitive"
)

// A condition is what one or more operators ask.
type condition interface {
	// at judges what path reaches in doc; it leaves in index the array index that
	// decided, if one did.
	at(doc bson.D, path []string, index *int) bool
	// holds judges one value that no path leads to: an element, for $elemMatch.
	holds(v any) bool
	// comparisons returns what the condition certainly asks, as far as it compares.
	comparisons() []compare
}

// leaf is satisfied if one of the values that the path reaches passes the test.
type leaf struct {
	test func(v any) bool // of a value or bsonkit.Missing
	// whole means that an array is tested, not its elements.
	whole bool
	// compares is what the test asks, if that is a comparison.
	compares []compare
}

func (c leaf) at(doc bson.D, path []string, index *int) bool {
	return walk(doc, path, !c.whole, -1, func(v any, at int) bool {
		if !c.test(v) {
			return false
		}
		if at >= 0 {
			*index = at
		}
		return true
	})
}

func (c leaf) holds(v any) bool { return c.test(v) }

func (c leaf) comparisons() []compare { return c.compares }

// negation is satisfied if its condition is not, by any of the values.
type negation struct{ condition }

func (c negation) at(doc bson.D, path []string, _ *int) bool {
	ignored := -1
	return !c.condition.at(doc, path, &ignored)
}
func (c negation) holds(v any) bool       { return !c.condition.holds(v) }
func (c negation) comparisons() []compare { return nil }

// conjunction is satisfied if all are, each perhaps by another value.
type conjunction []condition

func (c conjunction) at(doc bson.D, path []string, index *int) bool {
	for _, part := range c {
		if !part.at(doc, path, index) {
			return false
		}
	}
	return true
}

func (c conjunction) holds(v any) bool {
	for _, part := range c {
		if !part.holds(v) {
			return false
		}
	}
	return true
}

func (c conjunction) comparisons() []compare {
	var all []compare
	for _, part := range c {
		all = append(all, part.comparisons()...)
	}
	return all
}

// element is $elemMatch: one element of an array satisfies everything.
type element struct {
	matches func(v any) bool
}

func (c element) find(v any) int {
	array, _ := v.(bson.A)
	for i, item := range array {
		if c.matches(item) {
			return i
		}
	}
	return -1
}

func (c element) at(doc bson.D, path []string, index *int) bool {
	return walk(doc, path, false, -1, func(v any, _ int) bool {
		i := c.find(v)
		if i >= 0 {
			*index = i
		}
		return i >= 0
	})
}

func (c element) holds(v any) bool       { return c.find(v) >= 0 }
func (c element) comparisons() []compare { return nil }

// compare is $eq, $gt, $gte, $lt, $lte. Only values of one kind compare: a number is
// neither greater nor less than a string.
type compare struct {
	operator string
	with     any
}

func (c compare) leaf() leaf { return leaf{test: c.test, compares: []compare{c}} }

func (c compare) test(v any) bool {
	kind, _ := bsonkit.Inspect(c.with)
	if other, _ := bsonkit.Inspect(v); kind != other {
		return false
	}
	compared := bsonkit.Compare(v, c.with)
	if compared != 0 && (isNaN(v) || isNaN(c.with)) {
		return false
	}
	switch c.operator {
	case "$gt":
		return compared > 0
	case "$gte":
		return compared >= 0
	case "$lt":
		return compared < 0
	case "$lte":
		return compared <= 0
	default:
		return compared == 0
	}
}

var exists = leaf{test: func(v any) bool { return v != bsonkit.Missing }}

func parseIn(name string, v any) (condition, error) {
	array, ok := v.(bson.A)
	if !ok {
		return nil, errorf(BadValue, "%s needs an array", name)
	}
	var tests []condition
	for _, item := range array {
		if _, ok := isOperators(item); ok {
			return nil, errorf(BadValue, "cannot nest $ under %s", name)
		}
		c, err := parseValue(item)
		if err != nil {
			return nil, err
		}
		tests = append(tests, c)
	}
	return leaf{test: func(v any) bool {
		for _, c := range tests {
			if c.holds(v) {
				return true
			}
		}
		return false
	}}, nil
}

func parseNot(v any) (condition, error) {
	if pattern, ok := v.(primitive.Regex); ok {
		c, err := matchRegex(pattern)
		return negation{c}, err
	}
	operators, ok := v.(bson.D)
	if !ok {
		return nil, errorf(BadValue, "$not needs a regex or a document")
	}
	if len(operators) == 0 {
		return nil, errorf(BadValue, "$not cannot be empty")
	}
	c, err := parseOperators(operators)
	return negation{c}, err
}

func parseAll(v any) (condition, error) {
	array, ok := v.(bson.A)
	if !ok {
		return nil, errorf(BadValue, "$all needs an array")
	}
	if len(array) == 0 {
		return leaf{test: func(any) bool { return false }}, nil
	}
	var parts conjunction
	for _, item := range array {
		operators, ok := isOperators(item)
		if ok && (len(operators) != 1 || operators[0].Key != "$elemMatch") {
			return nil, errorf(BadValue, "no $ expressions in $all")
		}
		c, err := parseCondition(item)
		if err != nil {
			return nil, err
		}
		parts = append(parts, c)
	}
	return parts, nil
}

func parseElemMatch(v any) (condition, error) {
	query, ok := v.(bson.D)
	if !ok {
		return nil, errorf(BadValue, "$elemMatch needs an Object")
	}
	if operators, ok := isOperators(query); ok && !isLogical(operators[0].Key) {
		c, err := parseOperators(operators)
		if err != nil {
			return nil, err
		}
		return element{c.holds}, nil
	}
	filter, err := ParseFilter(query)
	if err != nil {
		return nil, err
	}
	return element{func(v any) bool {
		doc, ok := v.(bson.D)
		return ok && filter.Matches(doc)
	}}, nil
}

func isLogical(operator string) bool {
	return operator == "$and" || operator == "$or" || operator == "$nor"
}

func parseSize(v any) (condition, error) {
	size, ok := Integer(v)
	if !ok {
		return nil, errorf(BadValue, "$size must be a whole number")
	}
	if size < 0 {
		return nil, errorf(BadValue, "$size may not be negative")
	}
	return leaf{whole: true, test: func(v any) bool {
		array, ok := v.(bson.A)
		return ok && int64(len(array)) == size
	}}, nil
}

func parseMod(v any) (condition, error) {
	array, _ := v.(bson.A)
	if len(array) != 2 {
		return nil, errorf(BadValue, "malformed mod, needs to be an array of two numbers")
	}
	divisor, ok1 := truncated(array[0])
	remainder, ok2 := truncated(array[1])
	if !ok1 || !ok2 {
		return nil, errorf(BadValue, "malformed mod, divisor and remainder must be numbers")
	}
	if divisor == 0 {
		return nil, errorf(BadValue, "divisor cannot be 0")
	}
	return leaf{test: func(v any) bool {
		n, ok := truncated(v)
		return ok && n%divisor == remainder
	}}, nil
}

// truncated reads a number without its fraction.
func truncated(v any) (int64, bool) {
	if f, ok := v.(float64); ok {
		v = math.Trunc(f)
	}
	return Integer(v)
}

func parseType(v any) (condition, error) {
	wanted, ok := v.(bson.A)
	if !ok {
		wanted = bson.A{v}
	}
	if len(wanted) == 0 {
		return nil, errorf(FailedToParse, "$type must match at least one type")
	}
	types := make(map[bsontype.Type]bool)
	for _, item := range wanted {
		if item == "number" {
			types[bson.TypeInt32], types[bson.TypeInt64], types[bson.TypeDouble] = true, true, true
			continue
		}
		var t bsontype.Type
		var known bool
		if alias, ok := item.(string); ok {
			t, known = bsonkit.Alias2Type[alias]
		} else if n, ok := Integer(item); ok && n >= 0 && n <= math.MaxUint8 {
			t, known = bsonkit.Number2Type[byte(n)]
		}
		if !known {
			return nil, errorf(BadValue, "unknown $type: %s", show("type", item))
		}
		types[t] = true
	}
	return leaf{test: func(v any) bool {
		if v == bsonkit.Missing {
			return false
		}
		_, t := bsonkit.Inspect(v)
		return types[t]
	}}, nil
}

// parseRegex reads {$regex: pattern, $options: options}.
func parseRegex(pattern, options any) (condition, error) {
	p, ok := pattern.(primitive.Regex)
	if !ok {
		if p.Pattern, ok = pattern.(string); !ok {
			return nil, errorf(BadValue, "$regex has to be a string")
		}
	}
	if options != bsonkit.Missing {
		if p.Options != "" {
			return nil, errorf(BadValue, "options set in both $regex and $options")
		}
		if p.Options, ok = options.(string); !ok {
			return nil, errorf(BadValue, "$options has to be a string")
		}
	}
	return matchRegex(p)
}

// matchRegex is satisfied by strings that match, and by that very expression.
func matchRegex(p primitive.Regex) (condition, error) {
	var flags strings.Builder
	for _, option := range p.Options {
		switch option {
		case 'i', 'm', 's':
			flags.WriteRune(option)
		case 'u': // patterns are Unicode anyway
		case 'x':
			return nil, unsupported("the regular expression option x")
		default:
			return nil, errorf(BadValue, "invalid flag in regex options: %c", option)
		}
	}
	pattern := p.Pattern
	if flags.Len() > 0 {
		pattern = "(?" + flags.String() + ")" + pattern
	}
	re, err := regexp.Compile(pattern)
	if err != nil {
		return nil, unsupported("the regular expression /" + clip(p.Pattern) + "/ (" + err.Error() + ")")
	}
	return leaf{test: func(v any) bool {
		switch v := v.(type) {
		case string:
			return re.MatchString(v)
		case primitive.Regex:
			return v == p
		default:
			return false
		}
	}}, nil
}
