package tcbemu_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"webrtc-room/pkg/local/tcbemu"
)

// childFile names the file that this test binary, started as a child, writes to.
const childFile = "TCBEMU_TEST_CHILD_FILE"

func TestMain(m *testing.M) {
	if path := os.Getenv(childFile); path != "" {
		writeUntilKilled(path)
	}
	os.Exit(m.Run())
}

func TestRestart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "documents.db")
	stored := []string{
		`{"_id":"b","types":[{"$numberInt":"1"},{"$numberLong":"1"},{"$numberDouble":"1.0"},true,null,"中文",{"$date":{"$numberLong":"1700000000000"}},{"$oid":"64b7f0000000000000000001"},{"$binary":{"base64":"AQI=","subType":"00"}},{"$regularExpression":{"pattern":"^a","options":"i"}},{},[]]}`,
		`{"_id":"a","n":{"$numberInt":"2"}}`,
		`{"_id":{"$numberInt":"1"}}`,
	}
	e, err := tcbemu.Open(tcbemu.Config{Path: path, EnvID: envID, Keys: map[string]string{secretID: secretKey}})
	if err != nil {
		t.Fatal(err)
	}
	must(t, e, "database.addCollection", params{"collectionName": "rooms"})
	must(t, e, "database.addCollection", params{"collectionName": "empty"})
	insert(t, e, stored[0], `{"_id":"gone"}`, `{"_id":"a","n":1}`, stored[2])
	must(t, e, "database.modifyDocument", modify(`{"_id":"a"}`, `{"$inc":{"n":1}}`))
	must(t, e, "database.removeDocument", params{"collectionName": "rooms", "queryType": "DOC", "query": `{"_id":"gone"}`})
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if answer := do(t, e, "database.getDocument", params{"collectionName": "rooms", "queryType": "WHERE"}); answer.Code != "SYS_ERR" || !strings.Contains(answer.Message, "closed") {
		t.Errorf("after Close: %q: %s", answer.Code, answer.Message)
	}

	e = open(t, tcbemu.Config{Path: path})
	snapshot, err := e.Export()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, doc := range snapshot["rooms"].Documents {
		got = append(got, string(doc))
	}
	if diff := cmp.Diff(stored, got); diff != "" {
		t.Error(diff)
	}
	if c, ok := snapshot["empty"]; !ok || len(c.Documents) != 0 {
		t.Errorf("the empty collection is %v", c)
	}
	insert(t, e, `{"_id":"new"}`)
	if answer := do(t, e, "database.insertDocument", params{"collectionName": "rooms", "data": []string{`{"_id":"a"}`}}); !strings.Contains(answer.Message, "E11000") {
		t.Errorf("a taken _id: %q: %s", answer.Code, answer.Message)
	}
}

