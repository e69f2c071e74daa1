package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"webrtc-room/scripts/internal/project"
)

// signatures is a function that signs, and says what.
const signatures = `package main

import (
	"crypto/sha256"
	"fmt"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	"github.com/decred/dcrd/dcrec/secp256k1/v4/ecdsa"
)

func main() {
	for i := range 200 {
		scalar := sha256.Sum256([]byte{byte(i)})
		digest := sha256.Sum256(scalar[:])
		key := secp256k1.PrivKeyFromBytes(scalar[:])
		signature := ecdsa.Sign(key, digest[:])
		fmt.Printf("%x %x %v\n", key.PubKey().SerializeCompressed(), signature.Serialize(), signature.Verify(digest[:], key.PubKey()))
	}
}
`

// Without the table, signatures are what they are with it, and a package is
// smaller by it.
func TestCurveWithoutTable(t *testing.T) {
	if runtime.GOOS != targetOS || runtime.GOARCH != targetArch {
		t.Skipf("only %s/%s runs what is packaged", targetOS, targetArch)
	}
	here, err := project.Find(".")
	if err != nil {
		t.Fatal(err)
	}
	p := standIn(t)
	for _, name := range []string{"go.mod", "go.sum"} {
		content, err := os.ReadFile(here.Path(name))
		if err != nil {
			t.Fatal(err)
		}
		write(t, p.project.Root, name, string(content))
	}
	write(t, p.project.Root, "functions/webrtc-sig-api/main.go", signatures)
	made, err := p.pack(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	without, err := exec.Command(filepath.Join(p.project.Packages(), "webrtc-sig-api", "main")).Output()
	if err != nil {
		t.Fatal(err)
	}

	run := exec.Command("go", "run", "./functions/webrtc-sig-api")
	run.Dir = p.project.Root
	with, err := run.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, with)
	}
	if string(with) != string(without) || strings.Count(string(with), " true\n") != 200 {
		t.Errorf("with the table:\n%s\nwithout:\n%s", with, without)
	}
	t.Logf("%d bytes", made[1].zipSize)
	if size := made[1].zipSize; size > 1_300_000 {
		t.Errorf("the package has %d bytes: the table seems to be in it", size)
	}
}
