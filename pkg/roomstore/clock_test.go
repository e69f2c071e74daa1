package roomstore

import (
	"testing"
	"time"
)

// TestClock: a reply's date has whole seconds; within that second the local clock tells.
func TestClock(t *testing.T) {
	date := time.Date(2018, 12, 19, 9, 35, 9, 0, time.UTC)
	for _, tt := range []struct {
		local, want time.Duration // after the date
	}{
		{-5 * time.Minute, 0}, {-1, 0}, {0, 0}, {123456789, 123 * time.Millisecond},
		{999 * time.Millisecond, 999 * time.Millisecond}, {time.Second, 999 * time.Millisecond}, {5 * time.Minute, 999 * time.Millisecond},
	} {
		s := New(nil, Options{Now: func() time.Time { return date.Add(tt.local) }})
		if got := s.clock(date).Sub(date); got != tt.want {
			t.Errorf("local clock %s: %s, want %s", tt.local, got, tt.want)
		}
		if got := s.clock(time.Time{}); got != date.Add(tt.local).Truncate(time.Millisecond) {
			t.Errorf("without a date: %s", got)
		}
	}
}
