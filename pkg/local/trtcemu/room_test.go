package trtcemu

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"webrtc-room/pkg/sig"
	"webrtc-room/pkg/trtc"
)

var room = sig.RoomNumber(9527)

func wantEvents(t *testing.T, who string, got []string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s got (-want +got):\n%s", who, diff)
	}
}

// Two meet, signal, publish and leave.
func TestCall(t *testing.T) {
	inBubble(t, func(w *world) {
		alice := w.enter("alice", room)
		bob := w.enter("bob", room)
		if diff := cmp.Diff([]any{map[string]any{"userId": "alice", "connection": "c1", "role": "anchor", "audio": false, "video": false, "screen": false}}, bob.members); diff != "" {
			t.Error(diff)
		}
		if status := bob.do("signal", map[string]any{"to": alice.connection, "data": map[string]any{"sdp": "v=0"}}); status != http.StatusNoContent {
			t.Errorf("signal: %d", status)
		}
		bob.do("media", map[string]any{"audio": true, "video": true})
		bob.do("media", map[string]any{"audio": true, "video": true}) // nothing new
		bob.do("role", map[string]any{"role": "audience"})
		if status := bob.do("leave", nil); status != http.StatusNoContent {
			t.Errorf("leave: %d", status)
		}
		wantEvents(t, "alice", alice.got(),
			`entered {"userId":"bob","connection":"c2","role":"anchor","audio":false,"video":false,"screen":false}`,
			`signal {"data":{"sdp":"v=0"},"from":{"connection":"c2","userId":"bob"}}`,
			`media {"userId":"bob","connection":"c2","role":"anchor","audio":true,"video":true,"screen":false}`,
			`role {"userId":"bob","connection":"c2","role":"audience","audio":true,"video":true,"screen":false}`,
			`left {"connection":"c2","reason":0,"userId":"bob"}`)
		wantEvents(t, "bob", bob.got(), `kicked {"reason":"left"}`)
		<-bob.ended
		if status := bob.do("beat", nil); status != http.StatusNotFound {
			t.Errorf("beat after leaving: %d", status)
		}
		alice.do("leave", nil)
		alice.got()
		wantEvents(t, "the functions", w.callbacks.reports(),
			`[101,9527,"alice",0]`, `[103,9527,"alice",1]`, `[103,9527,"bob",1]`, `[105,9527,"bob",0]`, `[104,9527,"bob",1]`, `[104,9527,"alice",1]`, `[102,9527,"",0]`)
		if state, _ := w.State(); len(state.Rooms) != 0 {
			t.Errorf("rooms are left: %v", state.Rooms)
		}
	})
}

// connected returns who is where, as "9527: alice bob!", with ! for who has vanished.
func (w *world) connected() (list []string) {
	synctest.Wait()
	state, _ := w.State()
	for _, room := range state.Rooms {
		text := room.Room
		if room.Named {
			text = strconv.Quote(text)
		}
		text += ":"
		for _, m := range room.Members {
			text += " " + m.User
			if m.Vanished {
				text += "!"
			}
		}
		list = append(list, text)
	}
	return list
}

func (w *world) wantConnected(want ...string) {
	w.Helper()
	if diff := cmp.Diff(want, w.connected()); diff != "" {
		w.Errorf("connected (-want +got):\n%s", diff)
	}
}

func (w *world) wantReports(want ...string) {
	w.Helper()
	if diff := cmp.Diff(want, w.callbacks.reports()); diff != "" {
		w.Errorf("reports (-want +got):\n%s", diff)
	}
}

