package tcb

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"testing"
)

var sentinels = []error{
	ErrNotConfigured, ErrInvalid, ErrNotFound, ErrDuplicate, ErrCollectionNotExist, ErrCollectionExists,
	ErrConflict, ErrThrottled, ErrUnauthorized, ErrFunctionFailed,
}

// Whatever is answered, each method says what it is about, whether it may have been
// applied, and how it is called in the service's logs.
func TestClassification(t *testing.T) {
	const (
		e11000 = "[FailedOperation.Insert] bulk write error: [{E11000 duplicate key error collection: tnt-xxxx.rooms index: _id_ dup key: { : \\\"9527\\\" }}]"
		ok     = http.StatusOK
	)
	failed := func(code, message string) string {
		return fmt.Sprintf(`{"code":"%s","message":"%s","requestId":"req-1"}`, code, message)
	}
	tests := []struct {
		name    string
		status  int
		body    string
		code    string
		is      error
		refused bool // certainly not applied
	}{
		{"DuplicateKeyAsReported", ok, failed("DATABASE_REQUEST_FAILED", e11000), "DATABASE_REQUEST_FAILED", ErrDuplicate, true},
		{"DuplicateKeyAsDocumented", ok, failed("DATABASE_DUPLICATE_WRITE", "x"), "DATABASE_DUPLICATE_WRITE", ErrDuplicate, true},
		{"E11000OfAFunction", ok, failed("FUNCTIONS_EXECUTE_FAIL", e11000), "FUNCTIONS_EXECUTE_FAIL", ErrFunctionFailed, false},
		{"NoCollection", ok, failed("DATABASE_COLLECTION_NOT_EXIST", "[ResourceNotFound] Db or Table not exist."), "DATABASE_COLLECTION_NOT_EXIST", ErrCollectionNotExist, true},
		{"CollectionExists", ok, failed("DATABASE_COLLECTION_ALREADY_EXIST", "x"), "DATABASE_COLLECTION_ALREADY_EXIST", ErrCollectionExists, true},
		{"CollectionExistsAsReported", ok, failed("DATABASE_REQUEST_FAILED", "Table exist"), "DATABASE_REQUEST_FAILED", ErrCollectionExists, true},
		{"Conflict", ok, failed("DATABASE_TRANSACTION_CONFLICT", "x"), "DATABASE_TRANSACTION_CONFLICT", ErrConflict, true},
		{"ConflictByText", ok, failed("DATABASE_TRANSACTION_FAIL", "[ResourceUnavailable.TransactionBusy] x"), "DATABASE_TRANSACTION_FAIL", ErrConflict, false},
		{"Concurrency", ok, failed("EXCEED_CONCURRENT_REQUEST_LIMIT", "x"), "EXCEED_CONCURRENT_REQUEST_LIMIT", ErrThrottled, true},
		{"Rate", ok, failed("EXCEED_RATELIMIT", "x"), "EXCEED_RATELIMIT", ErrThrottled, true},
		{"Quota", ok, failed("EXCEED_REQUEST_LIMIT", "x"), "EXCEED_REQUEST_LIMIT", ErrQuota, true},
		{"Signature", ok, failed("SIGN_PARAM_INVALID", "x"), "SIGN_PARAM_INVALID", ErrUnauthorized, true},
		{"AccessToken", ok, failed("INVALID_ACCESS_TOKEN", "access token env not consistency"), "INVALID_ACCESS_TOKEN", ErrUnauthorized, true},
		{"Permission", ok, failed("DATABASE_PERMISSION_DENIED", "x"), "DATABASE_PERMISSION_DENIED", ErrUnauthorized, true},
		{"Env", ok, failed("INVALID_ENV", "x"), "INVALID_ENV", ErrUnauthorized, true},
		{"Param", ok, failed("INVALID_PARAM", "x"), "INVALID_PARAM", ErrInvalid, true},
		{"Operator", ok, failed("DATABASE_INVALID_OPERRATOR", "x"), "DATABASE_INVALID_OPERRATOR", ErrInvalid, true},
		{"TooLarge", ok, failed("EXCEED_REQUEST_SIZE_LIMIT", "x"), "EXCEED_REQUEST_SIZE_LIMIT", ErrInvalid, true},
		{"ReplyTooLarge", ok, failed("EXCEED_MAX_RESPONSE_SIZE", "x"), "EXCEED_MAX_RESPONSE_SIZE", nil, false},
		{"NotInitial", ok, failed("RESOURCE_NOT_INITIAL", "x"), "RESOURCE_NOT_INITIAL", nil, true},
		{"NoFunction", ok, failed("FUNCTION_NOT_FOUND", "x"), "FUNCTION_NOT_FOUND", ErrInvalid, true},
		{"Generic", ok, failed("DATABASE_REQUEST_FAILED", "boom"), "DATABASE_REQUEST_FAILED", nil, false},
		{"System", ok, failed("SYS_ERR", "x"), "SYS_ERR", nil, false},
		{"ServerTimeout", ok, failed("SERVER_TIMEOUT", "x"), "SERVER_TIMEOUT", nil, false},
		{"DatabaseTimeout", ok, failed("DATABASE_TIMEOUT", "x"), "DATABASE_TIMEOUT", nil, false},
		{"UnknownCode", ok, failed("SOMETHING_NEW", "x"), "SOMETHING_NEW", nil, false},
		{"NumericCode", ok, `{"code":-501001,"message":{"a":1},"requestId":"req-1"}`, "-501001", nil, false},
		{"HTTP400", 400, ``, "HTTP_400", nil, true},
		{"HTTP401", 401, ``, "HTTP_401", ErrUnauthorized, true},
		{"HTTP403", 403, `<html>`, "HTTP_403", ErrUnauthorized, true},
		{"HTTP404", 404, ``, "HTTP_404", nil, true},
		{"HTTP408", 408, ``, "HTTP_408", nil, false},
		{"HTTP413", 413, ``, "HTTP_413", nil, true},
		{"HTTP429", 429, ``, "HTTP_429", ErrThrottled, true},
		{"HTTP500", 500, ``, "HTTP_500", nil, false},
		{"HTTP502", 502, `bad gateway`, "HTTP_502", nil, false},
		{"HTTP503WithCode", 503, failed("EXCEED_RATELIMIT", "x"), "EXCEED_RATELIMIT", nil, false},
		{"HTTP504", 504, ``, "HTTP_504", nil, false},
		{"Redirect", 307, ``, "HTTP_307", nil, false},
		{"NoContent", 204, ``, "HTTP_204", nil, false},
		{"NotJSON", ok, `<html>`, CodeBadReply, nil, false},
		{"Empty", ok, ``, CodeBadReply, nil, false},
		{"CutOff", ok, `{"requestId":"req-1","data":{"updated":1`, CodeBadReply, nil, false},
		{"NotAnObject", ok, `[]`, CodeBadReply, nil, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, inBubble(func(t *testing.T) {
			for _, m := range methods {
				err := m.call(t.Context(), answering(t, tt.status, tt.body))
				var e *Error
				if !errors.As(err, &e) {
					t.Errorf("%s: %v is no *Error", m.name, err)
					continue
				}
				if e.Action != m.action || e.Code != tt.code {
					t.Errorf("%s: action %s, code %s, want %s, %s", m.name, e.Action, e.Code, m.action, tt.code)
				}
				for _, sentinel := range sentinels {
					if got, want := errors.Is(err, sentinel), sentinel == tt.is; got != want {
						t.Errorf("%s: errors.Is(%v, %v) is %t", m.name, err, sentinel, got)
					}
				}
				if want := m.writes && !tt.refused; MaybeApplied(err) != want {
					t.Errorf("%s: MaybeApplied is %t: %v", m.name, !want, err)
				}
				if json.Valid([]byte(tt.body)) && strings.Contains(tt.body, "req-1") && e.RequestID != "req-1" {
					t.Errorf("%s: request id %q", m.name, e.RequestID)
				}
			}
		}))
	}
}

