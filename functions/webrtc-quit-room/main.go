// Command webrtc-quit-room takes the caller out of a room. With its last member
// the room goes, too.
package main

import (
	"webrtc-room/pkg/roomapi"
	"webrtc-room/pkg/scf"
)

func main() { scf.Start("webrtc-quit-room", open) }

func open(settings scf.Settings) (scf.Handler, error) {
	rooms, err := roomapi.OpenStore(settings)
	if err != nil {
		return nil, err
	}
	return handler{rooms: rooms}.quit, nil
}
