package console

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"webrtc-room/pkg/local/tcbemu"
)

// putRecord stores the document in the body, in the place of the one with its _id.
func (s *Server) putRecord(w http.ResponseWriter, r *http.Request) {
	var document json.RawMessage
	if !readBody(w, r, &document) {
		return
	}
	var named struct {
		ID json.RawMessage `json:"_id"`
	}
	if err := json.Unmarshal(document, &named); err != nil || named.ID == nil {
		writeBadRequest(w, errors.New("a record is a JSON object with an _id"))
		return
	}
	if err := s.emulator.Put(r.PathValue("collection"), document); err != nil {
		writeBadRequest(w, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// deleteRecord removes the document whose _id the parameter id has, as Extended
// JSON.
func (s *Server) deleteRecord(w http.ResponseWriter, r *http.Request) {
	id := r.FormValue("id")
	if !json.Valid([]byte(id)) {
		writeBadRequest(w, fmt.Errorf("id must be JSON, such as \"9527\" with its quotes"))
		return
	}
	if err := s.emulator.Remove(r.PathValue("collection"), json.RawMessage(id)); err != nil {
		writeBadRequest(w, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// exportData sends everything as a file.
func (s *Server) exportData(w http.ResponseWriter, r *http.Request) {
	all, err := s.emulator.Export()
	if err != nil {
		writeError(w, err)
		return
	}
	name := "webrtc-room-" + time.Now().Format("2006-01-02-150405") + ".json"
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
	writeJSON(w, all)
}

// importData replaces everything by an exported file.
func (s *Server) importData(w http.ResponseWriter, r *http.Request) {
	var file json.RawMessage
	if !readBody(w, r, &file) {
		return
	}
	var all tcbemu.Snapshot
	if err := json.Unmarshal(file, &all); err != nil {
		writeBadRequest(w, errors.New("this is no file that Export made"))
		return
	}
	if err := s.emulator.Import(all); err != nil {
		writeBadRequest(w, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// resetData leaves nothing.
func (s *Server) resetData(w http.ResponseWriter, r *http.Request) {
	if err := s.emulator.Import(nil); err != nil {
		writeError(w, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}
