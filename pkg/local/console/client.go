package console

import (
	"bytes"
	_ "embed"
	"net/http"
	"sync"
)

//go:embed client.html
var clientPage []byte

// clientPolicy lets the page have the one script and the one style that stand in it.
var clientPolicy = sync.OnceValue(func() string {
	inside := func(tag string) []byte {
		_, rest, _ := bytes.Cut(clientPage, []byte("<"+tag+">"))
		text, _, _ := bytes.Cut(rest, []byte("</"+tag+">"))
		return text
	}
	return "default-src 'none'; script-src " + hash(inside("script")) + "; style-src " + hash(inside("style")) + "; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
})

// serveClient shows the smallest client there can be.
func (s *Server) serveClient(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", clientPolicy())
	w.Write(clientPage)
}
