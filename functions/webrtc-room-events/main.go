// Command webrtc-room-events takes TRTC's reports of who entered and left a
// room, so that the seat of a killed client is free when TRTC says so. It is
// optional, and off until TRTC_CALLBACK_KEY is set.
package main

import (
	"webrtc-room/pkg/roomapi"
	"webrtc-room/pkg/scf"
	"webrtc-room/pkg/settings"
)

func main() { scf.StartWebhook("webrtc-room-events", open) }

func open(lookup settings.Lookup) (scf.Handler, error) {
	key, err := lookup.Required("TRTC_CALLBACK_KEY")
	if err != nil {
		return nil, err
	}
	rooms, err := roomapi.OpenStore(lookup)
	if err != nil {
		return nil, err
	}
	return handler{rooms: rooms, key: key}.report, nil
}
