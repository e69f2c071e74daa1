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

// A Collection is documents in the order of insertion, as canonical Extended JSON.
type Collection struct {
	Documents []json.RawMessage `json:"documents"`
}

// Export returns everything.
func (e *Emulator) Export() (Snapshot, error) {
	all, err := e.store.Export()
	if err != nil {
		return nil, err
	}
	snapshot := make(Snapshot, len(all))
	for name, docs := range all {
		c := Collection{Documents: []json.RawMessage{}}
		for _, doc := range docs {
			text, err := mongo.Encode(doc)
			if err != nil {
				return nil, err
			}
			c.Documents = append(c.Documents, json.RawMessage(text))
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
		docs := []bson.D{}
		for i, text := range c.Documents {
			doc, err := decodeDocument(text)
			if err != nil {
				return fmt.Errorf("tcbemu: document %d of collection %q: %w", i, name, err)
			}
			docs = append(docs, doc)
		}
		all[name] = docs
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
