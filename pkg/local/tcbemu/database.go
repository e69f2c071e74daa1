package tcbemu

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/bson"

	"webrtc-room/pkg/local/tcbemu/internal/mongo"
	"webrtc-room/pkg/local/tcbemu/internal/store"
)

const (
	defaultLimit = 100
	maxLimit     = 1000
)

// A call is a request that may be carried out.
type call struct {
	*Emulator
	*params
	request *http.Request
	now     time.Time
	seen    *Request
}

// actions are what CloudBase's endpoint does, by name.
var actions = map[string]func(*call) (any, error){
	"database.addCollection":      (*call).addCollection,
	"database.insertDocument":     (*call).insertDocument,
	"database.getDocument":        (*call).getDocument,
	"database.calculateDocument":  (*call).calculateDocument,
	"database.modifyDocument":     (*call).modifyDocument,
	"database.modifyAndReturnDoc": (*call).modifyAndReturnDoc,
	"database.removeDocument":     (*call).removeDocument,
	"functions.invokeFunction":    (*call).invokeFunction,

	"database.aggregateDocuments": notSupported("aggregation"),
	"database.startTransaction":   notSupported("a transaction"),
	"database.commitTransaction":  notSupported("a transaction"),
	"database.abortTransaction":   notSupported("a transaction"),
}

func notSupported(what string) func(*call) (any, error) {
	return func(c *call) (any, error) { return nil, unsupported(codeInvalidAction, what+" ("+c.Action+")") }
}

func (c *call) addCollection() (any, error) {
	if err := c.checkCollection(); err != nil {
		return nil, err
	}
	if err := checkCollectionName(c.CollectionName); err != nil {
		return nil, err
	}
	return nil, c.store.CreateCollection(c.CollectionName)
}

func checkCollectionName(name string) error {
	switch {
	case name == "":
		return invalid("a collection needs a name")
	case len(name) > 120 || strings.ContainsAny(name, "$\x00"):
		return invalid("a collection's name must be shorter than 120 bytes, without $ and null bytes")
	case strings.HasPrefix(name, "system."):
		return invalid("a collection's name must not begin with system.")
	}
	return nil
}

func (c *call) insertDocument() (any, error) {
	if err := c.checkCollection(); err != nil {
		return nil, err
	}
	texts, err := c.dataStrings()
	if err != nil {
		return nil, err
	}
	docs := make([]bson.D, len(texts))
	ids := make([]json.RawMessage, len(texts))
	for i, text := range texts {
		doc, err := c.document("data", text)
		if err != nil {
			return nil, err
		}
		if err := mongo.CheckStorable(doc); err != nil {
			return nil, writeFailure(insertFailed, err)
		}
		id, ok := mongo.Field(doc, "_id")
		if !ok {
			id = newID()
			doc = append(bson.D{{Key: "_id", Value: id}}, doc...)
		}
		if ids[i], err = plainID(id); err != nil {
			return nil, err
		}
		docs[i] = doc
	}
	c.seen.Inserted, err = c.store.Insert(c.CollectionName, docs)
	if err != nil {
		return nil, writeFailure(insertFailed, err)
	}
	return map[string]any{"insertedIds": ids}, nil
}

func (c *call) getDocument() (any, error) {
	filter, err := c.filter(false)
	if err != nil {
		return nil, err
	}
	if c.Limit < 0 || c.Offset < 0 {
		return nil, invalid("limit and offset must not be negative")
	}
	q := store.Query{
		Filter: filter,
		Skip:   int(min(c.Offset, math.MaxInt32/2)),
		Limit:  int(min(cmp.Or(c.Limit, defaultLimit), maxLimit)),
	}
	if q.Order, err = c.order(); err != nil {
		return nil, err
	}
	projection, err := c.projection()
	if err != nil {
		return nil, err
	}
	docs, err := c.store.Find(c.CollectionName, q)
	if err != nil {
		return nil, err
	}
	list := make([]string, len(docs))
	size := 0
	for i, doc := range docs {
		if projection != nil {
			doc = projection.Apply(doc)
		}
		if list[i], err = mongo.Encode(forReply(doc)); err != nil {
			return nil, err
		}
		if size += len(list[i]); size > c.maxResponse {
			return nil, failf(codeResponseTooLarge, "the documents found have more than %d bytes: ask for fewer", c.maxResponse)
		}
	}
	c.seen.Found = len(docs)
	return map[string]any{"offset": q.Skip, "limit": q.Limit, "list": list}, nil
}

func (c *call) calculateDocument() (any, error) {
	filter, err := c.filter(false)
	if err != nil {
		return nil, err
	}
	docs, err := c.store.Find(c.CollectionName, store.Query{Filter: filter})
	if err != nil {
		return nil, err
	}
	c.seen.Found = len(docs)
	return map[string]any{"total": len(docs)}, nil
}

