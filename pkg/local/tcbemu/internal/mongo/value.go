package mongo

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/256dpi/lungo/bsonkit"
	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"
)

// Decode reads one document from Extended JSON, canonical or relaxed.
func Decode(text string) (bson.D, error) {
	// The driver's parser stops after the first value, and guesses at some broken ones.
	if !json.Valid([]byte(text)) {
		return nil, errorf(FailedToParse, "not JSON: %s", clip(text))
	}
	var doc bson.D
	if err := bson.UnmarshalExtJSON([]byte(text), false, &doc); err != nil {
		return nil, errorf(FailedToParse, "not Extended JSON: %v", err)
	}
	if doc == nil {
		return nil, errorf(FailedToParse, "not a document: %s", clip(text))
	}
	if err := check(doc); err != nil {
		return nil, err
	}
	return doc, nil
}

// Encode writes a document as canonical Extended JSON.
func Encode(doc bson.D) (string, error) {
	text, err := bson.MarshalExtJSON(doc, true, false)
	if err != nil {
		return "", errorf(BadValue, "can't be written as Extended JSON: %v", err)
	}
	return string(text), nil
}

// Same reports whether a and b are equal values to MongoDB: 1 and 1.0 are.
func Same(a, b any) bool { return bsonkit.Compare(a, b) == 0 }

// Field returns the value of doc's own field called name.
func Field(doc bson.D, name string) (value any, ok bool) {
	for _, e := range doc {
		if e.Key == name {
			return e.Value, true
		}
	}
	return bsonkit.Missing, false
}

// check refuses types that the evaluator can't compare, and documents in which one
// name stands for two values.
func check(v any) error {
	switch v := v.(type) {
	case nil, bool, int32, int64, float64, string,
		primitive.DateTime, primitive.ObjectID, primitive.Binary, primitive.Regex, primitive.Timestamp:
		return nil
	case bson.A:
		for _, item := range v {
			if err := check(item); err != nil {
				return err
			}
		}
		return nil
	case bson.D:
		if name, ok := twice(v); ok {
			return errorf(FailedToParse, "field '%s' is there twice", name)
		}
		for _, e := range v {
			if strings.ContainsRune(e.Key, 0) {
				return errorf(FailedToParse, "a field's name must not contain a null byte")
			}
			if err := check(e.Value); err != nil {
				return err
			}
		}
		return nil
	case primitive.Decimal128:
		return unsupported("$numberDecimal")
	case primitive.MinKey:
		return unsupported("$minKey")
	case primitive.MaxKey:
		return unsupported("$maxKey")
	case primitive.Undefined:
		return unsupported("$undefined")
	case primitive.Symbol:
		return unsupported("$symbol")
	case primitive.JavaScript, primitive.CodeWithScope:
		return unsupported("$code")
	default:
		return unsupported(fmt.Sprintf("a value of type %T", v))
	}
}

// twice finds a name that two fields of doc have.
func twice(doc bson.D) (name string, found bool) {
	if len(doc) > 16 { // too many to compare each with each
		seen := make(map[string]bool, len(doc))
		for _, e := range doc {
			if seen[e.Key] {
				return e.Key, true
			}
			seen[e.Key] = true
		}
		return "", false
	}
	for i, e := range doc {
		if slices.ContainsFunc(doc[:i], func(earlier bson.E) bool { return earlier.Key == e.Key }) {
			return e.Key, true
		}
	}
	return "", false
}

// CheckStorable refuses a value with a field whose name looks like an operator.
func CheckStorable(v any) error {
	switch v := v.(type) {
	case bson.D:
		for _, e := range v {
			if strings.HasPrefix(e.Key, "$") {
				return errorf(DollarPrefixedField, "The dollar ($) prefixed field '%s' is not valid for storage.", e.Key)
			}
			if err := CheckStorable(e.Value); err != nil {
				return err
			}
		}
	case bson.A:
		for _, item := range v {
			if err := CheckStorable(item); err != nil {
				return err
			}
		}
	}
	return nil
}

// CheckID refuses what can't be a document's _id.
func CheckID(id any) error {
	switch id.(type) {
	case bsonkit.MissingType:
		return errorf(BadValue, "a document needs an _id")
	case bson.A, primitive.Regex:
		return errorf(BadValue, "The '_id' value cannot be of type %s", typeName(id))
	}
	return CheckStorable(id)
}

// typeName is the type's name in MongoDB's messages.
func typeName(v any) string {
	if v == bsonkit.Missing {
		return "missing"
	}
	_, t := bsonkit.Inspect(v)
	return bsonkit.Type2Alias[t]
}

// show writes an element for a message, as the mongo shell would: {members: null}.
func show(name string, v any) string {
	text, err := bson.MarshalExtJSON(bson.D{{Key: "v", Value: v}}, false, false)
	if err != nil {
		return "{" + name + ": ?}"
	}
	return "{" + name + ": " + clip(string(text[len(`{"v":`):len(text)-1])) + "}"
}

// clip keeps a message readable when a value is huge.
func clip(text string) string {
	const most = 200
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}

// Integer reads a number that stands for a whole one, whatever its type.
func Integer(v any) (int64, bool) {
	switch n := v.(type) {
	case int32:
		return int64(n), true
	case int64:
		return n, true
	case float64:
		if n == math.Trunc(n) && math.Abs(n) < 1<<63 {
			return int64(n), true
		}
	}
	return 0, false
}

// truthy is MongoDB's idea of a flag: everything but false, null and zero.
func truthy(v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case bool:
		return v
	case int32, int64, float64:
		return !Same(v, int32(0))
	default:
		return true
	}
}

func isNumber(v any) bool {
	switch v.(type) {
	case int32, int64, float64:
		return true
	default:
		return false
	}
}

func isNaN(v any) bool {
	f, ok := v.(float64)
	return ok && math.IsNaN(f)
}
