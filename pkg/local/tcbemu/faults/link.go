package faults

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// ErrBroken is what a client gets whose connection broke.
var ErrBroken = errors.New("faults: connection broken")

// A Request is what a plan decides about.
type Request struct {
	Index      int // 0 for the first that this Link has seen
	Action     string
	Collection string
	Header     http.Header
	Body       []byte
}

// A Link is the way to a server. It is safe for concurrent use if Plan is.
type Link struct {
	Server http.Handler
	// Plan tells the fate of each request; nil means that none fails.
	Plan func(Request) Fault

	next  atomic.Int64
	stray sync.WaitGroup // requests that nobody waits for
}

// Wait waits until every request that is carried out without its caller waiting has
// been. No other may be under way.
func (l *Link) Wait() { l.stray.Wait() }

// RoundTrip carries a client's request.
func (l *Link) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := readAll(r.Body)
	if err != nil {
		return nil, err
	}
	reply, err := l.carry(r, body)
	if err != nil {
		return nil, err
	}
	return &http.Response{
		Status:        fmt.Sprintf("%d %s", reply.status, http.StatusText(reply.status)),
		StatusCode:    reply.status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        reply.header,
		Body:          io.NopCloser(&reply.body),
		ContentLength: int64(reply.body.Len()),
		Request:       r,
	}, nil
}

// ServeHTTP carries a request that came over the network.
func (l *Link) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// All of it is read first: whoever carries it out later needs it, and only then
	// does net/http notice a caller hanging up.
	body, err := readAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler) // the caller has gone, or sends nonsense
	}
	reply, err := l.carry(r, body)
	if err != nil {
		panic(http.ErrAbortHandler) // breaks the connection
	}
	for name, values := range reply.header {
		w.Header()[name] = values
	}
	w.WriteHeader(reply.status)
	_, _ = w.Write(reply.body.Bytes()) // the caller may have hung up
}

func readAll(body io.ReadCloser) ([]byte, error) {
	if body == nil {
		return nil, nil
	}
	text, err := io.ReadAll(body)
	return text, errors.Join(err, body.Close())
}

// A delivery is one request on its way.
type delivery struct {
	link    *Link
	request *http.Request
	body    []byte
}

// carry returns the reply that the caller gets, or an error if it gets none.
func (l *Link) carry(r *http.Request, body []byte) (*reply, error) {
	fault := l.plan(r, body)
	d := &delivery{l, r, body}
	switch fault.Kind {
	case LoseRequest:
		return nil, d.abandon(fault)
	case LoseReply:
		d.deliver()
		return nil, d.abandon(fault)
	case Late:
		err := d.abandon(fault)
		d.deliverLater(fault.Delay)
		return nil, err
	case Duplicate:
		first := d.deliver()
		d.deliverLater(fault.Delay)
		return first, nil
	case Resend, Garble:
		d.deliver()
	}
	if err := d.sleep(fault.Delay); err != nil {
		return nil, err
	}
	if fault.Kind == Refuse || fault.Kind == Garble {
		return answer(fault), nil
	}
	return d.deliver(), nil
}

func (l *Link) plan(r *http.Request, body []byte) Fault {
	index := int(l.next.Add(1)) - 1
	if l.Plan == nil {
		return Fault{}
	}
	var params struct{ Action, CollectionName string }
	_ = json.Unmarshal(body, &params) // what is not JSON has no action
	return l.Plan(Request{index, params.Action, params.CollectionName, r.Header, body})
}

// deliver gives the server a copy of the request, which it carries out even if the
// caller has given up.
func (d *delivery) deliver() *reply {
	r := d.request.Clone(context.WithoutCancel(d.request.Context()))
	r.Body = io.NopCloser(bytes.NewReader(d.body))
	r.ContentLength = int64(len(d.body))
	if r.Host == "" {
		r.Host = r.URL.Host // a client's request leaves it to the URL
	}
	to := newReply()
	d.link.Server.ServeHTTP(to, r)
	return to
}

func (d *delivery) deliverLater(delay time.Duration) {
	d.link.stray.Go(func() {
		time.Sleep(delay)
		d.deliver()
	})
}

// abandon leaves the caller without a reply.
func (d *delivery) abandon(fault Fault) error {
	if !fault.Silent {
		return fmt.Errorf("%w (%s)", ErrBroken, fault)
	}
	<-d.request.Context().Done()
	return context.Cause(d.request.Context())
}

func (d *delivery) sleep(delay time.Duration) error {
	if delay <= 0 {
		return nil
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-d.request.Context().Done():
		return context.Cause(d.request.Context())
	}
}
