// Command webrtc-get-room-info shows one room.
package main

import (
	"webrtc-room/pkg/roomapi"
	"webrtc-room/pkg/scf"
	"webrtc-room/pkg/settings"
)

func main() { scf.Start("webrtc-get-room-info", open) }

func open(lookup settings.Lookup) (scf.Handler, error) {
	rooms, err := roomapi.OpenStore(lookup)
	if err != nil {
		return nil, err
	}
	view, err := roomapi.OpenView(lookup)
	if err != nil {
		return nil, err
	}
	return handler{rooms: rooms, view: view}.info, nil
}
