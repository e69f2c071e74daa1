package compare

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"sync"
	"time"

	"webrtc-room/pkg/local/tcbemu"
	"webrtc-room/pkg/roomapi"
	"webrtc-room/pkg/trtc"
)

// A Meeting is what four people who talk for half an hour cost. The counts are measured.
type Meeting struct {
	Way         string  `json:"way"`
	Invocations float64 `json:"invocations"`
	GBSeconds   float64 `json:"gbSeconds"`
	Reads       float64 `json:"databaseReads"`
	Writes      float64 `json:"databaseWrites"`
}

// Prices are in yuan.
type Prices struct {
	Invocations float64 // 10,000 of them
	GBSecond    float64
	Reads       float64 // 10,000 of them
	Writes      float64 // 10,000 of them
}

// PricesAsOf says where the default prices come from.
const PricesAsOf = "public copies of Tencent Cloud's price lists of pay by use (SCF: invocations, GB-seconds; CloudBase, " +
	"as in uniCloud's documentation: the database), read in November 2026. Check them before you rely on a sum"

// DefaultPrices are those of PricesAsOf.
func DefaultPrices() Prices {
	return Prices{Invocations: 0.0133, GBSecond: 0.00011108, Reads: 0.015, Writes: 0.05}
}

// Of returns what a meeting costs, in yuan.
func (p Prices) Of(m Meeting) float64 {
	return (m.Invocations*p.Invocations+m.Reads*p.Reads+m.Writes*p.Writes)/10_000 + m.GBSeconds*p.GBSecond
}

const (
	people    = 4
	lasting   = 30 * time.Minute
	heartbeat = 25 * time.Second
	memoryGB  = 0.128 // the least that SCF has; the demo's processes need almost all of it
)

// A meter counts what calls cost.
type meter struct {
	*subject
	m   Meeting
	err error
}

func (m *meter) call(ctx context.Context, function, user string, event any) {
	if m.err != nil {
		return
	}
	var text []byte
	if text, m.err = json.Marshal(event); m.err != nil {
		return
	}
	_, _, m.err = m.subject.call(ctx, function, user, text)
}

// cost plays a meeting, warm, and counts.
func (l *lab) cost(ctx context.Context) ([]Meeting, error) {
	l.Progress("a meeting of four for half an hour, in each way")
	type way struct {
		name string
		s    *subject
		beat func(ctx context.Context, m *meter, room string)
	}
	ways := []way{
		{"ours, with TRTC's reports", l.ours, reports},
		{"ours, with heartbeats every 25 s", l.ours, heartbeats},
	}
	for _, s := range l.demo {
		ways = append(ways, way{s.name, s, nil})
	}
	var meetings []Meeting
	for _, way := range ways {
		m, err := l.meeting(ctx, way.name, way.s, way.beat)
		if err != nil {
			return nil, err
		}
		meetings = append(meetings, m)
	}
	return meetings, nil
}

// meeting has everybody look at the list, enter, and quit. A first one makes sure that
// all processes are warm.
func (l *lab) meeting(ctx context.Context, name string, s *subject, beat func(context.Context, *meter, string)) (Meeting, error) {
	var m *meter
	for range 2 {
		if err := s.emulator.Import(tcbemu.Snapshot{roomapi.Collection: {}}); err != nil {
			return Meeting{}, err
		}
		m = &meter{subject: s, m: Meeting{Way: name}}
		s.tally.Store(&tally{})
		room := l.room()
		for i := range people {
			m.call(ctx, "webrtc-get-room-list", person(i), map[string]any{"limit": 10})
			m.call(ctx, "webrtc-enter-room", person(i), map[string]any{"roomID": room})
		}
		if beat != nil {
			beat(ctx, m, room)
		}
		for i := range people {
			m.call(ctx, "webrtc-quit-room", person(i), map[string]any{"roomID": room, "userID": person(i)})
		}
		t := s.tally.Swap(nil)
		m.m.Invocations, m.m.Reads, m.m.Writes = float64(t.invocations), float64(t.reads), float64(t.writes)
		// SCF bills each invocation by whole milliseconds, also those that wait for others.
		m.m.GBSeconds = t.billed * memoryGB / 1000
		if m.err != nil {
			return Meeting{}, m.err
		}
	}
	return m.m, nil
}

func person(i int) string { return fmt.Sprint("person", i) }

// heartbeats has everybody say that they are still there, by entering again.
func heartbeats(ctx context.Context, m *meter, room string) {
	for range int(lasting / heartbeat) {
		for i := range people {
			m.call(ctx, "webrtc-enter-room", person(i), map[string]any{"roomID": room})
		}
	}
}

// reports has TRTC say that everybody came, and went.
func reports(ctx context.Context, m *meter, room string) {
	report := func(event int, user string) {
		now := time.Now()
		body, _ := json.Marshal(map[string]any{"EventGroupId": 1, "EventType": event, "CallbackTs": now.UnixMilli(),
			"EventInfo": map[string]any{"RoomId": json.Number(room), "EventTs": now.Unix(), "EventMsTs": now.UnixMilli(), "UserId": user, "Reason": 1}})
		m.call(ctx, "webrtc-room-events", "", map[string]any{"httpMethod": "POST", "path": "/", "isBase64Encoded": false, "body": string(body),
			"headers": map[string]string{"content-type": "application/json", "sdkappid": variables["TRTC_SDK_APP_ID"], "sign": trtc.SignReport(callbackKey, body)}})
	}
	report(101, person(0))
	for i := range people {
		report(103, person(i))
	}
	for i := range people {
		report(104, person(i))
	}
	report(102, "")
}

// A tally is what a meeting has taken so far. Functions that call one another count one
// after the other, but in several goroutines.
type tally struct {
	mu                         sync.Mutex
	invocations, reads, writes int
	billed                     float64 // milliseconds
}

func (t *tally) invoked(took time.Duration) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.invocations++
	t.billed += math.Ceil(milliseconds(took))
}

func (t *tally) asked(action string) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if writes(action) {
		t.writes++
	} else {
		t.reads++
	}
}

// PrintCost prints what a meeting costs, at these prices.
func (r *Report) PrintCost(w io.Writer, p Prices) {
	fmt.Fprintf(w, "%d people, %v, everybody looks at the list once; %g GB of memory for each function, warm\n", people, lasting, memoryGB)
	printCost(w, r.Cost)
	fmt.Fprintf(w, "\nA thousand such meetings, in yuan, at %g for 10,000 invocations, %g for a GB-second, %g for 10,000 reads and %g for 10,000 writes\n",
		p.Invocations, p.GBSecond, p.Reads, p.Writes)
	for _, m := range r.Cost {
		fmt.Fprintf(w, "  %-34s %10.3f\n", m.Way, 1000*p.Of(m))
	}
	fmt.Fprintf(w, "The default prices are from %s.\n", PricesAsOf)
}

func printCost(w io.Writer, meetings []Meeting) {
	fmt.Fprintf(w, "%-36s %12s %12s %14s %14s\n", "a meeting of four for half an hour", "invocations", "GB-seconds", "database reads", "writes")
	for _, m := range meetings {
		fmt.Fprintf(w, "  %-34s %12g %12.3f %14g %14g\n", m.Way, m.Invocations, m.GBSeconds, m.Reads, m.Writes)
	}
}

// writes tells whether an action of the database changes something.
func writes(action string) bool {
	return action != "database.getDocument" && action != "database.calculateDocument"
}
