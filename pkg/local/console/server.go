package console

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"webrtc-room/pkg/local/client"
	"webrtc-room/pkg/local/platform"
	"webrtc-room/pkg/local/scfemu"
	"webrtc-room/pkg/local/tcbemu"
	"webrtc-room/pkg/local/trtcemu"
	"webrtc-room/pkg/roomapi"
	"webrtc-room/pkg/settings"
)

// What serverless.yml says about the functions in the cloud.
const (
	memoryMB       = 128
	defaultTimeout = 5 * time.Second
)

const envID = "local"

// Start's errors for which there is something to do; the text around them says
// what. There are also scfemu.ErrNoGo and *scfemu.BuildError.
var (
	ErrAddrInUse = errors.New("the port is taken")
	ErrLocked    = errors.New("the data folder is in use")
	ErrForeign   = errors.New("this is no data folder")
)

// Config says what to serve, and where. Only Root is needed.
type Config struct {
	Root     string // the repository
	Data     string // the data folder; default .local in Root
	Addr     string // host:port; default client.DefaultAddr, port 0 picks a free one
	Memory   bool   // keep documents and keys in memory, for this run only
	Prebuilt bool   // serve what is in the data folder's bin, without building it

	// Timeout limits a call. The default is the functions' limit in the cloud.
	Timeout time.Duration

	// Vanish is how long the emulated TRTC waits for a client that it doesn't hear
	// of. The default is TRTC's, 90 seconds.
	Vanish time.Duration

	// Getenv looks up the developer's settings for the functions, by the names
	// of serverless.yml. Nil finds none.
	Getenv func(string) string

	// Language is that of what the server has to say where there is a choice: "zh",
	// "en", or "" for both.
	Language string

	// Log gets what the functions print, and what the server has to say.
	Log io.Writer
}

func (c Config) defaultData() string { return filepath.Join(c.Root, client.DataFolder) }

// A Server is a running local server.
type Server struct {
	URL          string // "http://127.0.0.1:9527"
	Data         string // the data folder; with Config.Memory, one that Close removes
	ThrowAwayKey bool   // signatures are made with a key that no TRTC application has

	config      Config
	folder      *folder
	keys        keys
	role        role
	callbackKey string // a throw-away key for reports of room events
	complaints  []settings.Text
	webSDK      []byte // Tencent's, as a module; nil for ours
	host        *scfemu.Host
	emulator    *tcbemu.Emulator
	gate        *gate // before the emulator
	trtc        *trtcemu.Emulator
	journal     *journal
	journalRun  string // names this run of the server, so that pages notice another one
	http        *http.Server
	served      chan struct{} // closed when http has ended
	log         *terminal
	close       func() error
}

// Start builds the functions and serves them until Close. When ctx ends
// before it is done, Start gives up; later, ctx means nothing.
//
// Its errors wrap ErrAddrInUse, ErrLocked, ErrForeign, scfemu.ErrNoGo or
// *scfemu.BuildError where one of them fits, and say what to do.
func Start(ctx context.Context, config Config) (_ *Server, err error) {
	s := &Server{config: config, served: make(chan struct{}), journal: newJournal(), journalRun: randomHex(4)}
	s.gate = newGate(s.journal)
	s.config.Addr = cmp.Or(config.Addr, client.DefaultAddr)
	s.config.Data, err = filepath.Abs(cmp.Or(config.Data, config.defaultData()))
	if err != nil {
		return nil, err
	}
	s.config.Timeout = cmp.Or(config.Timeout, defaultTimeout)
	if config.Getenv == nil {
		s.config.Getenv = func(string) string { return "" }
	}
	s.log = &terminal{out: config.Log}
	if config.Log == nil {
		s.log.out = io.Discard
	}
	s.close = sync.OnceValue(s.shutdown)
	defer func() {
		if err != nil {
			_ = s.shutdown()
		}
	}()

	if s.webSDK, err = readWebSDK(s.config.Getenv("TRTC_WEB_SDK")); err != nil {
		return nil, err
	}
	if config.Data != "" && !config.Memory && !config.Prebuilt {
		if err := checkOurs(s.config.Data); err != nil {
			return nil, err
		}
	}
	// The port is taken before the functions are built, which is the slow part:
	// better to fail early, and requests that come meanwhile simply wait. It is
	// taken before the data folder, too: who starts a second server by mistake
	// knows what a port is.
	listener, err := listen(s.config.Addr)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			listener.Close()
		}
	}()
	if err := s.openFolder(); err != nil {
		return nil, err
	}
	addr := listener.Addr().(*net.TCPAddr)
	s.URL = "http://" + reachable(addr)
	if !addr.IP.IsLoopback() {
		s.log.line("server", "whoever reaches this machine over the network can call the functions as anybody: -addr asked for it")
	}
	if err := s.openHost(ctx); err != nil {
		return nil, err
	}
	if err := s.openEmulator(); err != nil {
		return nil, err
	}
	if err := s.openTRTC(); err != nil {
		return nil, err
	}
	if err := s.folder.writeCloudBase(s.URL, s.keys.CloudBase); err != nil {
		return nil, err
	}

	s.http = &http.Server{
		Handler:           guard(s.config.Addr, limitBody(mostBodyTime, s.routes())),
		ReadHeaderTimeout: 10 * time.Second,
		ErrorLog:          log.New(s.log.named("server"), "", 0),
	}
	s.http.RegisterOnShutdown(s.journal.close) // ends the streams to pages
	go func() {
		defer close(s.served)
		if err := s.http.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			s.http.ErrorLog.Print(err)
		}
	}()
	return s, nil
}

