// Package race lets many callers want the seats of one room at once, and compares
// what they were told with what the room holds afterwards:
//
//	answers := race.Run(50, func(user string) (race.Told, string) { … })
//	checks := race.Judge(answers, seats, members)
//
// The console races in its page, and the load test in its fights.
package race

import (
	"fmt"
	"slices"
	"sync"
	"time"
)

// Told is what a caller was told.
type Told string

// What a caller can be told.
const (
	In      Told = "in"
	Refused Told = "refused"
	Failed  Told = "error"
)

// An Answer is what one caller got.
type Answer struct {
	User   string  `json:"user"`
	Told   Told    `json:"told"`
	Detail string  `json:"detail,omitempty"` // what else there is to say
	Ms     float64 `json:"ms"`               // since the start
}

// Run calls enter for many users at once, and returns the answers in the order in
// which they came.
func Run(callers int, enter func(user string) (told Told, detail string)) []Answer {
	start, answers := make(chan struct{}), make(chan Answer)
	var begin time.Time
	var all sync.WaitGroup
	for i := range callers {
		all.Go(func() {
			<-start
			user := fmt.Sprintf("racer-%02d", i+1)
			told, detail := enter(user)
			answers <- Answer{user, told, detail, time.Since(begin).Seconds() * 1000}
		})
	}
	begin = time.Now()
	close(start)
	var list []Answer
	for range callers {
		list = append(list, <-answers)
	}
	all.Wait()
	return list
}

// A Check is something that must hold, and whether it did.
type Check struct {
	Name string `json:"name"`
	OK   bool   `json:"ok"`
	Got  int    `json:"got"`
	Want int    `json:"want"`
}

// Judge compares the answers of all who wanted one of the seats with the members of
// each record that there is of the room. Whatever their number, clients enter one
// room.
func Judge(answers []Answer, seats int, records [][]string) []Check {
	members := slices.Concat(records...)
	slices.Sort(members)
	members = slices.Compact(members)
	told := make(map[Told]int)
	lost, lied := 0, 0
	for _, a := range answers {
		told[a.Told]++
		in := slices.Contains(members, a.User)
		if a.Told == In && !in {
			lost++
		}
		if a.Told == Refused && in {
			lied++
		}
	}
	fit := min(len(answers), seats)
	return []Check{
		{"oneRecord", len(records) == 1, len(records), 1},
		{"limit", len(members) <= seats, len(members), seats},
		{"admitted", told[In] == fit, told[In], fit},
		{"nobodyLost", lost == 0, lost, 0},
		{"honest", lied == 0, lied, 0},
		{"answered", told[Failed] == 0, told[Failed], 0},
	}
}
