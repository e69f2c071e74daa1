package tcb

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"math"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"webrtc-room/pkg/tcb/tc3"
)

// A capture is a request that one of the SDKs sent, with its clock stopped at
// captureTime. Names that begin with nodesdk3 come from @cloudbase/node-sdk 3.18.3
// with explicit keys, those that begin with wx4 from wx-server-sdk 4.0.2 in a
// simulated function.
type capture struct {
	Name      string
	SecretKey string
	Path      string
	Headers   map[string]string
	Body      map[string]json.RawMessage
}

var captureTime = time.UnixMilli(1700000000123)

func readCaptures(t *testing.T) []capture {
	t.Helper()
	text, err := os.ReadFile("testdata/captures.json")
	if err != nil {
		t.Fatal(err)
	}
	var captures []capture
	if err := json.Unmarshal(text, &captures); err != nil {
		t.Fatal(err)
	}
	return captures
}

// An operation does with this package what the SDK was asked to do in a capture.
type operation struct {
	do func(context.Context, *App) error
	// differs changes the SDK's parameters to what this package means to send.
	differs func(params map[string]string)
}

func onGames(do func(context.Context, *Collection) error) func(context.Context, *App) error {
	return func(ctx context.Context, a *App) error { return do(ctx, a.Database().Collection("games")) }
}

func insert(doc M) operation {
	return operation{do: onGames(func(ctx context.Context, c *Collection) error {
		_, err := c.Insert(ctx, doc)
		return err
	})}
}

func get(id string) operation {
	return operation{do: onGames(func(ctx context.Context, c *Collection) error {
		_, err := c.Get(ctx, id)
		return err
	})}
}

func find(q Query) operation {
	return operation{do: onGames(func(ctx context.Context, c *Collection) error {
		_, err := c.Find(ctx, q)
		return err
	})}
}

func count(filter M) operation {
	return operation{do: onGames(func(ctx context.Context, c *Collection) error {
		_, err := c.Count(ctx, filter)
		return err
	})}
}

func update(filter, change M) operation {
	return operation{do: onGames(func(ctx context.Context, c *Collection) error {
		_, err := c.Update(ctx, filter, change)
		return err
	})}
}

func remove(filter M) operation {
	return operation{do: onGames(func(ctx context.Context, c *Collection) error {
		_, err := c.Remove(ctx, filter)
		return err
	})}
}

func updateAndReturn(filter, change M) operation {
	return operation{do: onGames(func(ctx context.Context, c *Collection) error {
		_, err := c.UpdateAndReturn(ctx, filter, change)
		return err
	})}
}

func createCollection(name string) operation {
	return operation{do: func(ctx context.Context, a *App) error { return a.Database().CreateCollection(ctx, name) }}
}

func callFunction(name string, data any) operation {
	return operation{do: func(ctx context.Context, a *App) error {
		_, err := a.CallFunction(ctx, name, data)
		return err
	}}
}

func (o operation) but(differs func(map[string]string)) operation {
	o.differs = differs
	return o
}

// atMostOne: a filter's first document, never all.
func atMostOne(params map[string]string) { params["multi"] = "false" }

// byFilter: a document is named by a filter, also if that is its _id.
func byFilter(params map[string]string) { params["queryType"] = "WHERE" }

func regularExpression(pattern string) M {
	return M{"$regularExpression": M{"pattern": pattern, "options": "i"}}
}

