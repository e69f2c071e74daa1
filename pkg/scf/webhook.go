package scf

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"os"
)

// A Request is the HTTP request that called a webhook.
type Request struct {
	Body    []byte // as it was sent, byte by byte
	headers func(name string) []string
}

// Header returns the value of a header, whatever the case of its name, and "" if there
// isn't exactly one.
func (r *Request) Header(name string) string {
	if values := r.headers(name); len(values) == 1 {
		return values[0]
	}
	return ""
}

// StartWebhook is Start for a function that some service calls over HTTP, and
// that tells by Call.Request whether it was that service. There is no other
// proof of the caller: no bearer token, no OPENID. Its handler refuses a request without
// that proof with BAD_SIGNATURE, which becomes status 401. Other refusals become 400.
func StartWebhook(name string, open Open) { Serve(NewWebhook(name, open, os.Stdout)) }

// NewWebhook returns the function that StartWebhook serves; see New.
func NewWebhook(name string, open Open, log io.Writer) Function {
	return &function{name: name, open: open, log: log, level: new(slog.LevelVar), webhook: true}
}

// answerWebhook answers a call of a webhook; see answerHTTP.
func (f *function) answerWebhook(ctx context.Context, call *Call, payload []byte, environment map[string]string, line *line) (reply []byte, err error) {
	defer caught(line, &err)

	refuse := func(status int, refusal *Refusal) ([]byte, error) {
		line.refusal = refusal
		return call.http.send(status, refusal)
	}
	r, err := parseRequest(payload)
	if err != nil {
		return refuse(http.StatusBadRequest, Refuse("BAD_EVENT", ""))
	}
	body, status, refusal := r.posted()
	if refusal != nil {
		return refuse(status, refusal)
	}
	call.Request = &Request{Body: body, headers: r.header}
	reply, err = f.answer(ctx, call, body, environment, line)
	switch {
	case err != nil:
		return nil, err
	case line.refusal != nil && line.refusal.Reason == "BAD_SIGNATURE":
		status = http.StatusUnauthorized
	case line.refusal != nil:
		status = http.StatusBadRequest
	}
	return call.http.send(status, json.RawMessage(reply))
}