// A reply without an error must say what was done. Silence is not zero.
func TestBadReplies(t *testing.T) {
	tests := map[string][]string{ // by method
		"Insert":          {`{}`, `{"insertedIds":[]}`, `{"insertedIds":["a","b"]}`, `{"insertedIds":"a"}`, `{"insertedIds":[{"$oid":1}]}`},
		"Get":             {`{}`, `{"list":null}`, `{"list":["not json"]}`, `{"list":["{\"a\":{\"$numberInt\":\"x\"}}"]}`, `{"list":[1]}`},
		"Find":            {`{}`, `{"list":{}}`, `{"list":["{}","null"]}`},
		"Count":           {`{}`, `{"total":"3"}`, `{"total":1.5}`},
		"Update":          {`{}`, `{"updated":"1"}`, `{"upsert_id":""}`},
		"UpdateAndReturn": {`{}`, `{"doc":"{}"}`, `{"updated":1}`, `{"updated":1,"doc":null}`, `{"updated":1,"doc":"x"}`},
		"Remove":          {`{}`, `{"updated":1}`},
		"CallFunction":    {`{"response_data":1}`, `[]`},
	}
	for _, m := range methods {
		if m.action == "database.addCollection" {
			continue // has no data
		}
		for _, data := range append(tests[m.name], `null`, ``) {
			if data == `null` && m.name == "CallFunction" {
				continue // that is what the function returned
			}
			body := `{"requestId":"req-1","data":` + data + `}`
			if data == "" {
				body = `{"requestId":"req-1"}`
			}
			err := m.call(t.Context(), answering(t, http.StatusOK, body))
			var e *Error
			if !errors.As(err, &e) || e.Code != CodeBadReply || e.RequestID != "req-1" || e.MaybeApplied != m.writes {
				t.Errorf("%s answered %s: %v", m.name, body, err)
			}
		}
	}
}