func TestSecondEntry(t *testing.T) {
	t.Run("SameRoom", func(t *testing.T) {
		inBubble(t, func(w *world) {
			alice, bob := w.enter("alice", room), w.enter("bob", room)
			again := w.enter("alice", room)
			wantEvents(t, "the first", alice.got(), `entered {"userId":"bob","connection":"c2","role":"anchor","audio":false,"video":false,"screen":false}`, `kicked {"reason":"kick"}`)
			<-alice.ended
			wantEvents(t, "bob", bob.got(), `left {"connection":"c1","reason":2,"userId":"alice"}`, `entered {"userId":"alice","connection":"c3","role":"anchor","audio":false,"video":false,"screen":false}`)
			status, answer := w.post("/trtc/signal", map[string]any{"session": alice.session, "to": bob.connection, "data": 1})
			if status != http.StatusGone || answer["reason"] != "kick" {
				t.Errorf("the first signals: %d %v", status, answer)
			}
			if status := bob.do("signal", map[string]any{"to": alice.connection, "data": 1}); status != http.StatusNotFound {
				t.Errorf("bob signals to the first: %d", status)
			}
			if status := bob.do("signal", map[string]any{"to": again.connection, "data": 1}); status != http.StatusNoContent {
				t.Errorf("bob signals to the second: %d", status)
			}
			w.wantConnected("9527: bob alice")
			w.wantReports(`[101,9527,"alice",0]`, `[103,9527,"alice",1]`, `[103,9527,"bob",1]`, `[103,9527,"alice",1]`)
		})
	})
	t.Run("Alone", func(t *testing.T) { // the room goes on
		inBubble(t, func(w *world) {
			w.enter("alice", room)
			w.enter("alice", room).do("leave", nil)
			w.wantReports(`[101,9527,"alice",0]`, `[103,9527,"alice",1]`, `[103,9527,"alice",1]`, `[104,9527,"alice",1]`, `[102,9527,"",0]`)
		})
	})
	t.Run("AnotherRoom", func(t *testing.T) {
		inBubble(t, func(w *world) {
			alice := w.enter("alice", room)
			w.enter("alice", sig.RoomName("9527"))
			wantEvents(t, "the first", alice.got(), `kicked {"reason":"kick"}`)
			w.wantConnected(`"9527": alice`)
			w.wantReports(`[101,9527,"alice",0]`, `[103,9527,"alice",1]`, `[104,9527,"alice",3]`, `[102,9527,"",0]`, `[101,"9527","alice",0]`, `[103,"9527","alice",1]`)
		})
	})
}

func TestRoomsApart(t *testing.T) {
	inBubble(t, func(w *world) {
		alice, bob := w.enter("alice", room), w.enter("bob", sig.RoomName("9527"))
		if status := bob.do("signal", map[string]any{"to": alice.connection, "data": 1}); status != http.StatusNotFound {
			t.Errorf("a signal to another room: %d", status)
		}
		bob.do("media", map[string]any{"audio": true})
		bob.do("leave", nil)
		wantEvents(t, "alice", alice.got())
		w.wantConnected("9527: alice")
	})
}

