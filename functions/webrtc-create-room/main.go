// Command webrtc-create-room makes a room with an id that no other room has, and seats the
// caller in it.
package main

import (
	"errors"

	"webrtc-room/pkg/roomapi"
	"webrtc-room/pkg/scf"
	"webrtc-room/pkg/settings"
	"webrtc-room/pkg/signin"
)

func main() { scf.Start("webrtc-create-room", open) }

func open(lookup settings.Lookup) (scf.Handler, error) {
	issuer, err := signin.New(lookup)
	if err != nil && !errors.Is(err, signin.ErrNoKey) {
		return nil, err
	}
	rooms, err := roomapi.OpenStore(lookup)
	if err != nil {
		return nil, err
	}
	return handler{rooms: rooms, issuer: issuer}.create, nil
}
