package readme

import (
	"bufio"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"

	"webrtc-room/pkg/local/client"
)

// The commands for a laptop, on one page after the other.
func TestLaptop(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: it builds much")
	}
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("there is no curl, which a command of the READMEs is of")
	}
	listener, err := net.Listen("tcp", client.DefaultAddr)
	if err != nil {
		t.Skipf("the READMEs' port is taken, perhaps by your own local server: %v", err)
	}
	listener.Close()
	c := newClone(t)
	commands, _ := read(t, "README.md")
	for _, text := range commands {
		what, ok := look(text)
		switch {
		case !ok || what.place != onLaptop:
		case text == "go run ./scripts/local":
			c.serve(t, what)
		default:
			c.run(t, what)
		}
	}
}

// serve starts the local server, and ends it with the test.
func (c *clone) serve(t *testing.T, what command) {
	t.Helper()
	cmd := c.command(t, "exec "+what.text)
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	printed := bufio.NewReader(stdout)
	t.Cleanup(func() {
		cmd.Process.Kill() // go run, and the server sees that it is gone
		io.Copy(io.Discard, printed)
		cmd.Wait()
	})
	line, err := printed.ReadString('\n')
	if err != nil || !strings.Contains(line, what.expect) {
		t.Fatalf("%s prints %q, %v", what.text, line, err)
	}
}
