package scf

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"time"

	"webrtc-room/pkg/settings"
)

// A line is what one call leaves in the log: one JSON object, whose fields SCF's
// log search can be asked about.
type line struct {
	function  string
	requestID string
	caller    string
	room      string
	refusal   *Refusal
	err       error
	stack     string
	elapsed   time.Duration
	requests  int
	http      *response // nil for a call that is no HTTP request
	misspelt  []string  // fields of the event
	warning   string    // a fault that didn't fail the call
}

// version is the commit that the function was built from. scripts/package has the linker
// set it; it is empty on a laptop.
var version string

func (l *line) write(ctx context.Context, log *slog.Logger) {
	level := slog.LevelInfo
	fields := []slog.Attr{
		slog.String("requestId", l.requestID),
		slog.String("function", l.function),
		slog.String("caller", l.caller),
		slog.String("room", l.room),
		slog.Float64("ms", float64(l.elapsed.Microseconds())/1000),
		slog.Int("databaseRequests", l.requests),
	}
	if version != "" {
		fields = append(fields, slog.String("version", version))
	}
	if l.http != nil {
		fields = append(fields, slog.String("via", "http"), slog.Int("status", l.http.StatusCode))
	}
	if len(l.misspelt) > 0 {
		fields = append(fields, slog.Any("misspelt", l.misspelt))
	}
	if l.warning != "" {
		level = slog.LevelWarn
		fields = append(fields, slog.String("warning", l.warning))
	}
	switch {
	case l.err != nil:
		level = slog.LevelError
		fields = append(fields, slog.String("error", l.err.Error()))
		if l.stack != "" {
			fields = append(fields, slog.String("stack", l.stack))
		}
	case l.refusal != nil:
		fields = append(fields, slog.Any("code", l.refusal.Code), slog.String("reason", l.refusal.Reason))
		if l.refusal.Detail != "" {
			fields = append(fields, slog.String("detail", l.refusal.Detail))
		}
	default:
		fields = append(fields, slog.Int("code", 0))
	}
	log.LogAttrs(ctx, level, "call", fields...)
}

// identity is who the call is logged as: a hash, by which the lines of one
// person can be found together, and which doesn't name them.
func (c *Call) identity() string {
	id := c.Caller
	if id == "" {
		id, _ = c.Event.Text("userID", "BAD_USER_ID")
	}
	if id == "" {
		return ""
	}
	sum := sha256.Sum256([]byte("webrtc-room caller\n" + id))
	return hex.EncodeToString(sum[:6])
}

// redactor returns what covers secrets and user ids in the text of an error.
func redactor(lookup settings.Lookup, call *Call) func(string) string {
	secrets := lookup.Secrets()
	secrets["userID"], _ = call.Event.Text("userID", "BAD_USER_ID")
	secrets["caller"], secrets["token"] = call.Caller, call.token
	return func(text string) string { return settings.Redact(text, secrets) }
}
