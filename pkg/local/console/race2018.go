package console

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"webrtc-room/pkg/local/race"
	"webrtc-room/pkg/local/tcbemu"
	"webrtc-room/pkg/local/tcbemu/faults"
	"webrtc-room/pkg/roomapi"
	"webrtc-room/pkg/tcb"
)

// A track2018 enters rooms as the JavaScript demo of 2018 did: it reads the room,
// decides, and writes, and nothing says that the room is still what was read. It
// is here to be seen breaking, on a database of its own, and is part of no
// function.
type track2018 struct {
	emulator *tcbemu.Emulator
	app      *tcb.App
	rooms    *tcb.Collection
	seats    int
}

func newTrack2018(seats int, g *gate) (*track2018, error) {
	pair := newKeyPair()
	emulator, err := tcbemu.Open(tcbemu.Config{
		EnvID:   envID,
		Keys:    map[string]string{pair.SecretID: pair.SecretKey},
		Observe: func(r tcbemu.Request) { r.Source = "2018"; g.observe(r) },
	})
	if err != nil {
		return nil, err
	}
	link := &faults.Link{Server: emulator, Plan: func(faults.Request) faults.Fault {
		return faults.Fault{Delay: raceLatency}
	}}
	app, err := tcb.Init(&tcb.Config{
		EnvID: envID, SecretID: pair.SecretID, SecretKey: pair.SecretKey,
		URL: "http://127.0.0.1/admin", Transport: http.RoundTripper(link),
		Environment: func(context.Context) map[string]string { return nil },
	})
	if err != nil {
		return nil, errors.Join(err, emulator.Close())
	}
	if err := emulator.Import(tcbemu.Snapshot{roomapi.Collection: {}}); err != nil {
		return nil, errors.Join(err, emulator.Close())
	}
	return &track2018{emulator, app, app.Database().Collection(roomapi.Collection), seats}, nil
}

func (t *track2018) enter(ctx context.Context, room, user string) (told race.Told, detail string) {
	in, err := t.readThenWrite(ctx, room, user)
	switch {
	case err != nil:
		return race.Failed, err.Error()
	case !in:
		return race.Refused, "ROOM_FULL"
	}
	return race.In, ""
}

func (t *track2018) readThenWrite(ctx context.Context, room, user string) (in bool, err error) {
	found, err := t.rooms.Find(ctx, tcb.Query{Filter: tcb.M{"roomID": room}})
	if err != nil {
		return false, err
	}
	if len(found) == 0 {
		_, err := t.rooms.Insert(ctx, tcb.M{
			"roomID": room, "creator": user, "members": []string{user}, "createTime": time.Now(),
		})
		return err == nil, err
	}
	members, _ := found[0]["members"].([]any)
	for _, member := range members {
		if member == user {
			return true, nil
		}
	}
	if len(members) >= t.seats {
		return false, nil
	}
	_, err = t.rooms.Update(ctx,
		tcb.M{"_id": found[0]["_id"]},
		tcb.M{"$set": tcb.M{"members": append(members, user)}})
	return err == nil, err
}

func (t *track2018) records(room string) ([]json.RawMessage, error) {
	return recordsOf(t.emulator, room)
}

func (t *track2018) close() error { return t.emulator.Close() }
