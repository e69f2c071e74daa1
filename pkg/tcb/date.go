package tcb

import (
	"context"
	"net/http"
	"time"
)

// WithDate returns a context under which the service's time is kept in date: what
// the latest reply said of it, to the second. A reply that doesn't say leaves it as
// it is. One request at a time may be made under this context.
func WithDate(ctx context.Context, date *time.Time) context.Context {
	return context.WithValue(ctx, dateKey{}, date)
}

type dateKey struct{}

// keepDate keeps the Date of a reply.
func keepDate(ctx context.Context, header http.Header) {
	if kept, ok := ctx.Value(dateKey{}).(*time.Time); ok {
		if date, err := http.ParseTime(header.Get("Date")); err == nil {
			*kept = date
		}
	}
}