var (
	day = time.Date(2023, 11, 14, 22, 13, 20, 0, time.UTC)

	operations = map[string]operation{ // by capture
		"nodesdk3_add_doc_dollar": insert(M{"x": 5}),
		"nodesdk3_add_no_id": insert(M{
			"name": "n", "n": 5, "big": 1700000000123, "d": 1.5, "neg": -3, "b": true, "nul": nil, "t": day,
			"arr": []any{1, "x", M{"y": 2.25}}, "nested": M{"a": M{"b": 1}},
		}),
		"nodesdk3_add_special_types": insert(M{
			"sd": ServerDate(0), "sdo": ServerDate(time.Hour),
			"p":      M{"type": "Point", "coordinates": []float64{113.5, 23.5}},
			"i32max": math.MaxInt32, "over": math.MaxInt32 + 1, "min32": math.MinInt32,
			"safe": 1<<53 - 1, "unsafe": 1 << 53, "f": 1, "f2": 1e21, "zero": 0, "negz": 0,
			"inf": math.Inf(1), "nan": math.NaN(), "str": `中文"引号`,
		}).but(func(params map[string]string) { // a regular expression can't be stored
			params["data"] = strings.Replace(params["data"], `"re":{"$regularExpression":{"options":"i","pattern":"^ab"}},`, "", 1)
		}),
		"nodesdk3_add_with_id":          insert(M{"_id": "room-1", "seats": []string{}, "v": 0}),
		"nodesdk3_call_function":        callFunction("hello", M{"a": 1, "s": "中"}),
		"nodesdk3_call_function_nodata": callFunction("hello", nil),
		"nodesdk3_call_function_qualifier": callFunction("hello", M{}).but(func(params map[string]string) {
			delete(params, "qualifier") // $LATEST is the default
		}),
		"nodesdk3_count":             count(M{"a": M{"$gt": 1}}),
		"nodesdk3_count_all":         count(nil),
		"nodesdk3_create_collection": createCollection("games"),
		"nodesdk3_doc_get":           get("room-1"),
		"nodesdk3_doc_remove":        remove(M{"_id": "room-1"}).but(byFilter),
		"nodesdk3_doc_update": update(M{"_id": "room-1"}, M{
			"$inc": M{"v": 1}, "$push": M{"players": M{"$each": []M{{"id": "p1", "at": day}}}}, "$set": M{"sub.x": 1},
		}).but(byFilter),
		"nodesdk3_get_all":         find(Query{}),
		"nodesdk3_get_limit_over":  find(Query{Limit: 5000}),
		"nodesdk3_get_where_empty": find(Query{Filter: M{}}),
		"nodesdk3_get_where_full": find(Query{
			Filter: M{"status": "open", "a.b": 1, "nested.k": 2},
			Sort:   []Sort{{"created", true}, {"name", false}}, Skip: 20, Limit: 10,
			Fields: []string{"name", "n"},
		}).but(func(params map[string]string) { // fields can be named, not excluded
			params["projection"] = strings.Replace(params["projection"], `,"secret":{"$numberInt":"0"}`, "", 1)
		}),
		"nodesdk3_query_and_top": find(Query{Filter: M{"$and": []M{{"a": 1}, {"$or": []M{{"b": 1}, {"c": 2}}}}}}),
		"nodesdk3_query_expr":    find(Query{Filter: M{"$expr": M{"$gt": []string{"$a", "$b"}}}}),
		"nodesdk3_query_nor_top": find(Query{Filter: M{"$nor": []M{{"a": 1}, {"b": 2}}}}),
		"nodesdk3_query_ops": find(Query{Filter: M{
			"a": M{"$eq": 1}, "b": M{"$ne": 2}, "d": M{"$gte": 3}, "e": M{"$lte": 4}, "f": M{"$in": []string{"x", "y"}},
			"g": M{"$nin": []int{1, 2}}, "h": M{"$exists": true}, "i": M{"$size": 2},
			"j": M{"$elemMatch": M{"k": M{"$gt": 1}, "z": "q"}}, "k": M{"$all": []string{"p", "q"}},
			"l": M{"$mod": []int{4, 0}}, "m": regularExpression("^abc"), "m2": regularExpression("^x"), "n": nil, "o": M{"$eq": nil},
			"q": M{"$not": M{"$eq": 3}}, "t": day, "u": M{"$gt": day},
			"$and": []M{{"c": M{"$gt": 3}}, {"c": M{"$lt": 9}}}, "$or": []M{{"p": M{"$eq": 1}}, {"p": M{"$gt": 5}}},
		}}),
		"nodesdk3_query_or_top":        find(Query{Filter: M{"$or": []M{{"a": 1}, {"b": M{"$gt": 2}, "c": "x"}}}}),
		"nodesdk3_query_raw":           find(Query{Filter: M{"a": M{"$gt": 1}, "$or": []M{{"b": 1}, {"c": M{"$exists": false}}}}}),
		"nodesdk3_updateAndReturn":     updateAndReturn(M{"_id": "room-1", "v": 3}, M{"$inc": M{"v": 1}}),
		"nodesdk3_update_raw":          update(M{"a": 1}, M{"$set": M{"x": 1}, "$inc": M{"v": 1}}),
		"nodesdk3_where_remove":        remove(M{"expire": M{"$lt": day}}).but(atMostOne),
		"nodesdk3_where_remove_single": remove(M{"a": 1}),
		"nodesdk3_where_update": update(M{"_id": "room-1", "v": 3}, M{
			"$inc": M{"v": 1}, "$set": M{"state": "x", "dot.path": 9, "at": day, "sub.f": 1, "sub.g.h": 2},
		}).but(atMostOne),
		"nodesdk3_where_update_ops": update(M{"_id": "r"}, M{
			"$set": M{"a": M{"k": 1}, "sd": ServerDate(0)}, "$unset": M{"b": ""}, "$inc": M{"c": 2}, "$mul": M{"d": 3},
			"$push": M{
				"e": M{"$each": []string{"x"}}, "e2": M{"$each": []string{"x", "y"}},
				"e3": M{"$each": []int{1, 2}, "$position": 0, "$sort": 1, "$slice": -5},
				"i":  M{"$each": []string{"z"}, "$position": 0},
			},
			"$pull": M{"f": "x", "f2": M{"k": M{"$gt": 3}}}, "$pullAll": M{"f3": []string{"x", "y"}},
			"$pop": M{"g": 1, "h": -1}, "$addToSet": M{"j": "q", "j2": M{"$each": []string{"q", "w"}}},
			"$max": M{"k": 5}, "$min": M{"l": 1}, "$rename": M{"m": "mm"},
		}).but(atMostOne),
		"nodesdk3_where_update_single": update(M{"v": 3}, M{"$set": M{"v": 4}}),
		"wx4_add":                      insert(M{"_id": "a", "n": 1, "t": day}),
		"wx4_callFunction":             callFunction("hello", M{"a": 1}),
		"wx4_callFunction_timeout":     callFunction("hello", M{"a": 1}),
		"wx4_count":                    count(nil),
		"wx4_doc_get":                  get("a"),
		"wx4_doc_remove":               remove(M{"_id": "a"}).but(byFilter),
		"wx4_doc_update":               update(M{"_id": "a"}, M{"$inc": M{"n": 1}}).but(byFilter),
		"wx4_err_add":                  insert(M{"_id": "a"}),
		"wx4_err_callfn":               callFunction("x", M{}),
		"wx4_err_notexist":             get("a"),
		"wx4_err_unknown":              get("a"),
		"wx4_get":                      find(Query{Filter: M{"n": M{"$gt": 1}}}),
		"wx4_where_remove":             remove(M{"a": 1}).but(atMostOne),
		"wx4_where_update":             update(M{"a": 1}, M{"$set": M{"n": 2}}).but(atMostOne),
	}
)

