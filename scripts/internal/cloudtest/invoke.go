package cloudtest

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"webrtc-room/pkg/local/platform"
	"webrtc-room/pkg/local/scfemu"
	"webrtc-room/scripts/internal/project"
)

// CanRun reports whether this machine runs the binaries that are deployed.
func CanRun() bool { return runtime.GOOS == "linux" && runtime.GOARCH == "amd64" }

// CLI returns the path of the CloudBase CLI that npm ci puts into scripts/clients. Where
// there is none, the test is skipped.
func CLI(t testing.TB) string {
	t.Helper()
	here, err := project.Find(".")
	if err != nil {
		t.Fatal(err)
	}
	path, err := exec.LookPath(here.Path("scripts/clients/node_modules/.bin/tcb"))
	if err != nil {
		t.Skipf("run npm ci --ignore-scripts in scripts/clients, or ./scripts/test, which does: %v", err)
	}
	return path
}

// Invoke calls a deployed function as the console's test button does.
func (c *Cloud) Invoke(name, event string) (scfemu.Result, error) {
	c.mu.Lock()
	f, err := c.lookUp(c.config.EnvID, name)
	if err != nil {
		c.mu.Unlock()
		return scfemu.Result{}, err
	}
	host, err := c.running(f)
	environment, timeout := c.environmentOf(f), time.Duration(f.Timeout)*time.Second
	c.mu.Unlock()
	if err != nil {
		return scfemu.Result{}, err
	}
	return host.Invoke(context.Background(), scfemu.Call{
		Function:    name,
		Event:       []byte(event),
		Environment: environment,
		RequestID:   c.nextRequestID(),
		Timeout:     timeout,
	})
}

func (c *Cloud) invoke(params struct{ Namespace, FunctionName, ClientContext string }) (map[string]any, error) {
	if err := c.checkNamespace(params.Namespace); err != nil {
		return nil, err
	}
	result, err := c.Invoke(params.FunctionName, params.ClientContext)
	if err != nil {
		return nil, err
	}
	reply := map[string]any{
		"InvokeResult": 0, "ErrMsg": "", "RetMsg": string(result.Payload),
		"Duration": float64(result.Duration.Microseconds()) / 1000, "BillDuration": 1 + result.Duration.Milliseconds(),
		"MemUsage": 10 << 20, "FunctionRequestId": result.RequestID,
		"Log": "START RequestId:" + result.RequestID + "\n" + strings.Join(result.Log, "\n") + "\nEND RequestId:" + result.RequestID,
	}
	if result.Error != nil {
		text, err := json.Marshal(map[string]any{
			"errorCode": 1, "errorMessage": result.Error.Message, "statusCode": int(result.Error.Status),
		})
		if err != nil {
			return nil, err
		}
		reply["InvokeResult"], reply["ErrMsg"], reply["RetMsg"] = 1, result.Error.Message, string(text)
	}
	return map[string]any{"Result": reply}, nil
}

const sessionToken = "cloudtest-session-token"

// environmentOf is what SCF tells a function with each call that comes from the
// account itself rather than from a client.
func (c *Cloud) environmentOf(f *Function) map[string]string {
	all := platform.Environment{
		ID: c.config.EnvID, Region: region, Database: c.database.URL + "/admin",
		SecretID: SecretID, SecretKey: SecretKey, SessionToken: sessionToken,
	}.As("")
	for key, value := range f.Environment {
		all[key] = value
	}
	return all
}

// running returns what runs the function. It is called with the lock held.
func (c *Cloud) running(f *Function) (*scfemu.Host, error) {
	if f.host != nil {
		return f.host, nil
	}
	if !CanRun() {
		return nil, errors.New("cloudtest: only linux/amd64 runs what was deployed")
	}
	dir, err := os.MkdirTemp(c.work, f.Name)
	if err != nil {
		return nil, err
	}
	// The emulator wants a folder of executables that have the functions' names,
	// and a folder of packages.
	bin, packages := filepath.Join(dir, "bin"), filepath.Join(dir, "packages")
	if err := unpack(f.Zip, filepath.Join(packages, f.Name)); err != nil {
		return nil, err
	}
	if err := os.Mkdir(bin, 0o700); err != nil {
		return nil, err
	}
	if err := os.Link(filepath.Join(packages, f.Name, f.Handler), filepath.Join(bin, f.Name)); err != nil {
		return nil, err
	}
	f.host, err = scfemu.New(scfemu.Config{Dir: bin, Code: packages, Namespace: c.config.EnvID, Region: region})
	return f.host, err
}

func unpack(data []byte, dir string) error {
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return err
	}
	for _, entry := range archive.File {
		if entry.FileInfo().IsDir() {
			continue
		}
		if !filepath.IsLocal(entry.Name) {
			return fmt.Errorf("cloudtest: the zip has a file %q", entry.Name)
		}
		if err := unpackFile(entry, filepath.Join(dir, entry.Name)); err != nil {
			return err
		}
	}
	return nil
}

func unpackFile(entry *zip.File, path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	from, err := entry.Open()
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, entry.Mode().Perm())
	if err != nil {
		return err
	}
	_, err = io.Copy(to, from)
	return errors.Join(err, to.Close())
}