func TestVanish(t *testing.T) {
	enter := func(w *world) (alice, bob *client) {
		alice, bob = w.enter("alice", room), w.enter("bob", room)
		time.Sleep(4 * time.Second)
		bob.do("beat", nil)
		alice.got()
		return alice, bob
	}
	timedOut := `left {"connection":"c2","reason":1,"userId":"bob"}`

	t.Run("TabKilled", func(t *testing.T) {
		inBubble(t, func(w *world) {
			alice, bob := enter(w)
			bob.kill()
			w.wantConnected("9527: alice bob")
			time.Sleep(time.Second)
			w.wantConnected("9527: alice bob!")
			state, _ := w.State()
			if free := time.UnixMilli(state.Rooms[0].Members[1].FreeAt); time.Until(free) != 89*time.Second {
				t.Errorf("the seat is free in %v", time.Until(free))
			}
			time.Sleep(88 * time.Second)
			wantEvents(t, "alice, too early", alice.got())
			time.Sleep(time.Second)
			wantEvents(t, "alice", alice.got(), timedOut)
			w.wantConnected("9527: alice")
			w.wantReports(`[101,9527,"alice",0]`, `[103,9527,"alice",1]`, `[103,9527,"bob",1]`, `[104,9527,"bob",2]`)
			if last := w.callbacks.posts[3]; !last.At.Equal(time.Now()) || last.Reason != trtc.TimedOut {
				t.Errorf("reported %v at %v", last.Report, time.Now())
			}
		})
	})
	t.Run("Frozen", func(t *testing.T) {
		inBubble(t, func(w *world) {
			alice, bob := enter(w)
			bob.freeze()
			time.Sleep(19 * time.Second)
			w.wantConnected("9527: alice bob")
			time.Sleep(time.Second)
			w.wantConnected("9527: alice bob!")
			time.Sleep(70 * time.Second)
			wantEvents(t, "alice", alice.got(), timedOut)
			wantEvents(t, "bob, who thaws", bob.got(), `kicked {"reason":"user_time_out"}`)
			<-bob.ended
		})
	})
	t.Run("SilentWithoutStream", func(t *testing.T) {
		inBubble(t, func(w *world) {
			w.enterOnly("alice", room)
			time.Sleep(90 * time.Second)
			w.wantConnected()
		})
	})
	t.Run("BackInTime", func(t *testing.T) {
		inBubble(t, func(w *world) {
			alice, bob := enter(w)
			bob.got()
			bob.kill()
			time.Sleep(89 * time.Second)
			alice.do("signal", map[string]any{"to": bob.connection, "data": "while away"})
			bob.listen()
			w.wantConnected("9527: alice bob")
			wantEvents(t, "bob", bob.got(), `signal {"data":"while away","from":{"connection":"c1","userId":"alice"}}`)
			time.Sleep(10 * time.Minute)
			wantEvents(t, "alice", alice.got())
			w.wantConnected("9527: alice bob")
		})
	})
	t.Run("BackTooLate", func(t *testing.T) {
		inBubble(t, func(w *world) {
			_, bob := enter(w)
			bob.got()
			bob.kill()
			time.Sleep(2 * time.Minute)
			bob.listen()
			wantEvents(t, "bob", bob.got(), `kicked {"reason":"user_time_out"}`)
			time.Sleep(90 * time.Second)
			bob.listen()
			<-bob.ended // there is no such session any more
		})
	})
	t.Run("TimePasses", func(t *testing.T) {
		inBubble(t, func(w *world) {
			alice, bob := enter(w)
			heard := time.Now()
			bob.kill()
			w.PassTime() // not vanished yet
			time.Sleep(time.Second)
			w.wantConnected("9527: alice bob!")
			w.PassTime()
			wantEvents(t, "alice", alice.got(), timedOut)
			w.enter("bob", room)
			w.wantReports(`[101,9527,"alice",0]`, `[103,9527,"alice",1]`, `[103,9527,"bob",1]`, `[104,9527,"bob",2]`, `[103,9527,"bob",1]`)
			if at := w.callbacks.posts[3].At; !at.Equal(heard.Add(trtc.Silence)) {
				t.Errorf("vanished at %v, last heard of at %v", at, heard)
			}
			if at := w.callbacks.posts[4].At; !at.Equal(heard.Add(trtc.Silence + time.Millisecond)) {
				t.Errorf("came back at %v", at)
			}
		})
	})
	// No two events have the same time, so that entering can be dated a little later than
	// it was heard of.
	t.Run("AfterEntering", func(t *testing.T) {
		inBubble(t, func(w *world) {
			w.enter("alice", room)
			w.enterOnly("bob", room)
			time.Sleep(time.Second)
			w.wantConnected("9527: alice bob!")
			w.PassTime()
			w.wantReports(`[101,9527,"alice",0]`, `[103,9527,"alice",1]`, `[103,9527,"bob",1]`, `[104,9527,"bob",2]`)
			if entered, left := w.callbacks.posts[2].At, w.callbacks.posts[3].At; left.Before(entered.Add(trtc.Silence)) {
				t.Errorf("entered at %v, and was given up at %v", entered, left)
			}
		})
	})
	t.Run("Sooner", func(t *testing.T) {
		inBubble(t, func(w *world) {
			alice, bob := enter(w)
			heard := time.Now()
			bob.kill()
			time.Sleep(5 * time.Second)
			wantEvents(t, "alice", alice.got(), timedOut)
			w.wantReports(`[101,9527,"alice",0]`, `[103,9527,"alice",1]`, `[103,9527,"bob",1]`, `[104,9527,"bob",2]`)
			if at := w.callbacks.posts[3].At; !at.Equal(heard.Add(trtc.Silence)) {
				t.Errorf("vanished at %v, last heard of at %v", at, heard)
			}
		}, func(c *Config) { c.Vanish = 5 * time.Second })
	})
}

// A stream that is opened while the last one isn't known to have ended takes its place.
func TestNewStream(t *testing.T) {
	inBubble(t, func(w *world) {
		alice := w.enter("alice", room)
		first := alice.ended
		w.enter("bob", room)
		alice.got()
		alice.listen()
		<-first
		wantEvents(t, "alice, again", alice.got())
		alice.lastID = ""
		alice.listen() // a page that has lost what it was told
		wantEvents(t, "alice, from the start", alice.got(), `entered {"userId":"bob","connection":"c2","role":"anchor","audio":false,"video":false,"screen":false}`)
		time.Sleep(time.Hour)
		w.wantConnected("9527: alice bob")
	})
}

