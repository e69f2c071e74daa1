// Package scfemu runs built cloud functions on a laptop as Tencent SCF runs
// them: as processes of their own, called over net/rpc.
//
// A Host is given a folder of executables, one per function, and calls them:
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
// An executable is started with _LAMBDA_SERVER_PORT, answers Ping when it is
// ready, and then gets one Invoke at a time, with the message types of
// scf-go-lib. While all instances of a function are busy, a call starts another
// one; above Config.MaxInstances calls queue. An idle instance serves the next
// call warm, until it was idle for Config.IdleTimeout. An instance that
// overruns its time limit is killed in the middle of whatever it does; so is
// one that panicked, after its answer. Who calls, and with which credentials,
// is the business of the caller of Invoke: it is all in Call.Environment.
//
// Call.Timeout limits a call and not the start of an instance before it, which
// has a limit of its own, as on SCF. A call goes on when the one who made it
// stops waiting. Memory limits are told to a function and not enforced.
//
// # What is different
//
// An instance sees only the environment variables that this package chose:
// those of SCF, Config.Variables, and the few that an operating system needs
// (PATH, the folder for temporary files). Nothing else of the developer's
// environment reaches it.
//
// Everything that a function prints is handed to Config.Log, line by line, with
// the call that was running: Result.Log has the lines of one call only.
//
// # No process is left behind
//
// Close kills every instance and waits for it. If the host's process dies
// first, however it dies, the instances die with it: by the kernel's hand on
// Linux and Windows, by a watching shell on other Unixes. Instances are no part
// of the terminal's foreground process group, so that Ctrl-C reaches only the
// host, which can let running calls finish.
//
// # Who else can reach an instance
//
// Whoever can connect to a function may call it as anybody. On SCF that is the inside of
// a container. Here, a function that uses scf.Serve listens on 127.0.0.1 only, and answers
// only calls with a secret that the host made up for its run, so that other users of the
// machine are refused. A function that uses StartHandler of scf-go-lib runs too, but listens
// on all network interfaces and answers everybody, on a random port, as long as its
// instance lives.
package scfemu
