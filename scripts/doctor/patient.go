package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

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
type localServer struct{ addr string }

// client uses no proxy: the server is on this machine.
var client = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: time.Minute}

func (s *localServer) ping(ctx context.Context) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.addr+"/", nil)
	if err != nil {
		return err
	}
	response, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("no local server answers at http://%s (%w)", s.addr, errors.Unwrap(err))
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("what answers at http://%s is not the local server: %s", s.addr, response.Status)
	}
	return nil
}

func (s *localServer) call(ctx context.Context, function string, event any, openID string) (reply, error) {
	body, err := json.Marshal(event)
	if err != nil {
		return reply{}, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+s.addr+"/v1/functions/"+url.PathEscape(function), bytes.NewReader(body))
	if err != nil {
		return reply{}, err
	}
	request.Header.Set("Content-Type", "application/json")
	if openID != "" {
		request.Header.Set("X-WX-OPENID", openID)
	}
	response, err := client.Do(request)
	if err != nil {
		return reply{}, err
	}
	defer response.Body.Close()
	body, err = io.ReadAll(response.Body)
	if err != nil {
		return reply{}, err
	}
	if response.StatusCode == http.StatusOK {
		return parseReply(body)
	}
	var failure struct{ ErrorMessage string }
	if json.Unmarshal(body, &failure) == nil && failure.ErrorMessage != "" {
		return reply{}, errors.New(failure.ErrorMessage)
	}
	return reply{}, fmt.Errorf("the server answered %s", response.Status)
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
