package tcbemu_test

import (
	"encoding/json"
	"fmt"
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
