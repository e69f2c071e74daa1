package faults

import (
	"bytes"
	"encoding/json"
	"net/http"
)

// A reply is an http.ResponseWriter that keeps what is written.
type reply struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func newReply() *reply { return &reply{header: make(http.Header), status: http.StatusOK} }

func (r *reply) Header() http.Header            { return r.header }
func (r *reply) WriteHeader(status int)         { r.status = status }
func (r *reply) Write(text []byte) (int, error) { return r.body.Write(text) }

// messages are the service's words, where they are known.
var messages = map[string]string{
	Conflict.Code: "[ResourceUnavailable.TransactionConflict] Transaction is conflict, maybe resource operated by others. Please check your request, but if the problem persists, contact us.",
}

// answer is the reply to a request that something other than the server answers.
func answer(fault Fault) *reply {
	r := newReply()
	if fault.Status != 0 {
		r.status = fault.Status
	}
	if fault.Code == "" {
		return r
	}
	message := messages[fault.Code]
	if message == "" {
		message = "injected by package faults"
	}
	r.header.Set("Content-Type", "application/json; charset=utf-8")
	// A map of strings can always be encoded, and a buffer always written to.
	_ = json.NewEncoder(r).Encode(map[string]string{"code": fault.Code, "message": message, "requestId": "fault"})
	return r
}
