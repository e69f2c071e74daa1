package trtcemu

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"webrtc-room/pkg/sig"
)

func TestDoor(t *testing.T) {
	otherKey, err := sig.ParseSecretKey(strings.Repeat("0", 64))
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := sig.NewSigner(app, otherKey, "")
	if err != nil {
		t.Fatal(err)
	}
	must := func(token string, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	type fields map[string]any
	inBubble(t, func(w *world) {
		now := time.Now()
		named := sig.RoomName("9527")
		key := func(user string, room sig.Room, p sig.Privilege, at time.Time) string {
			return must(w.signer.PrivateMapKey(user, room, p, at, time.Hour))
		}
		expired := now.Add(-2 * time.Hour)
		for _, test := range []struct {
			name            string
			change          fields // of good parameters of alice for room 9527; nil removes
			status          int
			code, cause     int
			says            string
			lowerPermission bool
		}{
			{name: "good", status: 200},
			{name: "as SDKs send it", change: fields{"scene": "live", "role": "audience", "strRoomId": "", "userDefineRecordId": "x"}, status: 200},
			{name: "forged userSig", change: fields{"userSig": must(foreign.UserSig("alice", now, time.Hour))}, code: -100018, cause: 70009, says: "not by this key"},
			{name: "expired userSig", change: fields{"userSig": must(w.signer.UserSig("alice", expired, time.Hour))}, code: -100018, cause: 70001, says: "ended"},
			{name: "another user's userSig", change: fields{"userSig": must(w.signer.UserSig("bob", now, time.Hour))}, code: -100018, cause: 70013, says: `for user "bob"`},
			{name: "no userSig", change: fields{"userSig": nil}, code: -3320, cause: 70002, says: "no token"},
			{name: "no user", change: fields{"userId": ""}, code: -100018, says: "another user"},
			{name: "cut userSig", change: fields{"userSig": "eJwtzM"}, code: -100018, cause: 70003},
			{name: "key for userSig", change: fields{"userSig": key("alice", room, sig.PrivilegeAll, now)}, code: -100018, says: "privateMapKey and not a userSig"},
			{name: "another app", change: fields{"sdkAppId": 1400000002}, code: -100018, cause: 70020, says: "1400000001, not 1400000002"},
			{name: "no key", change: fields{"privateMapKey": nil}, code: -100006, says: "high-permission mode is on"},
			{name: "forged key", change: fields{"privateMapKey": must(foreign.PrivateMapKey("alice", room, sig.PrivilegeAll, now, time.Hour))}, code: -100006, says: "not by this key"},
			{name: "expired key", change: fields{"privateMapKey": key("alice", room, sig.PrivilegeAll, expired)}, code: -100006, says: "ended"},
			{name: "another user's key", change: fields{"privateMapKey": key("bob", room, sig.PrivilegeAll, now)}, code: -100006, says: `for user "bob"`},
			{name: "another room's key", change: fields{"privateMapKey": key("alice", sig.RoomNumber(9528), sig.PrivilegeAll, now)}, code: -100006, says: "room 9528"},
			{name: "the named room's key", change: fields{"privateMapKey": key("alice", named, sig.PrivilegeAll, now)}, code: -100006, says: "same text for its name"},
			{name: "userSig for key", change: fields{"privateMapKey": must(w.signer.UserSig("alice", now, time.Hour))}, code: -100006, says: "not a privateMapKey"},
			{name: "key without the right to enter", change: fields{"privateMapKey": key("alice", room, sig.PrivilegeAll&^sig.PrivilegeEnterRoom, now)}, code: -102011},
			{name: "key without the right to create", change: fields{"privateMapKey": key("alice", room, sig.PrivilegeEnterRoom, now)}, code: -102010},
			{name: "no room", change: fields{"roomId": nil}, code: -100010},
			{name: "room 0", change: fields{"roomId": 0}, code: -100010},
			{name: "room with a name that can't be", change: fields{"roomId": nil, "strRoomId": "房间"}, code: -100010},
			{name: "unknown role", change: fields{"scene": "live", "role": "host"}, code: -100011},
			{name: "room as a string", change: fields{"roomId": "9527"}, status: 400, code: -100016},
			{name: "room that is no number of TRTC's", change: fields{"roomId": 4294967296}, status: 400, code: -100016},
			{name: "negative room", change: fields{"roomId": -1}, status: 400, code: -100016},

			{name: "without high-permission mode, no key", change: fields{"privateMapKey": nil}, status: 200, lowerPermission: true},
			{name: "without high-permission mode, another room's key", change: fields{"privateMapKey": key("alice", named, sig.PrivilegeAll, now)}, status: 200, lowerPermission: true},
			{name: "without high-permission mode, forged userSig", change: fields{"userSig": must(foreign.UserSig("alice", now, time.Hour))}, code: -100018, cause: 70009, lowerPermission: true},
			{name: "without high-permission mode, no room", change: fields{"roomId": nil}, code: -100010, lowerPermission: true},
		} {
			w.SetHighPermission(!test.lowerPermission)
			p := w.params("alice", room, sig.PrivilegeAll)
			maps.Copy(p, test.change)
			status, answer := w.post("/trtc/enter", p)
			want := test.status
			if want == 0 {
				want = http.StatusForbidden
			}
			number := func(name string) int { n, _ := answer[name].(float64); return int(n) }
			message, _ := answer["message"].(string)
			if status != want || number("code") != test.code || number("cause") != test.cause || !strings.Contains(message, test.says) {
				t.Errorf("%s: %d %v, want %d, code %d, cause %d, %q", test.name, status, answer, want, test.code, test.cause, test.says)
			}
			if chinese, _ := answer["zh"].(string); status != http.StatusOK && chinese == "" {
				t.Errorf("%s: nothing in Chinese", test.name)
			}
			if session, ok := answer["session"].(string); ok {
				w.post("/trtc/leave", map[string]string{"session": session})
			} else if state, _ := w.State(); len(state.Rooms) > 0 {
				t.Fatalf("%s: refused, and in %v", test.name, state.Rooms)
			}
		}

		w.SetHighPermission(true)
		w.enter("bob", room)
		if status, answer := w.post("/trtc/enter", w.params("carol", room, sig.PrivilegeEnterRoom)); status != http.StatusOK {
			t.Errorf("into a room that is there, without the right to create it: %d %v", status, answer)
		}
	})
}

func TestDoorWithoutAKey(t *testing.T) {
	inBubble(t, func(w *world) {
		if status, answer := w.post("/trtc/enter", w.params("alice", room, sig.PrivilegeAll)); status != http.StatusForbidden || answer["cause"] != 70016.0 {
			t.Errorf("%d %v", status, answer)
		}
	}, func(c *Config) { c.Key = nil })
}

// Nothing that is sent to any address breaks anything, or lets somebody in.
func FuzzRequests(f *testing.F) {
	for _, path := range []string{"", "/enter", "/signal", "/media", "/role", "/beat", "/leave"} {
		for _, body := range []string{``, `null`, `[]`, `{"session":"x"}`, `{"sdkAppId":1400000001,"userId":"alice","userSig":"eJw*","roomId":1}`, `{"session":"SESSION","to":"c1","data":{"a":[]}}`, `{"session":"SESSION","audio":true,"role":"audience"}`} {
			f.Add(path, body, "")
		}
	}
	f.Add("", `{"SdkAppId":1400000001,"RoomId":9527,"UserIds":["alice"]}`, "TC3-HMAC-SHA256 Credential=AKIDuser/2000-01-01/trtc/tc3_request, SignedHeaders=content-type;host, Signature=00")
	f.Add("", `{}`, "TC3-HMAC-SHA256 Credential=///, SignedHeaders=host;content-type, Signature=")
	f.Fuzz(func(t *testing.T, path, body, authorization string) {
		w := newWorld(t)
		defer w.Close()
		alice := w.enterOnly("alice", room)
		r := httptest.NewRequest(http.MethodPost, "/trtc", strings.NewReader(strings.ReplaceAll(body, "SESSION", alice.session)))
		r.URL.Path += path
		r.Header.Set("Authorization", authorization)
		recorder := httptest.NewRecorder()
		w.mux.ServeHTTP(recorder, r)
		if recorder.Code >= 500 || recorder.Code == http.StatusOK && path != "" {
			t.Errorf("%d %s", recorder.Code, recorder.Body)
		}
		if text := recorder.Body.Bytes(); r.Pattern != "" && len(text) > 0 && !json.Valid(text) {
			t.Errorf("the reply is no JSON: %s", text)
		}
		state, _ := w.State()
		if len(state.Rooms) > 1 || len(state.Rooms) == 1 && len(state.Rooms[0].Members) != 1 {
			t.Errorf("somebody got in: %v", state.Rooms)
		}
	})
}
