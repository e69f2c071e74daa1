package mongo

import (
	"fmt"
	"math"

	"github.com/256dpi/lungo/bsonkit"
	"github.com/256dpi/lungo/mongokit"
	"go.mongodb.org/mongo-driver/bson"
)

// A modifier computes the new value of a field from its old one, either of which may
// be bsonkit.Missing. It never changes the old one.
type modifier func(old any) (any, error)

// modifiers makes the modifier of each operator from a path, for messages, and the
// operator's argument. $rename has none: it concerns two fields.
var modifiers = map[string]func(path string, arg any) (modifier, error){
	"$set":         set,
	"$setOnInsert": set,
	"$unset":       unset,
	"$inc":         increment,
	"$mul":         multiply,
	"$min":         extreme("$min"),
	"$max":         extreme("$max"),
	"$push":        push,
	"$addToSet":    addToSet,
	"$pop":         pop,
	"$pull":        pull,
	"$pullAll":     pullAll,
	"$rename":      nil,
}

func set(_ string, arg any) (modifier, error) {
	return func(any) (any, error) { return arg, nil }, CheckStorable(arg)
}

func unset(string, any) (modifier, error) {
	return func(any) (any, error) { return bsonkit.Missing, nil }, nil
}

func extreme(operator string) func(string, any) (modifier, error) {
	return func(_ string, arg any) (modifier, error) {
		return delegate(operator, arg), CheckStorable(arg)
	}
}

// delegate leaves to mongokit what an operator makes of a value. mongokit never sees
// the path: it takes any $ in one for a positional operator.
func delegate(operator string, arg any) modifier {
	const name = "v"
	return func(old any) (any, error) {
		doc := bson.D{}
		if old != bsonkit.Missing {
			doc = bson.D{{Key: name, Value: old}}
		}
		update := bson.D{{Key: operator, Value: bson.D{{Key: name, Value: arg}}}}
		if _, err := mongokit.Apply(&doc, &bson.D{}, &update, false, nil); err != nil {
			return nil, errorf(BadValue, "%s: %v", operator, err)
		}
		value, _ := Field(doc, name)
		return value, nil
	}
}

// onArray is delegate for operators that only make sense for an array.
func onArray(operator, path string, arg any, code Code) modifier {
	apply := delegate(operator, arg)
	return func(old any) (any, error) {
		if _, ok := old.(bson.A); !ok && old != bsonkit.Missing {
			return nil, errorf(code, "The field '%s' must be an array but is of type %s: %s can't be applied", path, typeName(old), operator)
		}
		return apply(old)
	}
}

// push checks the modifiers of $push, of which mongokit trusts the sizes.
func push(path string, arg any) (modifier, error) {
	each, ok := arg.(bson.D)
	if _, modified := Field(each, "$each"); !ok || !modified {
		return onArray("$push", path, arg, BadValue), CheckStorable(arg)
	}
	for _, e := range each {
		switch e.Key {
		case "$each":
			if _, ok := e.Value.(bson.A); !ok {
				return nil, errorf(BadValue, "The argument to $each in $push must be an array but it was of type: %s", typeName(e.Value))
			}
			if err := CheckStorable(e.Value); err != nil {
				return nil, err
			}
		case "$position", "$slice":
			n, ok := Integer(e.Value)
			if !ok || n < math.MinInt32 || n > math.MaxInt32 {
				return nil, errorf(BadValue, "The value for %s must be an integer value: %s", e.Key, show(e.Key, e.Value))
			}
		case "$sort":
			if err := checkPushSort(e.Value); err != nil {
				return nil, err
			}
		default:
			return nil, errorf(BadValue, "Unrecognized clause in $push: %s", e.Key)
		}
	}
	return onArray("$push", path, arg, BadValue), nil
}

func checkPushSort(v any) error {
	if by, ok := v.(bson.D); ok {
		_, err := ParseOrder(by)
		return err
	}
	if n, ok := Integer(v); !ok || n != 1 && n != -1 {
		return errorf(BadValue, "The $sort element value must be either 1 or -1")
	}
	return nil
}

func addToSet(path string, arg any) (modifier, error) {
	if values, ok := arg.(bson.D); ok && len(values) > 0 && values[0].Key == "$each" {
		if _, ok := values[0].Value.(bson.A); !ok {
			return nil, errorf(TypeMismatch, "The argument to $each in $addToSet must be an array but it was of type %s", typeName(values[0].Value))
		}
		if len(values) > 1 {
			return nil, errorf(BadValue, "Found unexpected fields after $each in $addToSet: %s", values[1].Key)
		}
		return onArray("$addToSet", path, arg, BadValue), CheckStorable(values[0].Value)
	}
	return onArray("$addToSet", path, arg, BadValue), CheckStorable(arg)
}

