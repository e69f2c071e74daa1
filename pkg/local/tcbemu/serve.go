package tcbemu

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"webrtc-room/pkg/tcb/tc3"
)

// MaxRequest is the greatest size of a body. The service takes more, in theory.
const MaxRequest = 32 << 20

// reply is the body of every answer.
type reply struct {
	RequestID string `json:"requestId"`
	Data      any    `json:"data,omitempty"`
	Code      string `json:"code,omitempty"`
	Message   string `json:"message,omitempty"`
}

// ServeHTTP answers one request. Once the body has been read, the request is carried out
// whole, whether or not the caller still waits.
func (e *Emulator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := e.config.Now()
	seen := Request{ID: e.requestID(start), Time: start}
	answer := reply{RequestID: seen.ID}
	status := http.StatusOK

	data, err := e.serve(r, &seen)
	if err != nil {
		f := failureOf(err)
		answer.Code, answer.Message = f.code, f.message
		seen.Code, seen.Message = f.code, f.message
		if f.status != 0 {
			status = f.status
		}
	} else {
		answer.Data = data
	}
	seen.Duration = e.config.Now().Sub(start)
	e.config.Observe(seen)

	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(answer); err != nil {
		// Nothing in a reply can fail to encode; if it does, that is a bug here.
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(body.Len()))
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes()) // if the caller has gone, nobody is left to tell
}

// serve carries a request out, and returns the data of the reply.
func (e *Emulator) serve(r *http.Request, seen *Request) (data any, err error) {
	// A write is made on a copy, so a panic leaves nothing half done behind.
	defer func() {
		if p := recover(); p != nil {
			err = failf(codeSystem, "a bug in the local emulator: %v", p)
		}
	}()
	query := r.URL.Query()
	seen.SeqID = query.Get("seqId")
	seen.SCFRequestID = query.Get("scfRequestId")
	seen.Source = r.Header.Get("X-TCB-Source")

	switch {
	case r.URL.Path != "/admin":
		return nil, notFound(r.URL.Path)
	case r.Method != http.MethodPost:
		return nil, notAllowed(r.Method)
	}
	body, err := readBody(r)
	if err != nil {
		return nil, err
	}
	p, err := parseParams(body)
	if err != nil {
		return nil, err
	}
	seen.Action = p.Action
	if err := refuseLegacy(p); err != nil {
		return nil, err
	}
	now := e.config.Now()
	if err := e.authorize(r, body, p, now); err != nil {
		return nil, err
	}
	seen.Collection, seen.Function, seen.Query, seen.Data = p.CollectionName, p.FunctionName, p.Query, p.dataText()
	do, ok := actions[p.Action]
	if !ok {
		return nil, failf(codeInvalidAction, "unknown action %q", p.Action)
	}
	if p.TransactionID != "" {
		return nil, unsupported(codeInvalidAction, "a request within a transaction")
	}
	return do(&call{e, p, r, now, seen})
}

func readBody(r *http.Request) ([]byte, error) {
	if r.Body == nil {
		return nil, invalid("the request has no body")
	}
	mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || mediaType != "application/json" {
		return nil, invalid("the content type must be application/json, not %q", r.Header.Get("Content-Type"))
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, MaxRequest+1))
	switch {
	case err != nil:
		return nil, invalid("the body could not be read: %v", err)
	case len(body) > MaxRequest:
		return nil, failf(codeRequestTooLarge, "the body is larger than %d MB", MaxRequest>>20)
	case !utf8.Valid(body):
		return nil, invalid("the body is not UTF-8")
	}
	return body, nil
}

// params are the parameters of all actions.
type params struct {
	Action        string `json:"action"`
	EnvName       string `json:"envName"`
	TransactionID string `json:"transactionId"`
	SessionToken  string `json:"sessionToken"`
	Authorization string `json:"authorization"` // of the protocol before this one

	CollectionName string          `json:"collectionName"`
	Instance       string          `json:"instance"`
	Database       string          `json:"database"`
	QueryType      string          `json:"queryType"`
	Query          string          `json:"query"`
	Data           json.RawMessage `json:"data"` // a string, or an array of them to insert
	Order          string          `json:"order"`
	Projection     string          `json:"projection"`
	Offset         int64           `json:"offset"`
	Limit          int64           `json:"limit"`
	Multi          bool            `json:"multi"`
	Merge          *bool           `json:"merge"`
	Upsert         bool            `json:"upsert"`

	FunctionName string `json:"function_name"`
	RequestData  string `json:"request_data"`
	Qualifier    string `json:"qualifier"`
}

