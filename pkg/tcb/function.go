package tcb

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// CallFunction calls a cloud function of the environment with data, encoded as
// JSON, as its event; nil sends none. It returns what the function returned: JSON,
// also if that was text that isn't.
//
// If the function returned an error, the error is ErrFunctionFailed. After any
// error, MaybeApplied says whether the function may have run.
func (a *App) CallFunction(ctx context.Context, name string, data any) (json.RawMessage, error) {
	c := call{action: "functions.invokeFunction", writes: true, routed: true, timeout: 15 * time.Second}
	if name == "" {
		return nil, invalid(c.action, errors.New("a function needs a name"))
	}
	event, err := encodeEvent(data)
	if err != nil {
		return nil, invalid(c.action, fmt.Errorf("data: %w", err))
	}
	c.params = []param{{name: "function_name", value: name}, {name: "request_data", value: event}}

	var result json.RawMessage
	err = a.do(ctx, c, func(data *replyData) (err error) {
		switch {
		case data.ResponseData == nil:
			result = json.RawMessage("null")
		case json.Valid([]byte(*data.ResponseData)):
			result = json.RawMessage(*data.ResponseData)
		default:
			result, err = json.Marshal(*data.ResponseData)
		}
		return err
	})
	return result, err
}

func encodeEvent(data any) (string, error) {
	if data == nil {
		return "", nil
	}
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(data); err != nil {
		return "", err
	}
	return string(bytes.TrimSuffix(text.Bytes(), []byte("\n"))), nil
}
