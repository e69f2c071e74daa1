package console

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"webrtc-room/pkg/local/client"
	"webrtc-room/pkg/local/scfemu"
	"webrtc-room/pkg/tcb"
)

func TestRestart(t *testing.T) {
	data := newData(t)
	before := start(t, Config{Data: data})
	rooms := sdk(t, before).Database()
	if err := rooms.CreateCollection(t.Context(), "rooms"); err != nil {
		t.Fatal(err)
	}
	if _, err := rooms.Collection("rooms").Insert(t.Context(), tcb.M{"_id": "9527", "members": []string{"alice"}}); err != nil {
		t.Fatal(err)
	}
	options, err := os.ReadFile(filepath.Join(data, client.File))
	if err != nil {
		t.Fatal(err)
	}
	if err := before.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(data, client.File)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the server is closed, and %s is there: %v", client.File, err)
	}

	after := start(t, Config{Data: data})
	got, err := sdk(t, after).Database().Collection("rooms").Get(t.Context(), "9527")
	if diff := cmp.Diff(tcb.M{"_id": "9527", "members": []any{"alice"}}, got); err != nil || diff != "" {
		t.Error(err, diff)
	}
	if after.keys != before.keys {
		t.Error("the restart made new keys")
	}
	if after.role == before.role {
		t.Error("the functions' credentials are those of the last run")
	}
	if runtime.GOOS != "windows" {
		for _, file := range []string{"keys.json", client.File} {
			if info, err := os.Stat(filepath.Join(data, file)); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%s: %v, %v", file, info.Mode(), err)
			}
		}
	}
	if strings.Contains(string(options), before.keys.TRTC.SecretKey) {
		t.Error("the SDK's options hold a key that it doesn't need")
	}
}

func TestMemory(t *testing.T) {
	one, two := start(t, Config{}), start(t, Config{})
	if one.keys == two.keys {
		t.Error("two servers have the same keys")
	}
	one.Close()
	if _, err := os.Stat(one.Data); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s is still there: %v", one.Data, err)
	}
}

