package proof

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"webrtc-room/pkg/local/tcbemu/faults"
	"webrtc-room/pkg/tcb/tc3"
)

// A trip is a call's way to the database and back, again and again: what goes
// wrong with each of its requests, and when its function is killed. All of it
// comes from one seed, so it doesn't depend on who else is under way.
type trip struct {
	random  *rand.Rand
	weather weather
	link    faults.Link

	// The function is killed at this request, before or after it has been
	// carried out; -1 for not at all.
	killAt    int
	killAfter bool

	requests int
	arrives  bool // the last request, now or later
	late     bool // … perhaps later
	resent   bool // … and is delivered again, unknown to the client
	faults   []string
}

// weather is how often requests fail.
type weather struct {
	fault float64
	late  float64 // a write without a reply, that arrives later
	slow  float64
	kill  float64
}

var weathers = []weather{
	{},
	{fault: 0.05, slow: 0.02, kill: 0.03},
	{fault: 0.2, slow: 0.05, kill: 0.1},
	{fault: 0.4, slow: 0.1, kill: 0.15},
	{late: 0.3, kill: 0.05},
}

// lateWrites is the weather in which writes arrive that nobody waits for any more.
var lateWrites = weathers[len(weathers)-1:]

// newTrip is a trip through a weather.
func newTrip(random *rand.Rand, w weather, database http.Handler) *trip {
	t := planned(random, database, nil)
	t.weather, t.link.Plan = w, t.fate
	if random.Float64() < w.kill {
		t.killAt, t.killAfter = random.IntN(4), random.IntN(2) == 0
	}
	return t
}

// planned is a trip on which just that goes wrong which is planned.
func planned(random *rand.Rand, database http.Handler, plan func(faults.Request) faults.Fault) *trip {
	t := &trip{random: random, killAt: -1}
	t.link.Server, t.link.Plan = database, func(r faults.Request) faults.Fault { return t.meet(r, plan(r)) }
	return t
}

type tripKey struct{}

// A network is the http.RoundTripper that takes each request on its call's trip.
type network struct{}

func (network) RoundTrip(r *http.Request) (*http.Response, error) {
	return r.Context().Value(tripKey{}).(*trip).RoundTrip(r)
}

func (t *trip) RoundTrip(r *http.Request) (*http.Response, error) {
	kill := t.killAt == t.requests
	t.requests++
	if kill && !t.killAfter {
		runtime.Goexit()
	}
	if err := t.transit(r.Context()); err != nil {
		return nil, err
	}
	t.arrives = true
	reply, err := t.link.RoundTrip(r)
	if kill {
		runtime.Goexit()
	}
	if err != nil {
		return nil, err
	}
	return reply, t.transit(r.Context())
}

