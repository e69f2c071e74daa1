// Package store keeps collections of documents, in memory and, if it has a file, in
// that file.
//
// Readers never wait: each sees the state that the last finished write left, all
// collections at one instant. Writers take turns. A write is first made on a copy (of
// tree nodes, not of documents), then written to the file, and then shown to readers;
// so nothing is ever seen or acknowledged that the file doesn't hold. If the file
// can't be written, nobody knows what it holds, and the store refuses everything from
// then on.
//
// The file is handed to the operating system with every write, which a killed process
// can't undo. Waiting for the disk as well (Options.Sync), which a power cut can't undo
// either, makes a write several times as slow and is off unless asked for; without it, a
// power cut may lose the last seconds or damage the file.
package store

import (
	"errors"
	"fmt"
	"maps"
	"sync"
	"sync/atomic"

	"go.mongodb.org/mongo-driver/bson"

	"webrtc-room/pkg/local/tcbemu/internal/mongo"
)

var (
	ErrNoCollection     = errors.New("store: no such collection")
	ErrCollectionExists = errors.New("store: the collection exists")
	ErrClosed           = errors.New("store: closed")
	// ErrBroken is what every call returns after a write to the file has failed.
	ErrBroken = errors.New("store: a write to the file failed, what it holds is unknown")
)

// Options say where documents are kept.
type Options struct {
	Path    string // "" keeps them in memory only
	Sync    bool   // wait for the disk with every write
	Indexes Indexes
}

// A Store is safe for concurrent use.
type Store struct {
	state   atomic.Pointer[state] // nil once the store is closed or broken
	indexes Indexes

	mu      sync.Mutex // held by the writer
	file    *file      // nil in memory
	failure error      // why state is nil
	changed chan struct{}
}

// A state is what readers see. It never changes.
type state map[string]*collection

// Open opens the store. A file that another process has open is an error, soon.
func Open(options Options) (*Store, error) {
	s := &Store{changed: make(chan struct{}), indexes: options.Indexes}
	loaded := state{}
	if options.Path != "" {
		var err error
		if s.file, err = openFile(options.Path, options.Sync); err != nil {
			return nil, err
		}
		if loaded, err = s.file.load(s.indexes); err != nil {
			return nil, errors.Join(err, s.file.close())
		}
	}
	s.state.Store(&loaded)
	return s, nil
}

// Close makes sure that the disk holds everything, and lets go of the file.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if errors.Is(s.failure, ErrClosed) {
		return nil
	}
	s.fail(ErrClosed)
	if s.file == nil {
		return nil
	}
	return s.file.close()
}

func (s *Store) fail(err error) {
	if s.failure == nil {
		close(s.changed) // whoever waits for a change shall learn that none will come
	}
	s.failure = err
	s.state.Store(nil)
}

// Changed returns a channel that is closed with the next change of anything, and when
// the store is closed or broken.
func (s *Store) Changed() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changed
}

