package tcbemu_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"webrtc-room/pkg/local/tcbemu"
)

func TestInsertDocument(t *testing.T) {
	t.Run("returns the ids in order", func(t *testing.T) {
		e := openRooms(t)
		ids := insert(t, e, `{"_id":"a"}`, `{"x":{"$numberInt":"1"}}`, `{"x":2,"_id":{"$numberInt":"7"}}`).Data.InsertedIDs
		if len(ids) != 3 || ids[0] != "a" || ids[2] != 7.0 {
			t.Fatalf("insertedIds %v", ids)
		}
		made, _ := ids[1].(string)
		if len(made) != 32 || strings.Trim(made, "0123456789abcdef") != "" {
			t.Errorf("generated _id %q, expected 32 hexadecimal digits", made)
		}
		want := []string{
			`{"_id":"a"}`,
			`{"_id":"` + made + `","x":{"$numberInt":"1"}}`,
			`{"_id":{"$numberInt":"7"},"x":{"$numberInt":"2"}}`,
		}
		if diff := cmp.Diff(want, find(t, e, `{}`)); diff != "" {
			t.Errorf("stored (-want +got):\n%s", diff)
		}
	})
	t.Run("a duplicate key changes nothing", func(t *testing.T) {
		e := openRooms(t, `{"_id":"a","n":1}`)
		answer := do(t, e, "database.insertDocument", params{"collectionName": "rooms", "data": []string{`{"_id":"a","n":2}`}})
		want := `[FailedOperation.Insert] bulk write error: [{E11000 duplicate key error collection: tnt-local.rooms index: _id_ dup key: { _id: "a" }}]`
		if answer.Code != "DATABASE_REQUEST_FAILED" || answer.Message != want {
			t.Errorf("%s: %s, expected %s", answer.Code, answer.Message, want)
		}
		if diff := cmp.Diff([]string{`{"_id":"a","n":{"$numberInt":"1"}}`}, find(t, e, `{}`)); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("a batch stops at the duplicate", func(t *testing.T) {
		e := openRooms(t, `{"_id":"b"}`)
		answer := do(t, e, "database.insertDocument", params{"collectionName": "rooms", "data": []string{`{"_id":"a"}`, `{"_id":"b"}`, `{"_id":"c"}`}})
		if !strings.Contains(answer.Message, "E11000") {
			t.Errorf("%s: %s", answer.Code, answer.Message)
		}
		if diff := cmp.Diff([]string{`{"_id":"b"}`, `{"_id":"a"}`}, find(t, e, `{}`)); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("1001 documents at once", func(t *testing.T) {
		e := openRooms(t)
		docs := make([]string, 1001)
		for i := range docs {
			docs[i] = "{}"
		}
		if n := len(insert(t, e, docs...).Data.InsertedIDs); n != 1001 {
			t.Errorf("%d ids", n)
		}
	})
	t.Run("a dot in a name is kept", func(t *testing.T) {
		e := openRooms(t, `{"_id":"a","x.y":1}`)
		if diff := cmp.Diff([]string{`{"_id":"a","x.y":{"$numberInt":"1"}}`}, find(t, e, `{}`)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestCollections(t *testing.T) {
	e := open(t, tcbemu.Config{})
	missing := "[ResourceNotFound] Db or Table not exist. Please check your request, but if the problem cannot be solved, contact us."
	for action, p := range map[string]params{
		"database.insertDocument":     {"data": []string{"{}"}},
		"database.getDocument":        {"queryType": "WHERE"},
		"database.calculateDocument":  {"queryType": "WHERE"},
		"database.modifyDocument":     modify(`{}`, `{"$set":{"a":1}}`),
		"database.modifyAndReturnDoc": {"queryType": "WHERE", "query": "{}", "data": `{"$set":{"a":1}}`},
		"database.removeDocument":     {"queryType": "WHERE", "query": "{}"},
	} {
		p["collectionName"] = "rooms"
		if answer := do(t, e, action, p); answer.Code != "DATABASE_COLLECTION_NOT_EXIST" || answer.Message != missing {
			t.Errorf("%s: %s: %s", action, answer.Code, answer.Message)
		}
	}
	must(t, e, "database.addCollection", params{"collectionName": "rooms"})
	answer := do(t, e, "database.addCollection", params{"collectionName": "rooms"})
	if answer.Code != "DATABASE_COLLECTION_ALREADY_EXIST" || !strings.Contains(answer.Message, "Table exist") {
		t.Errorf("%s: %s", answer.Code, answer.Message)
	}
	for _, name := range []string{"", "$x", "system.users", strings.Repeat("x", 200)} {
		if answer := do(t, e, "database.addCollection", params{"collectionName": name}); answer.Code != "INVALID_PARAM" {
			t.Errorf("name %q: %s: %s", name, answer.Code, answer.Message)
		}
	}
}

func TestGetDocument(t *testing.T) {
	var docs []string
	for i := range 1200 {
		docs = append(docs, fmt.Sprintf(`{"_id":"%04d","n":%d,"secret":"s"}`, i, i%3))
	}
	e := openRooms(t, docs...)
	get := func(t *testing.T, p params) reply {
		t.Helper()
		p["collectionName"] = "rooms"
		if p["queryType"] == nil {
			p["queryType"] = "WHERE"
		}
		return must(t, e, "database.getDocument", p)
	}

	t.Run("limits", func(t *testing.T) {
		for _, c := range []struct {
			p             params
			count         int
			limit, offset int
		}{
			{params{}, 100, 100, 0},
			{params{"limit": 0}, 100, 100, 0},
			{params{"limit": 7}, 7, 7, 0},
			{params{"limit": 1000}, 1000, 1000, 0},
			{params{"limit": 5000}, 1000, 1000, 0},
			{params{"limit": 1000, "offset": 1190}, 10, 1000, 1190},
			{params{"offset": 5000}, 0, 100, 5000},
		} {
			d := get(t, c.p).Data
			if len(d.List) != c.count || *d.Limit != c.limit || *d.Offset != c.offset {
				t.Errorf("%v: %d documents, limit %d, offset %d", c.p, len(d.List), *d.Limit, *d.Offset)
			}
		}
	})
	t.Run("order, offset and projection", func(t *testing.T) {
		d := get(t, params{
			"query": `{"n":{"$ne":1}}`, "order": `{"n":{"$numberInt":"-1"},"_id":{"$numberInt":"1"}}`,
			"offset": 399, "limit": 2, "projection": `{"n":{"$numberInt":"1"}}`,
		}).Data
		want := []string{`{"_id":"1199","n":{"$numberInt":"2"}}`, `{"_id":"0000","n":{"$numberInt":"0"}}`}
		if diff := cmp.Diff(want, d.List); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("one by _id", func(t *testing.T) {
		list := get(t, params{"queryType": "DOC", "query": `{"_id":"0007"}`}).Data.List
		if diff := cmp.Diff([]string{`{"_id":"0007","n":{"$numberInt":"1"},"secret":"s"}`}, list); diff != "" {
			t.Error(diff)
		}
		if list := get(t, params{"queryType": "DOC", "query": `{"_id":"none"}`}).Data.List; list == nil || len(list) != 0 {
			t.Errorf("a missing document gives list %v, expected []", list)
		}
	})
	t.Run("count", func(t *testing.T) {
		total := must(t, e, "database.calculateDocument", params{"collectionName": "rooms", "queryType": "WHERE", "query": `{"n":1}`}).Data.Total
		if *total != 400 {
			t.Errorf("total %d", *total)
		}
	})
}

func TestMaxResponse(t *testing.T) {
	e := openRooms(t, `{"_id":"a","n":1}`, `{"_id":"b","n":2}`, `{"_id":"c","n":3}`)
	e.SetMaxResponse(2 * len(`{"_id":"a","n":{"$numberInt":"1"}}`))
	p := params{"collectionName": "rooms", "queryType": "WHERE"}
	if answer := do(t, e, "database.getDocument", p); answer.Code != "EXCEED_MAX_RESPONSE_SIZE" {
		t.Errorf("%q: %s", answer.Code, answer.Message)
	}
	p["limit"] = 2
	if n := len(must(t, e, "database.getDocument", p).Data.List); n != 2 {
		t.Errorf("%d documents", n)
	}
}

func TestObjectIDsInReplies(t *testing.T) {
	e := openRooms(t)
	const hex = "64b7f0000000000000000001"
	ids := insert(t, e, `{"_id":{"$oid":"`+hex+`"},"list":[{"o":{"$oid":"`+hex+`"}}]}`).Data.InsertedIDs
	if len(ids) != 1 || ids[0] != hex {
		t.Errorf("insertedIds %v", ids)
	}
	want := []string{`{"_id":"` + hex + `","list":[{"o":"` + hex + `"}]}`}
	if diff := cmp.Diff(want, find(t, e, `{"_id":{"$oid":"`+hex+`"}}`)); diff != "" {
		t.Error(diff)
	}
	snapshot, err := e.Export()
	if err != nil {
		t.Fatal(err)
	}
	if got := string(snapshot["rooms"].Documents[0]); !strings.Contains(got, "$oid") {
		t.Errorf("exported as %s, expected the ObjectId", got)
	}
}

func TestModifyDocument(t *testing.T) {
	for _, c := range []struct {
		name     string
		change   func(params)
		query    string
		data     string
		updated  int
		upsertID any
		after    []string
	}{
		{
			name: "the first that matches", query: `{"n":1}`, data: `{"$set":{"x":1}}`, updated: 1,
			after: []string{`{"_id":"a","n":1,"x":1}`, `{"_id":"b","n":1}`},
		},
		{
			name: "all that match", query: `{"n":1}`, data: `{"$inc":{"n":1}}`, updated: 2,
			change: func(p params) { p["multi"] = true },
			after:  []string{`{"_id":"a","n":2}`, `{"_id":"b","n":2}`},
		},
		{
			name: "no match", query: `{"n":9}`, data: `{"$set":{"x":1}}`, updated: 0,
			after: []string{`{"_id":"a","n":1}`, `{"_id":"b","n":1}`},
		},
		{
			name: "nothing to change", query: `{"_id":"a"}`, data: `{"$set":{"n":1}}`, updated: 0,
			after: []string{`{"_id":"a","n":1}`, `{"_id":"b","n":1}`},
		},
		{
			name: "replace", query: `{"_id":"a"}`, data: `{"m":2}`, updated: 1,
			change: func(p params) { p["merge"], p["upsert"], p["queryType"] = false, true, "DOC" },
			after:  []string{`{"_id":"a","m":2}`, `{"_id":"b","n":1}`},
		},
		{
			name: "set what isn't there", query: `{"_id":"c"}`, data: `{"m":2}`, updated: 0, upsertID: "c",
			change: func(p params) { p["merge"], p["upsert"], p["queryType"] = false, true, "DOC" },
			after:  []string{`{"_id":"a","n":1}`, `{"_id":"b","n":1}`, `{"_id":"c","m":2}`},
		},
		{
			name: "upsert by number", query: `{"_id":{"$numberInt":"3"}}`, data: `{"$setOnInsert":{"m":2}}`, updated: 0, upsertID: 3.0,
			change: func(p params) { p["upsert"] = true },
			after:  []string{`{"_id":"a","n":1}`, `{"_id":"b","n":1}`, `{"_id":3,"m":2}`},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := openRooms(t, `{"_id":"a","n":1}`, `{"_id":"b","n":1}`)
			p := modify(c.query, c.data)
			if c.change != nil {
				c.change(p)
			}
			if c.upsertID == nil {
				c.upsertID = ""
			}
			d := must(t, e, "database.modifyDocument", p).Data
			if *d.Updated != c.updated || d.UpsertID != c.upsertID {
				t.Errorf("updated %d, upsert_id %v", *d.Updated, d.UpsertID)
			}
			if diff := cmp.Diff(c.after, relaxed(find(t, e, `{}`))); diff != "" {
				t.Error(diff)
			}
		})
	}
	t.Run("an upsert without _id makes one", func(t *testing.T) {
		e := openRooms(t)
		p := modify(`{"k":"v"}`, `{"$set":{"x":1}}`)
		p["upsert"] = true
		id, _ := must(t, e, "database.modifyDocument", p).Data.UpsertID.(string)
		if list := find(t, e, `{"_id":"`+id+`","k":"v","x":1}`); len(id) != 32 || len(list) != 1 {
			t.Errorf("upsert_id %q, found %v", id, list)
		}
	})
}

// relaxed makes int32 values readable.
func relaxed(docs []string) []string {
	var out []string
	for _, doc := range docs {
		for {
			before, rest, ok := strings.Cut(doc, `{"$numberInt":"`)
			if !ok {
				break
			}
			number, after, _ := strings.Cut(rest, `"}`)
			doc = before + number + after
		}
		out = append(out, doc)
	}
	return out
}

func TestModifyAndReturnDoc(t *testing.T) {
	e := openRooms(t, `{"_id":"a","n":1}`)
	p := params{"collectionName": "rooms", "queryType": "WHERE", "query": `{"_id":"a","n":1}`, "data": `{"$inc":{"n":1}}`}
	d := must(t, e, "database.modifyAndReturnDoc", p).Data
	if *d.Updated != 1 || d.Doc == nil || *d.Doc != `{"_id":"a","n":{"$numberInt":"2"}}` {
		t.Errorf("updated %d, doc %v", *d.Updated, d.Doc)
	}
	if d := must(t, e, "database.modifyAndReturnDoc", p).Data; *d.Updated != 0 || d.Doc != nil {
		t.Errorf("no match: updated %d, doc %v", *d.Updated, d.Doc)
	}
	p["query"], p["data"] = `{"_id":"a"}`, `{"$set":{"n":2}}`
	if d := must(t, e, "database.modifyAndReturnDoc", p).Data; *d.Updated != 1 || d.Doc == nil {
		t.Errorf("no change: updated %d, doc %v", *d.Updated, d.Doc)
	}
}

func TestRemoveDocument(t *testing.T) {
	e := openRooms(t, `{"_id":"a","n":1}`, `{"_id":"b","n":1}`, `{"_id":"c","n":1}`, `{"_id":"d"}`)
	remove := func(query string, multi bool) int {
		t.Helper()
		return *must(t, e, "database.removeDocument", params{"collectionName": "rooms", "queryType": "WHERE", "query": query, "multi": multi}).Data.Deleted
	}
	if n := remove(`{"_id":"z"}`, false); n != 0 {
		t.Errorf("removed %d that aren't there", n)
	}
	if n := remove(`{"n":1}`, false); n != 1 {
		t.Errorf("removed %d, expected the first", n)
	}
	if n := remove(`{"n":1}`, true); n != 2 {
		t.Errorf("removed %d, expected the rest", n)
	}
	if diff := cmp.Diff([]string{`{"_id":"d"}`}, find(t, e, `{}`)); diff != "" {
		t.Error(diff)
	}
	insert(t, e, `{"_id":"a"}`) // an _id is free again
}

func TestServerDate(t *testing.T) {
	at := time.UnixMilli(1700000000123)
	e := open(t, tcbemu.Config{Now: func() time.Time { return at }})
	request := func(action string, p params) reply {
		t.Helper()
		answer := send(t, e, newRequest(t, action, p, at))
		if answer.Code != "" {
			t.Fatalf("%s: %s", answer.Code, answer.Message)
		}
		return answer
	}
	date := func(offset string) string { return `{"$tcb_server_date":{"offset":{"$numberInt":"` + offset + `"}}}` }
	request("database.addCollection", params{"collectionName": "rooms"})
	request("database.insertDocument", params{"collectionName": "rooms", "data": []string{
		`{"_id":"a","t":` + date("0") + `,"deep":[{"t":` + date("1000") + `}]}`,
	}})
	request("database.modifyDocument", modify(`{"t":{"$gte":`+date("0")+`}}`, `{"$set":{"u":`+date("-123")+`},"$push":{"deep":{"$each":[`+date("0")+`]}}}`))
	p := modify(`{"_id":"b"}`, `{"x":{"t":`+date("0")+`}}`)
	p["merge"], p["upsert"] = false, true
	request("database.modifyDocument", p)
	list := request("database.getDocument", params{"collectionName": "rooms", "queryType": "WHERE"}).Data.List
	stored := func(ms string) string { return `{"$date":{"$numberLong":"` + ms + `"}}` }
	want := []string{
		`{"_id":"a","t":` + stored("1700000000123") + `,"deep":[{"t":` + stored("1700000001123") + `},` + stored("1700000000123") + `],"u":` + stored("1700000000000") + `}`,
		`{"_id":"b","x":{"t":` + stored("1700000000123") + `}}`,
	}
	if diff := cmp.Diff(want, list); diff != "" {
		t.Error(diff)
	}
}

// TestRefused is what is refused after the signature was found good, and stores nothing.
func TestRefused(t *testing.T) {
	const database = "DATABASE_REQUEST_FAILED"
	rooms := func(more params) params {
		p := params{"collectionName": "rooms", "queryType": "WHERE"}
		for name, value := range more {
			p[name] = value
		}
		return p
	}
	without := func(p params, name string) params {
		delete(p, name)
		return p
	}
	get, add, modifies, remove := "database.getDocument", "database.insertDocument", "database.modifyDocument", "database.removeDocument"
	for _, c := range []struct {
		name   string
		action string
		p      params
		code   string
		text   string
	}{
		{"no action", "", nil, "INVALID_ACTION", "unknown action"},
		{"unknown action", "database.dropEverything", nil, "INVALID_ACTION", `"database.dropEverything"`},
		{"transaction", "database.startTransaction", nil, "INVALID_ACTION", "a transaction (database.startTransaction) is not supported"},
		{"within a transaction", get, rooms(params{"transactionId": "t"}), "INVALID_ACTION", "within a transaction"},
		{"aggregation", "database.aggregateDocuments", nil, "INVALID_ACTION", "aggregation"},
		{"legacy add", "database.addDocument", params{"data": params{"a": 1}}, "INVALID_ACTION", "@cloudbase/node-sdk"},
		{"legacy query", "database.queryDocument", params{"query": params{}}, "INVALID_ACTION", "@cloudbase/node-sdk"},
		{"legacy signature", "database.addCollection", params{"authorization": "q-sign-algorithm=sha1"}, "INVALID_ACTION", "@cloudbase/node-sdk"},
		{"other database", get, rooms(params{"database": "other"}), "INVALID_PARAM", "another database"},
		{"no collection", get, params{"queryType": "WHERE"}, "INVALID_PARAM", "collectionName"},
		{"query type", get, rooms(params{"queryType": "ALL"}), "INVALID_PARAM", "queryType"},
		{"query of a wrong type", get, rooms(params{"query": params{"a": 1}}), "INVALID_PARAM", "query"},
		{"query is not JSON", get, rooms(params{"query": `{"a":`}), "INVALID_PARAM", "query"},
		{"query is an array", get, rooms(params{"query": `[]`}), "INVALID_PARAM", "query"},
		{"query with more behind it", get, rooms(params{"query": `{} {}`}), "INVALID_PARAM", "query"},
		{"query with a field twice", get, rooms(params{"query": `{"a":1,"a":2}`}), "INVALID_PARAM", "twice"},
		{"DOC without _id", get, rooms(params{"queryType": "DOC", "query": `{"a":1}`}), "INVALID_PARAM", "_id"},
		{"DOC without query", get, rooms(params{"queryType": "DOC"}), "INVALID_PARAM", "query"},
		{"negative limit", get, rooms(params{"limit": -1}), "INVALID_PARAM", "limit"},
		{"negative offset", get, rooms(params{"offset": -1}), "INVALID_PARAM", "offset"},
		{"fractional limit", get, rooms(params{"limit": 1.5}), "INVALID_PARAM", "limit"},
		{"unknown operator", get, rooms(params{"query": `{"a":{"$foo":1}}`}), database, "unknown operator: $foo"},
		{"geo operator", get, rooms(params{"query": `{"a":{"$nearSphere":1}}`}), database, "$nearSphere is not supported"},
		{"code in a query", get, rooms(params{"query": `{"$where":"1"}`}), database, "$where is not supported"},
		{"order", get, rooms(params{"order": `{"a":2}`}), database, "1 or -1"},
		{"insert without data", add, params{"collectionName": "rooms"}, "INVALID_PARAM", "data"},
		{"insert nothing", add, params{"collectionName": "rooms", "data": []string{}}, "INVALID_PARAM", "data"},
		{"insert null", add, params{"collectionName": "rooms", "data": []any{nil}}, "INVALID_PARAM", "data"},
		{"insert a text", add, params{"collectionName": "rooms", "data": `{}`}, "INVALID_PARAM", "data"},
		{"insert an operator", add, params{"collectionName": "rooms", "data": []string{`{"a":{"$gt":1}}`}}, database, "'$gt'"},
		{"insert an array as _id", add, params{"collectionName": "rooms", "data": []string{`{"_id":[1]}`}}, database, "_id"},
		{"insert an unsupported type", add, params{"collectionName": "rooms", "data": []string{`{"a":{"$minKey":1}}`}}, database, "$minKey is not supported"},
		{"insert a broken date", add, params{"collectionName": "rooms", "data": []string{`{"a":{"$tcb_server_date":1}}`}}, "INVALID_PARAM", "$tcb_server_date"},
		{"update without query", modifies, without(modify("", `{"$set":{"a":1}}`), "query"), "INVALID_PARAM", "query is missing"},
		{"update with an empty query", modifies, modify("", `{"$set":{"a":1}}`), "INVALID_PARAM", "query is missing"},
		{"update without merge", modifies, without(modify("{}", `{"$set":{"a":1}}`), "merge"), "INVALID_PARAM", "merge"},
		{"update without data", modifies, without(modify("{}", ""), "data"), "INVALID_PARAM", "data"},
		{"update with an empty $set", modifies, modify("{}", `{"$set":{}}`), database, "'$set' is empty"},
		{"update with nothing", modifies, modify("{}", `{}`), database, "empty"},
		{"update without operators", modifies, modify("{}", `{"a":1}`), database, "Unknown modifier: a"},
		{"update under null", modifies, modify("{}", `{"$set":{"y.x":1}}`), database, "Cannot create field 'x' in element {y: null}"},
		{"update of _id", modifies, modify("{}", `{"$set":{"_id":"b"}}`), database, "immutable"},
		{"replacement with operators", modifies, func() params { p := modify("{}", `{"$set":{"a":1}}`); p["merge"] = false; return p }(), database, "'$set'"},
		{"replacement of many", modifies, func() params { p := modify("{}", `{"a":1}`); p["merge"], p["multi"] = false, true; return p }(), database, "multi"},
		{"remove without query", remove, rooms(nil), "INVALID_PARAM", "query is missing"},
		{"remove with an empty query", remove, rooms(params{"query": ""}), "INVALID_PARAM", "query is missing"},
		{"call nothing", "functions.invokeFunction", nil, "INVALID_PARAM", "function_name"},
		{"call with no functions", "functions.invokeFunction", params{"function_name": "f"}, "FUNCTION_NOT_FOUND", `"f"`},
		{"call a version", "functions.invokeFunction", params{"function_name": "f", "qualifier": "3"}, "INVALID_PARAM", "version"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := openRooms(t, `{"_id":"a","y":null}`)
			answer := do(t, e, c.action, c.p)
			if answer.Code != c.code || !strings.Contains(answer.Message, c.text) {
				t.Errorf("%q: %s, expected %s with %q", answer.Code, answer.Message, c.code, c.text)
			}
			if docs := find(t, e, `{}`); !slices.Equal(docs, []string{`{"_id":"a","y":null}`}) {
				t.Errorf("afterwards the collection has %v", docs)
			}
		})
	}
}
