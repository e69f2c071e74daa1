package mongo

import (
	"fmt"
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

// DuplicateIDError is the refusal of a document whose _id is taken.
func DuplicateIDError(collection string, id any) error {
	shown := show("_id", id)
	return errorf(DuplicateKey, "E11000 duplicate key error collection: %s index: _id_ dup key: { %s }",
		collection, shown[1:len(shown)-1])
}
