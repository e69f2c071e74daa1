// Command webrtc-quit-room takes the caller out of a room. A room's creator may take out
// somebody else, for a time if need be, or everybody. With its last member the room
// goes, too.
package main

import (
	"webrtc-room/pkg/roomapi"
	"webrtc-room/pkg/scf"
	"webrtc-room/pkg/settings"
	"webrtc-room/pkg/trtc"
)

func main() { scf.Start("webrtc-quit-room", open) }

func open(lookup settings.Lookup) (scf.Handler, error) {
	rooms, err := roomapi.OpenStore(lookup)
	if err != nil {
		return nil, err
	}
	view, err := roomapi.OpenView(lookup)
	if err != nil {
		return nil, err
	}
	media, err := trtc.OpenAPI(lookup)
	if err != nil {
		return nil, err
	}
	return handler{rooms: rooms, view: view, media: media}.quit, nil
}
