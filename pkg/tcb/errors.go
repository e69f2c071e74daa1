package tcb

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
)

// What an Error is about; test for it with errors.Is.
var (
	// ErrNotConfigured: there are no credentials or no environment id. Nothing was
	// sent, and nothing will be until that is mended.
	ErrNotConfigured = errors.New("tcb: not configured")
	// ErrInvalid: the request makes no sense, to this package or to the service.
	ErrInvalid = errors.New("tcb: invalid request")
	// ErrNotFound: there is no such document.
	ErrNotFound = errors.New("tcb: document not found")
	// ErrDuplicate: a document with this _id, or this value in a unique index, is
	// there. It may be the very document that was sent, if an earlier attempt's
	// outcome was unknown or the network delivered the request twice.
	ErrDuplicate = errors.New("tcb: duplicate key")
	// ErrCollectionNotExist: create the collection first, inserting doesn't.
	ErrCollectionNotExist = errors.New("tcb: collection does not exist")
	// ErrCollectionExists answers CreateCollection.
	ErrCollectionExists = errors.New("tcb: collection exists already")
	// ErrConflict: a transaction holds the document.
	ErrConflict = errors.New("tcb: conflict with a transaction")
	// ErrThrottled: too many requests at a time.
	ErrThrottled = errors.New("tcb: throttled")
	// ErrQuota: the environment's quota of requests is used up.
	ErrQuota = errors.New("tcb: quota used up")
	// ErrUnauthorized: the credentials were refused, or may not do this here.
	ErrUnauthorized = errors.New("tcb: unauthorized")
	// ErrFunctionFailed: the function that CallFunction called returned an error.
	ErrFunctionFailed = errors.New("tcb: function failed")
)

// Codes of this package, beside those of the service, which it passes on.
const (
	CodeNotConfigured    = "NOT_CONFIGURED"     // with ErrNotConfigured
	CodeInvalidParam     = "INVALID_PARAM"      // with ErrInvalid; also the service's own
	CodeDocumentNotFound = "DOCUMENT_NOT_FOUND" // with ErrNotFound
	CodeConnectionFailed = "CONNECTION_FAILED"  // the request did not leave this machine
	CodeConnectionLost   = "CONNECTION_LOST"    // it may have, but no whole reply came
	CodeTimeout          = "TIMEOUT"            // wraps context.DeadlineExceeded
	CodeCanceled         = "CANCELED"           // wraps context.Canceled
	CodeBadReply         = "BAD_REPLY"          // a reply came that makes no sense
	CodeReplyTooLarge    = "REPLY_TOO_LARGE"
	codeHTTP             = "HTTP_" // and the status, if that wasn't 200
)

// Error is what every method of this package that asks the service returns.
type Error struct {
	Action  string // as on the wire: database.insertDocument
	Code    string // the service's, or one of the Code constants, or HTTP_ and a status
	Message string // for people
	// RequestID is the service's name for the request, "" if no reply came.
	RequestID string
	// MaybeApplied is false only if the request certainly changed nothing: it
	// wasn't sent, it was refused before it was carried out, or it only reads.
	// After true, read back what it was to change.
	MaybeApplied bool
	// Err is the cause, if there is one on this side.
	Err error

	kind      error // the sentinel that errors.Is finds
	transient bool  // the same request may fare better soon
	unsent    bool  // it certainly didn't reach the service
}

// Error returns all that an operator needs to look into it, and no secret.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("tcb: ")
	b.WriteString(e.Action)
	b.WriteString(": ")
	b.WriteString(e.Code)
	if e.Message != "" {
		b.WriteString(": ")
		b.WriteString(e.Message)
	}
	if e.MaybeApplied {
		b.WriteString(" (may have been applied)")
	}
	if e.RequestID != "" {
		b.WriteString(" [request ")
		b.WriteString(e.RequestID)
		b.WriteString("]")
	}
	return b.String()
}

func (e *Error) Unwrap() error { return e.Err }

// Is makes errors.Is find the sentinel errors of this package.
func (e *Error) Is(target error) bool { return e.kind != nil && e.kind == target }

// MaybeApplied reports whether the request that err came from may have changed
// something. An error that this package didn't make says nothing about that, so
// it may have; nil says that there is nothing to doubt.
func MaybeApplied(err error) bool {
	if err == nil {
		return false
	}
	var e *Error
	return !errors.As(err, &e) || e.MaybeApplied
}

