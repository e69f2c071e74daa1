package trtcemu

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"webrtc-room/pkg/sig"
)

// Whatever happens: everybody is in one place at most; who is told what happens knows who
// is there; and the reports tell the same.
func FuzzHistory(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
	f.Add([]byte("enter, vanish, come back, and be removed from another room"))
	f.Fuzz(func(t *testing.T, history []byte) {
		rooms := []sig.Room{sig.RoomNumber(1), sig.RoomName("1"), sig.RoomNumber(2)}
		inBubble(t, func(w *world) {
			clients := make(map[string]*client)
			for _, step := range history[:min(len(history), 60)] {
				user := fmt.Sprint("user", step%4)
				c, room := clients[user], rooms[int(step/4)%3]
				switch action := step / 12 % 8; {
				case action < 2 || c == nil:
					next := w.enter(user, room)
					if c != nil {
						c.hangUp()
					}
					clients[user] = next
				case action == 2:
					c.do("leave", nil)
				case action == 3:
					c.kill()
				case action == 4:
					c.kill()
					c.listen()
				case action == 5:
					c.freeze()
					time.Sleep(time.Duration(step) * time.Second / 2)
				case action == 6:
					w.PassTime()
				default:
					w.mu.Lock()
					w.removeUsers(slices.Clone(w.rooms[room]), []string{user})
					w.mu.Unlock()
				}
				w.check(clients)
			}
			for _, c := range clients {
				c.hangUp()
			}
			time.Sleep(4 * time.Minute)
			w.wantConnected()
			if len(w.sessions) != 0 {
				t.Errorf("%d sessions are left", len(w.sessions))
			}
			w.checkReports()
		})
	})
}

func (w *world) check(clients map[string]*client) {
	w.Helper()
	seen := make(map[string]bool)
	w.connected() // when all is calm
	state, _ := w.State()
	for _, room := range state.Rooms {
		if len(room.Members) == 0 {
			w.Errorf("room %s is empty", room.Room)
		}
		for _, m := range room.Members {
			if seen[m.User] {
				w.Errorf("%s is in two places", m.User)
			}
			seen[m.User] = true
			c := clients[m.User]
			if c.connection != m.Connection {
				w.Errorf("%s is %s, not %s", m.User, m.Connection, c.connection)
			}
			var others []string
			for _, o := range room.Members {
				if o.Connection != m.Connection {
					others = append(others, o.Connection)
				}
			}
			if knows := c.knows(); !c.deaf && !slices.Equal(others, knows) {
				w.Errorf("%s knows %v, there are %v", m.User, knows, others)
			}
		}
	}
}

// knows are the connections that a client has been told of, in the order of entering.
func (c *client) knows() (list []string) {
	for _, m := range c.members {
		list = append(list, m.(map[string]any)["connection"].(string))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, event := range c.events {
		kind, data, _ := strings.Cut(event, " ")
		var m Member
		if err := json.Unmarshal([]byte(data), &m); err != nil {
			panic(err)
		}
		switch kind {
		case "entered":
			list = append(list, m.Connection)
		case "left":
			list = slices.DeleteFunc(list, func(o string) bool { return o == m.Connection })
		}
	}
	return list
}

// checkReports replays the reports, after which nobody must be anywhere.
func (w *world) checkReports() {
	w.Helper()
	there := make(map[string]map[string]bool) // users by room
	w.callbacks.reports()
	for _, p := range w.callbacks.posts {
		var wire callback
		if err := json.Unmarshal([]byte(p.body), &wire); err != nil {
			w.Fatal(err)
		}
		room, user := string(wire.EventInfo.RoomID), wire.EventInfo.UserID
		ok := there[room] != nil
		switch wire.EventType {
		case 101:
			ok = !ok
			there[room] = make(map[string]bool)
		case 102:
			ok = ok && len(there[room]) == 0
			delete(there, room)
		case 103:
			there[room][user] = true // again, where somebody enters a second time
		case 104:
			ok = ok && there[room][user]
			delete(there[room], user)
		}
		if !ok || p.header["Sign"] == nil {
			w.Errorf("reported %s while there are %v", p.body, there)
		}
	}
	if diff := cmp.Diff(map[string]map[string]bool{}, there); diff != "" {
		w.Error(diff)
	}
	if len(w.callbacks.posts) != len(w.observed) {
		w.Errorf("%d reports were sent, %d observed", len(w.callbacks.posts), len(w.observed))
	}
}
