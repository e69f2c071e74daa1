package store

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"go.mongodb.org/mongo-driver/bson"

	"webrtc-room/pkg/local/tcbemu/internal/mongo"
)

func openFileStore(t *testing.T) (s *Store, path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "documents.db")
	s, err := Open(Options{Path: path, Sync: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.CreateCollection("c"); err != nil {
		t.Fatal(err)
	}
	return s, path
}

func TestBrokenFile(t *testing.T) {
	s, _ := openFileStore(t)
	if _, err := s.Insert("c", []bson.D{{{Key: "_id", Value: "a"}}}); err != nil {
		t.Fatal(err)
	}
	if err := s.file.db.Close(); err != nil { // from now on no write can succeed
		t.Fatal(err)
	}
	if _, err := s.Insert("c", []bson.D{{{Key: "_id", Value: "b"}}}); !errors.Is(err, ErrBroken) {
		t.Errorf("a write that fails: %v, expected ErrBroken", err)
	}
	if _, err := s.Find("c", Query{}); !errors.Is(err, ErrBroken) {
		t.Errorf("a read afterwards: %v, expected ErrBroken", err)
	}
	if _, err := s.Delete("c", nil, true); !errors.Is(err, ErrBroken) {
		t.Errorf("a write afterwards: %v, expected ErrBroken", err)
	}
	if _, err := s.Export(); !errors.Is(err, ErrBroken) {
		t.Errorf("an export afterwards: %v, expected ErrBroken", err)
	}
}

func TestReopen(t *testing.T) {
	s, path := openFileStore(t)
	err := s.Import(Contents{"c": {
		Docs:    []bson.D{{{Key: "_id", Value: "b"}, {Key: "e", Value: int32(1)}}, {{Key: "_id", Value: "a"}}},
		Indexes: []Index{{Key: bson.D{{Key: "e", Value: int32(1)}}, Partial: bson.D{{Key: "e", Value: bson.D{{Key: "$exists", Value: true}}}}}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("a second Close: %v", err)
	}
	if s, err = Open(Options{Path: path}); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var refusal *mongo.Error
	if _, err := s.Insert("c", []bson.D{{{Key: "_id", Value: "x"}, {Key: "e", Value: int32(1)}}}); !errors.As(err, &refusal) || refusal.Code != mongo.DuplicateKey {
		t.Errorf("the unique index is gone: %v", err)
	}
	if _, err := s.Insert("c", []bson.D{{{Key: "_id", Value: "0"}}}); err != nil {
		t.Error(err)
	}
	var ids []any
	for _, doc := range contents(t, s) {
		id, _ := mongo.Field(doc, "_id")
		ids = append(ids, id)
	}
	if got := fmt.Sprint(ids); got != "[b a 0]" {
		t.Errorf("order %s, expected that of insertion", got)
	}
}

// TestUniqueIndexAfterFailure updates many documents of which one violates an index:
// those before it stay changed, and the index stays right.
func TestUniqueIndexAfterFailure(t *testing.T) {
	s, err := Open(Options{})
	if err != nil {
		t.Fatal(err)
	}
	err = s.Import(Contents{"c": {
		Docs: []bson.D{
			{{Key: "_id", Value: int32(1)}, {Key: "e", Value: int32(10)}, {Key: "f", Value: int32(1)}},
			{{Key: "_id", Value: int32(2)}, {Key: "e", Value: int32(20)}, {Key: "f", Value: int32(2)}},
			{{Key: "_id", Value: int32(3)}, {Key: "e", Value: int32(21)}, {Key: "f", Value: int32(3)}},
		},
		Indexes: []Index{{Key: bson.D{{Key: "f", Value: int32(1)}}}, {Key: bson.D{{Key: "e", Value: int32(1)}}}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	filter := parseFilter(t, `{}`)
	update, err := mongo.ParseUpdate(decode(t, []byte(`{"$inc":{"e":1,"f":100}}`)))
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Update("c", filter, update, UpdateOptions{Multi: true})
	var refusal *mongo.Error
	if !errors.As(err, &refusal) || refusal.Code != mongo.DuplicateKey {
		t.Fatalf("%v, expected a duplicate key", err)
	}
	if got := fmt.Sprint(encodeAll(t, contents(t, s))); !strings.Contains(got, `{"_id":{"$numberInt":"1"},"e":{"$numberInt":"11"},"f":{"$numberInt":"101"}} {"_id":{"$numberInt":"2"},"e":{"$numberInt":"20"},"f":{"$numberInt":"2"}}`) {
		t.Errorf("afterwards: %s", got)
	}
	for e, free := range map[int32]bool{10: true, 11: false, 20: false, 21: false, 22: true} {
		_, err := s.Insert("c", []bson.D{{{Key: "_id", Value: e}, {Key: "e", Value: e}, {Key: "f", Value: e + 1000}}})
		if (err == nil) != free {
			t.Errorf("e=%d: %v", e, err)
		}
	}
	for f, free := range map[int32]bool{1: true, 2: false, 101: false, 102: true} {
		_, err := s.Insert("c", []bson.D{{{Key: "_id", Value: f * 7777}, {Key: "e", Value: f + 5000}, {Key: "f", Value: f}}})
		if (err == nil) != free {
			t.Errorf("f=%d: %v", f, err)
		}
	}
}

func TestDocumentTooLarge(t *testing.T) {
	s, err := Open(Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.CreateCollection("c"); err != nil {
		t.Fatal(err)
	}
	var refusal *mongo.Error
	_, err = s.Insert("c", []bson.D{{{Key: "_id", Value: 1}, {Key: "a", Value: strings.Repeat("x", maxDocument)}}})
	if !errors.As(err, &refusal) || refusal.Code != mongo.DocumentTooLarge {
		t.Errorf("%v, expected DocumentTooLarge", err)
	}
}

// TestReadersSeeWholeStates has readers look while two documents are always changed
// together.
func TestReadersSeeWholeStates(t *testing.T) {
	s, err := Open(Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Import(Contents{"c": {Docs: []bson.D{
		{{Key: "_id", Value: "a"}, {Key: "n", Value: int32(0)}},
		{{Key: "_id", Value: "b"}, {Key: "n", Value: int32(0)}},
	}}}); err != nil {
		t.Fatal(err)
	}
	filter := parseFilter(t, `{}`)
	update, err := mongo.ParseUpdate(decode(t, []byte(`{"$inc":{"n":1}}`)))
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for {
				docs := contents(t, s)
				a, _ := mongo.Field(docs[0], "n")
				b, _ := mongo.Field(docs[1], "n")
				if a != b {
					t.Errorf("saw %v and %v", a, b)
					return
				}
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	for range 2000 {
		if _, err := s.Update("c", filter, update, UpdateOptions{Multi: true}); err != nil {
			t.Error(err)
			break
		}
	}
	close(done)
	readers.Wait()
}

func parseFilter(t testing.TB, text string) *mongo.Filter {
	t.Helper()
	filter, err := mongo.ParseFilter(decode(t, []byte(text)))
	if err != nil {
		t.Fatal(err)
	}
	return filter
}
