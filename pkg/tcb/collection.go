package tcb

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"webrtc-room/pkg/internal/js"
)

const (
	defaultLimit = 100  // the SDK's, when it is told none
	maxLimit     = 1000 // the service's
)

// Collection is a collection of documents.
//
// The errors of its methods are *Error. Beside those that a method's comment names,
// any may be ErrCollectionNotExist, ErrThrottled, ErrQuota, ErrUnauthorized,
// ErrInvalid or ErrNotConfigured, or none of these sentinels; and after any, MaybeApplied says
// whether a write may have happened.
type Collection struct {
	app  *App
	name string
}

// Query says which documents Find returns, in which order, and what of them.
type Query struct {
	Filter M      // nil: all documents
	Sort   []Sort // none: the order is the database's own
	Skip   int
	Limit  int      // 0 means 100; more than 1000 means 1000, the service's maximum
	Fields []string // besides _id; none: whole documents
}

// Sort orders documents by a field.
type Sort struct {
	Field      string
	Descending bool
}

// Insert stores a new document and returns its _id, which the service makes up if
// doc has none. If there is a document with that _id, the error is ErrDuplicate.
func (c *Collection) Insert(ctx context.Context, doc M) (id string, err error) {
	const action = "database.insertDocument"
	text, err := encodeDocument(doc)
	if err != nil {
		return "", invalid(action, err)
	}
	list := make([]byte, 0, len(text)+len(text)/8+8)
	list = append(js.AppendString(append(list, '['), text), ']')
	err = c.do(ctx, call{action: action, writes: true, params: []param{
		{name: "data", value: string(list), json: true},
	}}, func(data *replyData) error {
		if len(data.InsertedIDs) != 1 {
			return fmt.Errorf("%d ids for one inserted document", len(data.InsertedIDs))
		}
		id, err = readID(data.InsertedIDs[0])
		return err
	})
	return id, err
}

// Get returns the document with an _id. If there is none, the error is ErrNotFound.
func (c *Collection) Get(ctx context.Context, id string) (M, error) {
	const action = "database.getDocument"
	query, err := encodeFilter(M{"_id": id})
	if err != nil {
		return nil, invalid(action, err)
	}
	var docs []M
	err = c.do(ctx, call{action: action, params: []param{
		{name: "query", value: query},
		{name: "queryType", value: "DOC"},
		{name: "multi", value: "false", json: true},
	}}, readList(&docs))
	if err != nil {
		return nil, err
	}
	if len(docs) == 0 {
		return nil, notFound(action, "no document has this _id")
	}
	return docs[0], nil
}

// Find returns the documents that q describes; none is no error.
func (c *Collection) Find(ctx context.Context, q Query) ([]M, error) {
	const action = "database.getDocument"
	params, err := q.params()
	if err != nil {
		return nil, invalid(action, err)
	}
	var docs []M
	err = c.do(ctx, call{action: action, params: params}, readList(&docs))
	return docs, err
}

func (q Query) params() ([]param, error) {
	if q.Skip < 0 || q.Limit < 0 {
		return nil, fmt.Errorf("skip %d and limit %d must not be negative", q.Skip, q.Limit)
	}
	params, err := where(q.Filter)
	if err != nil {
		return nil, err
	}
	if len(q.Sort) > 0 {
		order, err := encodeSort(q.Sort)
		if err != nil {
			return nil, err
		}
		params = append(params, param{name: "order", value: order})
	}
	if q.Skip > 0 {
		params = append(params, param{name: "offset", value: strconv.Itoa(q.Skip), json: true})
	}
	limit := q.Limit
	if limit == 0 {
		limit = defaultLimit
	}
	params = append(params, param{name: "limit", value: strconv.Itoa(min(limit, maxLimit)), json: true})
	if len(q.Fields) > 0 {
		projection, err := encodeProjection(q.Fields)
		if err != nil {
			return nil, err
		}
		params = append(params, param{name: "projection", value: projection})
	}
	return params, nil
}

// Count returns how many documents match filter; nil matches all.
func (c *Collection) Count(ctx context.Context, filter M) (int, error) {
	const action = "database.calculateDocument"
	params, err := where(filter)
	if err != nil {
		return 0, invalid(action, err)
	}
	var total int
	err = c.do(ctx, call{action: action, params: params}, func(data *replyData) error {
		total, err = readCount("total", data.Total)
		return err
	})
	return total, err
}

