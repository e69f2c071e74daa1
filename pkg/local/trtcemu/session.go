package trtcemu

import (
	"crypto/rand"
	"slices"
	"strconv"
	"time"

	"webrtc-room/pkg/sig"
	"webrtc-room/pkg/trtc"
)

// A session is one client's presence in a room, from entering to its end.
type session struct {
	token      string
	connection string // names it to the others
	user       string
	room       sig.Room
	role       role
	media      Media

	outbox outbox
	wake   chan struct{} // closed for its stream when there is something to do
	stream int           // counts its streams; only the newest one is served
	open   bool          // the newest one is
	closed time.Time     // when it ended; at first, when the session began
	heard  time.Time     // the last request

	entered  time.Time // as it was reported
	vanished bool
	over     *ending // nil while it is in the room
	timer    *time.Timer
}

// A role is a client's in scene "live"; in scene "rtc" everybody is an anchor.
type role string

const (
	anchor   role = "anchor"
	audience role = "audience"
)

// An ending is why somebody is out, in the words of each who is told.
type ending struct {
	kicked string // the client itself
	left   int    // the others
	reason int    // TRTC's report
}

var (
	quit       = &ending{"left", 0, 1}
	timedOut   = &ending{"user_time_out", 1, int(trtc.TimedOut)}
	superseded = &ending{"kick", 2, 3}
	removed    = &ending{"banned", 2, 3}
	dismissed  = &ending{"room_disband", 2, 3}
)

// join lets a user into a room, through the door already.
func (e *Emulator) join(user string, room sig.Room, as role) (*session, []Member) {
	now := time.Now()
	e.connections++
	s := &session{
		token:      rand.Text(),
		connection: "c" + strconv.Itoa(e.connections),
		user:       user,
		room:       room,
		role:       as,
		wake:       make(chan struct{}),
		closed:     now,
		heard:      now,
	}
	isNew := e.rooms[room] == nil
	first := e.present(user)
	if first != nil && first.room == room {
		e.rooms[room] = slices.DeleteFunc(e.rooms[room], func(o *session) bool { return o == first })
		e.finish(first, superseded)
	} else if first != nil {
		e.end(first, superseded)
	}
	others := e.members(room)
	e.sessions[s.token] = s
	e.rooms[room] = append(e.rooms[room], s)
	e.tell(s, "entered", s.member())
	s.timer = time.AfterFunc(e.vanishes(s).Sub(now), func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.check(s)
	})
	if isNew {
		e.report(happening{kind: trtc.Created, room: room, user: user})
	}
	s.entered = e.report(happening{kind: trtc.Entered, room: room, user: user, role: as, reason: 1})
	e.wakeAll()
	return s, others
}

// end takes a client out of its room for good.
func (e *Emulator) end(s *session, why *ending) {
	members := slices.DeleteFunc(e.rooms[s.room], func(o *session) bool { return o == s })
	e.rooms[s.room] = members
	left := happening{kind: trtc.Left, room: s.room, user: s.user, role: s.role, reason: why.reason}
	if why == timedOut {
		left.at = s.lastSign().Add(trtc.Silence)
		if reported := s.entered.Add(trtc.Silence); reported.After(left.at) { // entering was a sign, too
			left.at = reported
		}
	}
	e.finish(s, why)
	e.report(left)
	if len(members) == 0 {
		delete(e.rooms, s.room)
		e.report(happening{kind: trtc.Dismissed, room: s.room})
	}
}

// finish tells everybody that a client is out. Unless it left by itself, its session is
// kept for a while, so that it can hear why.
func (e *Emulator) finish(s *session, why *ending) {
	s.over, s.heard, s.closed = why, time.Now(), time.Now()
	e.tell(s, "left", map[string]any{"userId": s.user, "connection": s.connection, "reason": why.left})
	s.outbox.add("kicked", map[string]string{"reason": why.kicked}, 2*mostKept) // there is always room for it
	s.rouse()
	if why == quit {
		s.timer.Stop()
		delete(e.sessions, s.token)
	} else {
		s.timer.Reset(e.config.Vanish)
	}
	e.wakeAll()
}

// tell sends an event to all others in a session's room. A client that has fetched so
// few that there is no room for another one is given up.
func (e *Emulator) tell(from *session, kind string, what any) {
	for _, s := range e.rooms[from.room] {
		if s == from {
			continue
		}
		if !s.outbox.add(kind, what, mostKept) {
			s.outbox.broken = true
			s.timer.Reset(0)
		}
		s.rouse()
	}
}

// present returns where a user is, nil if nowhere.
func (e *Emulator) present(user string) *session {
	for _, s := range e.sessions {
		if s.user == user && s.over == nil {
			return s
		}
	}
	return nil
}

// lastSign is when the client was known to live: at its last request, but not after its
// stream has ended.
func (s *session) lastSign() time.Time {
	if !s.open && s.closed.Before(s.heard) {
		return s.closed
	}
	return s.heard
}

// vanishes is when a client counts as vanished unless it shows itself. A stream that has
// ended says more than an answer that isn't there yet.
func (e *Emulator) vanishes(s *session) time.Time {
	if s.open {
		return s.heard.Add(2 * e.beat)
	}
	return s.closed.Add(min(e.beat, time.Second))
}

// check does what follows from a client's silence, and says when to look again.
func (e *Emulator) check(s *session) {
	now := time.Now()
	vanishes, gone := e.vanishes(s), s.lastSign().Add(e.config.Vanish)
	switch {
	case e.ctx.Err() != nil:
	case s.over != nil && now.Before(gone):
		s.timer.Reset(gone.Sub(now))
	case s.over != nil:
		delete(e.sessions, s.token) // it was told, or won't be
	case s.outbox.broken || !now.Before(gone):
		e.end(s, timedOut)
	case !now.Before(vanishes):
		s.timer.Reset(gone.Sub(now))
		e.setVanished(s, true)
	default:
		s.timer.Reset(vanishes.Sub(now))
		e.setVanished(s, false)
	}
}

func (e *Emulator) setVanished(s *session, vanished bool) {
	if s.vanished != vanished {
		s.vanished = vanished
		e.wakeAll()
	}
}

func (s *session) member() Member {
	return Member{User: s.user, Connection: s.connection, Role: string(s.role), Media: s.media}
}

// rouse has the session's stream look for events.
func (s *session) rouse() {
	close(s.wake)
	s.wake = make(chan struct{})
}
