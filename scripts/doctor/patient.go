package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"webrtc-room/pkg/local/client"
	"webrtc-room/scripts/internal/tcbcli"
)

// A reply is a function's reply, as far as it is looked at here.
type reply struct {
	Code   any
	Msg    string
	Reason string

	UserID   string
	SDKAppID uint32
	UserSig  string

	MediaRemoved *bool
	MediaError   string

	RoomID string
	Data   []struct{ RoomID string }

	body []byte
}

func parseReply(body []byte) (reply, error) {
	r := reply{body: body}
	if err := json.Unmarshal(body, &r); err != nil {
		return reply{}, fmt.Errorf("the reply isn't what it should be: %w", err)
	}
	return r, nil
}

// refusal is why the function didn't do what it was asked, "" if it did.
func (r reply) refusal() string {
	if r.Reason == "" {
		return ""
	}
	return r.Reason + ": " + r.Msg
}

// A localServer has the functions that go run ./scripts/local runs.
type localServer struct{ *client.Client }

func (s localServer) call(ctx context.Context, function string, event any, openID string) (reply, error) {
	body, err := json.Marshal(event)
	if err != nil {
		return reply{}, err
	}
	answer, err := s.Call(ctx, function, openID, body)
	if err != nil {
		return reply{}, err
	}
	return parseReply(answer.Body)
}

// An environment has the functions that are deployed.
type environment struct{ cli *tcbcli.CLI }

func (e environment) call(ctx context.Context, function string, event any, openID string) (reply, error) {
	if openID != "" {
		return reply{}, errors.New("the CLI can't call as a mini program's user")
	}
	body, err := json.Marshal(event)
	if err != nil {
		return reply{}, err
	}
	invocation, err := e.cli.Invoke(ctx, function, body)
	if err != nil {
		return reply{}, err
	}
	if invocation.Failure != "" {
		return reply{}, errors.New(invocation.Failure)
	}
	return parseReply(invocation.Reply)
}