func TestErrorText(t *testing.T) {
	err := update(M{"_id": "a"}, M{"$set": M{"x": 1}}).do(t.Context(),
		answering(t, http.StatusOK, `{"code":"DATABASE_REQUEST_FAILED","message":"boom","requestId":"req-1"}`))
	want := "tcb: database.modifyDocument: DATABASE_REQUEST_FAILED: boom (may have been applied) [request req-1]"
	if err == nil || err.Error() != want {
		t.Errorf("\n got %v\nwant %s", err, want)
	}
	err = get("a").do(t.Context(), answering(t, http.StatusOK, `{"data":{"list":[]}}`))
	want = "tcb: database.getDocument: DOCUMENT_NOT_FOUND: no document has this _id"
	if err == nil || err.Error() != want || !errors.Is(err, ErrNotFound) {
		t.Errorf("\n got %v\nwant %s", err, want)
	}
}

func TestMaybeApplied(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want bool
	}{
		{nil, false},
		{&Error{}, false},
		{&Error{MaybeApplied: true}, true},
		{fmt.Errorf("while entering: %w", &Error{MaybeApplied: true}), true},
		{fmt.Errorf("while entering: %w", &Error{}), false},
		{io.ErrUnexpectedEOF, true}, // not this package's: it can't say
	} {
		if got := MaybeApplied(tt.err); got != tt.want {
			t.Errorf("MaybeApplied(%v) = %t", tt.err, got)
		}
	}
}

func TestConnectionErrors(t *testing.T) {
	dial := &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	read := &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
	tests := []struct {
		name   string
		err    error
		code   string
		unsent bool
	}{
		{"Refused", dial, CodeConnectionFailed, true},
		{"RefusedWithinURLError", &url.Error{Op: "Post", URL: "http://h/admin?env=e&token=t", Err: dial}, CodeConnectionFailed, true},
		{"Reset", read, CodeConnectionLost, false},
		{"EOF", io.EOF, CodeConnectionLost, false},
		{"Unknown", errors.New("a Transport's own"), CodeConnectionLost, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, inBubble(func(t *testing.T) {
			for _, m := range methods {
				ctx, stats := WithStats(t.Context())
				err := m.call(ctx, withTransport(t, func(*http.Request) (*http.Response, error) { return nil, tt.err }))
				var e *Error
				if !errors.As(err, &e) || e.Code != tt.code || e.MaybeApplied != (m.writes && !tt.unsent) {
					t.Errorf("%s: %v", m.name, err)
					continue
				}
				if strings.Contains(err.Error(), "token=t") {
					t.Errorf("%s: tells the URL: %v", m.name, err)
				}
				var inner *url.Error
				if cause := tt.err; !errors.As(tt.err, &inner) && !errors.Is(err, cause) {
					t.Errorf("%s: %v doesn't wrap its cause", m.name, err)
				}
				want := 1
				if tt.unsent || !m.writes {
					want = maxAttempts
				}
				if stats.Requests() != want {
					t.Errorf("%s: %d requests, want %d", m.name, stats.Requests(), want)
				}
			}
		}))
	}
}

// Nothing that could be secret gets out through an error, whoever put it there.
func TestErrorsHoldNoSecrets(t *testing.T) { inBubble(errorsHoldNoSecrets)(t) }

