package proof

import (
	"context"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"webrtc-room/pkg/local/scfemu"
)

// functions builds the functions, once for all tests.
var functions = sync.OnceValues(func() (bin string, err error) {
	return scfemu.Build(context.Background(), "../../..", "../../../.local/test")
})

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
