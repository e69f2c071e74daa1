package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"webrtc-room/pkg/local/race"
)

const seats = 4

// fight has callers want the seats of one room, all at once, round after round,
// and returns what went wrong. When ctx ends, it begins no other round.
func fight(ctx context.Context, c *caller, callers, rounds int, p *progress, out io.Writer) (violations []string, err error) {
	begin := time.Now()
	done, right := 0, 0
	for round := range rounds {
		if ctx.Err() != nil {
			break
		}
		id, wrong := fmt.Sprint(20_000_000+round), len(violations)
		p.show(func() string {
			return fmt.Sprintf("%d callers for %d seats, round %d of %d: %d calls, %d violations", callers, seats, round+1, rounds, c.calls(), wrong)
		})
		found, err := fightFor(ctx, c, id, callers)
		if err != nil {
			return nil, err
		}
		done++
		if len(found) == 0 {
			right++
		}
		for _, w := range found {
			violations = append(violations, "room "+id+": "+w)
		}
	}
	fmt.Fprintf(out, "%d callers at once for %d seats: %d got in and %d were refused, in %d of %d rounds, which took %s\n",
		callers, seats, seats, callers-seats, right, done, time.Since(begin).Round(time.Millisecond))
	return violations, nil
}

// fightFor fills and empties one room.
func fightFor(ctx context.Context, c *caller, id string, callers int) (wrong []string, err error) {
	event := map[string]any{"roomID": id}
	answers := race.Run(callers, func(user string) (race.Told, string) {
		r, err := c.call(ctx, "webrtc-enter-room", user, event)
		switch {
		case err != nil:
			return race.Failed, err.Error()
		case r.Code == "5001":
			return race.Refused, ""
		case r.Code != nil || r.RoomInfo == nil || !slices.Contains(r.RoomInfo.Members, user) || len(r.RoomInfo.Members) > seats:
			return race.In, fmt.Sprintf("%+v", r)
		}
		return race.In, ""
	})
	var in []string
	for _, a := range answers {
		switch {
		case a.Told == race.Failed:
			return nil, errors.New(a.Detail)
		case a.Detail != "":
			wrong = append(wrong, a.User+" was answered "+a.Detail)
		}
		if a.Told == race.In {
			in = append(in, a.User)
		}
	}
	info, err := c.call(ctx, "webrtc-get-room-info", answers[0].User, event)
	if err != nil {
		return nil, err
	}
	var records [][]string
	if info.RoomInfo != nil {
		records = [][]string{info.RoomInfo.Members}
	}
	for _, check := range race.Judge(answers, seats, records) {
		if !check.OK {
			wrong = append(wrong, fmt.Sprintf("%s is %d, want %d: %v got in, the room has %+v", check.Name, check.Got, check.Want, in, info.RoomInfo))
		}
	}
	var mu sync.Mutex
	var failed error
	var all sync.WaitGroup
	for _, user := range in {
		all.Go(func() {
			r, err := c.call(ctx, "webrtc-quit-room", user, event)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				failed = err
			} else if r.Code != nil {
				wrong = append(wrong, fmt.Sprintf("%s leaves: %+v", user, r))
			}
		})
	}
	all.Wait()
	if failed != nil {
		return nil, failed
	}
	info, err = c.call(ctx, "webrtc-get-room-info", answers[0].User, event)
	if err == nil && len(info.Data) > 0 {
		wrong = append(wrong, fmt.Sprintf("everybody has left, and the room is there: %+v", info.Data))
	}
	return wrong, err
}