func TestLimits(t *testing.T) {
	t.Run("Members", func(t *testing.T) {
		inBubble(t, func(w *world) {
			for i := range mostMembers {
				w.enterOnly(fmt.Sprint("user", i), room)
			}
			if status, answer := w.post("/trtc/enter", w.params("alice", room, sig.PrivilegeAll)); status != http.StatusForbidden || answer["code"] != -102052.0 {
				t.Errorf("one too many: %d %v", status, answer)
			}
			w.enterOnly("user3", room)
			w.enterOnly("alice", sig.RoomNumber(9528))
		})
	})
	t.Run("Sessions", func(t *testing.T) {
		inBubble(t, func(w *world) {
			for i := range mostSessions {
				w.enterOnly(fmt.Sprint("user", i), sig.RoomNumber(uint32(i+1)))
			}
			if status, answer := w.post("/trtc/enter", w.params("alice", room, sig.PrivilegeAll)); status != http.StatusServiceUnavailable {
				t.Errorf("one too many: %d %v", status, answer)
			}
			time.Sleep(2*trtc.Silence + time.Second)
			w.enterOnly("alice", room)
			if sessions := len(w.sessions); sessions != 1 {
				t.Errorf("%d sessions are kept", sessions)
			}
		})
	})
	t.Run("Messages", func(t *testing.T) {
		inBubble(t, func(w *world) {
			alice, bob := w.enterOnly("alice", room), w.enterOnly("bob", room)
			data := strings.Repeat("x", mostMessage-2)
			for status, data := range map[int]any{http.StatusNoContent: data, http.StatusRequestEntityTooLarge: data + "x", http.StatusBadRequest: data + data} {
				if got := bob.do("signal", map[string]any{"to": alice.connection, "data": data}); got != status {
					t.Errorf("%d, want %d", got, status)
				}
			}
			if got := bob.do("signal", map[string]any{"to": alice.connection}); got != http.StatusRequestEntityTooLarge {
				t.Errorf("no data: %d", got)
			}
			sent := 1
			for bob.do("signal", map[string]any{"to": alice.connection, "data": data}) == http.StatusNoContent {
				sent++
			}
			if kept := sent * mostMessage; kept > mostKept/2 || kept < mostKept/4 {
				t.Errorf("%d messages are kept", sent)
			}
			// What is fetched makes room, and nothing is lost that wasn't.
			alice.listen()
			if got := alice.got(); len(got) != sent+1 { // bob entered
				t.Errorf("got %d events, %d were sent", len(got), sent)
			}
			for range 100 {
				if got := bob.do("signal", map[string]any{"to": alice.connection, "data": data}); got != http.StatusNoContent {
					t.Fatal(got)
				}
				if len(alice.got()) != 1 {
					t.Fatal("an event is lost")
				}
			}
			alice.lastID = "1"
			alice.listen() // asks for what isn't there any more
			if got := alice.got(); got[len(got)-1] != `kicked {"reason":"user_time_out"}` {
				t.Error("alice, who has missed something, isn't told")
			}
		})
	})
	// Who doesn't fetch what happens in the room is given up, and nobody is kept waiting.
	t.Run("Deaf", func(t *testing.T) {
		inBubble(t, func(w *world) {
			w.enterOnly("alice", room)
			bob := w.enter("bob", room)
			for i := 0; len(w.connected()[0]) > len("9527: bob"); i++ {
				if i > mostKept/overhead {
					t.Fatal("events are kept without limit")
				}
				bob.do("media", map[string]any{"audio": i%2 == 0})
			}
			w.wantConnected("9527: bob")
			wantEvents(t, "bob", bob.got(), `left {"connection":"c1","reason":1,"userId":"alice"}`)
		})
	})
	t.Run("Wrong", func(t *testing.T) {
		inBubble(t, func(w *world) {
			alice := w.enter("alice", room)
			if got := alice.do("role", map[string]any{"role": "host"}); got != http.StatusBadRequest {
				t.Errorf("role host: %d", got)
			}
			for _, path := range []string{"beat", "signal", "media", "role", "leave"} {
				if got, _ := w.post("/trtc/"+path, map[string]string{"session": alice.session + "x"}); got != http.StatusNotFound {
					t.Errorf("%s with a session that isn't there: %d", path, got)
				}
			}
		})
	})
}

// A client that doesn't read its stream holds it so long and no longer.
func TestSlowReader(t *testing.T) {
	inBubble(t, func(w *world) {
		alice, bob := w.enterOnly("alice", room), w.enterOnly("bob", room)
		listener := &pipes{accept: make(chan net.Conn)}
		server := &http.Server{Handler: w.mux}
		go server.Serve(listener)
		defer server.Close()
		deaf, theirs := net.Pipe()
		listener.accept <- theirs
		io.WriteString(deaf, "GET /trtc/events?session="+alice.session+" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
		time.Sleep(writeTime)
		synctest.Wait()
		w.mu.Lock()
		open := w.sessions[alice.session].open
		w.mu.Unlock()
		if open {
			t.Error("a stream that nobody reads is still open")
		}
		deaf.Close()
		bob.do("leave", nil)
	})
}

// pipes is a listener for connections in memory.
type pipes struct {
	accept chan net.Conn
	once   sync.Once
}

func (p *pipes) Accept() (net.Conn, error) {
	c, ok := <-p.accept
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}
func (p *pipes) Close() error   { p.once.Do(func() { close(p.accept) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }
