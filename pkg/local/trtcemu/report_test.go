package trtcemu

import (
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"webrtc-room/pkg/trtc"
)

// tries are when the one report of a test was sent, in seconds.
func (w *world) tries(begin time.Time) (tries []float64) {
	w.callbacks.mu.Lock()
	defer w.callbacks.mu.Unlock()
	for _, p := range w.callbacks.posts {
		tries = append(tries, p.at.Sub(begin).Seconds())
	}
	return tries
}

func TestSchedule(t *testing.T) {
	unreachable := errors.New("connection refused")
	for _, test := range []struct {
		name    string
		answers []any
		want    []float64
		status  int
	}{
		{"taken", []any{200}, []float64{0}, 200},
		{"taken at once, after an error", []any{500, 200}, []float64{0, 0}, 200},
		{"taken later", []any{unreachable, 503, 401, 200}, []float64{0, 0, 10, 20}, 200},
		{"refused for ever", []any{401}, []float64{0, 0, 10, 20, 30, 40, 50, 60}, 401},
		{"201 and 302 aren't 200", []any{201, 302, 200}, []float64{0, 0, 10}, 200},
		{"unreachable for ever", []any{unreachable}, []float64{0, 0, 10, 20, 30, 40, 50, 60}, 0},
		{"within the limit", []any{4999 * time.Millisecond}, []float64{0}, 200},
		{"too slow, then taken", []any{time.Minute, 6 * time.Second, 200}, []float64{0, 5, 15}, 200},
		{"too slow for ever", []any{time.Minute}, []float64{0, 5, 15, 25, 35, 45, 55}, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, func(w *world) {
				w.callbacks.answers = test.answers
				begin := time.Now()
				w.mu.Lock()
				w.report(happening{kind: trtc.Entered, room: room, user: "alice", role: anchor, reason: 1})
				w.mu.Unlock()
				time.Sleep(2 * time.Minute)
				synctest.Wait()
				if diff := cmp.Diff(test.want, w.tries(begin)); diff != "" {
					t.Errorf("tries (-want +got):\n%s", diff)
				}
				want := []Report{{Type: 103, Room: "9527", User: "alice", Reason: 1, At: begin.UnixMilli(), Tries: len(test.want), Status: test.status}}
				if diff := cmp.Diff(want, w.observed); diff != "" {
					t.Errorf("observed (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestReport(t *testing.T) {
	inBubble(t, func(w *world) {
		w.callbacks.answers = []any{500, 200}
		w.enterOnly("alice", room).do("leave", nil)
		w.callbacks.reports() // in order
		var bodies []string
		for _, p := range w.callbacks.posts {
			if err := trtc.VerifyReport(callbackKey, []byte(p.body), p.header["Sign"][0]); err != nil {
				t.Errorf("%s: %v", p.body, err)
			}
			delete(p.header, "Sign")
			if diff := cmp.Diff(http.Header{"Content-Type": {"application/json"}, "SdkAppId": {"1400000001"}}, p.header); diff != "" {
				t.Error(diff)
			}
			if len(bodies) == 0 || p.body != bodies[len(bodies)-1] { // a second try is the same
				bodies = append(bodies, p.body)
			}
		}
		if diff := cmp.Diff([]string{
			`{"EventGroupId":1,"EventType":101,"CallbackTs":946684800000,"EventInfo":{"RoomId":9527,"EventTs":946684800,"EventMsTs":946684800000,"UserId":"alice"}}`,
			`{"EventGroupId":1,"EventType":103,"CallbackTs":946684800000,"EventInfo":{"RoomId":9527,"EventTs":946684800,"EventMsTs":946684800001,"UserId":"alice","Role":20,"TerminalType":100,"UserType":1,"Reason":1}}`,
			`{"EventGroupId":1,"EventType":104,"CallbackTs":946684800000,"EventInfo":{"RoomId":9527,"EventTs":946684800,"EventMsTs":946684800002,"UserId":"alice","Role":20,"Reason":1}}`,
			`{"EventGroupId":1,"EventType":102,"CallbackTs":946684800000,"EventInfo":{"RoomId":9527,"EventTs":946684800,"EventMsTs":946684800003}}`,
		}, bodies); diff != "" {
			t.Error(diff)
		}
	})
}

// Nobody is kept waiting by reports that nobody takes, and there aren't ever more.
func TestManyReports(t *testing.T) {
	inBubble(t, func(w *world) {
		w.callbacks.answers = []any{time.Minute}
		w.mu.Lock()
		for range mostPending + 3 {
			w.report(happening{kind: trtc.Entered, room: room, user: "alice"})
		}
		w.mu.Unlock()
		synctest.Wait()
		if sent, dropped := len(w.callbacks.posts), len(w.observed); sent != mostPending || dropped != 3 {
			t.Errorf("%d were sent, %d were dropped", sent, dropped)
		}
	})
}

func TestCloseGivesUp(t *testing.T) {
	inBubble(t, func(w *world) {
		w.callbacks.answers = []any{500}
		c := w.enter("alice", room)
		w.Close()
		<-c.ended
		if status, _ := w.post("/trtc/enter", w.params("bob", room, 255)); status != http.StatusServiceUnavailable {
			t.Errorf("after Close: %d", status)
		}
		if sent := len(w.callbacks.posts); sent > 4 {
			t.Errorf("%d tries", sent)
		}
	})
}
