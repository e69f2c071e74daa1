package console

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"webrtc-room/pkg/local/client"
	"webrtc-room/pkg/local/scfemu"
	"webrtc-room/pkg/local/tcbemu"
)

// logTail is how much of a call's log its reply can carry, as on SCF.
const logTail = 4 << 10

// serveFunction calls a function for an HTTP client.
func (s *Server) serveFunction(w http.ResponseWriter, r *http.Request) {
	event, err := readEvent(w, r)
	if err != nil {
		writeError(w, err)
		return
	}
	result, _, err := s.run(r.Context(), invocation{function: r.PathValue("name"), event: event, environment: s.environmentOf(r), via: "http"})
	if err != nil {
		writeError(w, err)
		return
	}
	header := w.Header()
	header.Set(client.HeaderRequestID, result.RequestID)
	header.Set(client.HeaderDuration, fmt.Sprintf("%.3f", float64(result.Duration)/float64(time.Millisecond)))
	header.Set(client.HeaderColdStart, strconv.FormatBool(result.Cold))
	if strings.EqualFold(r.Header.Get(client.HeaderLogType), "Tail") {
		header.Set(client.HeaderLogResult, tail(result.Log))
	}
	if result.Error != nil {
		writeFunctionError(w, result)
		return
	}
	header.Set("Content-Type", "application/json; charset=utf-8")
	w.Write(result.Payload)
}

// readEvent reads the body of a request that calls a function.
func readEvent(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	event, err := io.ReadAll(http.MaxBytesReader(w, r.Body, scfemu.MaxEvent))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, scfemu.ErrEventTooLarge
	case err != nil:
		return nil, fmt.Errorf("%w: %w", errCutOff, err)
	}
	return event, nil
}

// errCutOff is the error of a request that did not come to its end.
var errCutOff = errors.New("the body can't be read")

// tail is the end of a log, in base64 as it goes into a header.
func tail(log []string) string {
	text := strings.Join(log, "\n")
	return base64.StdEncoding.EncodeToString([]byte(text[max(0, len(text)-logTail):]))
}

// A failure is how SCF shows that a call failed.
type failure struct {
	ErrorCode    int           `json:"errorCode"`
	ErrorMessage string        `json:"errorMessage"`
	ErrorType    string        `json:"errorType,omitempty"`
	RequestID    string        `json:"requestId,omitempty"`
	StackTrace   string        `json:"stackTrace,omitempty"`
	StatusCode   scfemu.Status `json:"statusCode"`
}

// SCF's numbers for calls that reach no function.
const (
	statusForbidden        scfemu.Status = 401
	statusEventTooLarge    scfemu.Status = 406
	statusFunctionNotFound scfemu.Status = 435
	statusInternalError    scfemu.Status = 500
)

func writeFunctionError(w http.ResponseWriter, result scfemu.Result) {
	status := http.StatusInternalServerError
	if result.Error.Status == scfemu.StatusTimeout {
		status = http.StatusGatewayTimeout
	}
	writeFailure(w, status, failureOf(result))
}

func writeError(w http.ResponseWriter, err error) {
	status, number := http.StatusInternalServerError, statusInternalError
	switch {
	case errors.Is(err, scfemu.ErrUnknownFunction):
		status, number = http.StatusNotFound, statusFunctionNotFound
	case errors.Is(err, scfemu.ErrEventTooLarge):
		status, number = http.StatusRequestEntityTooLarge, statusEventTooLarge
	case errors.Is(err, errCutOff):
		status, number = http.StatusBadRequest, http.StatusBadRequest
	case errors.Is(err, scfemu.ErrClosed):
		status = http.StatusServiceUnavailable
	case errors.Is(err, context.Canceled):
		return // the client is gone
	}
	writeFailure(w, status, failure{ErrorMessage: err.Error(), StatusCode: number})
}

func writeFailure(w http.ResponseWriter, status int, f failure) {
	f.ErrorCode = -1 // whatever it is
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false) // people read it in terminals, and no browser takes it for HTML
	encoder.Encode(f)
}

// writeMessage is writeFailure for requests that reach no function.
func writeMessage(w http.ResponseWriter, status int, message string) {
	writeFailure(w, status, failure{ErrorMessage: message, StatusCode: scfemu.Status(status)})
}

// invokeForAdmin calls a function for CloudBase's functions.invokeFunction.
func (s *Server) invokeForAdmin(ctx context.Context, call tcbemu.FunctionCall) ([]byte, error) {
	result, _, err := s.run(ctx, invocation{function: call.Name, event: call.Event, environment: s.environmentFrom(call.Source), via: "sdk"})
	if errors.Is(err, scfemu.ErrUnknownFunction) {
		return nil, fmt.Errorf("%w: %w", tcbemu.ErrFunctionNotFound, err)
	}
	if err != nil {
		return nil, err
	}
	if result.Error != nil {
		return nil, result.Error
	}
	return result.Payload, nil
}