func TestOpenFails(t *testing.T) {
	dir := t.TempDir()
	used := filepath.Join(dir, "used.db")
	open(t, tcbemu.Config{Path: used})
	junk := filepath.Join(dir, "junk.db")
	if err := os.WriteFile(junk, []byte(strings.Repeat("not a database ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ path, text string }{
		{used, "in use"},
		{junk, "damaged"},
		{filepath.Join(dir, "missing", "documents.db"), "missing"},
	} {
		start := time.Now()
		e, err := tcbemu.Open(tcbemu.Config{Path: c.path})
		if err == nil {
			t.Errorf("%s was opened", c.path)
			e.Close()
			continue
		}
		if !strings.Contains(err.Error(), c.text) {
			t.Errorf("%v, expected %q in it", err, c.text)
		}
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("that took %s", took)
		}
	}
}

// TestKilled kills a process in the middle of writing and looks for what it had
// acknowledged.
func TestKilled(t *testing.T) {
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "documents.db")
	acknowledged := make(map[string]int) // value of n by _id
	for _, lines := range []int{100, 350, 601} {
		child := exec.Command(program)
		child.Env = append(os.Environ(), childFile+"="+path)
		child.Stderr = os.Stderr
		stdout, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		output := bufio.NewReader(stdout)
		for read := 0; ; read++ {
			line, err := output.ReadString('\n')
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			var id string
			var n int
			if _, err := fmt.Sscan(line, &id, &n); err != nil {
				t.Fatalf("the child printed %q", line)
			}
			acknowledged[id] = max(n, acknowledged[id])
			if read == lines {
				if err := child.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := child.Wait(); err == nil {
			t.Fatal("the child ended by itself")
		}
		checkAcknowledged(t, path, acknowledged)
	}
}

func checkAcknowledged(t *testing.T, path string, acknowledged map[string]int) {
	t.Helper()
	e, err := tcbemu.Open(tcbemu.Config{Path: path, EnvID: envID, Keys: map[string]string{secretID: secretKey}})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if len(acknowledged) < 20 {
		t.Fatalf("only %d documents were acknowledged", len(acknowledged))
	}
	for id, n := range acknowledged {
		if docs := find(t, e, fmt.Sprintf(`{"_id":%q,"n":{"$gte":%d}}`, id, n)); len(docs) != 1 {
			t.Errorf("%s with n=%d was acknowledged and is lost: %v", id, n, find(t, e, fmt.Sprintf(`{"_id":%q}`, id)))
		}
	}
}

// writeUntilKilled inserts documents and changes them, and prints what was acknowledged.
func writeUntilKilled(path string) {
	fail := func(text string) {
		fmt.Fprintln(os.Stderr, text)
		os.Exit(1)
	}
	e, err := tcbemu.Open(tcbemu.Config{Path: path, EnvID: envID, Keys: map[string]string{secretID: secretKey}})
	if err != nil {
		fail(err.Error())
	}
	t := new(testing.T) // for the helpers; where they fail, the process ends
	do(t, e, "database.addCollection", params{"collectionName": "rooms"})
	var writers sync.WaitGroup
	for range 4 {
		writers.Go(func() {
			for {
				answer := do(t, e, "database.insertDocument", params{"collectionName": "rooms", "data": []string{`{"n":1}`}})
				if answer.Code != "" {
					fail(answer.Message)
				}
				id := answer.Data.InsertedIDs[0].(string)
				fmt.Println(id, 1)
				for n := 2; n < 5; n++ {
					answer := do(t, e, "database.modifyDocument", modify(fmt.Sprintf(`{"_id":%q}`, id), `{"$inc":{"n":1}}`))
					if answer.Code != "" || *answer.Data.Updated != 1 {
						fail(answer.Message)
					}
					fmt.Println(id, n)
				}
			}
		})
	}
	writers.Wait()
}

func TestSnapshot(t *testing.T) {
	e := openRooms(t, `{"_id":"a"}`)
	snapshot := tcbemu.Snapshot{
		"rooms": {
			Documents: raw(`{"_id":"z","e":1}`, `{"_id":"y","e":2}`, `{"e":3}`),
		},
		"users": {},
	}
	changed := e.Changed()
	if err := e.Import(snapshot); err != nil {
		t.Fatal(err)
	}
	select {
	case <-changed:
	default:
		t.Error("an import is no change")
	}
	if docs := relaxed(find(t, e, `{}`)); !slices.Equal(docs[:2], []string{`{"_id":"z","e":1}`, `{"_id":"y","e":2}`}) || len(docs) != 3 {
		t.Errorf("imported as %v", docs)
	}

	t.Run("round trip", func(t *testing.T) {
		exported, err := e.Export()
		if err != nil {
			t.Fatal(err)
		}
		other := open(t, tcbemu.Config{Path: filepath.Join(t.TempDir(), "documents.db")})
		if err := other.Import(exported); err != nil {
			t.Fatal(err)
		}
		again, err := other.Export()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(exported, again); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("a bad import changes nothing", func(t *testing.T) {
		before, _ := e.Export()
		for _, bad := range []tcbemu.Snapshot{
			{"rooms": {Documents: raw(`{"_id":1}`, `{"_id":1}`)}},
			{"rooms": {Documents: raw(`{"a":{"$gt":1}}`)}},
			{"rooms": {Documents: raw(`{`)}},
			{"": {}},
		} {
			if err := e.Import(bad); err == nil {
				t.Errorf("%v was imported", bad)
			}
		}
		after, _ := e.Export()
		if diff := cmp.Diff(before, after); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("put and remove", func(t *testing.T) {
		for _, doc := range raw(`{"_id":"z","e":9}`, `{"_id":"new"}`) {
			if err := e.Put("rooms", doc); err != nil {
				t.Fatal(err)
			}
		}
		if docs := find(t, e, `{"$or":[{"_id":"z","e":9},{"_id":"new"}]}`); len(docs) != 2 {
			t.Errorf("found %v", docs)
		}
		if err := e.Put("none", []byte(`{"_id":"y"}`)); err == nil {
			t.Error("put into a missing collection")
		}
		for _, id := range raw(`"z"`, `"new"`, `"never there"`) {
			if err := e.Remove("rooms", id); err != nil {
				t.Fatal(err)
			}
		}
		if docs := find(t, e, `{"_id":{"$in":["z","new"]}}`); len(docs) != 0 {
			t.Errorf("found %v", docs)
		}
		if err := e.Remove("rooms", []byte(`"a","b":1`)); err == nil {
			t.Error("removed by two values")
		}
	})
	t.Run("nothing", func(t *testing.T) {
		if err := e.Import(nil); err != nil {
			t.Fatal(err)
		}
		if exported, err := e.Export(); err != nil || len(exported) != 0 {
			t.Errorf("%v, %v", exported, err)
		}
	})
}

func raw(texts ...string) (out []json.RawMessage) {
	for _, text := range texts {
		out = append(out, json.RawMessage(text))
	}
	return out
}
