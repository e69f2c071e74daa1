package mongo

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.mongodb.org/mongo-driver/bson"
)

func decode(t testing.TB, text string) bson.D {
	t.Helper()
	doc, err := Decode(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return doc
}

func encode(t testing.TB, doc bson.D) string {
	t.Helper()
	text, err := bson.MarshalExtJSON(doc, false, false)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func codeOf(err error) Code {
	var refusal *Error
	if errors.As(err, &refusal) {
		return refusal.Code
	}
	return 0
}

func TestFilter(t *testing.T) {
	for _, c := range []struct {
		filter string
		yes    []string
		no     []string
	}{
		{`{}`, []string{`{}`, `{"a":1}`}, nil},
		{`{"a":null}`, []string{`{"a":null}`, `{}`, `{"a":[1,null]}`}, []string{`{"a":0}`, `{"a":[]}`}},
		{`{"a.b":null}`, []string{`{}`, `{"a":4}`, `{"a":{}}`, `{"a":[{}]}`, `{"a":[{"b":1},{}]}`}, []string{`{"a":[]}`, `{"a":[1,2]}`, `{"a":[{"b":1}]}`, `{"a":{"b":1}}`}},
		{`{"a":{"$gte":null}}`, []string{`{}`, `{"a":null}`}, []string{`{"a":1}`}},
		{`{"a":{"$exists":false}}`, []string{`{}`}, []string{`{"a":null}`, `{"a":[]}`}},
		{`{"a.b":{"$exists":true}}`, []string{`{"a":[{"b":1},2]}`, `{"a":{"b":null}}`}, []string{`{"a":[1]}`, `{"a":[]}`}},
		{`{"a":{}}`, []string{`{"a":{}}`, `{"a":[{}]}`}, []string{`{"a":{"b":1}}`, `{}`}},
		{`{"a":{"b":1}}`, []string{`{"a":{"b":1}}`, `{"a":{"b":{"$numberLong":"1"}}}`}, []string{`{"a":{"b":1,"c":1}}`}},
		// The element at an index is not looked into any further.
		{`{"a.1":2}`, []string{`{"a":[0,2]}`, `{"a":[{"1":2}]}`, `{"a":{"1":2}}`, `{"a":{"1":[2]}}`}, []string{`{"a":[0,[2]]}`, `{"a":[2]}`}},
		{`{"a.1":[2]}`, []string{`{"a":[0,[2]]}`}, []string{`{"a":[0,2]}`}},
		{`{"a.1.b":4}`, []string{`{"a":[5,{"b":4}]}`, `{"a":[5,[{"b":4}]]}`, `{"a":[{"1":{"b":4}}]}`}, []string{`{"a":[{"b":4},5]}`}},
		{`{"a.01":2}`, []string{`{"a":{"01":2}}`}, []string{`{"a":[0,2]}`}},
		{`{"a":{"$gt":1,"$lt":3}}`, []string{`{"a":2}`, `{"a":[0,5]}`}, []string{`{"a":3}`, `{"a":[0,1]}`, `{"a":"2"}`}},
		{`{"a":{"$elemMatch":{"$gt":1,"$lt":3}}}`, []string{`{"a":[0,2]}`}, []string{`{"a":[0,5]}`, `{"a":2}`, `{"a":[[2]]}`}},
		{`{"a":{"$elemMatch":{"$elemMatch":{"$eq":2}}}}`, []string{`{"a":[[1,2]]}`}, []string{`{"a":[2]}`}},
		{`{"a":{"$elemMatch":{"$not":{"$gt":1}}}}`, []string{`{"a":[1]}`, `{"a":["x"]}`}, []string{`{"a":[2]}`, `{"a":[]}`}},
		{`{"a":{"$elemMatch":{"$and":[{"b":1},{"c":2}]}}}`, []string{`{"a":[{"b":1,"c":2}]}`}, []string{`{"a":[{"b":1},{"c":2}]}`, `{"a":[1]}`}},
		{`{"a":{"$all":[1,2]}}`, []string{`{"a":[2,3,1]}`}, []string{`{"a":[1]}`, `{"a":1}`, `{}`}},
		{`{"a":{"$all":[1]}}`, []string{`{"a":1}`}, []string{`{"a":2}`}},
		{`{"a":{"$all":[[1,2]]}}`, []string{`{"a":[1,2]}`, `{"a":[[1,2]]}`}, []string{`{"a":[2,1]}`}},
		{`{"a":{"$all":[]}}`, nil, []string{`{}`, `{"a":[]}`}},
		{`{"a":{"$all":[{"$elemMatch":{"b":1}},{"$elemMatch":{"b":2}}]}}`, []string{`{"a":[{"b":1},{"b":2}]}`}, []string{`{"a":[{"b":1}]}`}},
		{`{"a":{"$in":[{"$regularExpression":{"pattern":"^x","options":""}},5]}}`, []string{`{"a":"xy"}`, `{"a":5}`, `{"a":["b","x"]}`}, []string{`{"a":"y"}`}},
		{`{"a":{"$nin":[null]}}`, []string{`{"a":1}`}, []string{`{}`, `{"a":null}`}},
		{`{"a":{"$not":{"$gt":1,"$lt":3}}}`, []string{`{"a":3}`, `{}`}, []string{`{"a":2}`}},
		{`{"a":{"$regex":"^A","$options":"i"}}`, []string{`{"a":"abc"}`, `{"a":["x","Ax"]}`}, []string{`{"a":"xa"}`, `{"a":1}`}},
		{`{"a":{"$regex":"b"}}`, []string{`{"a":"abc"}`}, []string{`{"a":"c"}`}},
		{`{"a":{"$options":"s","$regex":"a.b"}}`, []string{`{"a":"a\nb"}`}, []string{`{"a":"ab"}`}},
		{`{"a":{"$regularExpression":{"pattern":"x","options":""}}}`, []string{`{"a":{"$regularExpression":{"pattern":"x","options":""}}}`}, []string{`{"a":{"$regularExpression":{"pattern":"y","options":""}}}`}},
		{`{"a":{"$eq":{"$regularExpression":{"pattern":"x","options":""}}}}`, []string{`{"a":{"$regularExpression":{"pattern":"x","options":""}}}`}, []string{`{"a":"x"}`}},
		{`{"a":{"$type":"number"}}`, []string{`{"a":1}`, `{"a":1.5}`, `{"a":[null,1]}`}, []string{`{"a":"1"}`, `{}`}},
		{`{"a":{"$type":["string",4]}}`, []string{`{"a":"x"}`, `{"a":[]}`}, []string{`{"a":1}`}},
		{`{"a":{"$mod":[4,0]}}`, []string{`{"a":8}`, `{"a":8.9}`, `{"a":{"$numberLong":"12"}}`}, []string{`{"a":2}`, `{"a":"8"}`, `{"a":{"$numberDouble":"NaN"}}`}},
		{`{"a":{"$size":2}}`, []string{`{"a":[1,[2]]}`}, []string{`{"a":[[1,2]]}`, `{"a":2}`}},
		{`{"a":{"$numberDouble":"NaN"}}`, []string{`{"a":{"$numberDouble":"NaN"}}`}, []string{`{"a":1}`}},
		{`{"a":{"$lt":5}}`, []string{`{"a":4}`}, []string{`{"a":{"$numberDouble":"NaN"}}`, `{"a":null}`}},
		{`{"a":{"$gt":true}}`, nil, []string{`{"a":true}`, `{"a":"x"}`}},
		{`{"$nor":[{"a":1},{"a":{"$exists":false}}]}`, []string{`{"a":2}`}, []string{`{"a":1}`, `{}`}},
		{`{"$comment":"why","a":1}`, []string{`{"a":1}`}, []string{`{}`}},
		{`{"$expr":{"$gt":["$a","$b"]}}`, []string{`{"a":2,"b":1}`, `{"a":"x","b":1}`, `{"a":null}`}, []string{`{"a":1,"b":1}`, `{"a":1,"b":2}`, `{}`}},
		{`{"$expr":{"$eq":["$a.b",{"$literal":"$x"}]}}`, []string{`{"a":{"b":"$x"}}`}, []string{`{"a":{"b":"x"}}`, `{"a":[{"b":"$x"}]}`}},
		{`{"$expr":{"$and":[{"$ne":["$a",1]},{"$or":[{"$lte":["$b",5]},{"$gte":["$b",9]}]}]}}`, []string{`{"a":2,"b":5}`, `{"a":2,"b":9}`, `{"a":2}`}, []string{`{"a":1,"b":5}`, `{"a":2,"b":7}`}},
	} {
		filter, err := ParseFilter(decode(t, c.filter))
		if err != nil {
			t.Errorf("%s: %v", c.filter, err)
			continue
		}
		for _, doc := range c.yes {
			if !filter.Matches(decode(t, doc)) {
				t.Errorf("%s doesn't match %s", c.filter, doc)
			}
		}
		for _, doc := range c.no {
			if filter.Matches(decode(t, doc)) {
				t.Errorf("%s matches %s", c.filter, doc)
			}
		}
	}
}

func TestFilterRefused(t *testing.T) {
	for _, c := range []struct {
		filter string
		code   Code
		text   string
	}{
		{`{"$and":{}}`, BadValue, "array"},
		{`{"$or":[1]}`, BadValue, "objects"},
		{`{"$or":[{"a":{"$foo":1}}]}`, BadValue, "$foo"},
		{`{"$foo":1}`, BadValue, "$foo"},
		{`{"a":{"$gt":1,"b":2}}`, BadValue, "b"},
		{`{"a":{"$not":{}}}`, BadValue, "$not"},
		{`{"a":{"$not":1}}`, BadValue, "$not"},
		{`{"a":{"$size":-1}}`, BadValue, "$size"},
		{`{"a":{"$size":1.5}}`, BadValue, "$size"},
		{`{"a":{"$mod":[0,1]}}`, BadValue, "divisor"},
		{`{"a":{"$mod":[1]}}`, BadValue, "mod"},
		{`{"a":{"$in":[{"$gt":1}]}}`, BadValue, "$in"},
		{`{"a":{"$all":1}}`, BadValue, "$all"},
		{`{"a":{"$all":[{"$gt":1}]}}`, BadValue, "$all"},
		{`{"a":{"$elemMatch":1}}`, BadValue, "$elemMatch"},
		{`{"a":{"$elemMatch":{"b":{"$foo":1}}}}`, BadValue, "$foo"},
		{`{"a":{"$type":"nothing"}}`, BadValue, "nothing"},
		{`{"a":{"$type":[]}}`, FailedToParse, "$type"},
		{`{"a":{"$ne":{"$regularExpression":{"pattern":"x","options":""}}}}`, BadValue, "regex"},
		{`{"a":{"$gt":{"$regularExpression":{"pattern":"x","options":""}}}}`, BadValue, "RegEx"},
		{`{"a":{"$options":"i"}}`, BadValue, "$regex"},
		{`{"a":{"$regex":"x","$options":"q"}}`, BadValue, "q"},
		{`{"a":{"$regex":"x","$options":"x"}}`, NotImplemented, "option x"},
		{`{"a":{"$regex":"(?=x)"}}`, NotImplemented, "(?=x)"},
		{`{"a":{"$bitsAllSet":1}}`, NotImplemented, "$bitsAllSet"},
		{`{"a":{"$geoWithin":1}}`, NotImplemented, "$geoWithin"},
		{`{"$jsonSchema":{}}`, NotImplemented, "$jsonSchema"},
		{`{"$text":{}}`, NotImplemented, "$text"},
		{`{"$expr":{"$add":[1,2]}}`, NotImplemented, "$add"},
		{`{"$expr":{"$gt":[1]}}`, BadValue, "2 arguments"},
		{`{"$expr":{"$gt":["$$ROOT",1]}}`, NotImplemented, "$$ROOT"},
		{`{"$expr":{"$gt":[{"$abs":1},1]}}`, NotImplemented, "document"},
		{`{"$expr":1}`, NotImplemented, "$expr"},
		{`{"a` + strings.Repeat(".0", 17) + `":1}`, NotImplemented, "16 numbers"},
	} {
		_, err := ParseFilter(decode(t, c.filter))
		if codeOf(err) != c.code || !strings.Contains(fmt.Sprint(err), c.text) {
			t.Errorf("%s: %d %v, expected %d with %q", c.filter, codeOf(err), err, c.code, c.text)
		}
	}
}

func TestFilterID(t *testing.T) {
	for filter, want := range map[string]any{
		`{"_id":"a"}`:                         "a",
		`{"_id":{"$eq":"a"},"x":1}`:           "a",
		`{"$and":[{"x":1},{"_id":"a"}]}`:      "a",
		`{"_id":{"$in":["a"]}}`:               nil,
		`{"$or":[{"_id":"a"},{"_id":"b"}]}`:   nil,
		`{"$nor":[{"_id":"a"}]}`:              nil,
		`{"_id":{"$ne":"a"}}`:                 nil,
		`{"_id":{"$not":{"$eq":"a"}}}`:        nil,
		`{"_id":{"$regex":"a"}}`:              nil,
		`{"_id":{"$elemMatch":{"$eq":"a"}}}`:  nil,
		`{"x":{"$elemMatch":{"_id":"a"}}}`:    nil,
		`{"$expr":{"$eq":["$_id","a"]}}`:      nil,
		`{"_id":{"$gt":"", "$eq":"a"}}`:       "a",
		`{"_id.x":"a"}`:                       nil,
		`{"$and":[{"$or":[{"_id":"a"}]},{}]}`: nil,
	} {
		f, err := ParseFilter(decode(t, filter))
		if err != nil {
			t.Fatal(err)
		}
		if id, ok := f.ID(); ok != (want != nil) || ok && id != want {
			t.Errorf("%s: _id %v, %v", filter, id, ok)
		}
	}
}

func TestUpdate(t *testing.T) {
	for _, c := range []struct {
		name   string
		doc    string
		filter string // for the positional operator
		update string
		want   string
		code   Code
	}{
		{name: "paths with a dollar inside", doc: `{"_id":1,"a$b":[1]}`, update: `{"$push":{"a$b":2}}`, want: `{"_id":1,"a$b":[1,2]}`},
		{name: "new documents on the way", doc: `{"_id":1}`, update: `{"$set":{"a.b.c":1,"a.b.d":2}}`, want: `{"_id":1,"a":{"b":{"c":1,"d":2}}}`},
		{name: "a number makes a field where there is no array", doc: `{"_id":1}`, update: `{"$set":{"a.0":1}}`, want: `{"_id":1,"a":{"0":1}}`},
		{name: "numbers in order of size", doc: `{"_id":1}`, update: `{"$set":{"a.10":1,"a.9":2}}`, want: `{"_id":1,"a":{"9":2,"10":1}}`},
		{name: "a name into an array", doc: `{"_id":1,"a":[]}`, update: `{"$set":{"a.x":1}}`, code: PathNotViable},
		{name: "an index with a zero before it", doc: `{"_id":1,"a":[1,2]}`, update: `{"$set":{"a.01":1}}`, code: PathNotViable},
		{name: "an index far out", doc: `{"_id":1,"a":[]}`, update: `{"$set":{"a.999999999":1}}`, code: BadValue},
		{name: "an index beyond all bounds", doc: `{"_id":1,"a":[]}`, update: `{"$set":{"a.99999999999999999999":1}}`, code: PathNotViable},
		{name: "under null", doc: `{"_id":1,"a":null}`, update: `{"$set":{"a.b":1}}`, code: PathNotViable},
		{name: "pull under a number", doc: `{"_id":1,"a":1}`, update: `{"$pull":{"a.b":1}}`, code: PathNotViable},
		{name: "unset under a number", doc: `{"_id":1,"a":1}`, update: `{"$unset":{"a.b":1}}`, want: `{"_id":1,"a":1}`},
		{name: "unset within", doc: `{"_id":1,"a":{"b":[{"c":1,"d":2}]}}`, update: `{"$unset":{"a.b.0.c":1}}`, want: `{"_id":1,"a":{"b":[{"d":2}]}}`},
		{name: "unset _id", doc: `{"_id":1}`, update: `{"$unset":{"_id":1}}`, code: ImmutableField},
		{name: "unset _id that is null", doc: `{"_id":null}`, update: `{"$unset":{"_id":1}}`, code: ImmutableField},
		{name: "rename over another", doc: `{"_id":1,"a":1,"b":2}`, update: `{"$rename":{"a":"b"}}`, want: `{"_id":1,"b":1}`},
		{name: "rename into a document", doc: `{"_id":1,"a":1}`, update: `{"$rename":{"a":"x.y"}}`, want: `{"_id":1,"x":{"y":1}}`},
		{name: "rename nothing", doc: `{"_id":1}`, update: `{"$rename":{"a":"b"}}`, want: `{"_id":1}`},
		{name: "rename through an array", doc: `{"_id":1,"a":[{"b":1}]}`, update: `{"$rename":{"a.0.b":"c"}}`, code: BadValue},
		{name: "rename into itself", doc: `{"_id":1,"a":{}}`, update: `{"$rename":{"a":"a.b"}}`, code: ConflictingOperators},
		{name: "rename to a number", doc: `{"_id":1}`, update: `{"$rename":{"a":1}}`, code: BadValue},
		{name: "rename by position", doc: `{"_id":1}`, update: `{"$rename":{"a.$":"b"}}`, code: BadValue},
		{name: "int32 grows to int64", doc: `{"_id":1,"n":2147483647}`, update: `{"$inc":{"n":1}}`, want: `{"_id":1,"n":2147483648}`},
		{name: "int64 doesn't overflow", doc: `{"_id":1,"n":{"$numberLong":"9223372036854775807"}}`, update: `{"$inc":{"n":1}}`, code: BadValue},
		{name: "int64 doesn't underflow", doc: `{"_id":1,"n":{"$numberLong":"-9223372036854775808"}}`, update: `{"$inc":{"n":-1}}`, code: BadValue},
		{name: "int64 product doesn't overflow", doc: `{"_id":1,"n":{"$numberLong":"-9223372036854775808"}}`, update: `{"$mul":{"n":-1}}`, code: BadValue},
		{name: "int32 product grows", doc: `{"_id":1,"n":1000000}`, update: `{"$mul":{"n":1000000}}`, want: `{"_id":1,"n":1000000000000}`},
		{name: "product of nothing", doc: `{"_id":1}`, update: `{"$mul":{"n":1.5}}`, want: `{"_id":1,"n":0.0}`},
		{name: "increment nothing", doc: `{"_id":1}`, update: `{"$inc":{"n":{"$numberLong":"5"}}}`, want: `{"_id":1,"n":5}`},
		{name: "increment by text", doc: `{"_id":1}`, update: `{"$inc":{"n":"1"}}`, code: TypeMismatch},
		{name: "increment null", doc: `{"_id":1,"n":null}`, update: `{"$inc":{"n":1}}`, code: TypeMismatch},
		{name: "min by type order", doc: `{"_id":1,"n":"x"}`, update: `{"$min":{"n":5}}`, want: `{"_id":1,"n":5}`},
		{name: "max of nothing", doc: `{"_id":1}`, update: `{"$max":{"n":5}}`, want: `{"_id":1,"n":5}`},
		{name: "push at a position", doc: `{"_id":1,"a":[1,2,3]}`, update: `{"$push":{"a":{"$each":[9],"$position":-1}}}`, want: `{"_id":1,"a":[1,2,9,3]}`},
		{name: "push a document", doc: `{"_id":1}`, update: `{"$push":{"a":{"x":1}}}`, want: `{"_id":1,"a":[{"x":1}]}`},
		{name: "push an array", doc: `{"_id":1}`, update: `{"$push":{"a":[1,2]}}`, want: `{"_id":1,"a":[[1,2]]}`},
		{name: "push with an unknown modifier", doc: `{"_id":1}`, update: `{"$push":{"a":{"$each":[],"$foo":1}}}`, code: BadValue},
		{name: "push at a huge position", doc: `{"_id":1}`, update: `{"$push":{"a":{"$each":[1],"$slice":{"$numberLong":"-9223372036854775808"}}}}`, code: BadValue},
		{name: "push and sort what aren't documents", doc: `{"_id":1,"a":[1]}`, update: `{"$push":{"a":{"$each":[],"$sort":{"x":1}}}}`, code: BadValue},
		{name: "push an operator", doc: `{"_id":1}`, update: `{"$push":{"a":{"$gt":1}}}`, code: DollarPrefixedField},
		{name: "add to no array", doc: `{"_id":1,"a":1}`, update: `{"$addToSet":{"a":1}}`, code: BadValue},
		{name: "add each of no array", doc: `{"_id":1}`, update: `{"$addToSet":{"a":{"$each":1}}}`, code: TypeMismatch},
		{name: "pop of no array", doc: `{"_id":1,"a":1}`, update: `{"$pop":{"a":1}}`, code: TypeMismatch},
		{name: "pop by 2", doc: `{"_id":1,"a":[1]}`, update: `{"$pop":{"a":2}}`, code: FailedToParse},
		{name: "pop the last and only", doc: `{"_id":1,"a":[1]}`, update: `{"$pop":{"a":1}}`, want: `{"_id":1,"a":[]}`},
		{name: "pop nothing", doc: `{"_id":1}`, update: `{"$pop":{"a":1}}`, want: `{"_id":1}`},
		{name: "pull by operators", doc: `{"_id":1,"a":[1,5,[6],"x"]}`, update: `{"$pull":{"a":{"$gt":4}}}`, want: `{"_id":1,"a":[1,"x"]}`},
		{name: "pull by a regular expression", doc: `{"_id":1,"a":["x1","y",2]}`, update: `{"$pull":{"a":{"$regularExpression":{"pattern":"^x","options":""}}}}`, want: `{"_id":1,"a":["y",2]}`},
		{name: "pull an array", doc: `{"_id":1,"a":[[1],1]}`, update: `{"$pull":{"a":[1]}}`, want: `{"_id":1,"a":[1]}`},
		{name: "pull by logic", doc: `{"_id":1,"a":[{"x":1},{"x":2},3]}`, update: `{"$pull":{"a":{"$or":[{"x":1},{"x":9}]}}}`, want: `{"_id":1,"a":[{"x":2},3]}`},
		{name: "pull from no array", doc: `{"_id":1,"a":1}`, update: `{"$pull":{"a":1}}`, code: BadValue},
		{name: "pull all from nothing", doc: `{"_id":1}`, update: `{"$pullAll":{"a":[1]}}`, want: `{"_id":1}`},
		{name: "pull all of no array", doc: `{"_id":1}`, update: `{"$pullAll":{"a":1}}`, code: BadValue},
		{name: "the element that matched", doc: `{"_id":1,"a":[5,8,8]}`, filter: `{"a":8}`, update: `{"$set":{"a.$":9}}`, want: `{"_id":1,"a":[5,9,8]}`},
		{name: "the element that $elemMatch found", doc: `{"_id":1,"a":[{"x":1},{"x":2,"y":1}]}`, filter: `{"a":{"$elemMatch":{"x":2,"y":1}}}`, update: `{"$inc":{"a.$.x":10}}`, want: `{"_id":1,"a":[{"x":1},{"x":12,"y":1}]}`},
		{name: "no element matched", doc: `{"_id":1,"a":[5]}`, filter: `{"_id":1}`, update: `{"$set":{"a.$":9}}`, code: BadValue},
		{name: "all elements", doc: `{"_id":1,"a":[{"b":[1,2]},{"b":[3]}]}`, update: `{"$inc":{"a.$[].b.$[]":1}}`, want: `{"_id":1,"a":[{"b":[2,3]},{"b":[4]}]}`},
		{name: "all elements of no array", doc: `{"_id":1,"a":1}`, update: `{"$inc":{"a.$[]":1}}`, code: BadValue},
		{name: "all elements of nothing", doc: `{"_id":1}`, update: `{"$inc":{"a.$[]":1}}`, code: BadValue},
		{name: "all elements and one of them", doc: `{"_id":1,"a":[1]}`, update: `{"$inc":{"a.$[]":1},"$set":{"a.0":1}}`, code: ConflictingOperators},
		{name: "an unknown array filter", doc: `{"_id":1,"a":[1]}`, update: `{"$inc":{"a.$[e]":1}}`, code: BadValue},
		{name: "a path and one within", doc: `{"_id":1}`, update: `{"$set":{"a":1},"$unset":{"a.b":1}}`, code: ConflictingOperators},
		{name: "paths that only look alike", doc: `{"_id":1}`, update: `{"$set":{"a":1,"a-b":2},"$inc":{"ab":1}}`, want: `{"_id":1,"a":1,"a-b":2,"ab":1}`},
		{name: "an empty name", doc: `{"_id":1}`, update: `{"$set":{"a..b":1}}`, code: EmptyFieldName},
		{name: "a name with a dollar", doc: `{"_id":1}`, update: `{"$set":{"a.$b":1}}`, code: DollarPrefixedField},
		{name: "a value with a dollar", doc: `{"_id":1}`, update: `{"$set":{"a":[{"$b":1}]}}`, code: DollarPrefixedField},
		{name: "an operator without fields", doc: `{"_id":1}`, update: `{"$set":1}`, code: FailedToParse},
		{name: "$bit", doc: `{"_id":1}`, update: `{"$bit":{"a":{"and":1}}}`, code: NotImplemented},
		{name: "$currentDate", doc: `{"_id":1}`, update: `{"$currentDate":{"a":true}}`, code: NotImplemented},
	} {
		t.Run(c.name, func(t *testing.T) {
			doc := decode(t, c.doc)
			at := -1
			if c.filter != "" {
				filter, err := ParseFilter(decode(t, c.filter))
				if err != nil {
					t.Fatal(err)
				}
				var ok bool
				if at, ok = filter.Locate(doc); !ok {
					t.Fatal("the filter doesn't match")
				}
			}
			update, err := ParseUpdate(decode(t, c.update))
			var next bson.D
			if err == nil {
				next, err = update.Apply(doc, at)
			}
			if codeOf(err) != c.code {
				t.Fatalf("%d %v, expected %d", codeOf(err), err, c.code)
			}
			if got := encode(t, doc); got != encode(t, decode(t, c.doc)) {
				t.Errorf("the document itself was changed to %s", got)
			}
			if err == nil {
				if got := encode(t, next); got != c.want {
					t.Errorf("%s, expected %s", got, c.want)
				}
			}
		})
	}
}

func TestReplacement(t *testing.T) {
	doc := decode(t, `{"_id":1,"a":1}`)
	for text, want := range map[string]string{
		`{"b":2}`:         `{"_id":1,"b":2}`,
		`{"b":2,"_id":1}`: `{"_id":1,"b":2}`,
		`{}`:              `{"_id":1}`,
		`{"_id":2}`:       ``,
	} {
		update, err := ParseReplacement(decode(t, text))
		if err != nil {
			t.Fatal(err)
		}
		next, err := update.Apply(doc, -1)
		if want == "" {
			if codeOf(err) != ImmutableField {
				t.Errorf("%s: %v", text, err)
			}
		} else if got := encode(t, next); got != want {
			t.Errorf("%s: %s", text, got)
		}
	}
	if _, err := ParseReplacement(decode(t, `{"a":{"$set":1}}`)); codeOf(err) != DollarPrefixedField {
		t.Errorf("operators in a replacement: %v", err)
	}
}

func TestUpsert(t *testing.T) {
	for _, c := range []struct {
		filter, update, want string
		code                 Code
	}{
		{`{"a.b":1,"c":{"$gt":1},"d":{"$eq":4}}`, `{"$inc":{"n":1}}`, `{"a":{"b":1},"d":4,"n":1}`, 0},
		{`{"$and":[{"a":1},{"b":2}],"$or":[{"c":3},{"d":4}]}`, `{"$set":{"e":5}}`, `{"a":1,"b":2,"e":5}`, 0},
		{`{"a":1,"$and":[{"a":2}]}`, `{"$set":{"e":5}}`, ``, NotSingleValueField},
		{`{"_id":1}`, `{"$set":{"_id":2}}`, ``, ImmutableField},
		{`{"x":1}`, `{"$set":{"_id":2}}`, `{"x":1,"_id":2}`, 0},
		{`{"a":1}`, `{"$set":{"a.b":2}}`, ``, PathNotViable},
	} {
		filter, err := ParseFilter(decode(t, c.filter))
		if err != nil {
			t.Fatal(err)
		}
		update, err := ParseUpdate(decode(t, c.update))
		if err != nil {
			t.Fatal(err)
		}
		doc, err := update.Insert(filter)
		if codeOf(err) != c.code {
			t.Errorf("%s %s: %d %v, expected %d", c.filter, c.update, codeOf(err), err, c.code)
		} else if err == nil && encode(t, doc) != c.want {
			t.Errorf("%s %s: %s, expected %s", c.filter, c.update, encode(t, doc), c.want)
		}
	}
}

func TestProjection(t *testing.T) {
	const doc = `{"_id":1,"a":{"b":1,"c":2},"list":[{"x":1,"y":2},3,[{"x":4}]],"n":[1,2,3,4,5]}`
	for _, c := range []struct {
		projection, want string
		code             Code
	}{
		{`{}`, doc, 0},
		{`{"_id":0}`, `{"a":{"b":1,"c":2},"list":[{"x":1,"y":2},3,[{"x":4}]],"n":[1,2,3,4,5]}`, 0},
		{`{"_id":1}`, `{"_id":1}`, 0},
		{`{"_id":1,"n":0,"list":0}`, `{"_id":1,"a":{"b":1,"c":2}}`, 0},
		{`{"a.b":true,"n":1.5}`, `{"_id":1,"a":{"b":1},"n":[1,2,3,4,5]}`, 0},
		{`{"list.x":1}`, `{"_id":1,"list":[{"x":1},[{"x":4}]]}`, 0},
		{`{"list.x":0,"n":0,"a":0}`, `{"_id":1,"list":[{"y":2},3,[{}]]}`, 0},
		{`{"n":{"$slice":2},"list":0,"a":0}`, `{"_id":1,"n":[1,2]}`, 0},
		{`{"n":{"$slice":-2},"a.b":1}`, `{"_id":1,"a":{"b":1},"n":[4,5]}`, 0},
		{`{"n":{"$slice":[1,2]},"list":0,"a":0}`, `{"_id":1,"n":[2,3]}`, 0},
		{`{"n":{"$slice":[-9,2]},"list":0,"a":0}`, `{"_id":1,"n":[1,2]}`, 0},
		{`{"n":{"$slice":[9,2147483647]},"list":0,"a":0}`, `{"_id":1,"n":[]}`, 0},
		{`{"n":{"$elemMatch":{"$gt":2}}}`, `{"_id":1,"n":[3]}`, 0},
		{`{"n":{"$elemMatch":{"$gt":9}}}`, `{"_id":1}`, 0},
		{`{"a":1,"n":0}`, ``, BadValue},
		{`{"a":1,"a.b":1}`, ``, BadValue},
		{`{"a.b":1,"a":1}`, ``, BadValue},
		{`{"n":{"$slice":[1,0]}}`, ``, BadValue},
		{`{"n":{"$slice":"x"}}`, ``, BadValue},
		{`{"n":{"$foo":1}}`, ``, NotImplemented},
		{`{"n":{}}`, ``, NotImplemented},
		{`{"n":"$a"}`, ``, NotImplemented},
		{`{"n.$":1}`, ``, NotImplemented},
	} {
		p, err := ParseProjection(decode(t, c.projection))
		if codeOf(err) != c.code {
			t.Errorf("%s: %d %v, expected %d", c.projection, codeOf(err), err, c.code)
			continue
		}
		if err == nil {
			if got := encode(t, p.Apply(decode(t, doc))); got != c.want {
				t.Errorf("%s: %s, expected %s", c.projection, got, c.want)
			}
		}
	}
}

func TestOrder(t *testing.T) {
	for _, c := range []struct {
		order string
		want  string
		docs  []string
	}{
		{
			`{"a":1}`, "empty none null number text list",
			[]string{`{"_id":"text","a":"0"}`, `{"_id":"none"}`, `{"_id":"number","a":5}`, `{"_id":"null","a":null}`, `{"_id":"list","a":["x"]}`, `{"_id":"empty","a":[]}`},
		},
		{`{"a":-1}`, "b a c", []string{`{"_id":"a","a":[1,7]}`, `{"_id":"b","a":8}`, `{"_id":"c","a":[]}`}},
		{`{"a":1}`, "b a", []string{`{"_id":"a","a":2}`, `{"_id":"b","a":[1,7]}`}},
		{`{"a.x":1}`, "b a c", []string{`{"_id":"a","a":[{"x":3},{"x":2}]}`, `{"_id":"b","a":{"x":1}}`, `{"_id":"c","a":[{"x":9}]}`}},
		{`{"a":1,"b":-1}`, "b c a", []string{`{"_id":"a","a":2}`, `{"_id":"b","a":1,"b":2}`, `{"_id":"c","a":1,"b":1}`}},
		{`{"a":1}`, "a b c", []string{`{"_id":"a"}`, `{"_id":"b"}`, `{"_id":"c"}`}},
	} {
		order, err := ParseOrder(decode(t, c.order))
		if err != nil {
			t.Fatal(err)
		}
		var docs []bson.D
		for _, doc := range c.docs {
			docs = append(docs, decode(t, doc))
		}
		order.Sort(docs)
		var ids []string
		for _, doc := range docs {
			id, _ := Field(doc, "_id")
			ids = append(ids, id.(string))
		}
		if diff := cmp.Diff(c.want, strings.Join(ids, " ")); diff != "" {
			t.Errorf("%s: %s", c.order, diff)
		}
	}
	for _, order := range []string{`{"a":0}`, `{"a":"asc"}`, `{"$natural":1}`, `{"a":{"$meta":"textScore"}}`, `{"":1}`} {
		if _, err := ParseOrder(decode(t, order)); codeOf(err) != BadValue {
			t.Errorf("%s: %v", order, err)
		}
	}
}

func TestDecode(t *testing.T) {
	for text, code := range map[string]Code{
		``:                                   FailedToParse,
		`null`:                               FailedToParse,
		`1`:                                  FailedToParse,
		`[]`:                                 FailedToParse,
		`{`:                                  FailedToParse,
		`{} {}`:                              FailedToParse,
		`{"a":1,"a":2}`:                      FailedToParse,
		`{"a":[{"b":1,"b":2}]}`:              FailedToParse,
		`{"a\u0000b":1}`:                     FailedToParse,
		`{"a":{"$numberInt":"x"}}`:           FailedToParse,
		`{"a":{"$oid":"zz"}}`:                FailedToParse,
		`{"a":{"$minKey":1}}`:                NotImplemented,
		`{"a":{"$maxKey":1}}`:                NotImplemented,
		`{"a":{"$undefined":true}}`:          NotImplemented,
		`{"a":{"$symbol":"x"}}`:              NotImplemented,
		`{"a":{"$code":"x"}}`:                NotImplemented,
		`{"a":{"$numberDecimal":"1"}}`:       NotImplemented,
		`{"a":[{"$minKey":1}]}`:              NotImplemented,
		`{"a":{"$timestamp":{"t":1,"i":1}}}`: 0,
		strings.Repeat(`{"a":`, 150) + `1` + strings.Repeat(`}`, 150): 0,
		strings.Repeat(`{"a":`, 250) + `1` + strings.Repeat(`}`, 250): FailedToParse,
		manyFields(20, 20): 0,
		manyFields(20, 19): FailedToParse,
	} {
		if _, err := Decode(text); codeOf(err) != code {
			t.Errorf("%s: %d %v, expected %d", clip(text), codeOf(err), err, code)
		}
	}
}

// manyFields makes a document of n fields with some names.
func manyFields(n, names int) string {
	var fields []string
	for i := range n {
		fields = append(fields, fmt.Sprintf(`"f%d":1`, i%names))
	}
	return "{" + strings.Join(fields, ",") + "}"
}

// TestDeepArrays has as many ways to go as a path can have.
func TestDeepArrays(t *testing.T) {
	const depth = 90
	doc := decode(t, strings.Repeat(`{"0":[`, depth)+strings.Repeat(`]}`, depth))
	filter, err := ParseFilter(decode(t, `{"0`+strings.Repeat(".0", 15)+strings.Repeat(".x", 90)+`":1}`))
	if err != nil {
		t.Fatal(err)
	}
	if filter.Matches(doc) {
		t.Error("matches")
	}
}