func parseParams(body []byte) (*params, error) {
	var p *params
	err := json.Unmarshal(body, &p)
	var wrongType *json.UnmarshalTypeError
	switch {
	case errors.As(err, &wrongType):
		// What a legacy SDK sends fails here too: say the useful thing.
		var legacy struct{ Action string }
		if json.Unmarshal(body, &legacy) == nil {
			if err := refuseLegacy(&params{Action: legacy.Action}); err != nil {
				return nil, err
			}
		}
		return nil, invalid("the parameter %q can't be a JSON %s", wrongType.Field, wrongType.Value)
	case err != nil:
		return nil, invalid("the body is not JSON: %v", err)
	case p == nil:
		return nil, invalid("the body must be a JSON object, not null")
	}
	return p, nil
}

// dataText is Data for people to read.
func (p *params) dataText() string {
	if text, err := p.dataString(); err == nil {
		return text
	}
	if texts, err := p.dataStrings(); err == nil {
		return "[" + strings.Join(texts, ",") + "]"
	}
	return ""
}

func (p *params) dataString() (string, error) {
	var text string
	if p.Data == nil || json.Unmarshal(p.Data, &text) != nil {
		return "", invalid("data must be a string of Extended JSON")
	}
	return text, nil
}

func (p *params) dataStrings() ([]string, error) {
	var texts []*string
	if json.Unmarshal(p.Data, &texts) != nil || len(texts) == 0 {
		return nil, invalid("data must be an array of strings of Extended JSON")
	}
	values := make([]string, len(texts))
	for i, text := range texts {
		if text == nil {
			return nil, invalid("data must be an array of strings of Extended JSON, not null")
		}
		values[i] = *text
	}
	return values, nil
}

// authorize checks who sent the request, when, and for which environment.
func (e *Emulator) authorize(r *http.Request, body []byte, p *params, now time.Time) error {
	if authorization := r.Header.Get("Authorization"); authorization == "" {
		return failf(codeNoCredentials, "the request has no Authorization header")
	} else if strings.HasPrefix(authorization, "Bearer ") {
		return failf(codeInvalidToken, "an API key (Bearer) is not supported by the local emulator: sign with SecretId and SecretKey")
	}
	var signer string
	if err := tc3.Verify(r, body, func(id string) (string, bool) { signer = id; return e.secretKey(id) }, now); err != nil {
		return failf(codeInvalidSign, "%v", err)
	}
	if p.SessionToken != e.config.SessionTokens[signer] {
		return failf(codeInvalidSign, "the session token is not that of the key %s", signer)
	}
	for _, env := range []string{p.EnvName, r.URL.Query().Get("env")} {
		if env != "" && e.config.EnvID != "" && env != e.config.EnvID {
			return failf(codeInvalidEnv, "there is no environment %q here, only %q", env, e.config.EnvID)
		}
	}
	return nil
}

// refuseLegacy tells users of old SDKs which ones work.
func refuseLegacy(p *params) error {
	switch p.Action {
	case "database.addDocument", "database.queryDocument", "database.countDocument",
		"database.updateDocument", "database.deleteDocument", "database.aggregate",
		"database.getInTransaction", "database.insertDocInTransaction",
		"database.updateDocInTransaction", "database.deleteDocInTransaction":
	default:
		if p.Authorization == "" {
			return nil
		}
	}
	return failf(codeInvalidAction, "the protocol of tcb-admin-node and of wx-server-sdk before 2.1 (action %q) is not supported by the local emulator: use @cloudbase/node-sdk 2 or 3, or wx-server-sdk 2.1 or later", p.Action)
}
