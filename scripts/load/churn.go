package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// churn has clients come and go in many rooms for a while, and returns what went
// wrong. Each client is one user after the other, who alone speaks for themselves:
// so it knows at any time which rooms it must be in. When ctx ends, all of them
// stop where they are: it would take a while to leave all rooms.
func churn(ctx context.Context, c *caller, rooms, clients int, lasting time.Duration, p *progress, out io.Writer) (violations []string, err error) {
	begin := time.Now()
	var mu sync.Mutex
	var wrong atomic.Int64
	p.show(func() string {
		calls := c.calls()
		return fmt.Sprintf("%d clients in %d rooms: %d calls, %.0f a second, %d violations", clients, rooms, calls, float64(calls)/time.Since(begin).Seconds(), wrong.Load())
	})
	var all sync.WaitGroup
	for i := range clients {
		all.Go(func() {
			v := &visitor{caller: c, user: fmt.Sprint("visitor", i), rooms: rooms, random: rand.New(rand.NewPCG(uint64(i), 1)), in: make(map[string]bool), blamed: &wrong}
			err2 := v.run(ctx, begin.Add(lasting))
			mu.Lock()
			defer mu.Unlock()
			violations = append(violations, v.wrong...)
			if err2 != nil {
				err = err2
			}
		})
	}
	all.Wait()
	if err != nil {
		return nil, err
	}
	took, calls := time.Since(begin), c.calls()
	fmt.Fprintf(out, "%d clients in %d rooms for %s: %d calls, %.0f a second\n",
		clients, rooms, took.Round(time.Second), calls, float64(calls)/took.Seconds())
	if ctx.Err() != nil {
		return violations, nil
	}
	left, err := c.call(ctx, "webrtc-get-room-list", "visitor0", map[string]any{"limit": 100})
	if err != nil {
		return nil, err
	}
	if len(left.Data) > 0 {
		violations = append(violations, fmt.Sprintf("everybody has left, and there are rooms: %+v", left.Data))
	}
	return violations, nil
}

// A visitor is a user who knows which rooms they are in.
type visitor struct {
	*caller
	user   string
	rooms  int
	random *rand.Rand
	in     map[string]bool
	wrong  []string
	blamed *atomic.Int64 // how often, of all visitors
}

func (v *visitor) run(ctx context.Context, until time.Time) error {
	for time.Now().Before(until) && ctx.Err() == nil {
		if err := v.step(ctx); err != nil {
			return err
		}
	}
	for id := range v.in {
		if ctx.Err() != nil {
			break
		}
		if err := v.quit(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

func (v *visitor) step(ctx context.Context) error {
	// A few rooms are crowded, the others are not.
	id := fmt.Sprint(10_000_000 + v.random.IntN(v.rooms))
	if v.random.IntN(4) == 0 {
		id = fmt.Sprint(10_000_000 + v.random.IntN(1+v.rooms/100))
	}
	switch n := v.random.IntN(10); {
	case n < 4:
		return v.enter(ctx, id)
	case n < 7:
		for mine := range v.in {
			return v.quit(ctx, mine)
		}
		return v.quit(ctx, id)
	case n < 9:
		return v.look(ctx, id)
	}
	return v.list(ctx)
}

func (v *visitor) enter(ctx context.Context, id string) error {
	r, err := v.call(ctx, "webrtc-enter-room", v.user, map[string]any{"roomID": id})
	switch {
	case err != nil:
		return err
	case r.Code == "5001" && !v.in[id]:
	case r.Code != nil || r.RoomInfo == nil:
		v.blame("enters %s, in it before: %v, answered %+v", id, v.in[id], r)
	default:
		v.in[id] = true
		v.check(*r.RoomInfo)
	}
	return nil
}

func (v *visitor) quit(ctx context.Context, id string) error {
	r, err := v.call(ctx, "webrtc-quit-room", v.user, map[string]any{"roomID": id})
	switch {
	case err != nil:
		return err
	case r.Code == nil && r.RoomInfo != nil:
		delete(v.in, id)
		v.check(*r.RoomInfo)
	case v.in[id] || r.Reason != "ROOM_NOT_FOUND":
		v.blame("leaves %s, in it before: %v, answered %+v", id, v.in[id], r)
	}
	return nil
}

func (v *visitor) look(ctx context.Context, id string) error {
	r, err := v.call(ctx, "webrtc-get-room-info", v.user, map[string]any{"roomID": id})
	switch {
	case err != nil:
		return err
	case r.RoomInfo != nil:
		v.check(*r.RoomInfo)
	case v.in[id]:
		v.blame("is in %s, which isn't there", id)
	}
	return nil
}

func (v *visitor) list(ctx context.Context) error {
	r, err := v.call(ctx, "webrtc-get-room-list", v.user, map[string]any{"limit": 100})
	if err != nil {
		return err
	}
	seen := make(map[string]bool)
	for _, room := range r.Data {
		if seen[room.RoomID] {
			v.blame("sees %s twice in the list", room.RoomID)
		}
		seen[room.RoomID] = true
		if len(room.Members) == 0 {
			v.blame("sees %s in the list, with nobody in it", room.RoomID)
		}
		v.check(room)
	}
	return nil
}

// check checks a room that is shown.
func (v *visitor) check(r room) {
	members := slices.Sorted(slices.Values(r.Members))
	switch {
	case len(members) > seats:
		v.blame("sees %d members in %s: %v", len(members), r.RoomID, r.Members)
	case len(slices.Compact(slices.Clone(members))) != len(members):
		v.blame("sees somebody twice in %s: %v", r.RoomID, r.Members)
	case slices.Contains(members, v.user) != v.in[r.RoomID]:
		v.blame("is in %s: %v, but its members are %v", r.RoomID, v.in[r.RoomID], r.Members)
	}
}

func (v *visitor) blame(format string, args ...any) {
	v.blamed.Add(1)
	v.wrong = append(v.wrong, v.user+" "+fmt.Sprintf(format, args...))
}