func pop(path string, arg any) (modifier, error) {
	if n, ok := Integer(arg); !ok || n != 1 && n != -1 {
		return nil, errorf(FailedToParse, "$pop expects 1 or -1, found: %s", show(path, arg))
	}
	return onArray("$pop", path, arg, TypeMismatch), nil
}

func pullAll(path string, arg any) (modifier, error) {
	if _, ok := arg.(bson.A); !ok {
		return nil, errorf(BadValue, "$pullAll requires an array argument but was given a %s", typeName(arg))
	}
	return onArray("$pullAll", path, arg, BadValue), nil
}

// pull removes the elements that are equal to a value, satisfy operators, or are
// documents that satisfy a query.
func pull(path string, arg any) (modifier, error) {
	matches, err := pulled(arg)
	if err != nil {
		return nil, err
	}
	return func(old any) (any, error) {
		if old == bsonkit.Missing {
			return old, nil
		}
		array, ok := old.(bson.A)
		if !ok {
			return nil, errorf(BadValue, "Cannot apply $pull to a non-array value: '%s' is of type %s", path, typeName(old))
		}
		kept := make(bson.A, 0, len(array))
		for _, item := range array {
			if !matches(item) {
				kept = append(kept, item)
			}
		}
		return kept, nil
	}, nil
}

func pulled(arg any) (func(item any) bool, error) {
	query, ok := arg.(bson.D)
	if !ok {
		c, err := parseValue(arg)
		if err != nil {
			return nil, err
		}
		return c.holds, nil
	}
	if operators, ok := isOperators(query); ok && !isLogical(operators[0].Key) {
		c, err := parseOperators(operators)
		if err != nil {
			return nil, err
		}
		return func(item any) bool {
			ignored := -1
			return c.at(bson.D{{Key: "", Value: item}}, []string{""}, &ignored)
		}, nil
	}
	filter, err := ParseFilter(query)
	if err != nil {
		return nil, err
	}
	return func(item any) bool {
		doc, ok := item.(bson.D)
		return ok && filter.Matches(doc)
	}, nil
}

func increment(path string, arg any) (modifier, error) {
	return arithmetic("$inc", path, arg, arg, func(a, b int64) (int64, bool) {
		sum := a + b
		return sum, (sum > a) == (b > 0)
	}, func(a, b float64) float64 { return a + b })
}

func multiply(path string, arg any) (modifier, error) {
	zero := map[string]any{"int": int32(0), "long": int64(0), "double": float64(0)}[typeName(arg)]
	return arithmetic("$mul", path, arg, zero, func(a, b int64) (int64, bool) {
		product := a * b
		return product, a == 0 || product/a == b && !(a == -1 && b == math.MinInt64)
	}, func(a, b float64) float64 { return a * b })
}

// arithmetic computes as MongoDB does: in double if one side is, else in int64, kept as
// int32 if both sides are and it fits. An absent field becomes initial.
func arithmetic(operator, path string, arg, initial any, ints func(a, b int64) (int64, bool), doubles func(a, b float64) float64) (modifier, error) {
	if !isNumber(arg) {
		return nil, errorf(TypeMismatch, "%s needs a number: %s", operator, show(path, arg))
	}
	return func(old any) (any, error) {
		switch {
		case old == bsonkit.Missing:
			return initial, nil
		case !isNumber(old):
			return nil, errorf(TypeMismatch, "Cannot apply %s to a value of non-numeric type: the field '%s' has type %s", operator, path, typeName(old))
		}
		if typeName(old) == "double" || typeName(arg) == "double" {
			return doubles(double(old), double(arg)), nil
		}
		a, _ := Integer(old)
		b, _ := Integer(arg)
		n, ok := ints(a, b)
		if !ok {
			return nil, errorf(BadValue, "Failed to apply %s operations to current value ((NumberLong)%d): overflow", operator, a)
		}
		if typeName(old) == "int" && typeName(arg) == "int" && n == int64(int32(n)) {
			return int32(n), nil
		}
		return n, nil
	}, nil
}

func double(v any) float64 {
	switch n := v.(type) {
	case int32:
		return float64(n)
	case int64:
		return float64(n)
	case float64:
		return n
	default:
		panic(fmt.Sprintf("mongo: %T is not a number", v))
	}
}