// notOffered are captures of what this package doesn't do.
var notOffered = map[string]string{
	"nodesdk3_add_batch":             "documents are inserted one by one",
	"nodesdk3_aggregate":             "no aggregation",
	"nodesdk3_doc_get_field":         "Get returns whole documents",
	"nodesdk3_doc_get_number_id":     "ids are strings",
	"nodesdk3_doc_set":               "no replacing",
	"nodesdk3_instance_database":     "the environment's own database only",
	"nodesdk3_where_update_nofilter": "an update needs a filter",
	"wx4_doc_set":                    "no replacing",
}

// Each request is the SDK's: the same URL, headers and parameters, for the same
// inputs, environment and time, and a signature that holds.
func TestRequestsAreTheSDKs(t *testing.T) {
	left := len(operations)
	for _, c := range readCaptures(t) {
		if strings.Contains(c.Name, "_txn") || notOffered[c.Name] != "" {
			continue
		}
		op, ok := operations[c.Name]
		if !ok {
			t.Errorf("%s is neither done here nor listed as not offered", c.Name)
			continue
		}
		left--
		t.Run(c.Name, func(t *testing.T) { compareRequest(t, c, op) })
	}
	if left != 0 {
		t.Errorf("%d operations have no capture", left)
	}
}

func compareRequest(t *testing.T, c capture, op operation) {
	app, sent := captureApp(t, c)
	if err := op.do(t.Context(), app); MaybeApplied(err) {
		t.Fatal(err)
	}
	r, body := sent.request, sent.body

	if path := r.URL.RequestURI(); path != c.Path {
		t.Errorf("path\n got %s\nwant %s", path, c.Path)
	}
	for name, want := range c.Headers {
		got := r.Header.Get(name)
		switch name {
		case "Host":
			got = r.Host
		case "Connection", "content-length", "Authorization": // net/http's business; compared below
			continue
		case "User-Agent", "X-SDK-Version":
			want = "tcb-node-sdk/3.18.3"
		}
		if got != want {
			t.Errorf("header %s: got %q, want %q", name, got, want)
		}
	}

	var params map[string]json.RawMessage
	if err := json.Unmarshal(body, &params); err != nil {
		t.Fatal(err)
	}
	want, ordered := paramTexts(t, c.Body)
	got, _ := paramTexts(t, params)
	if op.differs != nil {
		op.differs(want)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("parameters (-SDK +ours):\n%s", diff)
	}

	secretKey := func(string) (string, bool) { return c.SecretKey, true }
	if err := tc3.Verify(r, body, secretKey, captureTime); err != nil {
		t.Error(err)
	}
	// Where the SDK happened to write keys in order, even its signature is ours.
	if ordered && op.differs == nil && c.Headers["User-Agent"] == c.Headers["X-SDK-Version"] {
		if got, want := r.Header.Get("Authorization"), c.Headers["Authorization"]; got != want {
			t.Errorf("Authorization\n got %s\nwant %s", got, want)
		}
	}
}

