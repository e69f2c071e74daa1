package console

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path"
	"regexp"
)

// readWebSDK reads Tencent's Web SDK, where the developer has it.
func readWebSDK(name string) ([]byte, error) {
	if name == "" {
		return nil, nil
	}
	text, err := os.ReadFile(name)
	if err == nil && !bytes.Contains(text[:min(len(text), 400)], []byte(").TRTC=")) {
		err = errors.New("it isn't a script that a browser takes as it is")
	}
	if err != nil {
		return nil, fmt.Errorf("TRTC_WEB_SDK names %s, which can't be served: %w; npm i trtc-sdk-v5, and name node_modules/trtc-sdk-v5/trtc.js (not trtc.esm.js, which imports others)", name, err)
	}
	// As a module, it makes its global variable all the same.
	return append(text, "\nexport default globalThis.TRTC;\n"...), nil
}

// serveCall serves the page of the call. It is told how many seats a room has and for
// how long one is kept, which is the functions' setting.
func (s *Server) serveCall(w http.ResponseWriter, r *http.Request) {
	tag := rootTag(r)
	tag = fmt.Sprintf(`%s data-seats="%d" data-seat-seconds="%d">`, tag[:len(tag)-1], s.seats(), s.number("MEMBER_TTL_SECONDS"))
	w.Header().Set("Vary", "Accept-Language, Cookie")
	s.serveCallText(w, r, "index.html", bytes.Replace(file("call/index.html"), []byte(`<html lang="en">`), []byte(tag), 1))
}

func (s *Server) serveCallFile(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("file")
	if name == "sdk.js" && s.webSDK != nil {
		s.serveCallText(w, r, name, s.webSDK)
		return
	}
	text, err := web.ReadFile(path.Join("web/call", name))
	if err != nil {
		writeMessage(w, http.StatusNotFound, "the call has no file "+name)
		return
	}
	s.serveCallText(w, r, name, text)
}

// inlineScript finds the script that stands in the smallest page.
var inlineScript = regexp.MustCompile(`(?s)<script type="module">(.+?)</script>`)

func (s *Server) serveCallText(w http.ResponseWriter, r *http.Request, name string, text []byte) {
	script := ""
	if match := inlineScript.FindSubmatch(text); match != nil {
		script = " " + hash(match[1])
	}
	connect := "; connect-src 'self'"
	if s.webSDK != nil {
		script += " blob:"                                 // what measures volumes
		connect += " https: wss:; worker-src 'self' blob:" // Tencent's servers, which it finds by itself
	}
	policy := "default-src 'none'; script-src 'self'" + script + "; style-src 'self'; img-src 'self'" + connect
	serveText(w, r, name, text, policy+"; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
}
