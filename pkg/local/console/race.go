package console

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"strconv"
	"time"

	"webrtc-room/pkg/local/race"
	"webrtc-room/pkg/local/tcbemu"
	"webrtc-room/pkg/roomapi"
)

const (
	mostRacers = 50
	// raceLatency is what a database request takes in a race, as it might in the
	// cloud. Without it, everybody would be served before the next one came.
	raceLatency = 20 * time.Millisecond
)

// A raceSetup says how many race, and how.
type raceSetup struct {
	Callers   int    `json:"callers"`
	Algorithm string `json:"algorithm"` // "ours" or "2018"
	Host      bool   `json:"host"`      // somebody is in the room already
}

func (r raceSetup) check() error {
	switch {
	case r.Callers < 2 || r.Callers > mostRacers:
		return fmt.Errorf("callers must be from 2 to %d", mostRacers)
	case r.Algorithm != "ours" && r.Algorithm != "2018":
		return errors.New("algorithm must be ours or 2018")
	}
	return nil
}

// A Race is what came out when many callers entered one room at once.
type Race struct {
	raceSetup
	Room    string            `json:"room"`
	Seats   int               `json:"seats"`
	Ms      float64           `json:"ms"`
	Answers []race.Answer     `json:"answers"` // in the order in which they came
	Records []json.RawMessage `json:"records"` // of the room, afterwards
	Checks  []race.Check      `json:"checks"`
}

// A racetrack is a way to enter a room, and what it has left behind.
type racetrack interface {
	enter(ctx context.Context, room, user string) (told race.Told, detail string)
	records(room string) ([]json.RawMessage, error)
	close() error
}

// postRace lets many callers enter one room at once.
func (s *Server) postRace(w http.ResponseWriter, r *http.Request) {
	var o raceSetup
	if !readBody(w, r, &o) {
		return
	}
	if err := o.check(); err != nil {
		writeBadRequest(w, err)
		return
	}
	result, err := s.race(r.Context(), o)
	if err != nil {
		writeError(w, err)
		return
	}
	writeJSON(w, result)
}

func (s *Server) race(ctx context.Context, o raceSetup) (_ Race, err error) {
	result := Race{raceSetup: o, Room: raceRoom(), Seats: s.seats()}
	var track racetrack = &functionTrack{server: s, room: result.Room}
	if o.Algorithm == "2018" {
		if track, err = newTrack2018(result.Seats, s.gate); err != nil {
			return result, err
		}
	}
	defer func() { err = errors.Join(err, track.close()) }()
	if o.Host {
		told, detail := track.enter(ctx, result.Room, "host")
		result.Answers = append(result.Answers, race.Answer{User: "host", Told: told, Detail: detail})
	}
	begin := time.Now()
	result.Answers = append(result.Answers, race.Run(o.Callers, func(user string) (race.Told, string) {
		return track.enter(ctx, result.Room, user)
	})...)
	result.Ms = milliseconds(time.Since(begin))
	if result.Records, err = track.records(result.Room); err != nil {
		return result, err
	}
	members := make([][]string, len(result.Records))
	for i, text := range result.Records {
		var record struct{ Members []string }
		_ = json.Unmarshal(text, &record) // one that can't be read has no members
		members[i] = record.Members
	}
	result.Checks = race.Judge(result.Answers, result.Seats, members)
	return result, nil
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

func (t *functionTrack) enter(ctx context.Context, room, user string) (told race.Told, detail string) {
	result, _, err := t.server.run(ctx, invocation{
		function:    "webrtc-enter-room",
		event:       fmt.Appendf(nil, `{"roomID":%q}`, room),
		environment: t.server.environment().As(user),
		via:         "race",
		latency:     raceLatency,
	})
	if err != nil {
		return race.Failed, err.Error()
	}
	if result.Error != nil {
		return race.Failed, result.Error.Message
	}
	var reply struct{ Reason string }
	if err := json.Unmarshal(result.Payload, &reply); err != nil {
		return race.Failed, err.Error()
	}
	if reply.Reason != "" {
		return race.Refused, reply.Reason
	}
	return race.In, ""
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
