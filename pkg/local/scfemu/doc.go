// Package scfemu runs built cloud functions on a laptop as Tencent SCF runs them: each in a
// process of its own, called over net/rpc.
//
// A Host calls the executables in a folder, one per function:
//
//	host, err := scfemu.New(scfemu.Config{Dir: ".local/bin"})
//	…
//	defer host.Close()
//	result, err := host.Invoke(ctx, scfemu.Call{
//		Function:    "webrtc-get-room-info",
//		Event:       []byte(`{"roomID": "9527"}`),
//		Environment: map[string]string{"WX_OPENID": "alice"},
//	})
//
// # What is as on SCF
//
// The host starts an executable with _LAMBDA_SERVER_PORT and waits until it answers Ping.
// From then on this instance of the function gets one Invoke at a time, with the message
// types of scf-go-lib. While all instances of a function are busy, a call starts another
// one, up to Config.MaxInstances; calls beyond that wait. An idle instance serves the next
// call warm, until it was idle for Config.IdleTimeout. The host kills an instance that
// overruns its time limit, in the middle of whatever it does, and one that panicked, after
// its answer. Call.Environment names the caller and the credentials; the host adds nothing
// to it.
//
// Call.Timeout limits a call. The start of an instance before the call has a limit of its
// own. A call goes on when its caller stops waiting. Functions are told their memory limit,
// which nobody enforces.
//
// # What is different
//
// An instance sees only the environment variables that this package chose: those of SCF,
// Config.Variables, and the few that an operating system needs (PATH, the folder for
// temporary files). Nothing else of the developer's environment reaches it.
//
// Config.Log gets everything that a function prints, line by line, with the call that was
// running. Result.Log has the lines of one call only.
//
// # No process is left behind
//
// Close kills every instance and waits for it. If the host's process dies first, however it
// dies, its instances die with it: Linux and Windows see to that, and a watching shell does
// on other Unixes. Instances are in process groups of their own, so that Ctrl-C reaches only
// the host, which can let running calls finish.
//
// # Who else can reach an instance
//
// Whoever can connect to a function may call it as anybody. On SCF that is the inside of a
// container. Here, a function that uses scf.Serve listens on 127.0.0.1 only, and answers only
// calls that carry a secret of its host, so that other users of the machine are refused. A
// function that uses StartHandler of scf-go-lib runs too, but listens on all network
// interfaces and answers everybody, on a random port, as long as its instance lives.
package scfemu
