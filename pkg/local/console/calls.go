package console

import (
	"cmp"
	"context"
	"net/http"
	"strings"
	"time"

	"webrtc-room/pkg/local/scfemu"
)

// A CallRecord is what became of a call, for the journal.
type CallRecord struct {
	ID             string   `json:"id"`
	Function       string   `json:"function"`
	Event          string   `json:"event"`
	Caller         string   `json:"caller"` // OPENID; "" for a test from the console
	Source         string   `json:"source"` // as the function was told it
	Via            string   `json:"via"`    // "page", "http", "web" (with a bearer token), "sdk" or "race"
	At             int64    `json:"at"`     // Unix milliseconds
	Ms             float64  `json:"ms"`     // without the start of the process
	Cold           bool     `json:"cold"`
	StartMs        float64  `json:"startMs"`
	Instance       string   `json:"instance"`
	Requests       int      `json:"requests"` // of the database
	Reply          string   `json:"reply,omitempty"`
	Error          *failure `json:"error,omitempty"`
	Log            []string `json:"log"`
	Shortened      bool     `json:"shortened,omitempty"`      // the reply is too long to be shown whole
	EventShortened bool     `json:"eventShortened,omitempty"` // and so is the event
}

// An invocation is a call to be made.
type invocation struct {
	function    string
	event       []byte
	hidden      bool // the event, from the journal
	environment map[string]string
	via         string
	latency     time.Duration // of the database, for this call
}

// run is the way that every call takes. The journal tells of it before the
// caller is answered. A caller who doesn't wait ends nothing, as on SCF.
func (s *Server) run(ctx context.Context, call invocation) (scfemu.Result, CallRecord, error) {
	id := scfemu.NewRequestID()
	open := s.gate.open(id, call.latency)
	at := time.Now()
	result, err := s.host.Invoke(context.WithoutCancel(ctx), scfemu.Call{
		Function:    call.function,
		Event:       call.event,
		Environment: call.environment,
		RequestID:   id,
		Kill:        open.kill,
	})
	record := CallRecord{
		ID:             id,
		Function:       call.function,
		Event:          shorten(string(call.event)),
		EventShortened: len(call.event) > longestText,
		Caller:         cmp.Or(call.environment["WX_FROM_OPENID"], call.environment["WX_OPENID"]),
		Source:         call.environment["TCB_SOURCE"],
		Via:            call.via,
		At:             at.UnixMilli(),
		Requests:       s.gate.done(id),
	}
	if call.hidden {
		record.Event = "{}"
	}
	if err != nil {
		return result, record, err
	}
	record.Ms, record.Cold, record.StartMs = milliseconds(result.Duration), result.Cold, milliseconds(result.Start)
	record.Instance, record.Log = result.Instance, append([]string{}, result.Log...)
	for i, line := range record.Log {
		record.Log[i] = shorten(line)
	}
	record.Reply, record.Shortened = shorten(string(result.Payload)), len(result.Payload) > longestText
	if result.Error != nil {
		f := failureOf(result)
		record.Error = &f
	}
	s.journal.add("call", record)
	return result, record, nil
}

// failureOf is how SCF shows that a function failed.
func failureOf(result scfemu.Result) failure {
	return failure{
		ErrorCode:    -1,
		ErrorMessage: result.Error.Message,
		ErrorType:    result.Error.Type,
		RequestID:    result.RequestID,
		StackTrace:   strings.Join(result.Error.Stack, "\n"),
		StatusCode:   result.Error.Status,
	}
}

// postCall calls a function as POST /v1/functions/{name} does, and answers with
// all that is known about the call.
func (s *Server) postCall(w http.ResponseWriter, r *http.Request) {
	event, err := readEvent(w, r)
	if err != nil {
		writeError(w, err)
		return
	}
	_, record, err := s.run(r.Context(), invocation{function: r.PathValue("name"), event: event, environment: s.environmentOf(r), via: "page"})
	if err != nil {
		writeError(w, err)
		return
	}
	writeJSON(w, record)
}
