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
	err := s.Import(Contents{"c": []bson.D{{{Key: "_id", Value: "b"}, {Key: "e", Value: int32(1)}}, {{Key: "_id", Value: "a"}}}})
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
	if err := s.Import(Contents{"c": {
		{{Key: "_id", Value: "a"}, {Key: "n", Value: int32(0)}},
		{{Key: "_id", Value: "b"}, {Key: "n", Value: int32(0)}},
	}}); err != nil {
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
