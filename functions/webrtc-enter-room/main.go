// Command webrtc-enter-room seats the caller in a room, which it makes if there is none, and
// signs the caller in to TRTC.
package main

import (
	"webrtc-room/pkg/roomapi"
	"webrtc-room/pkg/scf"
	"webrtc-room/pkg/settings"
	"webrtc-room/pkg/signin"
)

func main() { scf.Start("webrtc-enter-room", open) }

func open(lookup settings.Lookup) (scf.Handler, error) {
	issuer, err := signin.New(lookup)
	if err != nil {
		return nil, err
	}
	rooms, err := roomapi.OpenStore(lookup)
	if err != nil {
		return nil, err
	}
	return handler{rooms: rooms, issuer: issuer}.enter, nil
}
