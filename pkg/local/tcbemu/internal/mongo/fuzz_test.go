package mongo

import (
	"testing"

	"go.mongodb.org/mongo-driver/bson"
)

// FuzzEvaluate parses anything as a filter, an update, a projection and an order, and
// applies what parses to a document.
func FuzzEvaluate(f *testing.F) {
	for _, seed := range [][3]string{
		{`{"_id":1,"a":[1,{"b":2},[3]],"c":"x"}`, `{"a":{"$elemMatch":{"$gt":0}}}`, `{"$set":{"a.$":5},"$inc":{"d.e":1}}`},
		{`{"_id":1,"m":["a","b"]}`, `{"m.3":{"$exists":false},"m":{"$ne":"z"}}`, `{"$addToSet":{"m":{"$each":["z"]}},"$pull":{"n":{"$in":[1]}}}`},
		{`{"_id":1,"m":[{"s":5}]}`, `{"$or":[{"m.s":{"$mod":[5,0]}},{"$expr":{"$lt":["$a","$b"]}}]}`, `{"$push":{"m":{"$each":[{"s":1}],"$sort":{"s":1},"$slice":-2,"$position":0}}}`},
		{`{"_id":1,"t":"Hello"}`, `{"t":{"$not":{"$regularExpression":{"pattern":"^h","options":"i"}}}}`, `{"$rename":{"t":"u.v"},"$unset":{"x":1},"$mul":{"y":3}}`},
		{`{"_id":{"$oid":"64b7f0000000000000000001"},"n":{"$numberLong":"9"}}`, `{"n":{"$type":["long","array"]},"x":{"$size":0}}`, `{"$min":{"n":1},"$max":{"o":1},"$pop":{"p":1},"$pullAll":{"q":[1]}}`},
		{`{"n":{"$numberDouble":"NaN"}}`, `{"n":{"$all":[{"$elemMatch":{"a":1}}]}}`, `{"arr":{"$slice":[1,2]},"m":{"$elemMatch":{"a":1}},"a.b":1}`},
		{`{"a":[[],{"b":null}]}`, `{"a.0":null,"$nor":[{"a.b":{"$in":[null]}}]}`, `{"a":1,"b.c":-1}`},
	} {
		f.Add(seed[0], seed[1], seed[2])
	}
	f.Fuzz(func(t *testing.T, docText, query, other string) {
		doc, err := Decode(docText)
		if err != nil {
			return
		}
		before := mustMarshal(t, doc)
		filter := &Filter{root: every{}}
		if q, err := Decode(query); err == nil {
			if parsed, err := ParseFilter(q); err == nil {
				filter = parsed
			}
		}
		at, matched := filter.Locate(doc)
		if id, ok := filter.ID(); ok && matched {
			if docID, there := Field(doc, "_id"); !Same(id, docID) && there {
				t.Errorf("%s names _id %v and matches %s", query, id, docText)
			}
		}
		spec, err := Decode(other)
		if err != nil {
			return
		}
		if update, err := ParseUpdate(spec); err == nil {
			if next, err := update.Apply(doc, at); err == nil {
				mustMarshal(t, next)
			}
			if next, err := update.Insert(filter); err == nil {
				mustMarshal(t, next)
			}
		}
		if p, err := ParseProjection(spec); err == nil {
			mustMarshal(t, p.Apply(doc))
		}
		if o, err := ParseOrder(spec); err == nil {
			o.Sort([]bson.D{doc, spec, doc})
		}
		if after := mustMarshal(t, doc); after != before {
			t.Errorf("the document was changed from %s to %s", before, after)
		}
	})
}

func mustMarshal(t *testing.T, doc bson.D) string {
	raw, err := bson.Marshal(doc)
	if err != nil {
		t.Fatalf("%v can't be stored: %v", doc, err)
	}
	return string(raw)
}
