package scf

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
)

// A request is an HTTP request in an event. An SCF function URL writes
//
//	{"httpMethod", "path", "headers", "queryString", "body"}
//
// and CloudBase's HTTP access service
//
//	{"httpMethod", "path", "headers", "multiValueHeaders", "queryStringParameters",
//	 "requestContext", "body", "isBase64Encoded"}
type request struct {
	Method            string  `json:"httpMethod"`
	Headers           headers `json:"headers"`
	MultiValueHeaders headers `json:"multiValueHeaders"`
	Body              string  `json:"body"`
	IsBase64Encoded   flag    `json:"isBase64Encoded"`
}

var errTooLarge = fmt.Errorf("请求失败，参数超过 %d 字节", maxEvent)

func parseRequest(payload []byte) (*request, error) {
	var r request
	if err := json.Unmarshal(payload, &r); err != nil {
		return nil, err
	}
	if r.Method == "" {
		return nil, errors.New("no method")
	}
	return &r, nil
}

// header returns all the values of a header.
func (r *request) header(name string) []string {
	name = http.CanonicalHeaderKey(name)
	single, multi := r.Headers[name], r.MultiValueHeaders[name]
	if slices.Equal(single, multi) {
		return single // said twice, in two forms
	}
	return append(slices.Clone(single), multi...)
}

// posted returns the body of a POST request with status 200, or the status and
// the refusal of what isn't one.
func (r *request) posted() (body []byte, status int, refusal *Refusal) {
	if r.Method != http.MethodPost {
		return nil, http.StatusMethodNotAllowed, Refuse("BAD_METHOD", "")
	}
	body = []byte(r.Body)
	if r.IsBase64Encoded {
		var err error
		if body, err = base64.StdEncoding.DecodeString(r.Body); err != nil {
			return nil, http.StatusBadRequest, Refuse("BAD_EVENT", "")
		}
	}
	if len(body) > maxEvent {
		return nil, http.StatusRequestEntityTooLarge, Refuse("BAD_EVENT", errTooLarge.Error())
	}
	return body, http.StatusOK, nil
}

// headers are the values by canonical name. In JSON, a name may be in any case,
// may come more than once, and has one value or a list of them.
type headers map[string][]string

func (h *headers) UnmarshalJSON(text []byte) error {
	*h = make(headers)
	d := json.NewDecoder(bytes.NewReader(text))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return err // null, or of another type: there are no headers
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		var value any
		if err := d.Decode(&value); err != nil {
			return err
		}
		values, ok := value.([]any)
		if !ok {
			values = []any{value}
		}
		key := http.CanonicalHeaderKey(name.(string))
		for _, value := range values {
			if text, ok := value.(string); ok {
				(*h)[key] = append((*h)[key], text)
			}
		}
	}
	return nil
}

// A flag is true or false, in JSON maybe as a string.
type flag bool

func (f *flag) UnmarshalJSON(text []byte) error {
	unquoted := string(bytes.Trim(text, `"`))
	if unquoted == "" || unquoted == "null" {
		return nil
	}
	value, err := strconv.ParseBool(unquoted)
	*f = flag(value)
	return err
}
