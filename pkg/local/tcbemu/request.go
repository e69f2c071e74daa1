package tcbemu

import "time"

// A Request is what Config.Observe learns of one.
type Request struct {
	ID       string // requestId of the reply
	Time     time.Time
	Duration time.Duration

	// Where it came from: the caller's names for the request and for the invocation
	// that it was made in, and X-TCB-Source.
	SeqID        string
	SCFRequestID string
	Source       string

	Action     string
	Collection string
	Function   string // of functions.invokeFunction
	// Query and Data are Extended JSON as sent: the filter, and the update, the
	// document, or an array of documents to insert.
	Query string
	Data  string

	Found    int // by getDocument and calculateDocument
	Inserted int
	Matched  int
	Updated  int
	Deleted  int

	Code    string // "" for success
	Message string
}
