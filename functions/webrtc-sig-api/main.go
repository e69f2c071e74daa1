// Command webrtc-sig-api signs the caller in to TRTC: a userSig, and with a
// roomID the privateMapKey for that room.
package main

import (
	"webrtc-room/pkg/roomapi"
	"webrtc-room/pkg/scf"
	"webrtc-room/pkg/signin"
)

func main() { scf.Start("webrtc-sig-api", open) }

func open(settings scf.Settings) (scf.Handler, error) {
	issuer, err := signin.New(settings)
	if err != nil {
		return nil, err
	}
	rooms, err := roomapi.OpenStore(settings)
	if err != nil {
		return nil, err
	}
	return handler{rooms: rooms, issuer: issuer}.sign, nil
}
