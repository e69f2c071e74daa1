// Command webrtc-room-events takes TRTC's reports of who entered and left a
// room, so that the seat of a killed client is free when TRTC says so. It is
// optional, and off until TRTC_CALLBACK_KEY is set.
package main

import (
	"webrtc-room/pkg/roomapi"
	"webrtc-room/pkg/scf"
)

func main() { scf.StartWebhook("webrtc-room-events", open) }

func open(settings scf.Settings) (scf.Handler, error) {
	key := settings("TRTC_CALLBACK_KEY")
	if key == "" {
		return nil, &scf.SettingError{Name: "TRTC_CALLBACK_KEY", Problem: "未设置，请填 TRTC 控制台「回调配置」里的密钥; it is not set: take the key from the callback settings in the TRTC console"}
	}
	rooms, err := roomapi.OpenStore(settings)
	if err != nil {
		return nil, err
	}
	return handler{rooms: rooms, key: key}.report, nil
}
