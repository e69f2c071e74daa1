// Package faults makes the network between a client and an emulator of CloudBase fail,
// on purpose and repeatably.
//
//	link := &faults.Link{
//		Server: emulator,
//		Plan: func(r faults.Request) faults.Fault {
//			if r.Action == "database.modifyDocument" && r.Index%3 == 0 {
//				return faults.Fault{Kind: faults.LoseReply}
//			}
//			return faults.Fault{}
//		},
//	}
//	app, err := tcb.Init(&tcb.Config{Transport: link, …})
//
// A Link is an http.RoundTripper, that calls the server without a socket and works in a
// testing/synctest bubble; and an http.Handler, to stand before a real server. Plan
// decides the fate of each request from its number and content, so a test that runs in
// a bubble, or asks one request at a time, runs the same way every time.
package faults
