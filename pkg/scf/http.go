package scf

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"webrtc-room/pkg/scf/bearer"
)

// isHTTP reports whether a call came as an HTTP request, through an SCF function
// URL or CloudBase's HTTP access service.
//
// An event with a field that those always write is taken for a request. It then needs a
// token, and gets no other identity than the token's. So nothing that an HTTP client
// may write makes its call pass for the console's test button, which is trusted. The
// test button is refused with such an event.
//
// The exception is a call with an OPENID, which the platform sets: it is a mini
// program's, whatever its event looks like.
func isHTTP(payload []byte, environment map[string]string) bool {
	if environment["WX_OPENID"] != "" || environment["WX_FROM_OPENID"] != "" {
		return false
	}
	var event map[string]json.RawMessage
	if json.Unmarshal(payload, &event) != nil {
		return false // and no event at all, for decodeEvent to refuse
	}
	for _, field := range []string{"httpMethod", "headers", "requestContext"} {
		if _, ok := event[field]; ok {
			return true
		}
	}
	return false
}

// answerHTTP answers a call that came as an HTTP request. It is answer with the
// request's body as the event and its token's user as the caller. An error is for
// call.http.failed to answer.
func (f *function) answerHTTP(ctx context.Context, call *Call, payload []byte, environment map[string]string, line *line) (reply []byte, err error) {
	defer caught(line, &err)

	refuse := func(status int, refusal *Refusal) ([]byte, error) {
		line.refusal = refusal
		return call.http.send(status, refusal)
	}

	access, err := f.openAccessOnce(environment)
	if err != nil {
		return nil, err
	}
	r, err := parseRequest(payload)
	if err != nil {
		return refuse(http.StatusBadRequest, Refuse("BAD_EVENT", "请求失败，不是完整的 HTTP 请求"))
	}
	allowed := access.allowOrigin(call.http, r.header("Origin"))
	if r.Method == http.MethodOptions { // a browser asks, without a token, whether the page may call
		if !allowed {
			return refuse(http.StatusForbidden, Refuse("BAD_ORIGIN", ""))
		}
		return call.http.send(http.StatusNoContent, nil)
	}

	call.Caller, call.token, err = access.caller(r.header("Authorization"))
	if err != nil {
		call.http.Headers["WWW-Authenticate"] = challenge(err)
		return refuse(http.StatusUnauthorized, unauthorized(err).Because(err.Error()))
	}
	event, status, refusal := r.posted()
	if refusal != nil {
		if status == http.StatusMethodNotAllowed {
			call.http.Headers["Allow"] = "OPTIONS, POST"
		}
		return refuse(status, refusal)
	}
	body, err := f.answer(ctx, call, event, environment, line)
	if err != nil {
		return nil, err
	}
	if call.Event == nil {
		status = http.StatusBadRequest // the body was no event
	}
	return call.http.send(status, json.RawMessage(body))
}

// unauthorized is the refusal of a call whose caller is unknown because of err.
func unauthorized(err error) *Refusal {
	reason := "BAD_TOKEN"
	switch {
	case errors.Is(err, errNoKeys), errors.Is(err, bearer.ErrNone):
		reason = "NO_IDENTITY"
	case errors.Is(err, bearer.ErrExpired):
		reason = "TOKEN_EXPIRED"
	}
	refusal := Refuse(reason, "")
	refusal.Msg += " (" + err.Error() + ")"
	return refusal
}

// challenge is the WWW-Authenticate header that goes with unauthorized (RFC
// 6750, section 3).
func challenge(err error) string {
	if errors.Is(err, errNoKeys) || errors.Is(err, bearer.ErrNone) {
		return "Bearer"
	}
	return `Bearer error="invalid_token", error_description="` + err.Error() + `"`
}
