package console

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"webrtc-room/pkg/local/scfemu"
	"webrtc-room/pkg/local/scfemu/scfemutest"
)

// root is a repository with two functions, "one" and "two", that do what their
// event says; see package scfemutest. Its data folder has them built.
var root string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "console")
		if err != nil {
			panic(err)
		}
		defer os.RemoveAll(dir)
		root = dir
		if err := makeRoot(root, "one", "two"); err != nil {
			panic(err)
		}
		if _, err := scfemu.Build(context.Background(), root, filepath.Join(root, ".local")); err != nil {
			panic(err)
		}
		code := m.Run()
		if err := goleak.Find(); err != nil && code == 0 {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
		return code
	}())
}

func makeRoot(dir string, functions ...string) error {
	return scfemutest.WriteModule(dir, "../../..", functions...)
}

// newData returns a data folder that nobody uses, with the built functions.
func newData(t *testing.T) string {
	t.Helper()
	return copyOf(t, filepath.Join(root, ".local", "bin"))
}

// copyOf returns a data folder with these functions.
func copyOf(t *testing.T, bin string) string {
	t.Helper()
	data := t.TempDir()
	if err := os.CopyFS(filepath.Join(data, "bin"), os.DirFS(bin)); err != nil {
		t.Fatal(err)
	}
	return data
}

// start starts a server on a free port, in memory unless it has a data folder.
func start(t testing.TB, config Config) *Server {
	t.Helper()
	config.Root, config.Addr, config.Prebuilt = root, "127.0.0.1:0", true
	config.Memory = config.Data == ""
	if config.Timeout == 0 {
		config.Timeout = time.Minute // slow machines must not fail tests
	}
	s, err := Start(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// browser keeps no connections, so that none outlives its test.
var browser = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}

type reply struct {
	Status int
	Header http.Header
	Body   string
}

// call calls a function of the server.
func call(t *testing.T, s *Server, function, event string, header ...string) reply {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/v1/functions/"+function, strings.NewReader(event))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	return do(t, request)
}

func do(t *testing.T, request *http.Request) reply {
	t.Helper()
	response, err := browser.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	return read(t, response)
}

func read(t *testing.T, response *http.Response) reply {
	t.Helper()
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{response.StatusCode, response.Header, string(body)}
}

// report is what the functions answer to {"Report": true}.
type report struct {
	Pid         int
	Environ     []string
	Environment map[string]string
}

func callReport(t *testing.T, s *Server, header ...string) report {
	t.Helper()
	reply := call(t, s, "one", `{"Report": true}`, header...)
	var r report
	if err := json.Unmarshal([]byte(reply.Body), &r); err != nil || reply.Status != http.StatusOK {
		t.Fatalf("%d %s: %v", reply.Status, reply.Body, err)
	}
	return r
}

// A buffer is a bytes.Buffer for several goroutines.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