func errorsHoldNoSecrets(t *testing.T) {
	secrets := map[string]string{
		"TENCENTCLOUD_SECRETID": "AKIDplatform", "TENCENTCLOUD_SECRETKEY": "the-secret-key", "TENCENTCLOUD_SESSIONTOKEN": "the-session-token",
		"WX_API_TOKEN": "the-wx-token", "TCB_SESSIONTOKEN": "the-tcb-token", "TCB_ENV": "e1",
		"WX_CLOUDBASE_ACCESSTOKEN": "the-access-token", "WX_TRIGGER_API_TOKEN_V0": "the-timer-token",
	}
	apiKey := map[string]string{"CLOUDBASE_APIKEY": "the-api-key", "TCB_ENV": "e1"}
	for _, vars := range []map[string]string{secrets, apiKey} {
		var all []string
		for _, value := range vars {
			all = append(all, value)
		}
		echo := strings.Join(all, " ")
		transports := map[string]roundTripper{
			"Service": func(*http.Request) (*http.Response, error) {
				return jsonResponse(http.StatusOK, `{"code":"SIGN_PARAM_INVALID","message":"`+echo+`"}`), nil
			},
			"Proxy": func(*http.Request) (*http.Response, error) {
				return jsonResponse(http.StatusForbidden, `{"code":"DENIED","message":"`+echo+`"}`), nil
			},
			"Page": func(*http.Request) (*http.Response, error) {
				return jsonResponse(http.StatusOK, echo), nil
			},
			"Transport": func(r *http.Request) (*http.Response, error) {
				body, _ := io.ReadAll(r.Body)
				return nil, fmt.Errorf("could not send %s %s", r.Header, body)
			},
		}
		for name, transport := range transports {
			app, err := Init(&Config{Environment: environmentOf(vars), Transport: transport, Rand: func() float64 { return 0 }})
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range methods {
				err := m.call(t.Context(), app)
				if err == nil {
					t.Fatalf("%s %s: no error", name, m.name)
				}
				for _, text := range []string{err.Error(), fmt.Sprintf("%+v", err)} {
					if strings.Contains(text, "the-") {
						t.Errorf("%s %s: %s", name, m.name, text)
					}
				}
			}
		}
	}
}

func TestLongMessagesAreCut(t *testing.T) { inBubble(longMessagesAreCut)(t) }

func longMessagesAreCut(t *testing.T) {
	body := `{"code":"SYS_ERR","message":"` + strings.Repeat("长", maxMessage) + `"}`
	err := get("a").do(t.Context(), answering(t, http.StatusOK, body))
	if err == nil || len(err.Error()) > maxMessage+200 {
		t.Errorf("error of %d bytes", len(fmt.Sprint(err)))
	}
}

func TestConfigsPrintNoSecrets(t *testing.T) {
	config := Config{EnvID: "env-1", SecretID: "AKIDmine", SecretKey: "the-key", SessionToken: "the-token", URL: "http://127.0.0.1/admin"}
	app, err := Init(&config)
	if err != nil {
		t.Fatal(err)
	}
	holder := struct{ app *App }{app}
	for _, v := range []any{config, &config, app, app.Database(), app.Database().Collection("c"), holder, &holder} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
			if text := fmt.Sprintf(verb, v); strings.Contains(text, "the-") {
				t.Errorf("%s of %T: %s", verb, v, text)
			}
		}
	}
	if text := config.LogValue().String(); strings.Contains(text, "the-") || !strings.Contains(text, "env-1") {
		t.Errorf("logged as %s", text)
	}
}

// Arguments that make no sense are refused before anything is sent.
func TestInvalidArguments(t *testing.T) {
	bad := M{"a": struct{}{}}
	good := M{"a": 1}
	set := M{"$set": M{"a": 1}}
	tests := map[string]operation{
		"InsertBadValue":         insert(bad),
		"InsertOperator":         insert(M{"$where": "x"}),
		"GetBadID":               get("\xff"),
		"FindBadFilter":          find(Query{Filter: bad}),
		"FindBadSort":            find(Query{Sort: []Sort{{Field: "$a"}}}),
		"FindBadFields":          find(Query{Fields: []string{"$a"}}),
		"FindNegativeSkip":       find(Query{Skip: -1}),
		"FindNegativeLimit":      find(Query{Limit: -1}),
		"CountBadFilter":         count(bad),
		"UpdateNoFilter":         update(nil, set),
		"UpdateEmptyFilter":      update(M{}, set),
		"UpdateBadFilter":        update(bad, set),
		"UpdateNothing":          update(good, nil),
		"UpdateReplacement":      update(good, M{"a": 1}),
		"UpdateReturnNoFilter":   updateAndReturn(nil, set),
		"UpdateReturnNothing":    updateAndReturn(good, M{}),
		"RemoveNoFilter":         remove(nil),
		"RemoveEmptyFilter":      remove(M{}),
		"RemoveBadFilter":        remove(bad),
		"CreateCollectionNoName": createCollection(""),
		"CallFunctionNoName":     callFunction("", nil),
		"CallFunctionBadData":    callFunction("f", make(chan int)),
		"CollectionNoName": {do: func(ctx context.Context, a *App) error {
			_, err := a.Database().Collection("").Count(ctx, nil)
			return err
		}},
	}
	for name, op := range tests {
		t.Run(name, func(t *testing.T) {
			app := withTransport(t, func(*http.Request) (*http.Response, error) {
				t.Error("a request was sent")
				return nil, errors.New("unexpected")
			})
			err := op.do(t.Context(), app)
			var e *Error
			if !errors.Is(err, ErrInvalid) || !errors.As(err, &e) || e.Code != CodeInvalidParam || e.Action == "" || e.Message == "" || MaybeApplied(err) {
				t.Errorf("%#v", err)
			}
		})
	}
}
