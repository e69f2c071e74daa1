package console

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"time"
)

//go:embed web
var web embed.FS

// policy lets the page load its own files and nothing else, and run no script
// that stands in the page, whatever a room is called.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// servePage serves the page for people.
func (s *Server) servePage(w http.ResponseWriter, r *http.Request) {
	serveFile(w, r, "index.html")
}

// serveWeb serves the files of the page.
func (s *Server) serveWeb(w http.ResponseWriter, r *http.Request) {
	serveFile(w, r, r.PathValue("file"))
}

func serveFile(w http.ResponseWriter, r *http.Request, name string) {
	text, err := readFile(name)
	if err != nil || !fs.ValidPath(name) {
		http.NotFound(w, r)
		return
	}
	sum := sha256.Sum256(text)
	header := w.Header()
	header.Set("Content-Type", contentType(name))
	header.Set("Content-Security-Policy", policy)
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cache-Control", "no-cache") // asks each time whether it changed: another version may be served here tomorrow
	header.Set("ETag", `"`+hex.EncodeToString(sum[:8])+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(text))
}

// readFile reads a file of the page. all.css is all style sheets in one: nothing
// is painted before they are there, and one request is faster than four.
func readFile(name string) ([]byte, error) {
	if name != "all.css" {
		return fs.ReadFile(web, path.Join("web", name))
	}
	var all []byte
	for _, sheet := range []string{"base", "layout", "rooms", "views"} {
		text, err := fs.ReadFile(web, "web/css/"+sheet+".css")
		if err != nil {
			return nil, err
		}
		all = append(all, text...)
	}
	return all, nil
}

// contentType doesn't ask the system, which on Windows may say that scripts are
// text.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	}
	return mime.TypeByExtension(path.Ext(name))
}
