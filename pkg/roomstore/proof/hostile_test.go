package proof

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"webrtc-room/pkg/roomstore"
)

// hostile is how many events TestHostileEvents sends.
const hostile = 10_000

// TestHostileEvents sends the functions' processes what no client should. Each
// event is refused with an answer, none leaves anything in the database, and no
// process is lost.
func TestHostileEvents(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and runs the functions")
	}
	p := startProduct(t)
	p.reset(t, []roomstore.UserID{"alice", "bob"})
	before := p.snapshot(t)
	for _, f := range hostileTo[2:6] { // those that change nothing for mallory
		if result, err := p.call(t.Context(), f.name, "mallory", f.good, nil); err != nil || result.Error != nil {
			t.Errorf("%s: the event that the hostile ones are made from fails: %v %v", f.name, err, result.Error)
		}
	}

	var next, cold atomic.Int64
	var senders sync.WaitGroup
	for range 4 {
		senders.Go(func() {
			for i := next.Add(1); i <= hostile; i = next.Add(1) {
				random := rand.New(rand.NewPCG(uint64(i), 0))
				function := hostileTo[random.IntN(len(hostileTo))]
				event := function.event(random)
				openID := []string{"alice", "mallory", ""}[random.IntN(3)]
				result, err := p.call(t.Context(), function.name, openID, event, nil)
				if err != nil {
					t.Errorf("event %d, %s as %q: %v: %s", i, function.name, openID, err, short(event))
					return
				}
				if result.Cold {
					cold.Add(1)
				}
				if result.Error != nil {
					t.Errorf("event %d, %s as %q: failed with %v: %s", i, function.name, openID, result.Error, short(event))
					continue
				}
				if why := refusedBy(result.Payload); why != "" {
					t.Errorf("event %d, %s as %q: answered %s (%s): %s", i, function.name, openID, short(string(result.Payload)), why, short(event))
				}
			}
		})
	}
	senders.Wait()
	p.sameAs(t, before)
	if n := cold.Load(); n > int64(4*len(hostileTo)) {
		t.Errorf("%d processes were started for at most 4 calls at a time of %d functions: some were lost", n, len(hostileTo))
	}
}

// TestOperatorsAsNames has users whose ids look like operators, which TRTC allows.
// They are names and nothing else.
func TestOperatorsAsNames(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and runs the functions")
	}
	p := startProduct(t)
	names := []roomstore.UserID{"$gt", "__proto__", `{"$ne":""}`, "members.0"}
	p.reset(t, nil)
	for _, user := range names {
		if result, err := p.call(t.Context(), "webrtc-enter-room", string(user), `{"roomID":"9527"}`, nil); err != nil || result.Error != nil {
			t.Fatal(err, result.Error)
		}
	}
	if got := p.members(t, "9527"); !slices.Equal(got, names) {
		t.Errorf("members %q, want %q", got, names)
	}
	for i, user := range names {
		if result, err := p.call(t.Context(), "webrtc-quit-room", string(user), `{"roomID":"9527"}`, nil); err != nil || result.Error != nil {
			t.Fatal(err, result.Error)
		}
		if got := p.members(t, "9527"); !slices.Equal(got, names[i+1:]) {
			t.Errorf("after %q has left, members are %q, want %q", user, got, names[i+1:])
		}
	}
}

// refusedBy says what is wrong with a refusal, "" if nothing is.
func refusedBy(payload []byte) string {
	var reply struct {
		Code       any    `json:"code"`
		Msg        string `json:"msg"`
		Reason     string `json:"reason"`
		StatusCode int    `json:"statusCode"` // of what looked like an HTTP request
	}
	switch err := json.Unmarshal(payload, &reply); {
	case err != nil:
		return err.Error()
	case reply.StatusCode >= 400 && reply.StatusCode < 500:
		return ""
	case reply.Code == nil || reply.Code == 0.0 || reply.Code == "":
		return "not refused"
	case reply.Msg == "" || reply.Reason == "":
		return "refused without a reason"
	}
	return ""
}

func short(text string) string {
	if len(text) > 300 {
		return fmt.Sprintf("%q… (%d bytes)", text[:300], len(text))
	}
	return strconv.Quote(text)
}

// A target is a function, with an event that it would accept, and those of its
// fields for which there are values that it has to refuse.
type target struct {
	name   string
	good   string
	fields map[string][]string
}

var hostileTo = []target{
	{"webrtc-create-room", `{"roomName":"r"}`, map[string][]string{"roomID": badRoomIDs, "roomName": badNames, "userID": badUserIDs, "private": badFlags}},
	{"webrtc-enter-room", `{"roomID":"9527"}`, map[string][]string{"roomID": badRoomIDs, "roomName": badNames, "userID": badUserIDs, "private": badFlags, "invitation": badTypes}},
	{"webrtc-quit-room", `{"roomID":"9527"}`, map[string][]string{"roomID": badRoomIDs, "userID": badUserIDs, "closeRoom": badFlags, "banSeconds": badBans}},
	{"webrtc-get-room-info", `{"roomID":"9527"}`, map[string][]string{"roomID": badRoomIDs, "invitation": badTypes}},
	{"webrtc-get-room-list", `{}`, map[string][]string{"skip": badNumbers, "limit": badNumbers, "after": badCursors}},
	{"webrtc-sig-api", `{"roomID":"9527"}`, map[string][]string{"roomID": badRoomIDs, "userID": badUserIDs, "sdkAppID": badTypes, "accountType": badTypes}},
	{"webrtc-room-events", `{"httpMethod":"POST","headers":{},"body":"{}"}`, map[string][]string{"body": badTypes, "headers": badTypes}},
}

