// Package tcbcli runs the CloudBase CLI (tcb, the npm package @cloudbase/cli), and
// tells success from failure.
//
// The CLI is made for people: it prints tables and marks, in the language of the
// system, and its exit status is 0 even when all functions failed to deploy. So
// this package goes by what is printed. A command has succeeded only if its output
// says so.
//
//	cli := &tcbcli.CLI{Command: command, Dir: root, EnvID: "prod-1gabc"}
//	invocation, err := cli.Invoke(ctx, "webrtc-sig-api", event)
//
// Every command runs without a terminal: the CLI can't ask questions. One that
// would start a login in a browser is ended, with ErrNotLoggedIn.
package tcbcli
