// Command webrtc-sig-api signs the caller in to TRTC: a userSig, and with a
// roomID the privateMapKey for that room.
package main

import (
	"webrtc-room/pkg/roomapi"
	"webrtc-room/pkg/scf"
	"webrtc-room/pkg/settings"
	"webrtc-room/pkg/signin"
)

func main() { scf.Start("webrtc-sig-api", open) }

func open(lookup settings.Lookup) (scf.Handler, error) {
	issuer, err := signin.New(lookup)
	if err != nil {
		return nil, err
	}
	rooms, err := roomapi.OpenStore(lookup)
	if err != nil {
		return nil, err
	}
	return handler{rooms: rooms, issuer: issuer}.sign, nil
}
