package trtcemu

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"webrtc-room/pkg/sig"
)

const (
	mostMessage = 64 << 10 // bytes of what one browser signals to another
	mostBody    = 96 << 10
)

// Routes adds what the emulator serves. Whoever serves it sees to what all of a server's
// requests need: that pages of others can't make a browser send some, and that no body
// takes for ever.
func (e *Emulator) Routes(mux *http.ServeMux) {
	mux.HandleFunc("POST /trtc", e.serveAPI)
	mux.HandleFunc("POST /trtc/enter", e.serveEnter)
	mux.HandleFunc("GET /trtc/events", e.serveEvents)
	mux.HandleFunc("GET /trtc/rooms", e.serveRooms)
	for path, do := range map[string]func(*Emulator, *session, *message) *problem{
		"beat":   func(*Emulator, *session, *message) *problem { return nil },
		"signal": (*Emulator).signal,
		"media":  (*Emulator).publish,
		"role":   (*Emulator).switchRole,
		"leave":  (*Emulator).leave,
	} {
		mux.HandleFunc("POST /trtc/"+path, e.serveMessage(do))
	}
}

// A problem is an answer to a request that can't be carried out.
type problem struct {
	status  int
	Message string `json:"message"`
	Reason  string `json:"reason,omitempty"`
}

func reply(w http.ResponseWriter, status int, what any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(what) // the client may be gone
}

func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	return io.ReadAll(http.MaxBytesReader(w, r.Body, mostBody))
}

func (e *Emulator) serveEnter(w http.ResponseWriter, r *http.Request) {
	var a application
	body, err := readBody(w, r)
	if err == nil {
		err = json.Unmarshal(body, &a)
	}
	if err != nil {
		reply(w, http.StatusBadRequest, refuse(codeBadRequest,
			"this isn't what the SDKs send: "+err.Error(), "这不是 SDK 会发出的请求："+err.Error()))
		return
	}
	s, others, err := e.enter(&a)
	var no *refusal
	if errors.As(err, &no) {
		reply(w, http.StatusForbidden, no)
		return
	}
	if err != nil {
		reply(w, http.StatusServiceUnavailable, problem{Message: err.Error()})
		return
	}
	reply(w, http.StatusOK, map[string]any{
		"session":     s.token,
		"connection":  s.connection,
		"members":     others,
		"beatSeconds": e.beat.Seconds(),
	})
}

var errTooMany = errors.New("there are too many sessions: wait until some have ended")

func (e *Emulator) enter(a *application) (*session, []Member, error) {
	e.mu.Lock()
	highPermission := e.highPermission
	e.mu.Unlock()
	allowed, err := e.verify(a, highPermission)
	if err != nil {
		return nil, nil, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	room := a.room()
	there, present := e.rooms[room], e.present(a.UserID)
	switch {
	case there == nil && allowed&sig.PrivilegeCreateRoom == 0:
		return nil, nil, refuse(codeMayNotCreate,
			"nobody is in the room yet, and the privateMapKey doesn't allow to create it: sign it with the right to (1)",
			"房间里还没有人，而 privateMapKey 没有创建房间的权限；请在签名时加上（1）")
	case len(there) >= mostMembers && (present == nil || present.room != room):
		return nil, nil, refuse(codeRoomFull,
			fmt.Sprintf("the room has its %d clients already", mostMembers),
			fmt.Sprintf("房间里已有 %d 个客户端，人数已满", mostMembers))
	case len(e.sessions) >= mostSessions, e.ctx.Err() != nil:
		return nil, nil, errTooMany
	}
	s, others := e.join(a.UserID, room, a.Role)
	return s, others, nil
}

// A message is what a client in a room sends; each path has its own fields.
type message struct {
	Session string `json:"session"`

	To   string          `json:"to"` // a connection
	Data json.RawMessage `json:"data"`
	Role role            `json:"role"`
	Media
}

func (e *Emulator) serveMessage(do func(*Emulator, *session, *message) *problem) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var m message
		body, err := readBody(w, r)
		if err == nil {
			err = json.Unmarshal(body, &m)
		}
		if err != nil {
			reply(w, http.StatusBadRequest, problem{Message: "the body can't be read: " + err.Error()})
			return
		}
		if p := e.act(&m, do); p != nil {
			reply(w, p.status, p)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	}
}

// act carries a message out for the session that it names.
func (e *Emulator) act(m *message, do func(*Emulator, *session, *message) *problem) *problem {
	e.mu.Lock()
	defer e.mu.Unlock()
	s := e.sessions[m.Session]
	if s == nil {
		return &problem{status: http.StatusNotFound, Message: "there is no such session"}
	}
	if s.over != nil {
		return &problem{http.StatusGone, "the session is over", s.over.kicked}
	}
	s.heard = time.Now()
	if p := do(e, s, m); p != nil || s.over != nil {
		return p
	}
	e.check(s)
	return nil
}

// signal hands a message to one other client of the room.
func (e *Emulator) signal(s *session, m *message) *problem {
	if len(m.Data) == 0 || len(m.Data) > mostMessage {
		return &problem{status: http.StatusRequestEntityTooLarge, Message: fmt.Sprintf("data must be there, and have at most %d KB", mostMessage>>10)}
	}
	for _, to := range e.rooms[s.room] {
		if to.connection != m.To {
			continue
		}
		from := map[string]string{"userId": s.user, "connection": s.connection}
		if !to.outbox.add("signal", map[string]any{"from": from, "data": m.Data}, mostKept/2) {
			return &problem{status: http.StatusTooManyRequests, Message: "the other client doesn't fetch its events"}
		}
		to.rouse()
		return nil
	}
	return &problem{status: http.StatusNotFound, Message: "that connection isn't in this room, or no longer"}
}

func (e *Emulator) publish(s *session, m *message) *problem {
	if s.media != m.Media {
		s.media = m.Media
		e.tell(s, "media", s.member())
		e.wakeAll()
	}
	return nil
}

func (e *Emulator) switchRole(s *session, m *message) *problem {
	if m.Role != anchor && m.Role != audience {
		return &problem{status: http.StatusBadRequest, Message: "role is anchor or audience"}
	}
	if s.role != m.Role {
		s.role = m.Role
		e.tell(s, "role", s.member())
		e.report(happening{kind: roleChanged, room: s.room, user: s.user, role: s.role})
		e.wakeAll()
	}
	return nil
}

func (e *Emulator) leave(s *session, _ *message) *problem {
	e.end(s, quit)
	return nil
}

func (e *Emulator) serveRooms(w http.ResponseWriter, _ *http.Request) {
	state, _ := e.State()
	reply(w, http.StatusOK, state)
}
