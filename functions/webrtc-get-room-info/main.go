// Command webrtc-get-room-info looks one room up.
package main

import (
	"webrtc-room/pkg/roomapi"
	"webrtc-room/pkg/scf"
)

func main() { scf.Start("webrtc-get-room-info", open) }

func open(settings scf.Settings) (scf.Handler, error) {
	rooms, err := roomapi.OpenStore(settings)
	if err != nil {
		return nil, err
	}
	return handler{rooms: rooms}.info, nil
}
