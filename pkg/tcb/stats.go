package tcb

import (
	"context"
	"sync/atomic"
)

// Stats counts what was asked of the service under one context.
type Stats struct {
	requests atomic.Int64
}

// WithStats returns a context under which requests are counted, for the line that
// a function logs about its invocation or for a test of its round trips. A Stats
// of a parent context no longer counts what is done under the new one.
func WithStats(ctx context.Context) (context.Context, *Stats) {
	s := new(Stats)
	return context.WithValue(ctx, statsKey{}, s), s
}

type statsKey struct{}

// Requests is how many requests were made so far, each attempt counted.
func (s *Stats) Requests() int { return int(s.requests.Load()) }

func countRequest(ctx context.Context) {
	if s, ok := ctx.Value(statsKey{}).(*Stats); ok {
		s.requests.Add(1)
	}
}
