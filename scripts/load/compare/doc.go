// Package compare measures the functions beside two others, in one run and in turns, so
// that what else the machine does meets all of them:
//
//   - trivial, the floor: a function that answers with its event;
//   - the demo's way: functions for Node.js that call one another through the official
//     SDK, with its version 2 and its version 4.
//
// Each function runs in a process of its own, as on SCF, against an emulated CloudBase in
// this process. What is measured is the time of a call, the processor time that all the
// processes of a call take, their memory, and the requests and invocations of a call,
// which are counted.
//
// Absolute times are this machine's. Ratios are what a run is for.
package compare