type sentRequest struct {
	request *http.Request
	body    []byte
}

// captureApp is an App in the situation of a capture, and what it sends.
func captureApp(t *testing.T, c capture) (*App, *sentRequest) {
	t.Helper()
	sent := new(sentRequest)
	config := Config{
		EnvID: "test-env-1",
		Now:   stopped(captureTime),
		Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			body, err := io.ReadAll(r.Body)
			*sent = sentRequest{r, body}
			return jsonResponse(http.StatusOK, `{"code":"INVALID_PARAM"}`), err
		}),
	}
	if strings.HasPrefix(c.Name, "nodesdk3") {
		config.SecretID, config.SecretKey = "AKIDexample", c.SecretKey
		config.URL = "http://" + c.Headers["Host"] + "/admin"
	} else {
		config.Environment = environmentOf(map[string]string{
			"TENCENTCLOUD_RUNENV": "SCF", "TENCENTCLOUD_REGION": "ap-shanghai",
			"TENCENTCLOUD_SECRETID": "AKIDtmp", "TENCENTCLOUD_SECRETKEY": c.SecretKey, "TENCENTCLOUD_SESSIONTOKEN": "TOKtmp",
			"TCB_ENV": "tcb-env", "TCB_SEQID": "seq0", "TCB_SOURCE": "wx_client", "TCB_SESSIONTOKEN": "tcbsess",
			"TCB_TRACELOG": "trace0", "TCB_ROUTE_KEY": "rk", "WX_API_TOKEN": "wxapitok",
			"TCB_CONTEXT_KEYS": "TCB_ENV,TCB_SEQID,TCB_SOURCE,TCB_SESSIONTOKEN,TCB_TRACELOG,TCB_ROUTE_KEY",
			"WX_CONTEXT_KEYS":  "WX_API_TOKEN",
			"TCB_CONTEXT_CNFG": `{"URL":"http://` + c.Headers["Host"] + `/admin"}`,
		})
	}
	app, err := Init(&config)
	if err != nil {
		t.Fatal(err)
	}
	// The request gets the number that it has in the capture.
	number := c.Path[strings.LastIndex(c.Path, "_")+1:]
	n, err := strconv.ParseUint(number, 16, 64)
	if err != nil {
		t.Fatal(err)
	}
	app.requests.Store(n - 1)
	return app, sent
}

// paramTexts returns the parameters of a body with the keys of their extended JSON
// sorted, as this package writes them; ordered says that they were already. The
// keys of order are left alone: their sequence means something.
func paramTexts(t *testing.T, params map[string]json.RawMessage) (texts map[string]string, ordered bool) {
	t.Helper()
	texts = make(map[string]string)
	ordered = true
	sorted := func(ejson string) string {
		var value any
		dec := json.NewDecoder(strings.NewReader(ejson))
		dec.UseNumber()
		if err := dec.Decode(&value); err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		enc := json.NewEncoder(&out)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(value); err != nil {
			t.Fatal(err)
		}
		text := strings.TrimSuffix(out.String(), "\n")
		ordered = ordered && text == ejson
		return text
	}
	for name, raw := range params {
		var text string
		var list []string
		switch {
		case json.Unmarshal(raw, &text) == nil && (name == "query" || name == "data" || name == "projection"):
			text = sorted(text)
		case json.Unmarshal(raw, &list) == nil:
			for _, item := range list {
				text += "<" + sorted(item) + ">"
			}
		case json.Unmarshal(raw, &text) != nil:
			text = string(raw)
		}
		texts[name] = text
	}
	return texts, ordered
}