// transit takes a while, a different one each time: no two things happen at the
// same instant, so that a seed gives the same history every time.
func (t *trip) transit(ctx context.Context) error {
	d := t.between(200*time.Microsecond, 5*time.Millisecond)
	if t.random.Float64() < t.weather.slow {
		d = t.between(5*time.Millisecond, 3*time.Second)
	}
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// between draws a duration, each order of magnitude as likely as another.
func (t *trip) between(least, most time.Duration) time.Duration {
	return between(t.random, least, most)
}

func between(random *rand.Rand, least, most time.Duration) time.Duration {
	low, high := math.Log(float64(least)), math.Log(float64(most))
	return time.Duration(math.Exp(low + random.Float64()*(high-low)))
}

// fate draws what goes wrong with a request.
//
// An insert that is delivered twice is the one fault that is limited: the copy
// comes at once, or so late that it makes no room. See the package comment.
func (t *trip) fate(r faults.Request) faults.Fault {
	late := faults.Fault{Kind: faults.Late, Silent: t.random.IntN(2) == 0, Delay: t.between(time.Millisecond, 70*time.Minute)}
	if writes(r) && t.random.Float64() < t.weather.late {
		return t.meet(r, late)
	}
	if t.random.Float64() >= t.weather.fault {
		return t.meet(r, faults.Fault{})
	}
	kinds := []faults.Fault{
		{Kind: faults.LoseRequest, Silent: late.Silent},
		{Kind: faults.LoseReply, Silent: late.Silent},
		{Kind: faults.Garble, Status: http.StatusBadGateway},
		{Kind: faults.Garble, Code: "SYS_ERR"},
		{Kind: faults.Garble, Status: http.StatusBadRequest, Code: "SERVER_TIMEOUT"},
		{Kind: faults.Garble, Code: faults.Busy.Code},
		{Kind: faults.Garble, Code: faults.QuotaUsedUp.Code},
		{Kind: faults.Garble, Code: faults.Conflict.Code},
		{Kind: faults.Garble, Status: http.StatusTooManyRequests},
		{Kind: faults.Garble, Status: http.StatusNotFound},
		{Kind: faults.Refuse, Code: "DATABASE_TIMEOUT"},
		faults.BadGateway,
		faults.Busy,
		faults.Conflict,
	}
	if writes(r) {
		again := faults.Fault{Kind: faults.Duplicate, Delay: late.Delay}
		if r.Action == "database.insertDocument" {
			again.Delay = 0
			if late.Silent {
				again.Delay = maxLateness + maxSkew + late.Delay
			}
		}
		kinds = append(kinds, late, late, again, faults.Fault{Kind: faults.Resend})
	}
	return t.meet(r, kinds[t.random.IntN(len(kinds))])
}

func writes(r faults.Request) bool {
	return r.Action == "database.insertDocument" || r.Action == "database.modifyDocument" || r.Action == "database.removeDocument"
}

// meet keeps what the checker has to know of a fault.
func (t *trip) meet(r faults.Request, f faults.Fault) faults.Fault {
	t.arrives = f.Kind != faults.LoseRequest && f.Kind != faults.Refuse
	t.late = f.Kind == faults.Late
	t.resent = writes(r) && f.Kind == faults.Resend
	if f.Kind != faults.None {
		t.faults = append(t.faults, f.Kind.String())
	}
	return f
}

// A gateway stands before the database. A request that it has let in may wait
// there for longer than its signature holds; so it signs late ones anew. And it
// takes a page of documents from two moments, as a scan that writers overtake.
type gateway struct {
	database http.Handler
	key      tc3.Key
	torn     atomic.Int64 // pages that it put together from two
}

func (g *gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(err) // it comes from memory
	}
	if seconds, _ := strconv.ParseInt(r.Header.Get(tc3.HeaderTimestamp), 10, 64); time.Since(time.Unix(seconds, 0)) > 5*time.Minute {
		g.sign(r, body)
	}
	first := g.forward(r, body)
	if bytes.Contains(body, []byte(`"database.getDocument"`)) && bytes.Contains(body, []byte(`"WHERE"`)) {
		time.Sleep(3 * time.Millisecond)
		first = g.tear(first, g.forward(r, body))
	}
	w.Header().Set("Date", time.Now().UTC().Format(http.TimeFormat))
	w.WriteHeader(first.Code)
	w.Write(first.Body.Bytes())
}

func (g *gateway) forward(r *http.Request, body []byte) *httptest.ResponseRecorder {
	r = r.Clone(r.Context())
	r.Body = io.NopCloser(bytes.NewReader(body))
	reply := httptest.NewRecorder()
	g.database.ServeHTTP(reply, r)
	return reply
}

func (g *gateway) sign(r *http.Request, body []byte) {
	params, err := tc3.Params(body)
	if err != nil {
		panic(err) // it was signed before
	}
	now := time.Now()
	r.Header = r.Header.Clone()
	r.Header.Set("Authorization", tc3.Sign(tc3.Message{
		Host: r.Host, Path: r.URL.EscapedPath(), Query: r.URL.RawQuery, Params: params,
		Header: []tc3.Field{{Name: "content-type", Value: r.Header.Get("Content-Type")}, {Name: "host", Value: r.Host}},
	}, g.key, now))
	r.Header.Set(tc3.HeaderTimestamp, strconv.FormatInt(now.Unix(), 10))
}

// tear answers with the first half of one page, and what else is in a later one.
func (g *gateway) tear(earlier, later *httptest.ResponseRecorder) *httptest.ResponseRecorder {
	type page struct {
		Data struct {
			List []string `json:"list"`
		} `json:"data"`
	}
	var first, second page
	if json.Unmarshal(earlier.Body.Bytes(), &first) != nil || json.Unmarshal(later.Body.Bytes(), &second) != nil || len(first.Data.List) < 2 {
		return earlier
	}
	merged := page{}
	kept := make(map[string]bool)
	for i, doc := range append(first.Data.List[:len(first.Data.List)/2:len(first.Data.List)/2], second.Data.List...) {
		if id := idOf(doc); i < len(first.Data.List)/2 || !kept[id] {
			merged.Data.List, kept[id] = append(merged.Data.List, doc), true
		}
	}
	g.torn.Add(1)
	reply := httptest.NewRecorder()
	_ = json.NewEncoder(reply).Encode(merged) // strings always encode
	return reply
}

// idOf is the _id in a document's EJSON.
func idOf(doc string) string {
	_, rest, _ := strings.Cut(doc, `"_id":"`)
	id, _, _ := strings.Cut(rest, `"`)
	return id
}
