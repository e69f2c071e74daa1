package console

import (
	"cmp"
	"net/http"
	"strings"

	"webrtc-room/pkg/local/audit"
	"webrtc-room/pkg/local/client"
	"webrtc-room/pkg/local/platform"
	"webrtc-room/pkg/settings"
	"webrtc-room/pkg/signin"
)

// variables are the configuration variables of the functions: the developer's,
// and for signing the data folder's throw-away key when there is nothing of the
// developer's to sign with. A half of each would make signatures that nobody
// accepts; a missing half is for the functions to complain about.
func (s *Server) variables() (variables map[string]string, throwAway bool) {
	variables = make(map[string]string)
	for _, setting := range settings.All() {
		if value := s.config.Getenv(setting.Name); value != "" {
			variables[setting.Name] = value
		}
	}
	if variables["HTTP_JWT_KEYS"] == "" {
		variables["HTTP_JWT_KEYS"] = jwtKeys(s.keys.JWT)
	}
	if variables["TRTC_CALLBACK_KEY"] == "" {
		variables["TRTC_CALLBACK_KEY"] = s.callbackKey
	}
	throwAway = true
	for _, name := range []string{"TRTC_SDK_APP_ID", "TRTC_SECRET_KEY", "TRTC_PRIVATE_KEY"} {
		if variables[name] != "" {
			throwAway = false
		}
	}
	if file, err := signin.KeyFileIn(s.config.Root); file != "" || err != nil {
		throwAway = false
	}
	if throwAway {
		variables["TRTC_SDK_APP_ID"] = s.keys.TRTC.SDKAppID
		variables["TRTC_SECRET_KEY"] = s.keys.TRTC.SecretKey
	}
	// The media is the local TRTC's. Where only another machine's address leads to it, the
	// functions would refuse to send their keys without TLS.
	local := strings.HasPrefix(s.URL, "http://127.") || strings.HasPrefix(s.URL, "http://[::1]:")
	if variables["TRTC_API_ENDPOINT"] == "" && s.config.Getenv("TRTC_WEB_SDK") == "" && local {
		variables["TRTC_API_ENDPOINT"] = s.URL + "/trtc"
		if variables["TRTC_SDK_APP_ID"] != "" { // without an app, that it is missing is complaint enough
			variables["TRTC_KICK"] = cmp.Or(variables["TRTC_KICK"], "true")
		}
		delete(variables, "TRTC_API_SECRET_ID") // which takes the functions' role
		delete(variables, "TRTC_API_SECRET_KEY")
	}
	return variables, throwAway
}

// lookup finds the functions' variables.
func (s *Server) lookup() settings.Lookup {
	variables, _ := s.variables()
	return func(name string) string { return variables[name] }
}

// check returns what the functions would say about their variables at each call:
// better to say it before there is any.
func (s *Server) check() []settings.Text {
	complaints := []settings.Text{} // [] rather than null
	for _, wrong := range audit.Check(s.config.Root, s.lookup()) {
		complaints = append(complaints, wrong.Text())
	}
	return complaints
}

// callers are the headers by which WeChat's cloud hosting says who calls, and
// the variables by which CloudBase tells a function.
var callers = []struct{ header, variable string }{
	{client.HeaderOpenID, "WX_OPENID"},
	{"X-WX-APPID", "WX_APPID"},
	{"X-WX-UNIONID", "WX_UNIONID"},
	{"X-WX-FROM-OPENID", "WX_FROM_OPENID"},
	{"X-WX-FROM-APPID", "WX_FROM_APPID"},
}

// environmentOf is what CloudBase tells a function about a call that came as
// this request: from a mini program when a header says so, else from the test
// button of the SCF console.
func (s *Server) environmentOf(r *http.Request) map[string]string {
	wx := make(map[string]string)
	for _, c := range callers {
		if value := r.Header.Get(c.header); value != "" {
			wx[c.variable] = value
		}
	}
	source := r.Header.Get("X-WX-SOURCE")
	if len(wx) == 0 && source == "" {
		return s.environment().Call(nil, nil)
	}
	wx["WX_APPID"] = cmp.Or(wx["WX_APPID"], platform.AppID)
	return s.environment().Call(platform.MiniProgram(source), wx)
}

// environmentFrom is what CloudBase tells a function that a program with keys has
// called through an SDK. source is the chain of callers that the SDK named.
func (s *Server) environmentFrom(source string) map[string]string {
	return s.environment().Call(map[string]string{"TCB_SOURCE": source, "TRIGGER_SRC": "tcb"}, nil)
}

func (s *Server) environment() platform.Environment {
	return platform.Environment{
		ID: envID, Database: s.URL + "/admin",
		SecretID: s.role.SecretID, SecretKey: s.role.SecretKey, SessionToken: s.role.sessionToken,
	}
}