// serviceCodes says what each documented code of the service means. A code that
// is not here, such as SYS_ERR, SERVER_TIMEOUT, DATABASE_TIMEOUT, or the generic
// DATABASE_REQUEST_FAILED, leaves the outcome open.
var serviceCodes = map[string]struct {
	kind      error
	refused   bool // before it was carried out
	transient bool
}{
	"DATABASE_DUPLICATE_WRITE":          {ErrDuplicate, true, false},
	"DATABASE_COLLECTION_NOT_EXIST":     {ErrCollectionNotExist, true, false},
	"DATABASE_COLLECTION_ALREADY_EXIST": {ErrCollectionExists, true, false},
	"DATABASE_TRANSACTION_CONFLICT":     {ErrConflict, true, false},
	"DOCUMENT_NOT_FOUND":                {ErrNotFound, true, false},

	"EXCEED_CONCURRENT_REQUEST_LIMIT": {ErrThrottled, true, true},
	"EXCEED_RATELIMIT":                {ErrThrottled, true, true},
	"EXCEED_REQUEST_LIMIT":            {ErrQuota, true, false},

	"SIGN_PARAM_INVALID":         {ErrUnauthorized, true, false},
	"INVALID_ACCESS_TOKEN":       {ErrUnauthorized, true, false},
	"ACCESS_TOKEN_EXPIRED":       {ErrUnauthorized, true, false},
	"MISSING_CREDENTIALS":        {ErrUnauthorized, true, false},
	"PERMISSION_DENIED":          {ErrUnauthorized, true, false},
	"DATABASE_PERMISSION_DENIED": {ErrUnauthorized, true, false},
	"INVALID_APPID":              {ErrUnauthorized, true, false},
	"INVALID_ENV":                {ErrUnauthorized, true, false},
	"INVALID_ENV_SOURCE":         {ErrUnauthorized, true, false},
	"INVALID_ENV_STATUS":         {nil, true, false},
	"INVALID_REQUEST_SOURCE":     {ErrUnauthorized, true, false},
	"RESOURCE_NOT_INITIAL":       {nil, true, false},

	"INVALID_PARAM":                    {ErrInvalid, true, false},
	"INVALID_COMMON_PARAM":             {ErrInvalid, true, false},
	"INVALID_ACTION":                   {ErrInvalid, true, false},
	"INVALID_OPERATION":                {ErrInvalid, true, false},
	"DATABASE_INVALID_OPERRATOR":       {ErrInvalid, true, false}, // sic
	"DATABASE_COLLECTION_EXCEED_LIMIT": {nil, true, false},
	"EXCEED_REQUEST_SIZE_LIMIT":        {ErrInvalid, true, false},
	"EXCEED_MAX_PAYLOAD_SIZE":          {ErrInvalid, true, false},
	"RESOURCE_NOT_FOUND":               {ErrInvalid, true, false},
	"FUNCTION_NOT_FOUND":               {ErrInvalid, true, false},

	"FUNCTIONS_EXECUTE_FAIL": {ErrFunctionFailed, false, false},

	"SYS_ERR":          {nil, false, true},
	"SERVER_TIMEOUT":   {nil, false, true},
	"DATABASE_TIMEOUT": {nil, false, true},
}

// serviceError makes an Error of what the service answered.
func serviceError(c call, code, message, requestID string) *Error {
	means := serviceCodes[code]
	// Some refusals of the database come under its generic code, known by their
	// text: a duplicate key always has in reports of live services.
	if means.kind == nil && strings.HasPrefix(code, "DATABASE_") {
		switch {
		case strings.Contains(message, "E11000"):
			means.kind, means.refused = ErrDuplicate, true
		case strings.Contains(message, "Table exist"):
			means.kind, means.refused = ErrCollectionExists, true
		case strings.Contains(message, "TransactionConflict"), strings.Contains(message, "TransactionBusy"):
			means.kind = ErrConflict
		}
	}
	return &Error{
		Action:       c.action,
		Code:         code,
		Message:      message,
		RequestID:    requestID,
		MaybeApplied: c.writes && !means.refused,
		kind:         means.kind,
		transient:    means.transient,
	}
}

// statusError makes an Error of a reply whose HTTP status is not 200. The service
// answers its own errors with 200; others come from what stands before it.
func statusError(c call, status int, r reply) *Error {
	text := strings.TrimSpace(strconv.Itoa(status) + " " + http.StatusText(status))
	e := serviceError(c, codeHTTP+strconv.Itoa(status), text, string(r.RequestID))
	open := false // the code says that the outcome is
	if r.Code != "" {
		e = serviceError(c, string(r.Code), text+": "+string(r.Message), string(r.RequestID))
		open = e.MaybeApplied
	}
	switch status {
	case http.StatusBadRequest, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusRequestEntityTooLarge:
		e.MaybeApplied = open
	case http.StatusUnauthorized, http.StatusForbidden:
		e.kind, e.MaybeApplied = ErrUnauthorized, false
	case http.StatusTooManyRequests:
		e.kind, e.MaybeApplied, e.transient = ErrThrottled, open, true
	default:
		// Whoever answers 502 or 504 doesn't know what became of the request,
		// whatever code comes with it.
		e.kind, e.MaybeApplied = nil, c.writes
		e.transient = status >= 500
	}
	return e
}

// invalid refuses a request before it is sent.
func invalid(action string, err error) *Error {
	return &Error{Action: action, Code: CodeInvalidParam, Message: err.Error(), Err: err, kind: ErrInvalid}
}
