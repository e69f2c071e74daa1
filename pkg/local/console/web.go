package console

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"regexp"
	"strings"
	"sync"
	"time"
)

//go:embed web
var web embed.FS

// policy lets the page load its own files and nothing else, and run no script
// and apply no style that stands in the page but those named: no room can be
// called so that it becomes a part of the page.
const policy = "default-src 'none'; script-src 'self'{scripts}; style-src 'self'{styles}; img-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// A document is the page with what its first picture needs in it, and its policy.
type document struct {
	text   []byte
	policy string
}

// linked is what index.html names by itself: style sheets, and scripts that
// aren't modules.
var linked = regexp.MustCompile(`<link rel="stylesheet" href="/web/(.+?)">|<script src="/web/(.+?)"></script>`)

// page has the styles and the scripts written into index.html that it names, so
// that the first picture needs one request. The modules come after it.
var page = sync.OnceValue(func() document {
	var scripts, styles string
	text := linked.ReplaceAllFunc(file("index.html"), func(tag []byte) []byte {
		match := linked.FindSubmatch(tag)
		css, js := string(match[1]), string(match[2])
		if css != "" {
			text := file(css)
			styles += " " + hash(text)
			return slice("<style>", text, "</style>")
		}
		text := file(js)
		scripts += " " + hash(text)
		return slice("<script>", text, "</script>")
	})
	return document{text, strings.NewReplacer("{scripts}", scripts, "{styles}", styles).Replace(policy)}
})

func slice(before string, text []byte, after string) []byte {
	return []byte(before + string(text) + after)
}

// hash names a script or a style in a policy.
func hash(text []byte) string {
	sum := sha256.Sum256(text)
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// file is a file of the page that is there.
func file(name string) []byte {
	text, err := web.ReadFile("web/" + name)
	if err != nil {
		panic(err) // index.html names it, but it was not built in
	}
	return text
}

// servePage serves the page for people, in the language and the theme that they
// have chosen: a script would have to run before the first picture to see to it.
func (s *Server) servePage(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Vary", "Accept-Language, Cookie")
	serveText(w, r, "index.html", bytes.Replace(page().text, []byte(`<html lang="en">`), []byte(rootTag(r)), 1), page().policy)
}

// rootTag is the page's first element, by the choices that the page keeps in
// cookies (remember in words.js) and else by what the browser says.
func rootTag(r *http.Request) string {
	chosen := func(name string) string {
		cookie, err := r.Cookie("webrtc-room-" + name)
		if err != nil {
			return ""
		}
		return cookie.Value
	}
	tag := `<html lang="en"`
	switch language := chosen("language"); {
	case language == "zh", language != "en" && strings.HasPrefix(strings.ToLower(r.Header.Get("Accept-Language")), "zh"):
		tag = `<html lang="zh-CN"`
	}
	if theme := chosen("theme"); theme == "light" || theme == "dark" {
		tag += ` data-theme="` + theme + `"`
	}
	return tag + ">"
}

// serveWeb serves the files of the page.
func (s *Server) serveWeb(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("file")
	text, err := fs.ReadFile(web, path.Join("web", name))
	if err != nil || !fs.ValidPath(name) {
		writeMessage(w, http.StatusNotFound, "the page has no file "+name)
		return
	}
	serveText(w, r, name, text, page().policy)
}

func serveText(w http.ResponseWriter, r *http.Request, name string, text []byte, policy string) {
	sum := sha256.Sum256(text)
	header := w.Header()
	header.Set("Content-Type", contentType(name))
	header.Set("Content-Security-Policy", policy)
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cache-Control", "no-cache") // asks each time whether it changed: another version may be served here tomorrow
	header.Set("ETag", `"`+hex.EncodeToString(sum[:8])+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(text))
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
