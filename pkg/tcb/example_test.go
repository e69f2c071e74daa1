package tcb_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"webrtc-room/pkg/tcb"
)

// Someone takes a seat in a room: read it, then change it if it is still as it was
// read. The revision in the filter makes the second step refuse to overwrite what
// somebody else did in between.
func Example() {
	// A stand-in for the service that knows one room.
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		switch {
		case strings.Contains(string(body), "database.getDocument"):
			io.WriteString(w, `{"requestId":"1","data":{"list":["{\"_id\":\"9527\",\"members\":[\"alice\"],\"rev\":\"r1\"}"]}}`)
		case strings.Contains(string(body), "database.modifyDocument"):
			io.WriteString(w, `{"requestId":"2","data":{"updated":1}}`)
		}
	}))
	defer service.Close()

	app, err := tcb.Init(&tcb.Config{ // in a cloud function: &tcb.Config{}
		EnvID:    "my-env",
		SecretID: "AKIDexample", SecretKey: "SECRETexample",
		URL: service.URL + "/admin",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer app.CloseIdleConnections()
	rooms := app.Database().Collection("rooms")
	ctx, stats := tcb.WithStats(context.Background())

	room, err := rooms.Get(ctx, "9527")
	if errors.Is(err, tcb.ErrNotFound) {
		fmt.Println("no such room")
		return
	} else if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("members:", room["members"])

	updated, err := rooms.Update(ctx,
		tcb.M{"_id": "9527", "rev": room["rev"]},
		tcb.M{"$push": tcb.M{"members": "bob"}, "$set": tcb.M{"rev": "r2"}})
	switch {
	case tcb.MaybeApplied(err):
		fmt.Println("bob may be in: read the room again")
	case err != nil:
		fmt.Println("bob is not in:", err)
	case updated == 0:
		fmt.Println("somebody was faster: read the room again")
	default:
		fmt.Println("bob is in, after", stats.Requests(), "requests")
	}
	// Output:
	// members: [alice]
	// bob is in, after 2 requests
}
