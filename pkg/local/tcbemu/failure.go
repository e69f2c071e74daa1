package tcbemu

import (
	"errors"
	"fmt"
	"net/http"

	"webrtc-room/pkg/local/tcbemu/internal/mongo"
	"webrtc-room/pkg/local/tcbemu/internal/store"
)

// CloudBase's codes.
const (
	codeInvalidParam     = "INVALID_PARAM"
	codeInvalidAction    = "INVALID_ACTION"
	codeInvalidEnv       = "INVALID_ENV"
	codeInvalidSign      = "SIGN_PARAM_INVALID"
	codeInvalidToken     = "INVALID_ACCESS_TOKEN"
	codeNoCredentials    = "MISSING_CREDENTIALS"
	codeRequestTooLarge  = "EXCEED_REQUEST_SIZE_LIMIT"
	codeResponseTooLarge = "EXCEED_MAX_RESPONSE_SIZE"
	codeSystem           = "SYS_ERR"
	codeDatabase         = "DATABASE_REQUEST_FAILED"
	codeNoCollection     = "DATABASE_COLLECTION_NOT_EXIST"
	codeCollectionExists = "DATABASE_COLLECTION_ALREADY_EXIST"
	codeNoFunction       = "FUNCTION_NOT_FOUND"
	codeFunctionFailed   = "FUNCTIONS_EXECUTE_FAIL"
)

// A failure is an error as CloudBase reports it.
type failure struct {
	code    string
	message string
	status  int // of HTTP, if not 200
}

func (f *failure) Error() string { return f.code + ": " + f.message }

func failf(code, format string, args ...any) error {
	return &failure{code: code, message: fmt.Sprintf(format, args...)}
}

func invalid(format string, args ...any) error { return failf(codeInvalidParam, format, args...) }

// unsupported refuses what CloudBase has and the emulator has not.
func unsupported(code, what string) error {
	return failf(code, "%s is not supported by the local emulator", what)
}

// failureOf words any error as CloudBase would.
func failureOf(err error) *failure {
	var f *failure
	var refusal *mongo.Error
	switch {
	case errors.As(err, &f):
		return f
	case errors.As(err, &refusal):
		return &failure{code: codeDatabase, message: "[FailedOperation] " + refusal.Message}
	case errors.Is(err, store.ErrNoCollection):
		return &failure{code: codeNoCollection, message: "[ResourceNotFound] Db or Table not exist. Please check your request, but if the problem cannot be solved, contact us."}
	case errors.Is(err, store.ErrCollectionExists):
		return &failure{code: codeCollectionExists, message: "[FailedOperation] Table exist. Please check your request, but if the problem cannot be solved, contact us."}
	default:
		return &failure{code: codeSystem, message: err.Error()}
	}
}

// writeFailure words what MongoDB refused to write as CloudBase does.
func writeFailure(format string, err error) error {
	var refusal *mongo.Error
	if !errors.As(err, &refusal) {
		return err
	}
	return failf(codeDatabase, format, refusal.Message)
}

const (
	insertFailed = "[FailedOperation.Insert] bulk write error: [{%s}]"
	updateFailed = "[FailedOperation] multiple write errors: [{write errors: [{%s}]}, {<nil>}]"
)

func notFound(path string) error {
	return &failure{codeInvalidAction, "there is nothing at " + path + ": the endpoint is POST /admin", http.StatusNotFound}
}

func notAllowed(method string) error {
	return &failure{codeInvalidAction, "the method must be POST, not " + method, http.StatusMethodNotAllowed}
}