// Values are JSON, most of them.
var (
	badTypes = []string{
		`{"$gt":""}`, `{"$ne":null}`, `{"$where":"sleep(1000)"}`, `{"$regex":".*"}`, `{"$in":["9527","alice"]}`, `[]`, `["9527"]`,
		`{"length":4}`, `{"toString":"9527"}`, `true`, `{"__proto__":{"admin":true}}`, deep(`{"a":`, `}`, 3000), deep(`[`, `]`, 9000),
	}
	badRoomIDs = append([]string{
		`"0"`, `0`, `-1`, `1.5`, `1e400`, `4294967295`, `"4294967295"`, `"99999999999999999999"`, `"９５２７"`, `"9527 "`, `"\u00009527"`,
		`"9527\u0000"`, `"../9527"`, `"9527' || '1'=='1"`, `"{\"$gt\":\"\"}"`, `"$gt"`, `"__proto__"`, `"constructor"`, `"NaN"`, `"0x2537"`,
		`"` + strings.Repeat("9", 100_000) + `"`, "\"95\xff27\"", `"\ud800"`,
	}, badTypes...)
	badNames   = append([]string{`"` + strings.Repeat("房", 65) + `"`, `"` + strings.Repeat("a", 500_000) + `"`}, badTypes...)
	badUserIDs = append([]string{
		`"a b"`, `"张三"`, `"a\u0000"`, `"a\n"`, `"` + strings.Repeat("u", 33) + `"`, `"\ud83d\ude00"`, "\"\xc3\x28\"",
	}, badTypes...)
	badFlags   = append([]string{`1`, `0`, `"yes"`, `"TRUE"`, `9527`}, slices.DeleteFunc(slices.Clone(badTypes), func(v string) bool { return v == "true" })...)
	badBans    = append([]string{`604801`, `"604801"`, `60`}, badNumbers...) // one's own seat is nothing to be banned from
	badCursors = append([]string{`"x"`, `9527`, `"9527"`, `"' || true"`, `"` + strings.Repeat("A", 100_000) + `"`}, badTypes...)
	badNumbers = append([]string{`-1`, `1.5`, `1e400`, `"ten"`, `"1e9"`, `99999999999999999999`, `"0x10"`}, badTypes...)

	// junk is what isn't an event at all.
	junk = []string{
		"", " ", "null", "[]", `"x"`, "42", "true", "{", "}", `{"roomID":`, `{"roomID":"9527"}{"roomID":"9528"}`, "\x00", "\xff\xfe{\x00}\x00",
		`{"roomID":NaN}`, `{'roomID':'9527'}`, "undefined", "[object Object]", deep("[", "]", 100_000), deep(`{"a":`, "}", 100_000),
		strings.Repeat("a", 1<<20), `{"roomID":"` + strings.Repeat("9", 2<<20) + `"}`,
	}

	// extras are fields that nobody reads, and that must do nothing.
	extras = []string{
		`"__proto__":{"roomID":"9527","userID":"root"}`, `"constructor":{"prototype":{"userID":"root"}}`, `"userInfo":{"openId":"root"}`,
		`"tcbContext":{"source":"scf"}`, `"$set":{"members":[]}`, `"_id":{"$ne":""}`, `"rev":{"$exists":true}`, `"code":0`, `"hasOwnProperty":1`, `"members":["root"]`,
	}
)

func deep(opening, closing string, levels int) string {
	return strings.Repeat(opening, levels) + "1" + strings.Repeat(closing, levels)
}

// event draws an event that the function has to refuse.
func (f target) event(random *rand.Rand) string {
	if random.IntN(10) == 0 {
		return junk[random.IntN(len(junk))]
	}
	var good map[string]json.RawMessage
	if err := json.Unmarshal([]byte(f.good), &good); err != nil {
		panic(err)
	}
	names := make([]string, 0, len(f.fields))
	for _, name := range []string{"roomID", "roomName", "userID", "skip", "limit", "after", "private", "invitation", "closeRoom", "banSeconds", "sdkAppID", "accountType", "body", "headers"} {
		if f.fields[name] != nil {
			names = append(names, name)
		}
	}
	bad := make(map[string]string)
	for range 1 + random.IntN(2) {
		name := names[random.IntN(len(names))]
		bad[name] = f.fields[name][random.IntN(len(f.fields[name]))]
	}
	var b bytes.Buffer
	b.WriteByte('{')
	if random.IntN(2) == 0 {
		b.WriteString(extras[random.IntN(len(extras))] + ",")
	}
	for _, name := range names {
		if value, ok := good[name]; ok && bad[name] == "" {
			fmt.Fprintf(&b, "%q:%s,", name, value)
		}
		if value, ok := bad[name]; ok {
			fmt.Fprintf(&b, "%q:%s,", name, value)
		}
	}
	b.Truncate(b.Len() - 1)
	b.WriteByte('}')
	return b.String()
}
