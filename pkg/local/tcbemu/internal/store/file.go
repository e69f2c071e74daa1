package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
	"go.mongodb.org/mongo-driver/bson"

	"webrtc-room/pkg/local/tcbemu/internal/mongo"
)

// The file holds a bucket with the number of its format, and one of collections. Each
// collection is a bucket with its documents in BSON, by their place in the order of
// insertion.
var (
	metaBucket        = []byte("meta")
	formatKey         = []byte("format")
	format            = []byte("1")
	collectionsBucket = []byte("collections")
	documentsBucket   = []byte("documents")
)

// lockWait is how long to wait for a process that is about to end.
const lockWait = 300 * time.Millisecond

type file struct {
	path string
	db   *bbolt.DB
}

// A change is a part of a write, as the file sees it.
type change func(collections *bbolt.Bucket) error

func openFile(path string, sync bool) (*file, error) {
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{
		Timeout:      lockWait,
		NoSync:       !sync,
		FreelistType: bbolt.FreelistMapType,
		NoStatistics: true,
	})
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return nil, fmt.Errorf("store: %s is in use by another process: stop that one, or choose another file", path)
	case errors.Is(err, bolterrors.ErrInvalid), errors.Is(err, bolterrors.ErrChecksum), errors.Is(err, bolterrors.ErrVersionMismatch):
		return nil, fmt.Errorf("store: %s is damaged or not a file of documents (%w): move it away to start with none", path, err)
	case err != nil:
		return nil, fmt.Errorf("store: %w", err)
	}
	f := &file{path, db}
	if err := f.initialize(); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return f, nil
}

func (f *file) initialize() error {
	return f.db.Update(func(tx *bbolt.Tx) error {
		if meta := tx.Bucket(metaBucket); meta != nil {
			if got := string(meta.Get(formatKey)); got != string(format) {
				return fmt.Errorf("store: %s has format %q, this program knows %q", f.path, got, format)
			}
			return nil
		}
		if name, _ := tx.Cursor().First(); name != nil {
			return fmt.Errorf("store: %s belongs to another program", f.path)
		}
		meta, err := tx.CreateBucket(metaBucket)
		if err != nil {
			return err
		}
		if err := meta.Put(formatKey, format); err != nil {
			return err
		}
		_, err = tx.CreateBucket(collectionsBucket)
		return err
	})
}

func (f *file) close() error {
	return errors.Join(f.db.Sync(), f.db.Close())
}

// apply makes all changes or none; or, with an error, perhaps all.
func (f *file) apply(changes []change) (err error) {
	defer func() {
		if p := recover(); p != nil { // bbolt has met a damaged page
			err = fmt.Errorf("%s is damaged: %v", f.path, p)
		}
	}()
	return f.db.Update(func(tx *bbolt.Tx) error {
		collections := tx.Bucket(collectionsBucket)
		for _, change := range changes {
			if err := change(collections); err != nil {
				return err
			}
		}
		return nil
	})
}

func putRecord(collection string, r *record) change {
	return func(collections *bbolt.Bucket) error {
		return collections.Bucket([]byte(collection)).Bucket(documentsBucket).Put(seqKey(r.seq), r.raw)
	}
}

func deleteRecord(collection string, r *record) change {
	return func(collections *bbolt.Bucket) error {
		return collections.Bucket([]byte(collection)).Bucket(documentsBucket).Delete(seqKey(r.seq))
	}
}

func putCollection(name string) change {
	return func(collections *bbolt.Bucket) error {
		bucket, err := collections.CreateBucket([]byte(name))
		if err != nil {
			return err
		}
		_, err = bucket.CreateBucket(documentsBucket)
		return err
	}
}

func deleteCollection(name string) change {
	return func(collections *bbolt.Bucket) error { return collections.DeleteBucket([]byte(name)) }
}

func seqKey(seq uint64) []byte { return binary.BigEndian.AppendUint64(nil, seq) }

// load reads everything.
func (f *file) load(indexes Indexes) (state, error) {
	loaded := state{}
	err := f.db.View(func(tx *bbolt.Tx) error {
		collections := tx.Bucket(collectionsBucket)
		return collections.ForEachBucket(func(name []byte) error {
			c, err := loadCollection(string(name), indexes[string(name)], collections.Bucket(name))
			if err != nil {
				return fmt.Errorf("store: %s: collection %q: %w", f.path, name, err)
			}
			loaded[c.name] = c
			return nil
		})
	})
	return loaded, err
}

func loadCollection(name string, indexes []*mongo.Order, bucket *bbolt.Bucket) (*collection, error) {
	c := newCollection(name, indexes)
	err := bucket.Bucket(documentsBucket).ForEach(func(key, raw []byte) error {
		raw = bytes.Clone(raw) // bbolt's own is only lent
		var doc bson.D
		if err := bson.Unmarshal(raw, &doc); err != nil {
			return err
		}
		id, _ := mongo.Field(doc, "_id")
		seq := binary.BigEndian.Uint64(key)
		c.set(&record{seq, id, doc, raw})
		c.nextSeq = seq + 1
		return nil
	})
	return c, err
}
