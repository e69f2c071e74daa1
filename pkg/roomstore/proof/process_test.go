package proof

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"webrtc-room/pkg/local/platform"
	"webrtc-room/pkg/local/scfemu"
	"webrtc-room/pkg/local/tcbemu"
	"webrtc-room/pkg/local/tcbemu/faults"
	"webrtc-room/pkg/roomstore"
	"webrtc-room/pkg/tcb"
)

// A product is the functions as they are deployed, each in a process of its own,
// with an emulated database behind a network that can be told to fail.
type product struct {
	*scfemu.Host
	emulator *tcbemu.Emulator
	rooms    *roomstore.Store // beside the functions
	plan     atomic.Pointer[func(faults.Request) faults.Fault]
	served   atomic.Pointer[func()] // called after each request that is carried out

	environment platform.Environment
}

func startProduct(t *testing.T) *product {
	t.Helper()
	bin, err := functions()
	if err != nil {
		t.Fatal(err)
	}
	p := &product{}
	if p.emulator, err = tcbemu.Open(tcbemu.Config{EnvID: "proof", Keys: map[string]string{key.SecretID: key.SecretKey}}); err != nil {
		t.Fatal(err)
	}
	database := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.emulator.ServeHTTP(w, r)
		if served := p.served.Load(); served != nil {
			(*served)()
		}
	})
	server := httptest.NewServer(&faults.Link{Server: database, Plan: func(r faults.Request) faults.Fault {
		if plan := p.plan.Load(); plan != nil {
			return (*plan)(r)
		}
		return faults.Fault{}
	}})
	p.Host, err = scfemu.New(scfemu.Config{Dir: bin, Timeout: time.Minute, StartTimeout: time.Minute, Variables: map[string]string{
		"TRTC_SDK_APP_ID": "1400000001", "TRTC_CALLBACK_KEY": "the-key-of-the-webhook",
		"TRTC_SECRET_KEY": "f0c005f3fc83d0d755e06a89aafa54803ce97f1ca4f10fd55fd91edf445363d9",
	}})
	if err != nil {
		t.Fatal(err)
	}
	url := server.URL + "/admin"
	app, err := tcb.Init(&tcb.Config{EnvID: "proof", SecretID: key.SecretID, SecretKey: key.SecretKey, URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		app.CloseIdleConnections()
		if err := p.Host.Close(); err != nil {
			t.Error(err)
		}
		server.Close()
		if err := p.emulator.Close(); err != nil {
			t.Error(err)
		}
	})
	p.rooms = roomstore.New(app.Database().Collection(collection), roomstore.Options{})
	p.environment = platform.Environment{ID: "proof", Database: url, SecretID: key.SecretID, SecretKey: key.SecretKey}
	return p
}

// call calls a function as a mini program's user, or with "" as the test button.
func (p *product) call(ctx context.Context, function, openID, event string, kill <-chan struct{}) (scfemu.Result, error) {
	return p.Invoke(ctx, scfemu.Call{Function: function, Event: []byte(event), Environment: p.environment.As(openID), Kill: kill})
}

// TestKilledProcesses kills the process of each function at each of its database
// requests, before the request has been carried out and after. What is left is as
// if it had been called, or had not, and the next caller finds a working room.
func TestKilledProcesses(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and runs the functions")
	}
	p := startProduct(t)
	for _, tt := range []struct {
		function, openID, event string
		before, after           []roomstore.UserID // in room 9527
	}{
		{"webrtc-create-room", "alice", `{"roomID":9527}`, nil, []roomstore.UserID{"alice"}},
		{"webrtc-enter-room", "alice", `{"roomID":9527}`, nil, []roomstore.UserID{"alice"}},
		{"webrtc-enter-room", "alice", `{"roomID":9527}`, []roomstore.UserID{"bob"}, []roomstore.UserID{"bob", "alice"}},
		{"webrtc-quit-room", "alice", `{"roomID":9527}`, []roomstore.UserID{"bob", "alice"}, []roomstore.UserID{"bob"}},
		{"webrtc-quit-room", "alice", `{"roomID":9527}`, []roomstore.UserID{"alice"}, nil},
		{"webrtc-get-room-info", "alice", `{"roomID":9527}`, []roomstore.UserID{"alice"}, []roomstore.UserID{"alice"}},
		{"webrtc-get-room-list", "alice", `{}`, []roomstore.UserID{"alice"}, []roomstore.UserID{"alice"}},
		{"webrtc-sig-api", "alice", `{"roomID":9527}`, []roomstore.UserID{"alice"}, []roomstore.UserID{"alice"}},
	} {
		for _, carriedOut := range []bool{false, true} {
			for at := 0; ; at++ {
				name := fmt.Sprintf("%s into %v, killed at request %d, carried out %v", tt.function, tt.before, at, carriedOut)
				p.reset(t, tt.before)
				result := p.killAt(t, at, carriedOut, tt.function, tt.openID, tt.event)
				if result.Error == nil {
					if at == 0 {
						t.Errorf("%s: it asked the database nothing", name)
					}
					break
				}
				if result.Error.Status != scfemu.StatusExited {
					t.Errorf("%s: %v", name, result.Error)
				}
				got := p.members(t, "9527")
				if !slices.Equal(got, tt.before) && !slices.Equal(got, tt.after) {
					t.Errorf("%s: members %v, want %v or %v", name, got, tt.before, tt.after)
				}
				p.expectToWork(t, name, got)
			}
		}
	}
}

