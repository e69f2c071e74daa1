package trtcemu

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"time"

	"webrtc-room/pkg/sig"
	"webrtc-room/pkg/trtc"
)

// TRTC's schedule of tries.
const (
	answerTime  = 5 * time.Second  // for a 200
	retryEvery  = 10 * time.Second // from the second try on
	reportedFor = time.Minute
)

// mostPending is how many reports may wait for their 200.
const mostPending = 1000

// roleChanged is a type of event that nobody but a reader of reports has a use for.
const roleChanged trtc.Type = 105

// A happening is something to report.
type happening struct {
	kind   trtc.Type
	room   sig.Room
	user   string
	role   role
	reason int
	at     time.Time // zero for now
}

// A Report is what became of one, for a console.
type Report struct {
	Type   int    `json:"type"`
	Room   string `json:"room"` // with quotation marks if it is a name
	User   string `json:"user,omitempty"`
	Reason int    `json:"reason,omitempty"`
	At     int64  `json:"at"` // Unix milliseconds; of the event
	Tries  int    `json:"tries"`
	Status int    `json:"status"` // of the last answer; 0 if there was none
}

// A callback is the body of a report.
type callback struct {
	EventGroupID int       `json:"EventGroupId"`
	EventType    trtc.Type `json:"EventType"`
	CallbackTs   int64     `json:"CallbackTs"`
	EventInfo    eventInfo `json:"EventInfo"`
}

type eventInfo struct {
	RoomID       json.RawMessage `json:"RoomId"` // as the clients entered it: a number or a string
	EventTs      int64           `json:"EventTs"`
	EventMsTs    int64           `json:"EventMsTs"`
	UserID       string          `json:"UserId,omitempty"`
	Role         int             `json:"Role,omitempty"`
	TerminalType int             `json:"TerminalType,omitempty"`
	UserType     int             `json:"UserType,omitempty"`
	Reason       int             `json:"Reason,omitempty"`
}

// report sends a report, and doesn't wait for it. It returns the time of the event, which
// is later than that of every other one.
func (e *Emulator) report(h happening) time.Time {
	now := time.Now()
	if e.config.CallbackURL == "" || e.ctx.Err() != nil {
		return now
	}
	if h.at.IsZero() {
		h.at = now
	}
	h.at = h.at.Truncate(time.Millisecond)
	if !h.at.After(e.latest) {
		h.at = e.latest.Add(time.Millisecond)
	}
	e.latest = h.at
	info := eventInfo{
		RoomID:    json.RawMessage(h.room.String()), // no name has a character that JSON escapes
		EventTs:   h.at.Unix(),
		EventMsTs: h.at.UnixMilli(),
		UserID:    h.user,
		Reason:    h.reason,
	}
	switch h.role {
	case anchor:
		info.Role = 20
	case audience:
		info.Role = 21
	}
	if h.kind == trtc.Entered {
		info.TerminalType, info.UserType = 100, 1 // a web browser
	}
	body, err := json.Marshal(callback{EventGroupID: 1, EventType: h.kind, CallbackTs: now.UnixMilli(), EventInfo: info})
	if err != nil {
		panic(err) // of none of these types
	}
	r := Report{Type: int(h.kind), Room: h.room.String(), User: h.user, Reason: h.reason, At: info.EventMsTs}
	if e.pending == mostPending {
		e.reports.Go(func() { e.config.Observe(r) }) // not sent
		return h.at
	}
	e.pending++
	e.reports.Go(func() {
		e.deliver(&r, body)
		e.mu.Lock()
		e.pending--
		e.mu.Unlock()
		e.config.Observe(r)
	})
	return h.at
}

// deliver tries until somebody takes the report, or it is too old.
func (e *Emulator) deliver(r *Report, body []byte) {
	old := time.Now().Add(reportedFor)
	for {
		next := time.Now().Add(retryEvery)
		r.Tries++
		if r.Status = e.post(body); r.Status == http.StatusOK {
			return
		}
		if r.Tries == 1 {
			continue
		}
		if next.After(old) {
			return
		}
		select {
		case <-time.After(time.Until(next)):
		case <-e.ctx.Done():
			return
		}
	}
}

// post makes one try, and returns the status of its answer, 0 if there was none.
func (e *Emulator) post(body []byte) int {
	ctx, cancel := context.WithTimeout(e.ctx, answerTime)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, e.config.CallbackURL, bytes.NewReader(body))
	if err != nil {
		return 0
	}
	request.Header = http.Header{ // in TRTC's case
		"Content-Type": {"application/json"},
		"Sign":         {trtc.SignReport(e.config.CallbackKey, body)},
		"SdkAppId":     {strconv.FormatUint(uint64(e.config.SDKAppID), 10)},
	}
	response, err := e.config.Transport.RoundTrip(request)
	if err != nil {
		return 0
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, io.LimitReader(response.Body, 64<<10)); err != nil {
		return 0
	}
	return response.StatusCode
}