// Update changes the first document that matches filter and returns how many that
// were: 1 or 0. The document is matched and changed in one step, so a filter that
// names what was read before makes a compare-and-swap; make the update change
// something each time, since whether one without effect counts isn't documented.
//
// The update consists of operators, such as {"$set": {"name": "n"}}, and the filter
// isn't empty; otherwise the error is ErrInvalid.
func (c *Collection) Update(ctx context.Context, filter, update M) (updated int, err error) {
	const action = "database.modifyDocument"
	query, data, err := encodeChange(filter, update)
	if err != nil {
		return 0, invalid(action, err)
	}
	err = c.do(ctx, call{action: action, writes: true, params: []param{
		{name: "queryType", value: "WHERE"},
		{name: "multi", value: "false", json: true},
		{name: "merge", value: "true", json: true},
		{name: "upsert", value: "false", json: true},
		{name: "data", value: data},
		{name: "query", value: query},
	}}, func(data *replyData) error {
		updated, err = readCount("updated", data.Updated)
		return err
	})
	return updated, err
}

// UpdateAndReturn changes a document as Update does, and returns it as it is then.
// If none matches, the error is ErrNotFound.
func (c *Collection) UpdateAndReturn(ctx context.Context, filter, update M) (M, error) {
	const action = "database.modifyAndReturnDoc"
	query, data, err := encodeChange(filter, update)
	if err != nil {
		return nil, invalid(action, err)
	}
	var doc M
	err = c.do(ctx, call{action: action, writes: true, params: []param{
		{name: "queryType", value: "WHERE"},
		{name: "data", value: data},
		{name: "query", value: query},
	}}, func(data *replyData) error {
		n, err := readCount("updated", data.Updated)
		if n > 0 {
			doc, err = decodeDocument(data.Doc)
		}
		return err
	})
	if err == nil && doc == nil {
		err = notFound(action, "no document matches")
	}
	return doc, err
}

// Remove deletes the first document that matches filter and returns how many that
// were: 1 or 0. If the filter is empty, the error is ErrInvalid.
func (c *Collection) Remove(ctx context.Context, filter M) (deleted int, err error) {
	const action = "database.removeDocument"
	query, err := encodeTarget(filter)
	if err != nil {
		return 0, invalid(action, err)
	}
	err = c.do(ctx, call{action: action, writes: true, params: []param{
		{name: "query", value: query},
		{name: "queryType", value: "WHERE"},
		{name: "multi", value: "false", json: true},
	}}, func(data *replyData) error {
		deleted, err = readCount("deleted", data.Deleted)
		return err
	})
	return deleted, err
}

// do makes a call about this collection.
func (c *Collection) do(ctx context.Context, what call, read func(*replyData) error) error {
	if c.name == "" {
		return invalid(what.action, errNoName)
	}
	what.params = append([]param{{name: "collectionName", value: c.name}}, what.params...)
	return c.app.do(ctx, what, read)
}

// where makes the parameters of a filter that may be absent.
func where(filter M) ([]param, error) {
	params := []param{{name: "queryType", value: "WHERE"}}
	if filter == nil {
		return params, nil
	}
	query, err := encodeFilter(filter)
	return append(params, param{name: "query", value: query}), err
}

func encodeChange(filter, update M) (query, data string, err error) {
	if query, err = encodeTarget(filter); err != nil {
		return "", "", err
	}
	data, err = encodeUpdate(update)
	return query, data, err
}

// encodeTarget writes the filter of a write, which must name something.
func encodeTarget(filter M) (string, error) {
	if len(filter) == 0 {
		return "", errors.New("filter is empty: it would match any document")
	}
	return encodeFilter(filter)
}

func notFound(action, message string) *Error {
	return &Error{Action: action, Code: CodeDocumentNotFound, Message: message, kind: ErrNotFound}
}

// readList reads the documents of a reply.
func readList(docs *[]M) func(*replyData) error {
	return func(data *replyData) error {
		if data.List == nil {
			return errors.New(`no "list" in the reply`)
		}
		list := make([]M, len(*data.List))
		for i, text := range *data.List {
			var err error
			if list[i], err = decodeDocument(text); err != nil {
				return fmt.Errorf("document %d: %w", i, err)
			}
		}
		*docs = list
		return nil
	}
}

// readID reads an _id: a string, unless the document was given another.
func readID(text json.RawMessage) (string, error) {
	doc, err := decodeDocument(`{"_id":` + string(text) + `}`)
	if err != nil {
		return "", err
	}
	return fmt.Sprint(doc["_id"]), nil
}

// readCount reads a number that the reply must have.
func readCount(name string, n *int) (int, error) {
	if n == nil {
		return 0, fmt.Errorf("no %q in the reply", name)
	}
	return *n, nil
}