// reset has users in room 9527, and nobody anywhere else.
func (p *product) reset(t *testing.T, users []roomstore.UserID) {
	t.Helper()
	p.plan.Store(nil)
	if err := p.emulator.Import(tcbemu.Snapshot{collection: {}}); err != nil {
		t.Fatal(err)
	}
	for _, user := range users {
		if _, _, err := p.rooms.Enter(t.Context(), roomstore.Entry{Room: "9527", User: user}); err != nil {
			t.Fatal(err)
		}
	}
}

// killAt calls a function and kills its process at a request, if it gets there.
func (p *product) killAt(t *testing.T, at int, carriedOut bool, function, openID, event string) scfemu.Result {
	t.Helper()
	kill := make(chan struct{})
	end := func() { close(kill) }
	requests := 0 // a function makes one after the other
	plan := func(faults.Request) faults.Fault {
		requests++
		switch {
		case requests-1 != at:
			return faults.Fault{}
		case carriedOut:
			p.served.Store(&end)
			return faults.Fault{Kind: faults.LoseReply, Silent: true}
		}
		end()
		return faults.Fault{Kind: faults.LoseRequest, Silent: true}
	}
	p.plan.Store(&plan)
	defer p.plan.Store(nil)
	defer p.served.Store(nil)
	result, err := p.call(t.Context(), function, openID, event, kill)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func (p *product) members(t *testing.T, id roomstore.RoomID) []roomstore.UserID {
	t.Helper()
	room, err := p.rooms.Get(t.Context(), id, "", "")
	if err != nil && err != roomstore.ErrRoomNotFound {
		t.Fatal(err)
	}
	return room.Members
}

// expectToWork has the next caller come and go.
func (p *product) expectToWork(t *testing.T, name string, before []roomstore.UserID) {
	t.Helper()
	for _, tt := range []struct {
		function string
		want     []roomstore.UserID
	}{
		{"webrtc-enter-room", append(slices.Clone(before), "erin")},
		{"webrtc-quit-room", before},
	} {
		result, err := p.call(t.Context(), tt.function, "erin", `{"roomID":9527}`, nil)
		if err != nil {
			t.Fatal(err)
		}
		var reply struct {
			Code     any
			RoomInfo struct{ Members []roomstore.UserID }
		}
		if result.Error != nil || json.Unmarshal(result.Payload, &reply) != nil || reply.Code != nil || !slices.Equal(reply.RoomInfo.Members, tt.want) {
			t.Errorf("%s: then %s: %v %s", name, tt.function, result.Error, result.Payload)
		}
		if got := p.members(t, "9527"); !slices.Equal(got, tt.want) {
			t.Errorf("%s: after %s, members are %v, want %v", name, tt.function, got, tt.want)
		}
	}
}

// snapshot is what the database holds.
func (p *product) snapshot(t *testing.T) tcbemu.Snapshot {
	t.Helper()
	all, err := p.emulator.Export()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// sameAs fails the test if the database has changed.
func (p *product) sameAs(t *testing.T, before tcbemu.Snapshot) {
	t.Helper()
	if diff := cmp.Diff(before, p.snapshot(t)); diff != "" {
		t.Error(diff)
	}
}
