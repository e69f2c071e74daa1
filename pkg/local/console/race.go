package console

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"webrtc-room/pkg/local/tcbemu"
	"webrtc-room/pkg/roomapi"
)

const (
	mostRacers = 50
	// raceLatency is what a database request takes in a race, as it might in the
	// cloud. Without it, everybody would be served before the next one came.
	raceLatency = 20 * time.Millisecond
)

// A raceOrder says who races how.
type raceOrder struct {
	Callers   int    `json:"callers"`
	Algorithm string `json:"algorithm"` // "ours" or "2018"
	Host      bool   `json:"host"`      // somebody is in the room already
}

func (o raceOrder) check() error {
	switch {
	case o.Callers < 2 || o.Callers > mostRacers:
		return fmt.Errorf("callers must be from 2 to %d", mostRacers)
	case o.Algorithm != "ours" && o.Algorithm != "2018":
		return errors.New("algorithm must be ours or 2018")
	}
	return nil
}

// A Race is what came out when many callers entered one room at once.
type Race struct {
	raceOrder
	Room    string            `json:"room"`
	Seats   int               `json:"seats"`
	Ms      float64           `json:"ms"`
	Answers []RaceAnswer      `json:"answers"` // in the order in which they came
	Records []json.RawMessage `json:"records"` // of the room, afterwards
	Checks  []RaceCheck       `json:"checks"`
}

// A RaceAnswer is what one caller was told.
type RaceAnswer struct {
	User   string  `json:"user"`
	Told   string  `json:"told"` // "in", "refused" or "error"
	Detail string  `json:"detail,omitempty"`
	Ms     float64 `json:"ms"`
}

// A RaceCheck is an invariant, and whether it held.
type RaceCheck struct {
	Name string `json:"name"`
	OK   bool   `json:"ok"`
	Got  int    `json:"got"`
	Want int    `json:"want"`
}

// A racetrack is a way to enter a room, and what it has left behind.
type racetrack interface {
	enter(ctx context.Context, room, user string) (told, detail string)
	records(room string) ([]json.RawMessage, error)
	close() error
}

// postRace lets many callers enter one room at once.
func (s *Server) postRace(w http.ResponseWriter, r *http.Request) {
	var o raceOrder
	if !readBody(w, r, &o) {
		return
	}
	if err := o.check(); err != nil {
		writeBadRequest(w, err)
		return
	}
	race, err := s.race(r.Context(), o)
	if err != nil {
		writeError(w, err)
		return
	}
	writeJSON(w, race)
}

func (s *Server) race(ctx context.Context, o raceOrder) (_ Race, err error) {
	race := Race{raceOrder: o, Room: raceRoom(), Seats: s.seats()}
	var track racetrack = &functionTrack{server: s, room: race.Room}
	if o.Algorithm == "2018" {
		if track, err = newTrack2018(race.Seats, s.gate); err != nil {
			return race, err
		}
	}
	defer func() { err = errors.Join(err, track.close()) }()
	if o.Host {
		told, detail := track.enter(ctx, race.Room, "host")
		race.Answers = append(race.Answers, RaceAnswer{User: "host", Told: told, Detail: detail})
	}
	begin := time.Now()
	answers := make(chan RaceAnswer)
	var racers sync.WaitGroup
	for i := range o.Callers {
		racers.Go(func() {
			user := fmt.Sprintf("racer-%02d", i+1)
			told, detail := track.enter(ctx, race.Room, user)
			answers <- RaceAnswer{user, told, detail, milliseconds(time.Since(begin))}
		})
	}
	for range o.Callers {
		race.Answers = append(race.Answers, <-answers)
	}
	racers.Wait()
	race.Ms = milliseconds(time.Since(begin))
	if race.Records, err = track.records(race.Room); err != nil {
		return race, err
	}
	race.Checks = race.check()
	return race, nil
}

// check compares what people were told with what is in the database.
func (r Race) check() []RaceCheck {
	var members []string // of all records: whatever their number, clients enter one room
	for _, text := range r.Records {
		var record struct{ Members []string }
		_ = json.Unmarshal(text, &record)
		members = append(members, record.Members...)
	}
	slices.Sort(members)
	inside := len(slices.Compact(slices.Clone(members)))
	told := make(map[string]int)
	lost, lied := 0, 0
	for _, a := range r.Answers {
		told[a.Told]++
		in := slices.Contains(members, a.User)
		if a.Told == "in" && !in {
			lost++
		}
		if a.Told == "refused" && in {
			lied++
		}
	}
	fit := min(len(r.Answers), r.Seats)
	return []RaceCheck{
		{"oneRecord", len(r.Records) == 1, len(r.Records), 1},
		{"limit", inside <= r.Seats, inside, r.Seats},
		{"admitted", told["in"] == fit, told["in"], fit},
		{"nobodyLost", lost == 0, lost, 0},
		{"honest", lied == 0, lied, 0},
		{"answered", told["error"] == 0, told["error"], 0},
	}
}

// raceRoom is a room that is most likely nobody's.
func raceRoom() string {
	n, _ := rand.Int(rand.Reader, big.NewInt(1_000_000_000))
	return strconv.FormatInt(3_000_000_000+n.Int64(), 10)
}

// A functionTrack races through webrtc-enter-room, as the functions are.
type functionTrack struct {
	server *Server
	room   string
}

func (t *functionTrack) enter(ctx context.Context, room, user string) (told, detail string) {
	result, _, err := t.server.run(ctx, order{
		function:    "webrtc-enter-room",
		event:       fmt.Appendf(nil, `{"roomID":%q}`, room),
		environment: t.server.environment().As(user),
		via:         "race",
		latency:     raceLatency,
	})
	if err != nil {
		return "error", err.Error()
	}
	if result.Error != nil {
		return "error", result.Error.Message
	}
	var reply struct{ Reason string }
	if err := json.Unmarshal(result.Payload, &reply); err != nil {
		return "error", err.Error()
	}
	if reply.Reason != "" {
		return "refused", reply.Reason
	}
	return "in", ""
}

func (t *functionTrack) records(room string) ([]json.RawMessage, error) {
	return recordsOf(t.server.emulator, room)
}

// close sends everybody home, so that the race leaves nothing behind.
func (t *functionTrack) close() error {
	return t.server.emulator.Remove(roomapi.Collection, json.RawMessage(strconv.Quote(t.room)))
}

// recordsOf returns all records that say that they are of the room.
func recordsOf(emulator *tcbemu.Emulator, room string) ([]json.RawMessage, error) {
	all, err := emulator.Export()
	if err != nil {
		return nil, err
	}
	found := []json.RawMessage{}
	for _, document := range all[roomapi.Collection].Documents {
		var named struct{ RoomID any }
		if json.Unmarshal(document, &named) == nil && named.RoomID == room {
			found = append(found, document)
		}
	}
	return found, nil
}
