package tcb

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// What the service answers comes back as Go values.
func TestResults(t *testing.T) {
	const doc = `"{\"_id\":\"9527\",\"n\":{\"$numberInt\":\"5\"},\"t\":{\"$date\":{\"$numberLong\":\"1545212109123\"}}}"`
	want := M{"_id": "9527", "n": int64(5), "t": time.UnixMilli(1545212109123).UTC()}
	type collectionCall func(context.Context, *Collection) (any, error)
	insertDoc := func(ctx context.Context, c *Collection) (any, error) { return c.Insert(ctx, M{"_id": "9527"}) }
	getDoc := func(ctx context.Context, c *Collection) (any, error) { return c.Get(ctx, "9527") }
	findDocs := func(ctx context.Context, c *Collection) (any, error) { return c.Find(ctx, Query{}) }
	updateDoc := func(ctx context.Context, c *Collection) (any, error) {
		return c.Update(ctx, M{"_id": "9527"}, M{"$set": M{"n": 5}})
	}
	updateAndReturnDoc := func(ctx context.Context, c *Collection) (any, error) {
		return c.UpdateAndReturn(ctx, M{"_id": "9527"}, M{"$set": M{"n": 5}})
	}
	removeDoc := func(ctx context.Context, c *Collection) (any, error) { return c.Remove(ctx, M{"_id": "9527"}) }
	countDocs := func(ctx context.Context, c *Collection) (any, error) { return c.Count(ctx, nil) }
	tests := []struct {
		name string
		call collectionCall
		data string
		want any
		err  error
	}{
		{"Insert", insertDoc, `{"insertedIds":["9527"]}`, "9527", nil},
		{"InsertNumberID", insertDoc, `{"insertedIds":[9527]}`, "9527", nil},
		{"InsertObjectID", insertDoc, `{"insertedIds":[{"$oid":"5c0e8cb8d6d9a5f3a1b2c3d4"}]}`, "5c0e8cb8d6d9a5f3a1b2c3d4", nil},
		{"Get", getDoc, `{"offset":0,"limit":1,"list":[` + doc + `]}`, want, nil},
		{"GetNone", getDoc, `{"list":[]}`, M(nil), ErrNotFound},
		{"Find", findDocs, `{"list":[` + doc + `,"{}"],"limit":100}`, []M{want, {}}, nil},
		{"FindNone", findDocs, `{"list":[]}`, []M{}, nil},
		{"Count", countDocs, `{"total":3}`, 3, nil},
		{"Update", updateDoc, `{"updated":1,"upsert_id":"","matched":1}`, 1, nil},
		{"UpdateNone", updateDoc, `{"updated":0}`, 0, nil},
		{"UpdateAndReturn", updateAndReturnDoc, `{"updated":1,"doc":` + doc + `}`, want, nil},
		{"UpdateAndReturnNone", updateAndReturnDoc, `{"updated":0,"doc":null}`, M(nil), ErrNotFound},
		{"Remove", removeDoc, `{"deleted":1}`, 1, nil},
		{"RemoveNone", removeDoc, `{"deleted":0}`, 0, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			app := answering(t, http.StatusOK, `{"requestId":"req-1","code":"","data":`+tt.data+`}`)
			got, err := tt.call(t.Context(), app.Database().Collection("rooms"))
			if !errors.Is(err, tt.err) || MaybeApplied(err) {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// Success is a code that is false to JavaScript.
func TestSuccessWithoutData(t *testing.T) {
	for _, reply := range []string{`{}`, `{"code":null}`, `{"code":0}`, `{"code":false}`, `{"code":"","message":null}`} {
		app := answering(t, http.StatusOK, reply)
		if err := app.Database().CreateCollection(t.Context(), "rooms"); err != nil {
			t.Errorf("%s: %v", reply, err)
		}
		if err := app.Database().Collection("rooms").Create(t.Context()); err != nil {
			t.Errorf("%s: %v", reply, err)
		}
	}
}

func TestCallFunction(t *testing.T) {
	for data, want := range map[string]string{
		`{"response_data":"{\"ok\":true}"}`: `{"ok":true}`,
		`{"response_data":"3"}`:             `3`,
		`{"response_data":"plain text"}`:    `"plain text"`,
		`{"response_data":""}`:              `""`,
		`{"response_data":null}`:            `null`,
		`{}`:                                `null`,
	} {
		app := answering(t, http.StatusOK, `{"data":`+data+`}`)
		got, err := app.CallFunction(t.Context(), "f", map[string]any{"html": "<b>"})
		if err != nil || string(got) != want || !json.Valid(got) {
			t.Errorf("%s: got %s, %v, want %s", data, got, err, want)
		}
	}
}