func (s *Store) read() (state, error) {
	if current := s.state.Load(); current != nil {
		return *current, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return nil, s.failure
}

func (s *Store) readCollection(name string) (*collection, error) {
	current, err := s.read()
	if err != nil {
		return nil, err
	}
	if c := current[name]; c != nil {
		return c, nil
	}
	return nil, ErrNoCollection
}

// A write is what one call changes.
type write struct {
	next    state    // nobody else sees it yet
	changes []change // for the file
}

// write runs do, and keeps what it did even if it returns an error: like MongoDB, an
// insert of several documents that fails at the third has inserted two.
func (s *Store) write(do func(w *write) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failure != nil {
		return s.failure
	}
	w := &write{next: maps.Clone(*s.state.Load())}
	err := do(w)
	if len(w.changes) == 0 {
		return err
	}
	if s.file != nil {
		if ferr := s.file.apply(w.changes); ferr != nil {
			s.fail(fmt.Errorf("%w: %w", ErrBroken, ferr))
			return s.failure
		}
	}
	s.state.Store(&w.next)
	close(s.changed)
	s.changed = make(chan struct{})
	return err
}

// collection returns a collection that may be changed.
func (w *write) collection(name string) (*collection, error) {
	c := w.next[name]
	if c == nil {
		return nil, ErrNoCollection
	}
	c = c.copy()
	w.next[name] = c
	return c, nil
}

func (w *write) put(c *collection, r *record) {
	w.changes = append(w.changes, putRecord(c.name, r))
}

// CreateCollection makes an empty collection, or returns ErrCollectionExists.
func (s *Store) CreateCollection(name string) error {
	return s.write(func(w *write) error {
		if w.next[name] != nil {
			return ErrCollectionExists
		}
		w.create(newCollection(name, s.indexes[name]))
		return nil
	})
}

func (w *write) create(c *collection) {
	w.next[c.name] = c
	w.changes = append(w.changes, putCollection(c.name))
}

// Insert adds documents, which must have an _id, in order. It stops at the first that
// can't be added, with a *mongo.Error, and returns how many it added.
// The caller must not change docs any more.
func (s *Store) Insert(name string, docs []bson.D) (n int, err error) {
	err = s.write(func(w *write) error {
		c, err := w.collection(name)
		if err != nil {
			return err
		}
		for _, doc := range docs {
			r, err := c.insert(doc)
			if err != nil {
				return err
			}
			w.put(c, r)
			n++
		}
		return nil
	})
	return n, err
}

// A Query says which documents, in which order. Order may be nil: the order of
// insertion. Limit 0 means all.
type Query struct {
	Filter      *mongo.Filter
	Order       *mongo.Order
	Skip, Limit int
}

// Find returns documents. The caller must not change them.
func (s *Store) Find(name string, q Query) ([]bson.D, error) {
	c, err := s.readCollection(name)
	if err != nil {
		return nil, err
	}
	enough := 0
	if q.Limit > 0 {
		enough = q.Skip + q.Limit
	}
	matches, sorted := c.find(q.Filter, q.Order, enough)
	var docs []bson.D
	for _, m := range matches {
		docs = append(docs, m.doc)
	}
	if !sorted {
		q.Order.Sort(docs)
	}
	docs = docs[min(q.Skip, len(docs)):]
	if q.Limit > 0 {
		docs = docs[:min(q.Limit, len(docs))]
	}
	return docs, nil
}

// UpdateOptions say how many documents an update is for.
type UpdateOptions struct {
	Multi  bool // all that the filter selects, not just the first
	Upsert bool // insert one if there is none
	// NewID makes the _id of an inserted document, if nothing says which.
	NewID func() any
}

// An UpdateResult says what an update did.
type UpdateResult struct {
	Matched  int
	Modified int    // of these, how many really changed
	Upserted bson.D // the document that was inserted, or nil
	After    bson.D // the first matched document as it is now, or nil
}

// Update changes the documents that the filter selects. It stops at the first that
// can't be changed, with a *mongo.Error.
func (s *Store) Update(name string, filter *mongo.Filter, update *mongo.Update, options UpdateOptions) (UpdateResult, error) {
	var result UpdateResult
	err := s.write(func(w *write) error {
		c, err := w.collection(name)
		if err != nil {
			return err
		}
		matches, _ := c.find(filter, nil, one(options.Multi))
		for _, m := range matches {
			next, err := update.Apply(m.doc, m.at)
			if err != nil {
				return err
			}
			r, err := c.replace(m.record, next)
			if err != nil {
				return err
			}
			if r != m.record {
				w.put(c, r)
				result.Modified++
			}
			if result.Matched++; result.Matched == 1 {
				result.After = r.doc
			}
		}
		if result.Matched > 0 || !options.Upsert {
			return nil
		}
		doc, err := update.Insert(filter)
		if err != nil {
			return err
		}
		if _, ok := mongo.Field(doc, "_id"); !ok {
			doc = append(bson.D{{Key: "_id", Value: options.NewID()}}, doc...)
		}
		r, err := c.insert(doc)
		if err != nil {
			return err
		}
		w.put(c, r)
		result.Upserted = r.doc
		return nil
	})
	return result, err
}

// Delete removes the documents that the filter selects, or the first of them.
func (s *Store) Delete(name string, filter *mongo.Filter, multi bool) (deleted int, err error) {
	err = s.write(func(w *write) error {
		c, err := w.collection(name)
		if err != nil {
			return err
		}
		matches, _ := c.find(filter, nil, one(multi))
		for _, m := range matches {
			c.delete(m.record)
			w.changes = append(w.changes, deleteRecord(name, m.record))
			deleted++
		}
		return nil
	})
	return deleted, err
}

func one(multi bool) (enough int) {
	if multi {
		return 0
	}
	return 1
}

// Contents are the documents of collections by name, in the order of insertion.
type Contents map[string][]bson.D

// Export returns everything, as it was at one instant. The caller must not change it.
func (s *Store) Export() (Contents, error) {
	current, err := s.read()
	if err != nil {
		return nil, err
	}
	all := make(Contents, len(current))
	for name, c := range current {
		docs := []bson.D{}
		for _, r := range c.all() {
			docs = append(docs, r.doc)
		}
		all[name] = docs
	}
	return all, nil
}

// Import replaces everything, or, with an error, nothing.
func (s *Store) Import(all Contents) error {
	collections := make(map[string]*collection, len(all))
	for name, docs := range all {
		c := newCollection(name, s.indexes[name])
		for _, doc := range docs {
			if _, err := c.insert(doc); err != nil {
				return err
			}
		}
		collections[name] = c
	}
	return s.write(func(w *write) error {
		for name := range w.next {
			w.changes = append(w.changes, deleteCollection(name))
		}
		w.next = state{}
		for _, c := range collections {
			w.create(c)
			for _, r := range c.all() {
				w.put(c, r)
			}
		}
		return nil
	})
}
