package roomapi_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"webrtc-room/pkg/local/tcbemu"
	"webrtc-room/pkg/local/tcbemu/faults"
	"webrtc-room/pkg/roomapi"
	"webrtc-room/pkg/roomstore"
	"webrtc-room/pkg/tcb"
)

// BenchmarkGrowth makes an enter, an info, the first page of a list, and one in its
// middle, with few rooms and with many, on the emulator with the indexes that the
// collection wants. Only a list that skips takes longer the more rooms there are.
func BenchmarkGrowth(b *testing.B) {
	for _, n := range []int{10, 1000, 100_000} {
		rooms := manyRooms(b, n)
		list := func(b *testing.B, p roomstore.Page, want int) (last roomstore.Room, next string) {
			found, next, err := rooms.List(b.Context(), p)
			if err != nil || len(found) != want {
				b.Fatalf("%d rooms, want %d; %v", len(found), want, err)
			}
			return found[want-1], next
		}
		middle, after := list(b, roomstore.Page{Skip: n/2 - 1, Limit: 1}, 1)
		for _, c := range []struct {
			name string
			do   func(b *testing.B, i int)
		}{
			{"enter", func(b *testing.B, i int) {
				// Two who come in turns: the seat of one is free when the other comes.
				user := roomstore.UserID(fmt.Sprint("guest-", i%2))
				if _, _, err := rooms.Enter(b.Context(), roomstore.Entry{Room: middle.ID, User: user}); err != nil {
					b.Fatal(err)
				}
			}},
			{"info", func(b *testing.B, _ int) {
				if _, err := rooms.Get(b.Context(), middle.ID, "guest", ""); err != nil {
					b.Fatal(err)
				}
			}},
			{"list", func(b *testing.B, _ int) { list(b, roomstore.Page{Limit: 5}, 5) }},
			{"list after the middle", func(b *testing.B, _ int) { list(b, roomstore.Page{After: after, Limit: 5}, 5) }},
			{"list that skips half", func(b *testing.B, _ int) { list(b, roomstore.Page{Skip: n / 2, Limit: 5}, 5) }},
		} {
			b.Run(fmt.Sprintf("%s/%d", c.name, n), func(b *testing.B) {
				for i := 0; b.Loop(); i++ {
					c.do(b, i)
				}
			})
		}
	}
}

// manyRooms returns a Store of n rooms. One was entered, and the others have its record
// with an id, a creator and a time of their own.
func manyRooms(b *testing.B, n int) *roomstore.Store {
	emulator, err := tcbemu.Open(tcbemu.Config{
		EnvID: "growth", Keys: map[string]string{"AKIDgrowth": "growth-secret-key"},
		Indexes: map[string][]string{roomapi.Collection: roomapi.Indexes()},
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { emulator.Close() })
	app, err := tcb.Init(&tcb.Config{
		EnvID: "growth", SecretID: "AKIDgrowth", SecretKey: "growth-secret-key",
		URL: "http://127.0.0.1/admin", Transport: &faults.Link{Server: emulator},
	})
	if err != nil {
		b.Fatal(err)
	}
	collection := app.Database().Collection(roomapi.Collection)
	if err := collection.Create(b.Context()); err != nil {
		b.Fatal(err)
	}
	rooms := roomstore.New(collection, roomstore.Options{MemberTTL: time.Hour, MaxRooms: 10})
	if _, err := rooms.Create(b.Context(), roomstore.Entry{User: "alice"}); err != nil {
		b.Fatal(err)
	}
	snapshot, err := emulator.Export()
	if err != nil {
		b.Fatal(err)
	}
	var record map[string]any
	if err := json.Unmarshal(snapshot[roomapi.Collection].Documents[0], &record); err != nil {
		b.Fatal(err)
	}
	var many tcbemu.Collection
	for i := range n {
		id, user := fmt.Sprint(10_000_000+i), fmt.Sprint("user-", i)
		record["_id"], record["roomID"], record["creator"], record["members"] = id, id, user, []string{user}
		record["createTime"] = map[string]any{"$date": map[string]any{"$numberLong": fmt.Sprint(1_700_000_000_000 + i/10)}}
		text, err := json.Marshal(record)
		if err != nil {
			b.Fatal(err)
		}
		many.Documents = append(many.Documents, text)
	}
	if err := emulator.Import(tcbemu.Snapshot{roomapi.Collection: many}); err != nil {
		b.Fatal(err)
	}
	return rooms
}
