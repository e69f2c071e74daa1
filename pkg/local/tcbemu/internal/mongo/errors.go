package mongo

import (
	"fmt"
	"strings"

	"go.mongodb.org/mongo-driver/bson"
)

// A Code is a number by which MongoDB knows an error.
type Code int

const (
	BadValue             Code = 2
	FailedToParse        Code = 9
	TypeMismatch         Code = 14
	PathNotViable        Code = 28
	ConflictingOperators Code = 40
	DollarPrefixedField  Code = 52
	NotSingleValueField  Code = 54
	EmptyFieldName       Code = 56
	ImmutableField       Code = 66
	NotImplemented       Code = 238
	DocumentTooLarge     Code = 10334
	DuplicateKey         Code = 11000
)

// An Error is a refusal as MongoDB words it. All errors of this package are *Error.
type Error struct {
	Code    Code
	Message string
}

func (e *Error) Error() string { return e.Message }

func errorf(code Code, format string, args ...any) error {
	return &Error{code, fmt.Sprintf(format, args...)}
}

// unsupported names what MongoDB has and this package has not.
func unsupported(what string) error {
	return errorf(NotImplemented, "%s is not supported by the local emulator", what)
}

// DuplicateKeyError is the refusal of a document whose key is taken.
func DuplicateKeyError(collection, index string, key bson.D) error {
	var shown []string
	for _, e := range key {
		element := show(e.Key, e.Value)
		shown = append(shown, element[1:len(element)-1])
	}
	return errorf(DuplicateKey, "E11000 duplicate key error collection: %s index: %s dup key: { %s }",
		collection, index, strings.Join(shown, ", "))
}
