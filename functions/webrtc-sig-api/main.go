// Command webrtc-sig-api signs the caller in to TRTC: it answers a userSig, and with a
// roomID the privateMapKey for that room, if the caller is in it.
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
	allowUnkept, err := lookup.Bool("ALLOW_UNKEPT_ROOMS")
	if err != nil {
		return nil, err
	}
	rooms, err := roomapi.OpenStore(lookup)
	if err != nil {
		return nil, err
	}
	return handler{rooms: rooms, issuer: issuer, allowUnkept: allowUnkept}.sign, nil
}
