package proof

import (
	"context"
	"fmt"
	"os"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"webrtc-room/pkg/scfemu"
)

// functions builds the functions, once for all tests.
var functions = sync.OnceValues(func() (bin string, err error) {
	return scfemu.Build(context.Background(), "../../..", built)
})

var built string // a folder for functions

func TestMain(m *testing.M) {
	os.Exit(func() int {
		var err error
		if built, err = os.MkdirTemp("", "proof"); err != nil {
			panic(err)
		}
		defer os.RemoveAll(built)
		code := m.Run()
		if err := goleak.Find(); err != nil && code == 0 {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
		return code
	}())
}
