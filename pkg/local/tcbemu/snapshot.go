package tcbemu

import (
	"encoding/json"
	"fmt"

	"go.mongodb.org/mongo-driver/bson"

	"webrtc-room/pkg/local/tcbemu/internal/mongo"
	"webrtc-room/pkg/local/tcbemu/internal/store"
)

// A Snapshot is everything in an Emulator at one instant: its collections by name. As
// JSON it is the format of exported files.
type Snapshot map[string]Collection

// A Collection is documents in the order of insertion, as canonical Extended JSON, and
// what must be unique besides _id.
type Collection struct {
	Documents []json.RawMessage `json:"documents"`
	Indexes   []Index           `json:"indexes,omitempty"`
}

// An Index is a unique index, which users of CloudBase make in its console. Both parts
// are Extended JSON.
type Index struct {
	Key     json.RawMessage `json:"key"`               // {"field":1}
	Partial json.RawMessage `json:"partial,omitempty"` // a filter; only what it selects counts
}

// Export returns everything.
func (e *Emulator) Export() (Snapshot, error) {
	all, err := e.store.Export()
	if err != nil {
		return nil, err
	}
	snapshot := make(Snapshot, len(all))
	for name, content := range all {
		c := Collection{Documents: []json.RawMessage{}}
		for _, doc := range content.Docs {
			text, err := mongo.Encode(doc)
			if err != nil {
				return nil, err
			}
			c.Documents = append(c.Documents, json.RawMessage(text))
		}
		for _, index := range content.Indexes {
			x, err := encodeIndex(index)
			if err != nil {
				return nil, err
			}
			c.Indexes = append(c.Indexes, x)
		}
		snapshot[name] = c
	}
	return snapshot, nil
}

// Import replaces everything by snapshot; nil leaves nothing. If a document can't be
// stored, nothing changes, and the error says which. A document without _id gets one.
func (e *Emulator) Import(snapshot Snapshot) error {
	all := make(store.Contents, len(snapshot))
	for name, c := range snapshot {
		if err := checkCollectionName(name); err != nil {
			return err
		}
		var content store.Content
		for i, text := range c.Documents {
			doc, err := decodeDocument(text)
			if err != nil {
				return fmt.Errorf("tcbemu: document %d of collection %q: %w", i, name, err)
			}
			content.Docs = append(content.Docs, doc)
		}
		for i, index := range c.Indexes {
			x, err := decodeIndex(index)
			if err != nil {
				return fmt.Errorf("tcbemu: index %d of collection %q: %w", i, name, err)
			}
			content.Indexes = append(content.Indexes, x)
		}
		all[name] = content
	}
	return e.store.Import(all)
}

// Put stores a document, in the place of the one with its _id if there is one. It is
// for people who edit; CloudBase's own protocol has modifyDocument.
func (e *Emulator) Put(collection string, document json.RawMessage) error {
	doc, err := decodeDocument(document)
	if err != nil {
		return fmt.Errorf("tcbemu: %w", err)
	}
	id, _ := mongo.Field(doc, "_id")
	filter, err := byID(id)
	if err != nil {
		return fmt.Errorf("tcbemu: %w", err)
	}
	update, err := mongo.ParseReplacement(doc)
	if err != nil {
		return fmt.Errorf("tcbemu: %w", err)
	}
	_, err = e.store.Update(collection, filter, update, store.UpdateOptions{Upsert: true})
	return err
}

// Remove removes the document with an _id, given as Extended JSON ("9527" with its
// quotes, or {"$numberInt":"1"}), if it is there.
func (e *Emulator) Remove(collection string, id json.RawMessage) error {
	doc, err := mongo.Decode(`{"_id":` + string(id) + `}`)
	if err != nil {
		return fmt.Errorf("tcbemu: %w", err)
	}
	if len(doc) != 1 {
		return fmt.Errorf("tcbemu: %s is not one value", id)
	}
	filter, err := byID(doc[0].Value)
	if err != nil {
		return fmt.Errorf("tcbemu: %w", err)
	}
	_, err = e.store.Delete(collection, filter, false)
	return err
}

// Changed returns a channel that is closed with the next change of anything, and when e
// is closed. To follow, take the channel, then a Snapshot, then wait, and begin again
// until Export returns an error.
func (e *Emulator) Changed() <-chan struct{} { return e.store.Changed() }

func byID(id any) (*mongo.Filter, error) {
	if err := mongo.CheckID(id); err != nil {
		return nil, err
	}
	return mongo.ParseFilter(bson.D{{Key: "_id", Value: bson.D{{Key: "$eq", Value: id}}}})
}

func decodeDocument(text json.RawMessage) (bson.D, error) {
	doc, err := mongo.Decode(string(text))
	if err != nil {
		return nil, err
	}
	if err := mongo.CheckStorable(doc); err != nil {
		return nil, err
	}
	if _, ok := mongo.Field(doc, "_id"); !ok {
		doc = append(bson.D{{Key: "_id", Value: newID()}}, doc...)
	}
	return doc, nil
}

func encodeIndex(index store.Index) (Index, error) {
	key, err := mongo.Encode(index.Key)
	if err != nil || index.Partial == nil {
		return Index{Key: json.RawMessage(key)}, err
	}
	partial, err := mongo.Encode(index.Partial)
	return Index{json.RawMessage(key), json.RawMessage(partial)}, err
}

func decodeIndex(index Index) (store.Index, error) {
	key, err := mongo.Decode(string(index.Key))
	if err != nil || index.Partial == nil {
		return store.Index{Key: key}, err
	}
	partial, err := mongo.Decode(string(index.Partial))
	return store.Index{Key: key, Partial: partial}, err
}
