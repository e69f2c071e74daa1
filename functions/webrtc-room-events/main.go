// Command webrtc-room-events takes TRTC's reports of who entered and left a room's call,
// so that the rooms follow the calls: the seat of a client that was killed is free when
// TRTC says so, and a client that reconnects by itself gets its seat back. With
// TRTC_KICK, whoever is in a call without a seat is removed from it. The function is
// optional, and off until TRTC_CALLBACK_KEY is set.
package main

import (
	"time"

	"webrtc-room/pkg/roomapi"
	"webrtc-room/pkg/scf"
	"webrtc-room/pkg/settings"
	"webrtc-room/pkg/trtc"
)

func main() { scf.StartWebhook("webrtc-room-events", open) }

func open(lookup settings.Lookup) (scf.Handler, error) {
	h, err := newHandler(lookup)
	return h.report, err
}

func newHandler(lookup settings.Lookup) (h handler, err error) {
	h.now = time.Now
	if h.key, err = lookup.Required("TRTC_CALLBACK_KEY"); err != nil {
		return h, err
	}
	if h.app, err = lookup.Text("TRTC_SDK_APP_ID"); err != nil {
		return h, err
	}
	if h.allowUnkept, err = lookup.Bool("ALLOW_UNKEPT_ROOMS"); err != nil {
		return h, err
	}
	if h.media, err = trtc.OpenAPI(lookup); err != nil {
		return h, err
	}
	h.rooms, err = roomapi.OpenStore(lookup)
	return h, err
}
