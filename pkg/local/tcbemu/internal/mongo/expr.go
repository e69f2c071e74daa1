package mongo

import (
	"strings"

	"github.com/256dpi/lungo/bsonkit"
	"go.mongodb.org/mongo-driver/bson"
)

// comparison is {$expr: {$gt: ["$a", "$b"]}}. Unlike a condition it compares values of
// all kinds, and doesn't look into arrays.
type comparison struct {
	operator    string
	left, right operand
}

// An operand is the value of a field path or a literal.
type operand func(doc bson.D) any

func (c comparison) matches(doc bson.D, _ *int) bool {
	left, right := c.left(doc), c.right(doc)
	compared := bsonkit.Compare(left, right)
	// A missing field comes before null here, and is equal to another.
	if leftMissing, rightMissing := left == bsonkit.Missing, right == bsonkit.Missing; compared == 0 && leftMissing != rightMissing {
		compared = 1
		if leftMissing {
			compared = -1
		}
	}
	switch c.operator {
	case "$eq":
		return compared == 0
	case "$ne":
		return compared != 0
	case "$gt":
		return compared > 0
	case "$gte":
		return compared >= 0
	case "$lt":
		return compared < 0
	default: // $lte
		return compared <= 0
	}
}

// parseComparison reads the part of $expr that is supported: one comparison of field
// paths and literals, or $and and $or of such.
func parseComparison(v any) (matcher, error) {
	doc, ok := v.(bson.D)
	if !ok || len(doc) != 1 {
		return nil, unsupported("$expr with anything but one operator")
	}
	operator := doc[0].Key
	arguments, ok := doc[0].Value.(bson.A)
	switch operator {
	case "$and", "$or":
		if !ok {
			return nil, unsupported("$expr with " + operator + " of anything but an array")
		}
		var parts []matcher
		for _, item := range arguments {
			part, err := parseComparison(item)
			if err != nil {
				return nil, err
			}
			parts = append(parts, part)
		}
		if operator == "$or" {
			return anyOf(parts), nil
		}
		return every(parts), nil
	case "$eq", "$ne", "$gt", "$gte", "$lt", "$lte":
		if len(arguments) != 2 {
			return nil, errorf(BadValue, "Expression %s takes exactly 2 arguments. %d were passed in.", operator, len(arguments))
		}
		left, err := parseOperand(arguments[0])
		if err != nil {
			return nil, err
		}
		right, err := parseOperand(arguments[1])
		return comparison{operator, left, right}, err
	default:
		return nil, unsupported("$expr with " + operator)
	}
}

func parseOperand(v any) (operand, error) {
	literal := func(bson.D) any { return v }
	switch value := v.(type) {
	case string:
		name, isPath := strings.CutPrefix(value, "$")
		if !isPath {
			return literal, nil
		}
		if name == "" || strings.HasPrefix(name, "$") {
			return nil, unsupported("the variable " + value + " in $expr")
		}
		path := split(name)
		return func(doc bson.D) any { return follow(doc, path) }, nil
	case bson.D:
		if len(value) == 1 && value[0].Key == "$literal" {
			v = value[0].Value
			return literal, nil
		}
		return nil, unsupported("a document in $expr")
	case bson.A:
		return nil, unsupported("an array in $expr")
	default:
		return literal, nil
	}
}

// follow finds the value of a field path in an expression. In an array it gathers
// what the elements have; an index means nothing.
func follow(v any, path []string) any {
	if len(path) == 0 {
		return v
	}
	switch v := v.(type) {
	case bson.D:
		value, _ := Field(v, path[0])
		return follow(value, path[1:])
	case bson.A:
		values := bson.A{}
		for _, item := range v {
			if value := follow(item, path); value != bsonkit.Missing {
				values = append(values, value)
			}
		}
		return values
	default:
		return bsonkit.Missing
	}
}
