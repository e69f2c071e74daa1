// Command webrtc-get-room-list lists the rooms, the newest first, page by page.
package main

import (
	"webrtc-room/pkg/roomapi"
	"webrtc-room/pkg/scf"
)

func main() { scf.Start("webrtc-get-room-list", open) }

func open(settings scf.Settings) (scf.Handler, error) {
	rooms, err := roomapi.OpenStore(settings)
	if err != nil {
		return nil, err
	}
	return handler{rooms: rooms}.list, nil
}