func (s *Server) openFolder() (err error) {
	if s.config.Memory {
		s.folder, err = openTemporaryFolder()
	} else {
		s.folder, err = openFolder(s.config.Data)
	}
	if err != nil {
		return err
	}
	s.Data = s.folder.path
	s.role = newRole()
	s.callbackKey = randomHex(16)
	s.keys, err = s.folder.keys()
	return err
}

func listen(addr string) (net.Listener, error) {
	listener, err := net.Listen("tcp", addr)
	const wsaeaddrinuse = syscall.Errno(10048) // EADDRINUSE, as Windows has it
	if errors.Is(err, syscall.EADDRINUSE) || errors.Is(err, wsaeaddrinuse) {
		return nil, fmt.Errorf("%w: something listens on %s already, maybe another local server: stop it, or pick another port with -addr 127.0.0.1:0 (and -memory, to have two local servers)", ErrAddrInUse, addr)
	}
	var malformed *net.AddrError
	var unknown *net.DNSError // a host or a port of that name
	if errors.As(err, &malformed) || errors.As(err, &unknown) {
		return nil, fmt.Errorf("the server can't listen at %q: write host:port, as in -addr %s (%w)", addr, client.DefaultAddr, err)
	}
	return listener, err
}

// reachable is where programs on this machine reach the listener.
func reachable(addr *net.TCPAddr) string {
	if addr.IP.IsUnspecified() {
		return fmt.Sprintf("127.0.0.1:%d", addr.Port)
	}
	return addr.String()
}

func (s *Server) openHost(ctx context.Context) (err error) {
	prebuilt := filepath.Join(s.config.Data, "bin")
	bin := prebuilt
	if !s.config.Prebuilt {
		doing := "building what has changed of the functions"
		if built, _ := os.ReadDir(filepath.Join(s.folder.path, "bin")); len(built) == 0 {
			doing = "building the functions; the first time, this takes a minute or two"
		}
		s.log.line("server", doing)
		s.log.elapsing("building", func() { bin, err = scfemu.Build(ctx, s.config.Root, s.folder.path) })
	}
	if errors.Is(err, scfemu.ErrNoGo) {
		return fmt.Errorf("%w: install Go (https://go.dev/dl), or serve functions that are already built in %s (-build=false)", err, prebuilt)
	}
	if err != nil {
		return err
	}
	var variables map[string]string
	variables, s.ThrowAwayKey = s.variables()
	s.complaints = s.check()
	for _, complaint := range s.complaints {
		s.log.line("server", complaint.In(s.config.Language))
	}
	s.host, err = scfemu.New(scfemu.Config{
		Dir:       bin,
		Code:      filepath.Join(s.config.Root, "functions"),
		Variables: variables,
		Namespace: envID,
		Region:    platform.Region,
		MemoryMB:  memoryMB,
		Timeout:   s.config.Timeout,
		Log:       s.log.function,
	})
	return err
}

