package console

import "net/http"

// putTRTC sets the switch of the emulated TRTC: whether entering takes a privateMapKey.
func (s *Server) putTRTC(w http.ResponseWriter, r *http.Request) {
	var set struct {
		HighPermission bool `json:"highPermission"`
	}
	if !readBody(w, r, &set) {
		return
	}
	s.trtc.SetHighPermission(set.HighPermission)
	w.WriteHeader(http.StatusNoContent)
}

// passTime has the emulated TRTC give up at once everybody who has vanished.
func (s *Server) passTime(w http.ResponseWriter, _ *http.Request) {
	s.trtc.PassTime()
	w.WriteHeader(http.StatusNoContent)
}
