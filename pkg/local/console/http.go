package console

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"time"
	"unicode/utf8"

	"github.com/golang-jwt/jwt/v5"

	"webrtc-room/pkg/local/client"
	"webrtc-room/pkg/settings"
)

// serveHTTP calls a function with the request itself as its event, and makes the
// response of what it answers, as CloudBase's HTTP access service does. Who calls
// is for the function to find out, by the request's bearer token.
func (s *Server) serveHTTP(w http.ResponseWriter, r *http.Request) {
	event, err := httpEvent(w, r)
	if err != nil {
		writeError(w, err)
		return
	}
	result, _, err := s.run(r.Context(), invocation{
		function:    r.PathValue("name"),
		event:       event,
		hidden:      true, // a bearer token is in it
		environment: s.environment().Call(nil, nil),
		via:         "web",
	})
	if err != nil {
		writeError(w, err)
		return
	}
	w.Header().Set(client.HeaderRequestID, result.RequestID)
	if result.Error != nil {
		writeFunctionError(w, result)
		return
	}
	writeHTTPReply(w, result.Payload)
}

// httpEvent is the event for a request.
func httpEvent(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	body, err := readEvent(w, r)
	if err != nil {
		return nil, err
	}
	client, _, _ := net.SplitHostPort(r.RemoteAddr)
	event := struct {
		Path                  string              `json:"path"`
		HTTPMethod            string              `json:"httpMethod"`
		Headers               map[string]string   `json:"headers"`
		MultiValueHeaders     map[string][]string `json:"multiValueHeaders"`
		QueryStringParameters map[string]string   `json:"queryStringParameters"`
		RequestContext        map[string]string   `json:"requestContext"`
		Body                  string              `json:"body"`
		IsBase64Encoded       bool                `json:"isBase64Encoded"`
	}{
		Path:                  r.URL.Path,
		HTTPMethod:            r.Method,
		Headers:               map[string]string{"Host": r.Host},
		MultiValueHeaders:     map[string][]string{"Host": {r.Host}},
		QueryStringParameters: make(map[string]string),
		RequestContext:        map[string]string{"envId": envID, "requestId": randomHex(16), "sourceIp": client},
		Body:                  string(body),
	}
	for name, values := range r.Header {
		event.Headers[name], event.MultiValueHeaders[name] = values[0], values
	}
	for name, values := range r.URL.Query() {
		event.QueryStringParameters[name] = values[0]
	}
	if !utf8.Valid(body) {
		event.Body, event.IsBase64Encoded = base64.StdEncoding.EncodeToString(body), true
	}
	return json.Marshal(event)
}

// writeHTTPReply writes the response that a function's reply describes. A reply
// that describes none is sent as it is.
func writeHTTPReply(w http.ResponseWriter, payload []byte) {
	var reply struct {
		StatusCode      int               `json:"statusCode"`
		Headers         map[string]string `json:"headers"`
		Body            string            `json:"body"`
		IsBase64Encoded bool              `json:"isBase64Encoded"`
	}
	if err := json.Unmarshal(payload, &reply); err != nil || reply.StatusCode < 200 || reply.StatusCode > 599 {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.Write(payload)
		return
	}
	body := []byte(reply.Body)
	if reply.IsBase64Encoded {
		decoded, err := base64.StdEncoding.DecodeString(reply.Body)
		if err != nil {
			writeError(w, err)
			return
		}
		body = decoded
	}
	for name, value := range reply.Headers {
		w.Header().Set(name, value)
	}
	w.WriteHeader(reply.StatusCode)
	w.Write(body)
}

// jwtKeys is HTTP_JWT_KEYS for functions that take tokens of the secret.
func jwtKeys(secret string) string { return "local:HS256:" + secret }

// serveToken answers /http/token?user=alice with a bearer token that the
// functions take for an hour: what a login service does after a login.
func (s *Server) serveToken(w http.ResponseWriter, r *http.Request) {
	if s.config.Getenv("HTTP_JWT_KEYS") != "" {
		writeMessage(w, http.StatusNotFound, "the functions take tokens of your HTTP_JWT_KEYS: make one with go run ./scripts/token")
		return
	}
	user := r.URL.Query().Get("user")
	if user == "" {
		writeMessage(w, http.StatusBadRequest, "say whose token it is to be, as in /http/token?user=alice")
		return
	}
	if openIDs, _ := s.lookup().Bool("HTTP_JWT_OPENIDS"); settings.IsOpenID(user) && !openIDs {
		writeMessage(w, http.StatusNotFound, "the functions take no token of a mini program's user: call them at /v1/functions/ with the header X-WX-OPENID, or set HTTP_JWT_OPENIDS=true")
		return
	}
	now := time.Now()
	token := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
		"sub": user,
		"iat": now.Unix(),
		"exp": now.Add(time.Hour).Unix(),
	})
	token.Header["kid"] = "local"
	text, err := token.SignedString([]byte(s.keys.JWT))
	if err != nil {
		writeError(w, err)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	io.WriteString(w, text)
}
