package tcbemu_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"webrtc-room/pkg/local/tcbemu"
)

// The benchmarks go through ServeHTTP with signed requests, on a collection of 10,000
// rooms. What it takes to sign is measured too: a client would have to.
func benchmark(b *testing.B, request func(i int) (action string, p params)) {
	for _, kept := range []string{"memory", "file", "synced"} {
		b.Run(kept, func(b *testing.B) {
			config := tcbemu.Config{Sync: kept == "synced"}
			if kept != "memory" {
				config.Path = filepath.Join(b.TempDir(), "documents.db")
			}
			e := open(b, config)
			rooms := tcbemu.Collection{}
			for i := range 10_000 {
				rooms.Documents = append(rooms.Documents, json.RawMessage(fmt.Sprintf(
					`{"_id":"%d","roomID":"%d","roomName":"room","creator":"alice","members":["alice","bob"],"createTime":{"$date":{"$numberLong":"1700000000000"}},"rev":0}`, i, i)))
			}
			if err := e.Import(tcbemu.Snapshot{"rooms": rooms}); err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				action, p := request(i)
				w := httptest.NewRecorder()
				e.ServeHTTP(w, newRequest(b, action, p, time.Now()))
				if answer := parse(b, w); answer.Code != "" || answer.Data.Updated != nil && *answer.Data.Updated != 1 {
					b.Fatalf("%s: %s", answer.Code, w.Body)
				}
			}
		})
	}
}

func BenchmarkGetByID(b *testing.B) {
	benchmark(b, func(i int) (string, params) {
		return "database.getDocument", params{"collectionName": "rooms", "queryType": "DOC", "query": fmt.Sprintf(`{"_id":"%d"}`, i%10_000)}
	})
}

func BenchmarkGuardedUpdate(b *testing.B) {
	benchmark(b, func(i int) (string, params) {
		return "database.modifyDocument", modify(
			fmt.Sprintf(`{"_id":"%d","rev":%d}`, i%10_000, i/10_000),
			fmt.Sprintf(`{"$set":{"rev":%d,"members":["alice","carol"]}}`, i/10_000+1))
	})
}

func BenchmarkInsert(b *testing.B) {
	benchmark(b, func(i int) (string, params) {
		return "database.insertDocument", params{"collectionName": "rooms", "data": []string{
			fmt.Sprintf(`{"_id":"new-%d","roomID":"1","members":["alice"],"rev":"0"}`, i),
		}}
	})
}

// BenchmarkGrowth makes the database requests of an enter, an info, the first page of
// a list and a page in its middle, with few rooms and with many. Only a list without
// an index, and one that skips, cost more the more rooms there are.
func BenchmarkGrowth(b *testing.B) {
	const order = `{"createTime":-1,"_id":-1}`
	date := func(i int) string { return fmt.Sprintf(`{"$date":{"$numberLong":"%d"}}`, 1_700_000_000_000+i/10) }
	list := func(query string, more params) params {
		p := params{"collectionName": "rooms", "queryType": "WHERE", "query": query, "order": order, "limit": 10}
		maps.Copy(p, more)
		return p
	}
	for _, n := range []int{10, 1000, 100_000} {
		var rooms tcbemu.Collection
		for i := range n {
			rooms.Documents = append(rooms.Documents, json.RawMessage(fmt.Sprintf(
				`{"_id":"%08d","roomID":"%08d","roomName":"room","creator":"alice","members":["u%d","v%d"],"createTime":%s,"rev":0}`, i, i, i, i, date(i))))
		}
		middle := n / 2
		deep := fmt.Sprintf(`{"$and":[{"createTime":{"$lte":%[1]s}},{"$or":[{"createTime":{"$lt":%[1]s}},{"_id":{"$lt":"%08[2]d"}}]}]}`, date(middle), middle)
		for _, c := range []struct {
			name    string
			indexes []string
			request func(i int) (action string, p params)
		}{
			{"enter", []string{order, `{"members":1}`}, func(i int) (string, params) {
				return "database.modifyDocument", modify(fmt.Sprintf(`{"_id":"%08d"}`, middle), fmt.Sprintf(`{"$set":{"rev":%d,"members":["u","v%d"]}}`, i+1, i))
			}},
			{"info", []string{order}, func(int) (string, params) {
				return "database.getDocument", params{"collectionName": "rooms", "queryType": "DOC", "query": fmt.Sprintf(`{"_id":"%08d"}`, middle)}
			}},
			{"rooms of a user", []string{`{"members":1}`}, func(int) (string, params) {
				return "database.getDocument", params{"collectionName": "rooms", "queryType": "WHERE", "query": fmt.Sprintf(`{"members":"v%d"}`, middle)}
			}},
			{"list", []string{order}, func(int) (string, params) {
				return "database.getDocument", list(`{"createTime":{"$gt":{"$date":{"$numberLong":"0"}}}}`, nil)
			}},
			{"deep list", []string{order}, func(int) (string, params) { return "database.getDocument", list(deep, nil) }},
			{"deep list by skip", []string{order}, func(int) (string, params) {
				return "database.getDocument", list(`{}`, params{"offset": middle})
			}},
			{"list without index", nil, func(int) (string, params) { return "database.getDocument", list(`{}`, nil) }},
		} {
			b.Run(fmt.Sprintf("%s/%d", c.name, n), func(b *testing.B) {
				e := open(b, tcbemu.Config{Indexes: map[string][]string{"rooms": c.indexes}})
				if err := e.Import(tcbemu.Snapshot{"rooms": rooms}); err != nil {
					b.Fatal(err)
				}
				for i := 0; b.Loop(); i++ {
					action, p := c.request(i)
					w := httptest.NewRecorder()
					e.ServeHTTP(w, newRequest(b, action, p, time.Now()))
					if answer := parse(b, w); answer.Code != "" {
						b.Fatalf("%s: %s", answer.Code, w.Body)
					}
				}
			})
		}
	}
}
