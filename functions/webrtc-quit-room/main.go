// Command webrtc-quit-room takes the caller out of a room. A room ends with its last
// member.
package main

import (
	"webrtc-room/pkg/roomapi"
	"webrtc-room/pkg/scf"
	"webrtc-room/pkg/settings"
)

func main() { scf.Start("webrtc-quit-room", open) }

func open(lookup settings.Lookup) (scf.Handler, error) {
	rooms, err := roomapi.OpenStore(lookup)
	if err != nil {
		return nil, err
	}
	return handler{rooms: rooms}.quit, nil
}
