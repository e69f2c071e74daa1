package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"
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
	var mu sync.Mutex
	var in []string
	var failed error
	refused := 0
	start := make(chan struct{})
	var all sync.WaitGroup
	for i := range callers {
		all.Go(func() {
			<-start
			user := fmt.Sprint("user", i)
			r, err := c.call(ctx, "webrtc-enter-room", user, map[string]any{"roomID": id})
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err != nil:
				failed = err
			case r.Code == "5001":
				refused++
			case r.Code != nil || r.RoomInfo == nil || !slices.Contains(r.RoomInfo.Members, user) || len(r.RoomInfo.Members) > seats:
				wrong = append(wrong, fmt.Sprintf("%s was answered %+v", user, r))
			default:
				in = append(in, user)
			}
		})
	}
	close(start)
	all.Wait()
	if failed != nil {
		return nil, failed
	}
	if len(in) != seats || refused != callers-seats {
		wrong = append(wrong, fmt.Sprintf("%d got in and %d were refused, of %d", len(in), refused, callers))
	}
	info, err := c.call(ctx, "webrtc-get-room-info", "user0", map[string]any{"roomID": id})
	if err != nil {
		return nil, err
	}
	if info.RoomInfo == nil || !slices.Equal(slices.Sorted(slices.Values(info.RoomInfo.Members)), slices.Sorted(slices.Values(in))) {
		wrong = append(wrong, fmt.Sprintf("%v got in, the room has %+v", in, info.RoomInfo))
	}
	for _, user := range in {
		all.Go(func() {
			r, err := c.call(ctx, "webrtc-quit-room", user, map[string]any{"roomID": id})
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
	info, err = c.call(ctx, "webrtc-get-room-info", "user0", map[string]any{"roomID": id})
	if err == nil && len(info.Data) > 0 {
		wrong = append(wrong, fmt.Sprintf("everybody has left, and the room is there: %+v", info.Data))
	}
	return wrong, err
}
