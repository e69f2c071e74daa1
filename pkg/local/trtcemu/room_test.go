package trtcemu

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"webrtc-room/pkg/sig"
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
