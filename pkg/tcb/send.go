package tcb

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

const (
	defaultTimeout = 2 * time.Second
	maxAttempts    = 3
	firstPause     = 50 * time.Millisecond
	maxReply       = 16 << 20 // what the service documents as its largest
	maxMessage     = 1 << 10  // of an error
)

// do asks the service and hands the reply's data to read, whose error means that
// the data makes no sense. A nil read wants no data. Its own error is an *Error.
func (a *App) do(ctx context.Context, c call, read func(*replyData) error) error {
	s, err := a.session(ctx)
	if err != nil {
		return &Error{Action: c.action, Code: CodeNotConfigured, Message: err.Error(), kind: ErrNotConfigured}
	}
	for attempt := 1; ; attempt++ {
		err := a.try(ctx, c, s, read)
		if err == nil {
			return nil
		}
		err.Message = s.redact(err.Message)
		// A write is sent again only if it certainly never arrived.
		repeatable := err.transient && (err.unsent || !c.writes)
		if !repeatable || attempt == maxAttempts || !a.pause(ctx, attempt) {
			return err
		}
	}
}

// session looks up what requests of this invocation are sent with.
func (a *App) session(ctx context.Context) (s session, err error) {
	s.environment = a.environment(ctx)
	if s.credentials, err = a.credentials(s.environment); err != nil {
		return s, err
	}
	s.endpoint, err = a.endpoint(s.environment)
	return s, err
}

