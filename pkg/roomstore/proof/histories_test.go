package proof

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
	"unicode"
)

var (
	seeds    = flag.Int("seeds", 500, "check this many histories")
	fromSeed = flag.Int("from", 0, "… from that of this seed")
	onlySeed = flag.Int("seed", -1, "check the history of this seed only, and tell it")
)

// seatTTL is how long seats are kept in histories: long against a wave of traffic.
const seatTTL = time.Hour

// A subject is a store that histories are made with.
type subject struct {
	open    opener
	kinds   []kind        // of calls that it knows
	ttl     time.Duration // of the seats that most instances give
	lenient bool          // see model

	weathers []weather // one of which it meets
}

// ours is package roomstore.
var ours = subject{open, allKinds, seatTTL, false, weathers}

// play makes the history of a seed.
func (s subject) play(t *testing.T, seed int) (w *world) {
	synctest.Test(t, func(t *testing.T) {
		random := rand.New(rand.NewPCG(uint64(seed), 2018))
		w = newWorld(t, random, model{rules{2 + random.IntN(3), s.lenient}}, s.ttl, s.open)
		traffic := newTraffic(random, s)
		weather := s.weathers[random.IntN(len(s.weathers))]
		traffic.run(w, random, weather)
		w.inspect()
		w.settle()
		w.inspect()
		if s.ttl == forever {
			return
		}
		// Seats have expired then, and no late insert can come any more.
		time.Sleep(s.ttl + 2*maxLateness + 2*maxSkew)
		w.inspect()
		time.Sleep(time.Minute)
		w.look(&call{kind: list}) // removes the rest, if there were many
		w.left = w.records(t)
	})
	return w
}

const forever = 100 * 365 * 24 * time.Hour

// verdict checks the history that the world has had, under a name.
func (w *world) verdict(name string) error {
	err := w.check(w.calls, func() (string, error) {
		dir := filepath.Join(os.TempDir(), "webrtc-room-proof")
		return filepath.Join(dir, strings.Map(plain, name)+".html"), os.MkdirAll(dir, 0o777)
	})
	if err == nil && len(w.left) > 0 {
		err = &violation{reason: fmt.Sprintf("left behind: %s\n%s", w.left, narrate(w.calls, ""))}
	}
	return err
}

// plain leaves of a name what can be in that of a file.
func plain(r rune) rune {
	if unicode.IsLetter(r) || unicode.IsDigit(r) {
		return r
	}
	return '-'
}

func seedName(seed int) string { return fmt.Sprintf("seed-%d", seed) }

// TestHistories checks that every history is one that some order of whole calls
// could have made: calls of several clients over several instances whose clocks
// differ, while the network and the functions fail.
func TestHistories(t *testing.T) {
	if *onlySeed >= 0 {
		w := ours.play(t, *onlySeed)
		t.Log("\n" + narrate(w.calls, ""))
		if err := w.verdict(seedName(*onlySeed)); err != nil {
			t.Error(err)
		}
		return
	}
	begin := time.Now()
	var next atomic.Int64
	var seen census
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for n := int(next.Add(1) - 1); n < *seeds && !t.Failed(); n = int(next.Add(1) - 1) {
				seed := *fromSeed + n
				w := ours.play(t, seed)
				seen.count(w)
				if err := w.verdict(seedName(seed)); err != nil {
					t.Errorf("seed %d: %v\nagain: go test ./pkg/roomstore/proof -run TestHistories -seed %[1]d", seed, err)
				}
			}
		})
	}
	workers.Wait()
	t.Logf("%d histories from seed %d in %s: %s", *seeds, *fromSeed, time.Since(begin).Round(time.Millisecond), &seen)
	if *seeds >= 500 {
		seen.expectEverything(t)
	}
}
