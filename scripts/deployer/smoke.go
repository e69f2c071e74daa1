package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"

	"webrtc-room/pkg/trtc"
	"webrtc-room/scripts/internal/project"
)

// errNotCalled is the result of a function that there is no sense in calling.
var errNotCalled = errors.New("not called")

// lanes are the calls of the smoke test, to be made in each lane's order. The room
// of the first one is made, seen, and left, which removes it.
func (d *deployment) lanes() [2][]string {
	room := []string{"webrtc-enter-room", "webrtc-get-room-info", "webrtc-get-room-list", "webrtc-quit-room"}
	var others []string
	for _, function := range d.functions {
		if !slices.Contains(room, function) {
			others = append(others, function)
		}
	}
	return [2][]string{room, others}
}

// smokeTest calls each deployed function with its event.json.
func (d *deployment) smokeTest(ctx context.Context, deployed map[string]error) map[string]error {
	results := make(map[string]error)
	var mu sync.Mutex
	call := func(function string) {
		err := errNotCalled
		if deployed[function] == nil {
			err = d.smoke(ctx, function)
		}
		mu.Lock()
		defer mu.Unlock()
		results[function] = err
	}
	var done sync.WaitGroup
	for _, lane := range d.lanes() {
		done.Go(func() {
			for _, function := range lane {
				call(function)
			}
		})
	}
	done.Wait()
	return results
}

// smoke calls one function, and takes back what the call did.
func (d *deployment) smoke(ctx context.Context, function string) error {
	event, err := d.event(function)
	if err != nil {
		return err
	}
	reply, err := d.call(ctx, function, event)
	if err != nil || function != "webrtc-create-room" {
		return err
	}
	quit := map[string]any{"roomID": reply["roomID"], "userID": reply["creator"]}
	event, err = json.Marshal(quit)
	if err != nil {
		return err
	}
	if _, err := d.call(ctx, "webrtc-quit-room", event); err != nil {
		return fmt.Errorf("it works, and the room %v that it made could not be removed: %w", reply["roomID"], err)
	}
	return nil
}

// event is a function's event.json. TRTC's report to webrtc-room-events needs a
// signature, for which event.json has a placeholder.
func (d *deployment) event(function string) (json.RawMessage, error) {
	event, err := d.project.Event(function)
	key := d.settings[project.Switch(function)]
	if err != nil || key == "" {
		return event, err
	}
	var request map[string]any
	if err := json.Unmarshal(event, &request); err != nil {
		return nil, err
	}
	body, _ := request["body"].(string)
	headers, _ := request["headers"].(map[string]any)
	headers["sign"] = trtc.SignReport(key, []byte(body))
	headers["SdkAppId"] = d.settings["TRTC_SDK_APP_ID"]
	return json.Marshal(request)
}

// call calls a function. Its refusal is an error, except of a room that is full:
// the room of the event may be somebody's.
func (d *deployment) call(ctx context.Context, function string, event json.RawMessage) (map[string]any, error) {
	invocation, err := d.cli.Invoke(ctx, function, event)
	if err != nil {
		return nil, err
	}
	if invocation.Failure != "" {
		return nil, errors.New(invocation.Failure)
	}
	var reply map[string]any
	if err := json.Unmarshal(invocation.Reply, &reply); err != nil {
		return nil, fmt.Errorf("its reply is no JSON object: %w", err)
	}
	if reason, refused := reply["reason"]; refused && reason != "ROOM_FULL" {
		return nil, fmt.Errorf("it refuses its event.json: %v: %v", reason, reply["msg"])
	}
	if status, http := reply["statusCode"]; http && status != 200.0 {
		return nil, fmt.Errorf("it refuses its event.json: HTTP status %v: %v", status, reply["body"])
	}
	return reply, nil
}

// report prints a line for each function. It returns an error unless all is well.
func report(w io.Writer, p *plan, deployed, called map[string]error) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "function\tdeployed\tcalled")
	var problems []string
	for _, name := range p.functions {
		fmt.Fprintf(table, "%s\t%s\t%s\n", name, word(p.action(name)+"d", deployed[name]), word("answers", called[name]))
		if err := deployed[name]; err != nil {
			problems = append(problems, fmt.Sprintf("%s was not %sd: %v", name, p.action(name), err))
		} else if err := called[name]; err != nil {
			problems = append(problems, fmt.Sprintf("%s is deployed, and doesn't work: %v", name, err))
		}
	}
	table.Flush()
	if len(problems) > 0 {
		return fmt.Errorf("%d of %d functions\n\n%s", len(problems), len(p.functions), strings.Join(problems, "\n"))
	}
	fmt.Fprintf(w, "\nAll %d functions are deployed and answer. To look closer:\n\n\tgo run ./scripts/doctor -deployed\n", len(p.functions))
	return nil
}

func word(good string, err error) string {
	switch {
	case errors.Is(err, errNotCalled):
		return "-"
	case err != nil:
		return "FAILED"
	}
	return good
}