// pause waits before the next attempt: a while that grows, and that differs, so
// that those who failed together don't come back together. It reports whether
// there is time for another attempt.
func (a *App) pause(ctx context.Context, attempt int) bool {
	longest := firstPause << (attempt - 1)
	d := longest/2 + time.Duration(a.config.Rand()*float64(longest/2))
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= d {
		return false
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// try makes one request.
func (a *App) try(parent context.Context, c call, s session, read func(*replyData) error) *Error {
	if err := parent.Err(); err != nil {
		return contextError(c, err, true, "the deadline had passed before the request was sent")
	}
	timeout := a.config.Timeout
	if timeout == 0 {
		timeout = c.timeout
	}
	if timeout == 0 {
		timeout = defaultTimeout
	}
	ctx, cancel := context.WithTimeout(parent, timeout)
	defer cancel()

	fail := func(err error, unsent bool) *Error {
		switch {
		case parent.Err() != nil:
			return contextError(c, parent.Err(), unsent, "the caller's deadline passed before a reply came")
		case ctx.Err() != nil:
			return contextError(c, ctx.Err(), unsent, fmt.Sprintf("no reply within %s", timeout))
		default:
			return connectionError(c, err, unsent)
		}
	}

	var sent progress
	req, err := a.newRequest(httptrace.WithClientTrace(ctx, sent.trace()), c, s)
	if err != nil {
		return invalid(c.action, err)
	}
	countRequest(ctx)
	// The Transport itself, not a Client: that would follow redirects, and send
	// the signed request and its tokens wherever they point.
	resp, err := a.transport.RoundTrip(req)
	if err != nil {
		return fail(err, sent.never() || refusedConnection(err))
	}
	defer resp.Body.Close()
	keepDate(ctx, resp.Header)
	var body bytes.Buffer
	if n := resp.ContentLength; n > 0 && n <= maxReply {
		body.Grow(int(n) + bytes.MinRead)
	}
	if _, err := body.ReadFrom(io.LimitReader(resp.Body, maxReply+1)); err != nil {
		return fail(fmt.Errorf("the reply broke off: %w", err), false)
	}
	if body.Len() > maxReply {
		return badReply(c, CodeReplyTooLarge, reply{}, fmt.Errorf("the reply has more than %d bytes", maxReply))
	}

	var r reply
	parseErr := json.Unmarshal(body.Bytes(), &r)
	switch {
	case resp.StatusCode != http.StatusOK:
		return statusError(c, resp.StatusCode, r)
	case r.Code != "":
		return serviceError(c, string(r.Code), string(r.Message), string(r.RequestID))
	case parseErr != nil:
		return badReply(c, CodeBadReply, r, parseErr)
	case read == nil:
		return nil
	case r.Data == nil:
		return badReply(c, CodeBadReply, r, errors.New("no data in the reply"))
	}
	if err := read(r.Data); err != nil {
		return badReply(c, CodeBadReply, r, err)
	}
	return nil
}

// progress follows a request through net/http. Its hooks run on other goroutines.
type progress struct {
	waiting   atomic.Bool // for a connection
	connected atomic.Bool
}

func (p *progress) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GetConn: func(string) { p.waiting.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { p.connected.Store(true) },
	}
}

// never reports whether the request certainly never had a connection to go out on.
// A Transport that doesn't tell leaves it open.
func (p *progress) never() bool { return p.waiting.Load() && !p.connected.Load() }

// refusedConnection reports whether err says that there was no connection, also if
// it comes from a Transport that doesn't trace.
func refusedConnection(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}

// unanswered makes the Error of a request that got no reply.
func unanswered(c call, code, message string, err error, unsent bool) *Error {
	return &Error{
		Action: c.action, Code: code, Message: message, Err: err,
		MaybeApplied: c.writes && !unsent,
		transient:    code != CodeCanceled,
		unsent:       unsent,
	}
}

func contextError(c call, err error, unsent bool, onTimeout string) *Error {
	if errors.Is(err, context.Canceled) {
		return unanswered(c, CodeCanceled, "the caller gave up", err, unsent)
	}
	return unanswered(c, CodeTimeout, onTimeout, err, unsent)
}

func connectionError(c call, err error, unsent bool) *Error {
	var inURL *url.Error // of a Transport with an http.Client inside; it tells the whole URL
	if errors.As(err, &inURL) {
		err = inURL.Err
	}
	if unsent {
		return unanswered(c, CodeConnectionFailed, err.Error(), err, unsent)
	}
	return unanswered(c, CodeConnectionLost, err.Error(), err, unsent)
}

func badReply(c call, code string, r reply, err error) *Error {
	return &Error{
		Action: c.action, Code: code, Message: err.Error(), RequestID: string(r.RequestID),
		MaybeApplied: c.writes, Err: err,
	}
}

// reply is the envelope of every reply.
type reply struct {
	Code      looseString `json:"code"`
	Message   looseString `json:"message"`
	RequestID looseString `json:"requestId"`
	Data      *replyData  `json:"data"`
}

// replyData is the data of any reply; each action fills some of it. A document is a
// string of extended JSON. What may not be missing is a pointer: absence is not zero.
type replyData struct {
	InsertedIDs  []json.RawMessage `json:"insertedIds"`
	List         *[]string         `json:"list"`
	Doc          string            `json:"doc"`
	Total        *int              `json:"total"`
	Updated      *int              `json:"updated"`
	Deleted      *int              `json:"deleted"`
	ResponseData *string           `json:"response_data"`
}

// looseString is a string that may come as something else; what is false to
// JavaScript is empty.
type looseString string

func (s *looseString) UnmarshalJSON(text []byte) error {
	switch string(text) {
	case "null", "false", "0":
		*s = ""
		return nil
	}
	if text[0] == '"' {
		return json.Unmarshal(text, (*string)(s))
	}
	*s = looseString(text)
	return nil
}

// redact removes the session's secrets from a text, and keeps it short: what the
// service or a proxy says is not in our hands, but it goes to our log.
func (s session) redact(text string) string {
	for _, secret := range []string{
		s.key.SecretKey, s.sessionToken, s.apiKey,
		s.vars["WX_API_TOKEN"], s.vars["WX_TRIGGER_API_TOKEN_V0"],
		s.vars["WX_CLOUDBASE_ACCESSTOKEN"], s.vars["TCB_SESSIONTOKEN"],
	} {
		if len(secret) >= 6 { // anything shorter is no secret, but may be a syllable
			text = strings.ReplaceAll(text, secret, "…")
		}
	}
	if len(text) > maxMessage {
		text = text[:maxMessage] + "…"
	}
	return strings.ToValidUTF8(text, "\uFFFD")
}
