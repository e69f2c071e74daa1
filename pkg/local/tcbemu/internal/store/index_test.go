package store

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.mongodb.org/mongo-driver/bson"
	"pgregory.net/rapid"

	"webrtc-room/pkg/local/tcbemu/internal/mongo"
)

// TestIndexChangesNoAnswer does the same to a collection with indexes and to one
// without, and expects the same.
func TestIndexChangesNoAnswer(t *testing.T) {
	indexes, err := ParseIndexes(map[string][]bson.D{"c": {
		{{Key: "n", Value: int32(-1)}, {Key: "_id", Value: int32(-1)}},
		{{Key: "n", Value: int32(1)}},
		{{Key: "a.b", Value: int32(1)}},
		{{Key: "a", Value: int32(-1)}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	value := rapid.SampledFrom([]string{
		`null`, `0`, `1`, `1.0`, `2`, `{"$numberDouble":"NaN"}`, `""`, `"x"`, `true`, `{}`, `{"b":1}`, `{"b":[1,"x"]}`,
		`[]`, `[1]`, `[2,1]`, `["x",null]`, `[{"b":1},{"b":2}]`, `[[1]]`, `{"$date":{"$numberLong":"1"}}`,
	})
	scalar := rapid.SampledFrom([]string{`0`, `1`, `1.5`, `2`, `"x"`, `{"$date":{"$numberLong":"1"}}`})
	id := rapid.IntRange(0, 9)
	document := rapid.Custom(func(t *rapid.T) string {
		n, a := scalar, value
		if rapid.IntRange(0, 9).Draw(t, "odd") == 0 {
			n = value
		}
		doc := fmt.Sprintf(`{"_id":%d`, id.Draw(t, "id"))
		if rapid.IntRange(0, 9).Draw(t, "missing") > 0 {
			doc += `,"n":` + n.Draw(t, "n")
		}
		return doc + `,"a":` + a.Draw(t, "a") + `}`
	})
	filter := rapid.Custom(func(t *rapid.T) string {
		switch rapid.IntRange(0, 6).Draw(t, "filter") {
		case 0:
			return `{}`
		case 1:
			return `{"n":` + value.Draw(t, "v") + `}`
		case 2:
			return `{"a":` + value.Draw(t, "v") + `,"n":{"$exists":true}}`
		case 3:
			return `{"a.b":` + value.Draw(t, "v") + `}`
		case 4:
			return `{"n":{"$gt":` + scalar.Draw(t, "low") + `,"$lte":` + scalar.Draw(t, "high") + `}}`
		case 5:
			v := scalar.Draw(t, "v")
			return fmt.Sprintf(`{"$and":[{"n":{"$lte":%s}},{"$or":[{"n":{"$lt":%s}},{"_id":{"$lt":%d}}]}]}`, v, v, id.Draw(t, "before"))
		default:
			return fmt.Sprintf(`{"_id":{"$gte":%d}}`, id.Draw(t, "least"))
		}
	})
	order := rapid.SampledFrom([]string{``, ``, `{"n":-1,"_id":-1}`, `{"n":1,"_id":1}`, `{"n":-1}`, `{"n":1}`, `{"a":1}`, `{"a.b":-1}`, `{"n":1,"_id":-1}`})

	rapid.Check(t, func(t *rapid.T) {
		with, err := Open(Options{Indexes: indexes})
		if err != nil {
			t.Fatal(err)
		}
		without, err := Open(Options{})
		if err != nil {
			t.Fatal(err)
		}
		both := func(what string, do func(s *Store) any) {
			if diff := cmp.Diff(fmt.Sprint(do(without)), fmt.Sprint(do(with))); diff != "" {
				t.Fatalf("%s (-without index +with):\n%s", what, diff)
			}
		}
		both("create", func(s *Store) any { return s.CreateCollection("c") })
		parse := func(text string) *mongo.Filter {
			f, err := mongo.ParseFilter(parseDoc(t, text))
			if err != nil {
				t.Fatal(err)
			}
			return f
		}
		t.Repeat(map[string]func(*rapid.T){
			"insert": func(t *rapid.T) {
				text := document.Draw(t, "document")
				both(text, func(s *Store) any {
					n, err := s.Insert("c", []bson.D{parseDoc(t, text)})
					return fmt.Sprint(n, err)
				})
			},
			"update": func(t *rapid.T) {
				f, v, multi := parse(filter.Draw(t, "filter")), value.Draw(t, "new"), rapid.Bool().Draw(t, "multi")
				update, err := mongo.ParseUpdate(parseDoc(t, `{"$set":{"n":`+v+`}}`))
				if err != nil {
					t.Fatal(err)
				}
				both("update", func(s *Store) any {
					result, err := s.Update("c", f, update, UpdateOptions{Multi: multi})
					return fmt.Sprint(result, err)
				})
			},
			"delete": func(t *rapid.T) {
				f := parse(filter.Draw(t, "filter"))
				both("delete", func(s *Store) any {
					n, err := s.Delete("c", f, false)
					return fmt.Sprint(n, err)
				})
			},
			"find": func(t *rapid.T) {
				text := filter.Draw(t, "filter")
				q := Query{Filter: parse(text), Skip: rapid.IntRange(0, 3).Draw(t, "skip"), Limit: rapid.IntRange(0, 4).Draw(t, "limit")}
				sorted := order.Draw(t, "order")
				if sorted != "" {
					var err error
					if q.Order, err = mongo.ParseOrder(parseDoc(t, sorted)); err != nil {
						t.Fatal(err)
					}
				}
				both(text+" in the order "+sorted, func(s *Store) any {
					docs, err := s.Find("c", q)
					return fmt.Sprint(docs, err)
				})
			},
			"": func(*rapid.T) {},
		})
	})
}

func parseDoc(t *rapid.T, text string) bson.D {
	doc, err := mongo.Decode(text)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// TestIndexIsUsed counts what is looked at.
func TestIndexIsUsed(t *testing.T) {
	indexes, err := ParseIndexes(map[string][]bson.D{"c": {
		{{Key: "n", Value: int32(-1)}, {Key: "_id", Value: int32(-1)}},
		{{Key: "members", Value: int32(1)}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	c := newCollection("c", indexes["c"])
	for i := range 1000 {
		if _, err := c.insert(bson.D{{Key: "_id", Value: int32(i)}, {Key: "n", Value: int32(i / 10)}, {Key: "members", Value: bson.A{fmt.Sprint("u", i), fmt.Sprint("u", i%7)}}}); err != nil {
			t.Fatal(err)
		}
	}
	for _, q := range []struct {
		filter, order string
		most          int
	}{
		{`{"n":{"$gt":0}}`, `{"n":-1,"_id":-1}`, 10},
		{`{"n":{"$gt":0}}`, `{"n":1,"_id":1}`, 20},
		{`{"$and":[{"n":{"$lte":50}},{"$or":[{"n":{"$lt":50}},{"_id":{"$lt":505}}]}]}`, `{"n":-1,"_id":-1}`, 20},
		{`{"members":"u500"}`, ``, 1},
		{`{"members":"u500"}`, `{"n":-1,"_id":-1}`, 1000}, // an order that is there goes before
	} {
		filter := parseFilter(t, q.filter)
		var order *mongo.Order
		if q.order != "" {
			if order, err = mongo.ParseOrder(decode(t, []byte(q.order))); err != nil {
				t.Fatal(err)
			}
		}
		looked, found := 0, 0
		for _, x := range c.indexes {
			if x.find(filter, order, func(r *record) bool {
				looked++
				if filter.Matches(r.doc) {
					found++
				}
				return found < 10
			}) {
				break
			}
		}
		if found == 0 || looked > q.most {
			t.Errorf("%s %s: looked at %d to find %d, want at most %d", q.filter, q.order, looked, found, q.most)
		}
	}
}