func (c *call) modifyDocument() (any, error) {
	if c.Merge == nil {
		return nil, invalid("merge must be true (data has operators) or false (data is a document)")
	}
	options := store.UpdateOptions{Multi: c.Multi, Upsert: c.Upsert, NewID: func() any { return newID() }}
	result, err := c.update(*c.Merge, options)
	if err != nil {
		return nil, err
	}
	data := map[string]any{"updated": result.Modified, "upsert_id": ""}
	if result.Upserted != nil {
		id, _ := mongo.Field(result.Upserted, "_id")
		if data["upsert_id"], err = plainID(id); err != nil {
			return nil, err
		}
		c.seen.Inserted = 1
	}
	return data, nil
}

func (c *call) modifyAndReturnDoc() (any, error) {
	result, err := c.update(true, store.UpdateOptions{})
	if err != nil {
		return nil, err
	}
	data := map[string]any{"updated": result.Matched, "doc": nil}
	if result.After != nil {
		if data["doc"], err = mongo.Encode(forReply(result.After)); err != nil {
			return nil, err
		}
	}
	return data, nil
}

func (c *call) update(operators bool, options store.UpdateOptions) (store.UpdateResult, error) {
	var none store.UpdateResult
	filter, err := c.filter(true)
	if err != nil {
		return none, err
	}
	text, err := c.dataString()
	if err != nil {
		return none, err
	}
	data, err := c.document("data", text)
	if err != nil {
		return none, err
	}
	if !operators && options.Multi {
		return none, writeFailure(updateFailed, &mongo.Error{Code: mongo.FailedToParse, Message: "multi update only works with $ operators"})
	}
	parse := mongo.ParseReplacement
	if operators {
		parse = parseOperators
	}
	update, err := parse(data)
	if err != nil {
		return none, writeFailure(updateFailed, err)
	}
	result, err := c.store.Update(c.CollectionName, filter, update, options)
	c.seen.Matched, c.seen.Updated = result.Matched, result.Modified
	return result, writeFailure(updateFailed, err)
}

// parseOperators also refuses what MongoDB has allowed since version 5, and CloudBase
// hasn't.
func parseOperators(data bson.D) (*mongo.Update, error) {
	for _, e := range data {
		if fields, ok := e.Value.(bson.D); ok && len(fields) == 0 && strings.HasPrefix(e.Key, "$") {
			return nil, &mongo.Error{Code: mongo.FailedToParse, Message: "'" + e.Key + "' is empty. You must specify a field like so: {" + e.Key + ": {<field>: ...}}"}
		}
	}
	return mongo.ParseUpdate(data)
}

func (c *call) removeDocument() (any, error) {
	filter, err := c.filter(true)
	if err != nil {
		return nil, err
	}
	c.seen.Deleted, err = c.store.Delete(c.CollectionName, filter, c.Multi)
	if err != nil {
		return nil, err
	}
	return map[string]any{"deleted": c.seen.Deleted}, nil
}

func (c *call) checkCollection() error {
	switch {
	case c.Instance != "" || c.Database != "":
		return unsupported(codeInvalidParam, "another database than the environment's own")
	case c.CollectionName == "":
		return invalid("collectionName is missing")
	}
	return nil
}

// filter reads the query, and all that must be right about whom an action is for. A
// write must have a query, lest it be for everything by mistake.
func (c *call) filter(write bool) (*mongo.Filter, error) {
	if err := c.checkCollection(); err != nil {
		return nil, err
	}
	text := c.Query
	switch {
	case c.QueryType != "DOC" && c.QueryType != "WHERE":
		return nil, invalid("queryType must be DOC or WHERE, not %q", c.QueryType)
	case text == "" && (write || c.QueryType == "DOC"):
		return nil, invalid("query is missing")
	case text == "":
		text = "{}"
	}
	query, err := c.document("query", text)
	if err != nil {
		return nil, err
	}
	filter, err := mongo.ParseFilter(query)
	if err != nil {
		return nil, err
	}
	if _, ok := filter.ID(); !ok && c.QueryType == "DOC" {
		return nil, invalid("a query of type DOC must name an _id")
	}
	return filter, nil
}

func (c *call) order() (*mongo.Order, error) {
	if c.Order == "" {
		return nil, nil
	}
	doc, err := c.document("order", c.Order)
	if err != nil {
		return nil, err
	}
	return mongo.ParseOrder(doc)
}

func (c *call) projection() (*mongo.Projection, error) {
	if c.Projection == "" {
		return nil, nil
	}
	doc, err := c.document("projection", c.Projection)
	if err != nil {
		return nil, err
	}
	return mongo.ParseProjection(doc)
}

// document reads Extended JSON, with server dates replaced.
func (c *call) document(parameter, text string) (bson.D, error) {
	doc, err := mongo.Decode(text)
	var refusal *mongo.Error
	if errors.As(err, &refusal) && refusal.Code == mongo.FailedToParse {
		return nil, invalid("%s: %s", parameter, refusal.Message)
	}
	if err != nil {
		return nil, err
	}
	return doc, fillDates(doc, c.now)
}

// newID makes an _id as CloudBase does: 32 hexadecimal digits.
func newID() string {
	id := make([]byte, 16)
	rand.Read(id) // never fails
	return hex.EncodeToString(id)
}
