package tcb

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"webrtc-room/pkg/internal/js"
	"webrtc-room/pkg/tcb/tc3"
)

// sdk is the client whose requests these are, to the byte where it matters.
const sdk = "tcb-node-sdk/3.18.3"

// A call is one action, asked of the service.
type call struct {
	action  string
	params  []param
	writes  bool          // it may change something
	routed  bool          // it goes to a function
	timeout time.Duration // if Config says nothing
}

// A param is a parameter in the body of a request.
type param struct {
	name  string
	value string
	json  bool // value is JSON; otherwise it is the text of a string
}

// A session is what an invocation's requests have in common.
type session struct {
	environment
	credentials
	endpoint
}

// newRequest makes the request of a call as the Node SDK would, and signs it.
func (a *App) newRequest(ctx context.Context, c call, s session) (*http.Request, error) {
	now := a.config.Now()
	params := s.envelope(c)
	body := encodeBody(params)
	// The body's reader lets net/http start over on a connection that turns out
	// dead before a byte was written; see newTransport.
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	u := *s.url
	u.RawQuery = a.query(s, now)
	req.URL, req.Host = &u, u.Host
	req.Header = make(http.Header, 12)

	signed := make([]tc3.Field, 0, 9)
	set := func(name, value string) {
		if value != "" {
			req.Header[name] = []string{value}
			signed = append(signed, tc3.Field{Name: name, Value: value})
		}
	}
	set("Content-Type", "application/json")
	set("User-Agent", sdk)
	set("X-Tcb-Source", s.perCall("TCB_SOURCE")+","+s.platform())
	set("X-Client-Timestamp", strconv.FormatInt(now.UnixMilli(), 10))
	set("X-Sdk-Version", sdk)
	set("X-Tcb-Tracelog", s.perCall("TCB_TRACELOG"))
	set("X-Tcb-Region", s.endpoint.region)
	if c.routed {
		set("X-Tcb-Route-Key", s.perCall("TCB_ROUTE_KEY"))
	}

	// A second ago: the service's clock may be behind.
	at := now.Add(-time.Second)
	req.Header[tc3.HeaderTimestamp] = []string{strconv.FormatInt(at.Unix(), 10)}
	req.Header[tc3.HeaderExpires] = []string{strconv.Itoa(int(tc3.Expires.Seconds()))}
	if s.apiKey != "" {
		req.Header["Authorization"] = []string{"Bearer " + s.apiKey}
		return req, nil
	}
	m := tc3.Message{Host: u.Host, Path: u.EscapedPath(), Query: u.RawQuery}
	m.Header = append(signed, tc3.Field{Name: "host", Value: u.Host})
	m.Params = make([]tc3.Field, len(params))
	for i, p := range params {
		m.Params[i] = tc3.Field{Name: p.name, Value: p.value}
	}
	req.Header["Authorization"] = []string{a.signer.Sign(m, s.key, at)}
	return req, nil
}

// envelope adds to a call's parameters those that every request has.
func (s session) envelope(c call) []param {
	params := make([]param, 0, len(c.params)+8)
	params = append(params, c.params...)
	params = append(params,
		param{name: "action", value: c.action},
		param{name: "envName", value: s.envID})
	token := s.wxCloudToken()
	params = append(params, param{name: "wxCloudApiToken", value: token})
	if token == "" {
		params = append(params, param{name: "wxCloudbaseAccesstoken", value: s.perCall("WX_CLOUDBASE_ACCESSTOKEN")})
	}
	params = append(params, param{name: "tcb_sessionToken", value: s.perCall("TCB_SESSIONTOKEN")})
	if s.sessionToken != "" {
		params = append(params, param{name: "sessionToken", value: s.sessionToken})
	}
	return append(params, param{name: "crossAuthorizationToken"})
}

func encodeBody(params []param) []byte {
	size := len("{}")
	for _, p := range params {
		size += len(`"":"",`) + len(p.name) + len(p.value) + len(p.value)/8 // some is escaped
	}
	body := append(make([]byte, 0, size), '{')
	for i, p := range params {
		if i > 0 {
			body = append(body, ',')
		}
		body = append(js.AppendString(body, p.name), ':')
		if p.json {
			body = append(body, p.value...)
		} else {
			body = js.AppendString(body, p.value)
		}
	}
	return append(body, '}')
}

// query is the request's query string, by which it can be traced.
func (a *App) query(s session, now time.Time) string {
	q := make([]byte, 0, 128)
	q = append(q, "env="...)
	q = append(q, url.QueryEscape(s.envID)...)
	q = append(q, "&seqId="...)
	if chain := s.perCall("TCB_SEQID"); chain != "" {
		q = append(q, url.QueryEscape(chain)...)
		q = append(q, '-')
	}
	q = strconv.AppendInt(q, now.UnixMilli(), 16)
	q = append(q, '_')
	q = strconv.AppendUint(q, a.requests.Add(1), 16)
	if id := s.function.RequestID; id != "" {
		q = append(q, "&scfRequestId="...)
		q = append(q, url.QueryEscape(id)...)
	}
	return string(q)
}
