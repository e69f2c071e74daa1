// Package trtcemu is TRTC on a laptop: it lets users into rooms, introduces their
// browsers to each other, reports who came and left, and removes whom the server API
// names. It is for local runs and tests; no deployed function contains it.
//
//	emulator, err := trtcemu.New(trtcemu.Config{SDKAppID: 1400000001, Key: key})
//	…
//	defer emulator.Close()
//	emulator.Routes(mux)
//
// There is no media in it. The browsers send sound and pictures to each other, over
// connections that they agree on through the emulator:
//
//	POST /trtc/enter    the parameters of enterRoom; answers a session and who is there
//	GET  /trtc/events   what happens in the room, and what others signal: server-sent events
//	POST /trtc/signal   hands a message to one other browser of the room
//	POST /trtc/media    says what is published: audio, video, screen
//	POST /trtc/role     becomes anchor or audience
//	POST /trtc/beat     answers the event "beat", which shows that the browser isn't frozen
//	POST /trtc/leave    leaves
//	GET  /trtc/rooms    who is where, for a console
//	POST /trtc          TRTC's server API
//
// The session, 128 random bits, is what a request needs to act for a user in a room.
//
// # What it does as TRTC does
//
// Who enters is verified: userSig, and with high-permission mode, which the emulator
// begins with, privateMapKey and its rights to enter and to create the room. A refusal
// has TRTC's code and what sig.Diagnose says. A room with a number is another one than
// the room with that name. A room is there while somebody is in it. When a user enters
// a second time, anywhere, the first time ends. A client that nothing is heard of is
// given up after 90 seconds (Config.Vanish), and told so if it comes back.
//
// Events 101 to 105 are reported: signed, in TRTC's form, each until the answer is a
// 200 within 5 seconds. The second try is made at once, further ones every 10 seconds
// until the event is a minute old. They are sent side by side, so one may overtake
// another; the times of events tell their order. That somebody vanished is dated Silence after they were last heard of, also where a shorter
// Config.Vanish or PassTime made it come early: what is told from the time is true then,
// although the time may lie up to 90 seconds ahead.
//
// The server API takes RemoveUser, DismissRoom and their forms ByStrRoomId, with the
// signature, the errors and the replies of Tencent Cloud's API 3.0. It refuses all other
// actions by name.
//
// # What it does otherwise
//
// TRTC is an SFU: each client sends once, to a server. Here each browser sends to each
// other one, which is well for some four. What a privateMapKey allows is looked at when
// its user enters; who may enter may also send and receive. There are no relays, no
// recording, no media reports (201 to 206), no connections between rooms, no limit of
// requests per second, and no waiting for a room's last viewer: an empty room is
// dismissed at once, in scene "live", too.
//
// What isn't known about TRTC is decided thus: removing somebody who isn't in the room
// succeeds; removed users may enter again at once; who enters their own room a second
// time is reported to enter, and not to leave; and an event keeps its CallbackTs in all
// tries.
//
// # Limits
//
// 256 sessions, 16 of them in a room; 64 KB for a message; 1 MB of events for a browser
// that doesn't fetch them.
package trtcemu
