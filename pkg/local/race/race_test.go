package race

import (
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// All are there before the first is answered.
func TestRun(t *testing.T) {
	const callers = 20
	var here sync.WaitGroup
	here.Add(callers)
	answers := Run(callers, func(user string) (Told, string) {
		here.Done()
		here.Wait()
		return Refused, user
	})
	users := make(map[string]bool)
	for _, a := range answers {
		users[a.User] = true
		if a.Told != Refused || a.Detail != a.User || a.Ms < 0 {
			t.Errorf("%+v", a)
		}
	}
	if len(users) != callers || len(answers) != callers {
		t.Errorf("%d answers of %d users, want %d", len(answers), len(users), callers)
	}
}

func TestJudge(t *testing.T) {
	in := func(users ...string) (answers []Answer) {
		for _, user := range users {
			answers = append(answers, Answer{User: user, Told: In})
		}
		return answers
	}
	refused, failed := Answer{User: "z", Told: Refused}, Answer{User: "z", Told: Failed}
	for name, test := range map[string]struct {
		answers []Answer
		records [][]string
		want    []Check // that didn't hold
	}{
		"all is well":     {append(in("a", "b", "c", "d"), refused), [][]string{{"d", "c", "b", "a"}}, nil},
		"few":             {in("a", "b"), [][]string{{"a", "b"}}, nil},
		"a seat too many": {in("a", "b", "c", "d", "e"), [][]string{{"a", "b", "c", "d", "e"}}, []Check{{"limit", false, 5, 4}, {"admitted", false, 5, 4}}},
		"several records": {
			// Everybody is in one call all the same, and is counted once.
			append(in("a", "b", "c", "d", "e"), refused), [][]string{{"a", "b"}, {"c", "a"}, {"d", "e"}},
			[]Check{{"oneRecord", false, 3, 1}, {"limit", false, 5, 4}, {"admitted", false, 5, 4}},
		},
		"somebody is lost": {append(in("a", "b", "c", "d"), refused), [][]string{{"a", "b", "c"}}, []Check{{"nobodyLost", false, 1, 0}}},
		"refused, and in":  {append(in("a", "b", "c"), refused), [][]string{{"a", "b", "c", "z"}}, []Check{{"admitted", false, 3, 4}, {"honest", false, 1, 0}}},
		"an error":         {append(in("a", "b", "c", "d"), failed), [][]string{{"a", "b", "c", "d"}}, []Check{{"answered", false, 1, 0}}},
		"no room":          {[]Answer{refused}, nil, []Check{{"oneRecord", false, 0, 1}, {"admitted", false, 0, 1}}},
	} {
		var wrong []Check
		for _, check := range Judge(test.answers, 4, test.records) {
			if !check.OK {
				wrong = append(wrong, check)
			}
		}
		if diff := cmp.Diff(test.want, wrong); diff != "" {
			t.Errorf("%s: what didn't hold (-want +got):\n%s", name, diff)
		}
	}
}
