package scf

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"strings"
	"time"
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

// secrets are the variables whose values must not reach a log or a reply.
var secrets = []string{
	"TRTC_SECRET_KEY", "TRTC_PRIVATE_KEY", "TRTC_CALLBACK_KEY", "HTTP_JWT_KEYS",
	"TENCENTCLOUD_SECRETID", "TENCENTCLOUD_SECRETKEY", "TENCENTCLOUD_SESSIONTOKEN",
	"CLOUDBASE_APIKEY", "TCB_SESSIONTOKEN",
	"WX_API_TOKEN", "WX_TRIGGER_API_TOKEN_V0", "WX_CLOUDBASE_ACCESSTOKEN",
	"WX_OPENID", "WX_FROM_OPENID", "WX_UNIONID", "WX_FROM_UNIONID", "TCB_CUSTOM_USER_ID", "TCB_UUID",
}

// blotter returns what covers secrets and user ids in a text. No error of this
// project names them; this is for the texts that come from elsewhere, such as
// the database's messages and panics.
func blotter(environment map[string]string, call *Call) func(string) string {
	var pairs []string
	cover := func(value, with string) {
		// Short values are words of the text as likely as they are secrets.
		if len(value) >= 6 {
			pairs = append(pairs, value, with)
		}
	}
	lookup := settings(environment)
	for _, name := range secrets {
		cover(environment[name], "["+name+"]")
		if strings.HasPrefix(name, "TRTC_") || strings.HasPrefix(name, "HTTP_") {
			cover(lookup(name), "["+name+"]")
		}
	}
	user, _ := call.Event.Text("userID", "BAD_USER_ID")
	cover(user, "[userID]")
	cover(call.Caller, "[caller]")
	cover(call.token, "[token]")
	replace := strings.NewReplacer(pairs...).Replace
	return func(text string) string { return coverOpenIDs(replace(text)) }
}

// coverOpenIDs covers whatever looks like somebody's OPENID, such as the other
// members' in a message that quotes a record: 28 characters, the first an o.
func coverOpenIDs(text string) string {
	var b strings.Builder
	for text != "" {
		n := strings.IndexFunc(text, notInID)
		if n < 0 {
			n = len(text)
		}
		if n == 28 && text[0] == 'o' {
			b.WriteString("[OPENID]")
		} else {
			b.WriteString(text[:n])
		}
		text = text[n:]
		rest := strings.TrimLeftFunc(text, notInID)
		b.WriteString(text[:len(text)-len(rest)])
		text = rest
	}
	return b.String()
}

func notInID(r rune) bool {
	return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '_' || r == '-')
}