// On a fresh clone there is no .local, and -memory makes none.
func TestMemoryBuilds(t *testing.T) {
	clone := t.TempDir()
	if err := makeRoot(clone, "one"); err != nil {
		t.Fatal(err)
	}
	s, err := Start(t.Context(), Config{Root: clone, Memory: true, Addr: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if r := call(t, s, "one", "{}"); r.Status != http.StatusOK {
		t.Errorf("the function answers %d", r.Status)
	}
	if _, err := os.Stat(filepath.Join(clone, ".local")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf(".local in the clone: %v", err)
	}
}

func getenv(variables map[string]string) func(string) string {
	return func(name string) string { return variables[name] }
}

func TestVariables(t *testing.T) {
	t.Run("ThrowAway", func(t *testing.T) {
		s := start(t, Config{Getenv: getenv(map[string]string{"ROOM_MAX_MEMBERS": "2", "HOME": "/home/dev"})})
		r := callReport(t, s)
		for _, want := range []string{"TRTC_SDK_APP_ID=" + s.keys.TRTC.SDKAppID, "TRTC_SECRET_KEY=" + s.keys.TRTC.SecretKey, "ROOM_MAX_MEMBERS=2"} {
			if !slices.Contains(r.Environ, want) {
				t.Errorf("%s is missing", want)
			}
		}
		if !s.ThrowAwayKey {
			t.Error("the key isn't announced as throw-away")
		}
	})

	t.Run("TRTC", func(t *testing.T) {
		sdk := filepath.Join(t.TempDir(), "trtc.js")
		if err := os.WriteFile(sdk, []byte("(globalThis).TRTC={}"), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, test := range []struct {
			set                           map[string]string
			wantKick, wantAPI, wantAPIKey string // "*" for the local one's address
		}{
			{nil, "true", "*", ""},
			{map[string]string{"TRTC_KICK": "false"}, "false", "*", ""},
			{map[string]string{"TRTC_SECRET_KEY": "mine"}, "", "*", ""}, // without an app there is no call to remove from
			{map[string]string{"TRTC_API_SECRET_ID": "AKIDmine", "TRTC_API_SECRET_KEY": "mine"}, "true", "*", ""},
			{map[string]string{"TRTC_API_ENDPOINT": "trtc.tencentcloudapi.com", "TRTC_API_SECRET_ID": "AKIDmine"}, "", "trtc.tencentcloudapi.com", "AKIDmine"},
			{map[string]string{"TRTC_WEB_SDK": sdk}, "", "", ""}, // the media is Tencent's
		} {
			s := start(t, Config{Getenv: getenv(test.set)})
			want := strings.ReplaceAll(test.wantAPI, "*", s.URL+"/trtc")
			lookup := s.lookup()
			if kick, api, key := lookup("TRTC_KICK"), lookup("TRTC_API_ENDPOINT"), lookup("TRTC_API_SECRET_ID"); kick != test.wantKick || api != want || key != test.wantAPIKey {
				t.Errorf("with %v: TRTC_KICK=%q, TRTC_API_ENDPOINT=%q, TRTC_API_SECRET_ID=%q", test.set, kick, api, key)
			}
			for _, complaint := range s.check() {
				if strings.Contains(complaint.EN, "TRTC_KICK") {
					t.Errorf("with %v, it complains of what nobody has set: %s", test.set, complaint.EN)
				}
			}
		}
	})

	t.Run("Developer", func(t *testing.T) {
		for _, variables := range []map[string]string{
			{"TRTC_SDK_APP_ID": "1400000001", "TRTC_SECRET_KEY": "mine"},
			{"TRTC_SDK_APP_ID": "1400000001", "TRTC_PRIVATE_KEY": "mine", "TRTC_ACCOUNT_TYPE": "1"},
			{"TRTC_SDK_APP_ID": "1400000001"}, // for the functions to complain about
		} {
			s := start(t, Config{Getenv: getenv(variables)})
			r := callReport(t, s)
			got := make(map[string]string)
			for _, variable := range r.Environ {
				if name, value, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "TRTC_") && !slices.Contains([]string{"TRTC_CALLBACK_KEY", "TRTC_KICK", "TRTC_API_ENDPOINT"}, name) {
					got[name] = value
				}
			}
			if diff := cmp.Diff(variables, got); diff != "" || s.ThrowAwayKey {
				t.Errorf("throw-away = %t, %s", s.ThrowAwayKey, diff)
			}
		}
	})

	t.Run("KeyFile", func(t *testing.T) {
		file := filepath.Join(root, "functions", "two", "config", "private_key")
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(filepath.Dir(file))
		if err := os.WriteFile(file, []byte("mine"), 0o600); err != nil {
			t.Fatal(err)
		}
		if s := start(t, Config{}); s.ThrowAwayKey {
			t.Error("the throw-away key is in the way of the developer's")
		}
	})
}

func TestStartFails(t *testing.T) {
	check := func(t *testing.T, config Config, target error, texts ...string) {
		t.Helper()
		s, err := Start(t.Context(), config)
		if err == nil {
			s.Close()
			t.Fatal("it started")
		}
		if target != nil && !errors.Is(err, target) {
			t.Errorf("err = %v, want %v", err, target)
		}
		for _, text := range texts {
			if !strings.Contains(err.Error(), text) {
				t.Errorf("err = %v, want something about %s", err, text)
			}
		}
	}

	t.Run("ErrAddrInUse", func(t *testing.T) {
		other := start(t, Config{})
		addr := strings.TrimPrefix(other.URL, "http://")
		check(t, Config{Root: root, Memory: true, Prebuilt: true, Addr: addr}, ErrAddrInUse, addr, "-addr 127.0.0.1:0")
		data := filepath.Join(t.TempDir(), "new")
		check(t, Config{Root: root, Data: data, Addr: addr}, ErrAddrInUse)
		if _, err := os.Stat(data); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("it has left a data folder: %v", err)
		}
	})

	// The same command twice: the port is what its user knows of.
	t.Run("ErrAddrInUseBeforeErrLocked", func(t *testing.T) {
		data := newData(t)
		other := start(t, Config{Data: data})
		addr := strings.TrimPrefix(other.URL, "http://")
		check(t, Config{Root: root, Data: data, Prebuilt: true, Addr: addr}, ErrAddrInUse, addr)
	})

	t.Run("NoAddress", func(t *testing.T) {
		for _, addr := range []string{"abc", "9703", "127.0.0.1", "127.0.0.1:99999", "127.0.0.1:nothing", "http://127.0.0.1:9703"} {
			check(t, Config{Root: root, Memory: true, Prebuilt: true, Addr: addr}, nil, addr, "write host:port, as in -addr 127.0.0.1:9527")
		}
	})

	t.Run("ErrLocked", func(t *testing.T) {
		data := newData(t)
		other := start(t, Config{Data: data})
		free := freeAddr(t)
		check(t, Config{Root: root, Data: data, Prebuilt: true, Addr: free}, ErrLocked, "("+other.URL+")", data, "-data", "-memory")
		if listener, err := net.Listen("tcp", free); err != nil {
			t.Errorf("it has kept the port: %v", err)
		} else {
			listener.Close()
		}
		if r := call(t, other, "one", `{}`); r.Status != http.StatusOK {
			t.Errorf("and the other server answers %d %s", r.Status, r.Body)
		}
	})

	t.Run("ErrForeign", func(t *testing.T) {
		home := t.TempDir()
		tool := filepath.Join(home, "bin", "my-tool")
		if err := errors.Join(os.MkdirAll(filepath.Dir(tool), 0o777), os.WriteFile(tool, nil, 0o777)); err != nil {
			t.Fatal(err)
		}
		check(t, Config{Root: root, Data: home, Addr: "127.0.0.1:0"}, ErrForeign, home, "empty")
		if entries, err := os.ReadDir(home); err != nil || len(entries) != 1 {
			t.Errorf("it has left %v, %v", entries, err)
		}
		if _, err := os.Stat(tool); err != nil {
			t.Error(err)
		}
	})

	t.Run("ErrNoGo", func(t *testing.T) {
		t.Setenv("PATH", t.TempDir())
		check(t, Config{Root: root, Memory: true, Addr: "127.0.0.1:0"}, scfemu.ErrNoGo, "https://go.dev/dl", string(filepath.Separator)+"bin (-build=false)")
	})

	t.Run("BuildError", func(t *testing.T) {
		broken := t.TempDir()
		if err := makeRoot(broken, "one"); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(broken, "functions", "one", "oops.go"), []byte("package main\nvar x int = \"\"\n"), 0o666); err != nil {
			t.Fatal(err)
		}
		check(t, Config{Root: broken, Memory: true, Addr: "127.0.0.1:0"}, nil, "one did not compile", "oops.go:2:")
	})

	t.Run("NotBuilt", func(t *testing.T) {
		check(t, Config{Root: root, Data: t.TempDir(), Prebuilt: true, Addr: "127.0.0.1:0"}, nil, "no built functions")
	})

	t.Run("BadKeys", func(t *testing.T) {
		for _, text := range []string{"garbage", "{}"} {
			data := newData(t)
			if err := os.WriteFile(filepath.Join(data, "keys.json"), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			check(t, Config{Root: root, Data: data, Prebuilt: true, Addr: "127.0.0.1:0"}, nil, "keys.json", "remove it")
		}
	})

	t.Run("Canceled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		for memory, doing := range map[bool]string{true: "the first time, this takes a minute", false: "building what has changed"} {
			var log buffer
			if _, err := Start(ctx, Config{Root: root, Memory: memory, Addr: "127.0.0.1:0", Log: &log}); !errors.Is(err, context.Canceled) {
				t.Errorf("err = %v", err)
			}
			if !strings.Contains(log.String(), doing) {
				t.Errorf("it says %q, want something about %s", log.String(), doing)
			}
		}
	})
}

