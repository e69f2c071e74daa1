package store

import (
	"encoding/json"
	"errors"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.mongodb.org/mongo-driver/bson"

	"webrtc-room/pkg/local/tcbemu/internal/mongo"
)

// refused names the cases that the emulator refuses instead, with a text that says so.
var refused = map[string]string{
	"$gt MinKey": "$minKey is not supported by the local emulator",
}

// vector is a call on a collection and what MongoDB answers. Documents are Extended
// JSON, kept as text for their order of fields.
type vector struct {
	Name        string
	Docs        []json.RawMessage
	Op          string
	Filter      json.RawMessage
	Update      json.RawMessage
	Insert      []json.RawMessage
	Sort        json.RawMessage
	Projection  json.RawMessage
	Skip, Limit int
	Replace     bool
	Upsert      bool
	Multi       bool

	IDs      []json.RawMessage
	Want     []json.RawMessage
	After    []json.RawMessage
	Matched  int
	Modified int
	Deleted  int
	Count    int
	Upserted json.RawMessage
	Err      bool
	Code     mongo.Code
}

func TestVectors(t *testing.T) {
	text, err := os.ReadFile("testdata/documents.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []vector
	if err := json.Unmarshal(text, &vectors); err != nil {
		t.Fatal(err)
	}
	if len(vectors) != 111 {
		t.Errorf("%d vectors, expected 111", len(vectors))
	}
	for _, v := range vectors {
		t.Run(v.Name, func(t *testing.T) {
			s, err := Open(Options{})
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Import(Contents{"c": decodeAll(t, v.Docs)}); err != nil {
				t.Fatal(err)
			}
			v.run(t, s)
			if v.After != nil {
				if diff := cmp.Diff(sortedByID(t, decodeAll(t, v.After)), sortedByID(t, contents(t, s))); diff != "" {
					t.Errorf("documents afterwards (-want +got):\n%s", diff)
				}
			}
		})
	}
}

func (v vector) run(t *testing.T, s *Store) {
	if v.Op == "insert" {
		_, err := s.Insert("c", decodeAll(t, v.Insert))
		v.checkError(t, err)
		return
	}
	query, err := mongo.Decode(string(v.Filter))
	if err != nil {
		v.checkError(t, err)
		return
	}
	filter, err := mongo.ParseFilter(query)
	if err != nil {
		v.checkError(t, err)
		return
	}
	switch v.Op {
	case "find", "count":
		v.find(t, s, filter)
	case "update":
		v.update(t, s, filter)
	case "delete":
		n, err := s.Delete("c", filter, v.Multi)
		v.checkError(t, err)
		if n != v.Deleted {
			t.Errorf("deleted %d, expected %d", n, v.Deleted)
		}
	default:
		t.Fatalf("unknown op %q", v.Op)
	}
}

func (v vector) find(t *testing.T, s *Store, filter *mongo.Filter) {
	q := Query{Filter: filter, Skip: v.Skip, Limit: v.Limit}
	if v.Sort != nil {
		var err error
		if q.Order, err = mongo.ParseOrder(decode(t, v.Sort)); err != nil {
			t.Fatal(err)
		}
	}
	docs, err := s.Find("c", q)
	if v.Projection != nil && err == nil {
		var p *mongo.Projection
		if p, err = mongo.ParseProjection(decode(t, v.Projection)); err == nil {
			for i := range docs {
				docs[i] = p.Apply(docs[i])
			}
		}
	}
	v.checkError(t, err)
	if v.Err {
		return
	}
	switch {
	case v.Op == "count":
		if len(docs) != v.Count {
			t.Errorf("counted %d, expected %d", len(docs), v.Count)
		}
	case v.Want != nil:
		if diff := cmp.Diff(encodeAll(t, decodeAll(t, v.Want)), encodeAll(t, docs)); diff != "" {
			t.Errorf("found (-want +got):\n%s", diff)
		}
	default:
		got, want := []string{}, []string{}
		for _, doc := range docs {
			id, _ := mongo.Field(doc, "_id")
			got = append(got, encode(t, bson.D{{Key: "id", Value: id}}))
		}
		for _, id := range v.IDs {
			want = append(want, encode(t, decode(t, json.RawMessage(`{"id":`+string(id)+`}`))))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("found (-want +got):\n%s", diff)
		}
	}
}

func (v vector) update(t *testing.T, s *Store, filter *mongo.Filter) {
	var u *mongo.Update
	var err error
	if v.Replace {
		u, err = mongo.ParseReplacement(decode(t, v.Update))
	} else {
		u, err = mongo.ParseUpdate(decode(t, v.Update))
	}
	var result UpdateResult
	if err == nil {
		result, err = s.Update("c", filter, u, UpdateOptions{Multi: v.Multi, Upsert: v.Upsert})
	}
	v.checkError(t, err)
	if result.Matched != v.Matched || result.Modified != v.Modified {
		t.Errorf("matched %d, modified %d, expected %d and %d", result.Matched, result.Modified, v.Matched, v.Modified)
	}
	if (v.Upserted != nil) != (result.Upserted != nil) {
		t.Errorf("upserted %v, expected %s", result.Upserted, v.Upserted)
	}
	if v.Upserted != nil {
		want, _ := mongo.Field(decode(t, json.RawMessage(`{"_id":`+string(v.Upserted)+`}`)), "_id")
		if got, _ := mongo.Field(result.Upserted, "_id"); !mongo.Same(want, got) {
			t.Errorf("upserted %v, expected %v", got, want)
		}
	}
}

func (v vector) checkError(t *testing.T, err error) {
	t.Helper()
	var refusal *mongo.Error
	if err != nil && !errors.As(err, &refusal) {
		t.Fatalf("error %v is not MongoDB's", err)
	}
	switch text, isRefused := refused[v.Name]; {
	case isRefused:
		if refusal == nil || refusal.Code != mongo.NotImplemented || refusal.Message != text {
			t.Errorf("error %v, expected %q", err, text)
		}
	case v.Err && refusal == nil:
		t.Error("no error, expected one")
	case v.Err && v.Code != 0 && refusal.Code != v.Code:
		t.Errorf("error %d (%v), expected %d", refusal.Code, refusal, v.Code)
	case !v.Err && refusal != nil:
		t.Errorf("unexpected error %d: %v", refusal.Code, refusal)
	}
}

func decode(t testing.TB, text json.RawMessage) bson.D {
	t.Helper()
	doc, err := mongo.Decode(string(text))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func decodeAll(t testing.TB, texts []json.RawMessage) []bson.D {
	t.Helper()
	docs := []bson.D{}
	for _, text := range texts {
		docs = append(docs, decode(t, text))
	}
	return docs
}

func encode(t testing.TB, doc bson.D) string {
	t.Helper()
	text, err := mongo.Encode(doc)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func encodeAll(t testing.TB, docs []bson.D) []string {
	t.Helper()
	texts := []string{}
	for _, doc := range docs {
		texts = append(texts, encode(t, doc))
	}
	return texts
}

func sortedByID(t testing.TB, docs []bson.D) []string {
	t.Helper()
	texts := encodeAll(t, docs)
	slices.Sort(texts) // each begins with its _id
	return texts
}

func contents(t testing.TB, s *Store) []bson.D {
	t.Helper()
	docs, err := s.Find("c", Query{})
	if err != nil {
		t.Fatal(err)
	}
	return docs
}
