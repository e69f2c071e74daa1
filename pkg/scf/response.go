package scf

import (
	"errors"
	"net/http"

	"webrtc-room/pkg/settings"
)

// A response is the answer to an HTTP request, in the form in which function URLs
// and the HTTP access service turn it into one.
type response struct {
	IsBase64Encoded bool              `json:"isBase64Encoded"`
	StatusCode      int               `json:"statusCode"`
	Headers         map[string]string `json:"headers"`
	Body            string            `json:"body"`
}

func newResponse() *response {
	return &response{Headers: map[string]string{
		"Cache-Control":          "no-store", // signatures are in it
		"Vary":                   "Origin",
		"X-Content-Type-Options": "nosniff",
	}}
}

// send makes the response, with the reply as its body unless it is nil.
func (r *response) send(status int, reply any) ([]byte, error) {
	r.StatusCode = status
	if reply != nil {
		body, err := encode(reply)
		if err != nil {
			return nil, err
		}
		r.Headers["Content-Type"], r.Body = "application/json; charset=utf-8", string(body)
	}
	return encode(r)
}

// failed answers a call that failed with an error for the operator. Clients of
// HTTP are strangers, so that they learn no more than which request it was,
// except that a setting is wrong: that text is for the developer, who may look
// at nothing but this reply.
func (r *response) failed(err error, requestID string) ([]byte, error) {
	msg := "服务出错，请凭 requestId 查看日志; internal error, look the requestId up in the function's log"
	var setting *settings.Error
	if errors.As(err, &setting) {
		msg = setting.Error()
	}
	return r.send(http.StatusInternalServerError, struct {
		Refusal
		RequestID string `json:"requestId"`
	}{Refusal{Code: -1, Msg: msg, Reason: "INTERNAL"}, requestID})
}
