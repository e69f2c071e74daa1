// Package cloudtest is a Tencent Cloud on the loopback interface, for tests of
// what deploys to it: as much of the SCF, CloudBase and COS APIs as the CloudBase
// CLI calls, with their rules and error codes.
//
// The CLI itself runs unchanged. Environ makes it send every request through a
// proxy that leads nowhere but here, so a test needs no network and can't reach
// a real account by mistake:
//
//	cloud := cloudtest.New(t, cloudtest.Config{EnvID: "prod-1gabc"})
//	cmd := exec.Command("tcb", "fn", "list", "-e", "prod-1gabc")
//	cmd.Env = append(os.Environ(), cloud.Environ()...)
//
// Afterwards Requests has what arrived, and Function has what would be running.
// Fail makes an action fail, to see what the tool under test makes of it.
//
// # What it insists on
//
// As the real SCF does in the namespace of a CloudBase environment, it creates
// a function only with Stamp MINI_QCBASE and role TCB_QcsRole, never changes an
// existing function's runtime, and is busy for a moment after each change. It
// also looks into the uploaded zip, which SCF does only at the first call: a Go1
// function whose handler isn't an executable file in the zip's root is refused.
//
// An Invoke runs the very binary that was uploaded, over the runtime's RPC, on
// machines that can (linux/amd64).
package cloudtest
