package tcb

import (
	"net"
	"net/http"
	"time"
)

// newTransport makes the connections of an App.
//
// They outlive an invocation: the next one in a warm instance saves the handshake.
// But they are given up after four seconds without use. The Node SDK, where it keeps
// any (in SCF it must be told to), does so after 4.8, presumably because the service
// closes them after five, and the outcome of a request on a connection that is just
// being closed is unknown. net/http compares clocks when it takes a connection, so
// that holds for a frozen instance too.
//
// Only HTTP/1.1, as the SDKs speak. There, net/http sends a POST again by itself in
// one case only: the connection was a reused one and not a single byte was written
// to it. HTTP/2 would have more such cases, which rest on the server's word.
//
// No proxy from the process's environment: the SDK knows none, and the service's
// intranet hosts can't be reached through one.
func newTransport() *http.Transport {
	var http1 http.Protocols
	http1.SetHTTP1(true)
	dialer := &net.Dialer{Timeout: time.Second, KeepAlive: 15 * time.Second}
	return &http.Transport{
		DialContext:            dialer.DialContext,
		TLSHandshakeTimeout:    time.Second,
		Protocols:              &http1,
		DisableCompression:     true, // the SDKs don't ask for it
		MaxIdleConnsPerHost:    8,
		IdleConnTimeout:        4 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
	}
}