// freeAddr is an address where nothing listens.
func freeAddr(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// What was running when Close was called ends as if nothing had happened, with
// its database, and nothing new begins.
func TestClose(t *testing.T) {
	s := start(t, Config{})
	app := sdk(t, s)
	door := newDoor(t)
	running := make(chan *http.Response, 1)
	go func() {
		response, err := browser.Post(s.URL+"/v1/functions/one", "application/json", strings.NewReader(door.event()))
		if err != nil {
			t.Error(err)
		}
		running <- response
	}()
	visitor := door.visitor()

	closed := make(chan error, 1)
	go func() { closed <- s.Close() }()
	for r := (reply{Status: 200}); r.Status == 200; r = call(t, s, "two", `{}`) {
		// until the server has begun to stop
	}
	if r := call(t, s, "two", `{}`); r.Status != http.StatusServiceUnavailable || !strings.Contains(r.Body, "being stopped") {
		t.Errorf("a new call: %d %s", r.Status, r.Body)
	}
	if err := app.Database().CreateCollection(t.Context(), "rooms"); err != nil {
		t.Errorf("the database, while a function runs: %v", err)
	}
	visitor.letGo()
	if r := read(t, <-running); r.Status != http.StatusOK {
		t.Errorf("the running call: %d %s", r.Status, r.Body)
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("closing again: %v", err)
	}
	listener, err := net.Listen("tcp", strings.TrimPrefix(s.URL, "http://"))
	if err != nil {
		t.Fatalf("the port is not free: %v", err)
	}
	listener.Close()
}

// A door is where functions knock that are told to, and wait until they are let
// go.
type door struct {
	t        *testing.T
	listener net.Listener
}

func newDoor(t *testing.T) *door {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	return &door{t, listener}
}

func (d *door) event() string { return fmt.Sprintf(`{"Dial": %q}`, d.listener.Addr()) }

type visitor struct{ net.Conn }

func (d *door) visitor() visitor {
	d.t.Helper()
	conn, err := d.listener.Accept()
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { conn.Close() })
	return visitor{conn}
}

func (v visitor) letGo() { v.Close() }
