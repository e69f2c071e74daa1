// Package proof checks package roomstore's guarantees from the outside. It is all
// tests; nothing imports it.
//
//	go test ./pkg/roomstore/proof                                                 as CI does, 500 histories
//	go test ./pkg/roomstore/proof -run TestHistories -seeds 20000 -timeout 1h -v  more of them
//	go test ./pkg/roomstore/proof -run TestHistories -from 5000 -seeds 1000 -v     others
//	go test ./pkg/roomstore/proof -run TestHistories -seed 728 -v                 one, told call by call
//
// # Histories
//
// A seed makes a history: a few clients call several instances, whose clocks are up
// to ten minutes off and which give seats for different times. Those reach an emulated
// database through a network that loses requests and replies, delivers late or twice,
// and refuses, be it what it has carried out. Functions are
// killed between two requests, or meet their deadline. All of it runs in
// testing/synctest time, so that hours pass in a millisecond and a seed gives the
// same history every time.
//
// Porcupine then looks for an order of whole calls that explains every answer,
// room by room. It knows nothing of revisions, fences or retries. In rules_test.go a room
// is a list of seats, changed by one call after the other. In model_test.go a write whose
// reply was lost is a step of its own, that happens some time or never. A
// history that nothing explains fails the test, which prints it, how to run it
// again, and where the picture is.
//
// That this can fail is a test, too: TestWrongStores has other people's
// algorithms, and ours with one part left out.
//
// # Two things that no client can know
//
// A network may deliver an insert twice by itself, so that nobody learns of the
// copy. If the copy comes when the room has lived and died, and within
// maxLateness, it brings the room back. The histories have copies that come at
// once, or later than that.
//
// Something on the way may lose a reply and send the request again by itself, and
// then pass on the copy's reply: of a removal, that nothing was there to remove.
// Whoever gets that can't know that it was their own doing. So the answer to a
// request that was sent again may deny what it did.
//
// # The rest
//
// TestPrograms has random sequential programs, which rapid shrinks. TestCrashPoints
// stops every call at every request. TestKilledProcesses does it to the real
// executables, and TestHostileEvents sends those what no client should.
package proof
