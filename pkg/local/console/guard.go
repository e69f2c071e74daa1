package console

import (
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"
)

// guard refuses what web pages of others can make a browser send to this server,
// which listens at addr. What a program sends that isn't a browser passes.
//
// A page of evil.example can have its own name resolve to 127.0.0.1: then its
// requests are of the same origin, and carry that name as Host. It can also send
// some requests to 127.0.0.1 without being allowed to read the replies: those
// carry its Origin.
func guard(addr string, next http.Handler) http.Handler {
	origin := http.NewCrossOriginProtection()
	origin.AddInsecureBypassPattern("/http/") // a bearer token is what those need, which no browser adds by itself
	origin.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		writeFailure(w, http.StatusForbidden, failure{
			ErrorMessage: "requests of other web pages are refused",
			StatusCode:   statusForbidden,
		})
	}))
	next = origin.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		if !ownHost(addr, r.Host) {
			writeFailure(w, http.StatusForbidden, failure{
				ErrorMessage: "this server isn't called " + r.Host + ": use 127.0.0.1 or localhost, or have it listen at that address (-addr)",
				StatusCode:   statusForbidden,
			})
			return
		}
		next.ServeHTTP(w, r)
	})
}

// mostBodyTime is how long a request's body may take, which comes from this machine or
// one beside it.
const mostBodyTime = 30 * time.Second

// limitBody ends requests whose body isn't there after the time given, so that what only
// opens connections doesn't hold them for ever. Once the body is there, a call takes as
// long as it takes.
func limitBody(most time.Duration, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Body != nil && r.Body != http.NoBody {
			control := http.NewResponseController(w)
			control.SetReadDeadline(time.Now().Add(most))
			r.Body = limitedBody{r.Body, control}
		}
		next.ServeHTTP(w, r)
	})
}

type limitedBody struct {
	io.ReadCloser
	control *http.ResponseController
}

func (b limitedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err == io.EOF {
		b.control.SetReadDeadline(time.Time{})
	}
	return n, err
}

// ownHost reports whether a Host header names a server that listens at addr. The
// port doesn't matter: it may be another one outside of a tunnel or a container.
func ownHost(addr, host string) bool {
	name, own := hostname(host), hostname(addr)
	if name == "localhost" || strings.HasSuffix(name, ".localhost") || name == own && own != "" {
		return true
	}
	ip, err := netip.ParseAddr(name)
	if err != nil {
		return false
	}
	// Listening everywhere, it has any address of the machine. No name can be
	// made to look like an address.
	everywhere, err := netip.ParseAddr(own)
	return ip.IsLoopback() || own == "" || err == nil && everywhere.IsUnspecified()
}

// hostname is the part of host:port before the port, in lower case.
func hostname(hostport string) string {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = strings.TrimSuffix(strings.TrimPrefix(hostport, "["), "]")
	}
	return strings.ToLower(strings.TrimSuffix(host, "."))
}