func (s *Server) openEmulator() (err error) {
	s.emulator, err = tcbemu.Open(tcbemu.Config{
		Path:    s.folder.documents(),
		Indexes: map[string][]string{roomapi.Collection: roomapi.Indexes()},
		EnvID:   envID,
		Keys: map[string]string{
			s.keys.CloudBase.SecretID: s.keys.CloudBase.SecretKey,
			s.role.SecretID:           s.role.SecretKey,
		},
		SessionTokens: map[string]string{s.role.SecretID: s.role.sessionToken},
		Invoke:        s.invokeForAdmin,
		Observe:       s.gate.observe,
	})
	s.gate.database = s.emulator
	return err
}

func (s *Server) openTRTC() (err error) {
	key := s.verifyKey()
	app, _ := s.lookup().AppID()
	if app == 0 {
		key = nil // the functions say what is wrong
	}
	s.trtc, err = trtcemu.New(trtcemu.Config{
		SDKAppID:    app,
		Key:         key,
		CallbackURL: s.URL + "/http/webrtc-room-events",
		CallbackKey: s.lookup()("TRTC_CALLBACK_KEY"),
		Observe:     func(r trtcemu.Report) { s.journal.add("report", r) },
		Keys: map[string]string{
			s.keys.CloudBase.SecretID: s.keys.CloudBase.SecretKey,
			s.role.SecretID:           s.role.SecretKey,
		},
		SessionTokens: map[string]string{s.role.SecretID: s.role.sessionToken},
		Vanish:        s.config.Vanish,
	})
	return err
}

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/functions/{name}", s.serveFunction)
	mux.HandleFunc("/http/{name}", s.serveHTTP)
	mux.HandleFunc("GET /http/token", s.serveToken)
	mux.HandleFunc("GET /call", s.serveCall)
	mux.HandleFunc("GET /call/{file}", s.serveCallFile)
	mux.Handle("POST /admin", s.gate)
	mux.HandleFunc("GET /{$}", s.servePage)
	mux.HandleFunc("GET /web/{file...}", s.serveWeb)
	s.trtc.Routes(mux)
	s.api(mux)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { serveNothing(w, r, mux) })
	return mux
}

// serveNothing answers, as an error of the other kinds, requests that mux has no
// handler for.
func serveNothing(w http.ResponseWriter, r *http.Request, mux *http.ServeMux) {
	status, message := http.StatusNotFound, "there is nothing for "+r.Method+" at "+r.URL.Path
	var allowed []string
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete} {
		if _, pattern := mux.Handler(&http.Request{Method: method, Host: r.Host, URL: r.URL}); pattern != "/" {
			allowed = append(allowed, method)
			w.Header().Add("Allow", method)
		}
	}
	if len(allowed) > 0 {
		status, message = http.StatusMethodNotAllowed, message+": use "+strings.Join(allowed, " or ")
	}
	writeMessage(w, status, message)
}

// Close lets no new call in, waits for those that are running, ends all
// functions, and releases the port and the data folder.
func (s *Server) Close() error { return s.close() }

// shutdown undoes what Start did, as far as it came.
func (s *Server) shutdown() error {
	var errs []error
	if s.trtc != nil {
		s.trtc.Close() // it calls a function
	}
	if s.host != nil {
		// First, while the functions can still reach their database.
		ctx, cancel := context.WithTimeout(context.Background(), s.config.Timeout+time.Second)
		defer cancel()
		if err := s.host.Shutdown(ctx); err != nil {
			errs = append(errs, fmt.Errorf("calls were cut off: %w", err))
		}
	}
	if s.http != nil {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if s.http.Shutdown(ctx) != nil {
			errs = append(errs, s.http.Close()) // on somebody who doesn't take a reply
		}
		<-s.served
	}
	if s.emulator != nil {
		s.gate.strays.Wait()
		errs = append(errs, s.emulator.Close())
	}
	if s.folder != nil {
		errs = append(errs, s.folder.close())
	}
	return errors.Join(errs...)
}
