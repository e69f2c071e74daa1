package console

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"webrtc-room/pkg/local/client"
	"webrtc-room/pkg/settings"
	"webrtc-room/pkg/trtc"
)

// api adds what the page asks for. None of it is for programs: it changes with
// the page.
func (s *Server) api(mux *http.ServeMux) {
	mux.HandleFunc("GET /api/events", s.serveEvents)
	mux.HandleFunc("POST /api/calls/{name}", s.postCall)
	mux.HandleFunc("PUT /api/records/{collection}", s.putRecord)
	mux.HandleFunc("DELETE /api/records/{collection}", s.deleteRecord)
	mux.HandleFunc("GET /api/data", s.exportData)
	mux.HandleFunc("PUT /api/data", s.importData)
	mux.HandleFunc("DELETE /api/data", s.resetData)
	mux.HandleFunc("PUT /api/faults", s.putFaults)
	mux.HandleFunc("POST /api/tokens", s.inspectToken)
	mux.HandleFunc("POST /api/reports", s.signReport)
	mux.HandleFunc("POST /api/race", s.postRace)
	mux.HandleFunc("PUT /api/trtc", s.putTRTC)
	mux.HandleFunc("POST /api/trtc/pass", s.passTime)
}

// state tells a page what it is the page of.
func (s *Server) state() map[string]any {
	type function struct {
		Name  string `json:"name"`
		Event string `json:"event"` // of event.json
	}
	functions := []function{}
	for _, name := range s.host.Functions() {
		functions = append(functions, function{name, s.sampleEvent(name)})
	}
	return map[string]any{
		"run":        s.journalRun,
		"url":        s.URL,
		"functions":  functions,
		"seats":      s.seats(),
		"key":        s.KeyState(),
		"memory":     s.config.Memory,
		"complaints": s.complaints,
		"command":    s.command(),
	}
}

// command is what starts this server again, when it has ended.
func (s *Server) command() string {
	command := []string{"go run ./scripts/local"}
	if s.config.Addr != client.DefaultAddr {
		command = append(command, "-addr", strings.TrimPrefix(s.URL, "http://"))
	}
	if s.config.Vanish > 0 && s.config.Vanish != trtc.Silence {
		command = append(command, "-vanish", s.config.Vanish.String())
	}
	switch {
	case s.config.Memory:
		command = append(command, "-memory")
	case s.config.Data != s.config.defaultData():
		command = append(command, "-data", s.config.Data)
	}
	return strings.Join(command, " ")
}

// number is a variable that is a number. One that isn't is for the functions to
// complain about: here it is the default.
func (s *Server) number(name string) int {
	n, err := s.lookup().Int(name)
	if err != nil {
		n, _ = strconv.Atoi(settings.Named(name).Default)
	}
	return n
}

// seats is how many people fit into a room.
func (s *Server) seats() int { return s.number("ROOM_MAX_MEMBERS") }

func writeJSON(w http.ResponseWriter, what any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(what) // the page may be gone
}

func writeBadRequest(w http.ResponseWriter, err error) {
	writeMessage(w, http.StatusBadRequest, err.Error())
}
