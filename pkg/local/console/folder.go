package console

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"webrtc-room/pkg/local/client"
	"webrtc-room/pkg/local/scfemu"
)

const lockFile = "lock"

// A folder is the data folder of a running server, and that server's alone.
type folder struct {
	path      string
	lock      *bbolt.DB
	temporary bool
}

// openFolder opens the folder, and makes it if there is none. It returns
// ErrLocked when another server has it.
func openFolder(path string) (*folder, error) {
	if err := scfemu.PrivateFolder(path); err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	// An empty database, for its lock: one that works on every system, and that
	// a killed server doesn't leave behind.
	lock, err := bbolt.Open(filepath.Join(path, lockFile), 0o600, &bbolt.Options{Timeout: time.Millisecond})
	if errors.Is(err, bolterrors.ErrTimeout) {
		return nil, fmt.Errorf("%w: another local server%s uses %s: stop it, or give this one another folder (-data DIR) or none (-memory)", ErrLocked, serverOf(path), path)
	}
	if err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	f := &folder{path: path, lock: lock}
	// Whatever folder it is, its content is for no repository.
	ignore := filepath.Join(path, ".gitignore")
	if _, err := os.Stat(ignore); errors.Is(err, fs.ErrNotExist) {
		if err := os.WriteFile(ignore, []byte("*\n"), 0o600); err != nil {
			return nil, errors.Join(err, f.close())
		}
	}
	return f, nil
}

// checkOurs returns ErrForeign for a folder that no server has been in, and that
// isn't empty: building removes from bin what is no function.
func checkOurs(path string) error {
	entries, err := os.ReadDir(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("data folder: %w", err)
	}
	isLock := func(entry os.DirEntry) bool { return entry.Name() == lockFile }
	if len(entries) == 0 || slices.ContainsFunc(entries, isLock) {
		return nil
	}
	return fmt.Errorf("%w: there are other things in %s: choose a folder that is empty or isn't there yet", ErrForeign, path)
}

// openTemporaryFolder makes a folder that is gone when the server is.
func openTemporaryFolder() (*folder, error) {
	path, err := os.MkdirTemp("", "webrtc-room-")
	if err != nil {
		return nil, err
	}
	return &folder{path: path, temporary: true}, nil
}

// serverOf says where the server of a locked folder is, as " (http://…)".
func serverOf(path string) string {
	url := client.WrittenURL(path)
	if url == "" {
		return ""
	}
	return " (" + url + ")"
}

// documents is the path of the document database, "" for one in memory.
func (f *folder) documents() string {
	if f.temporary {
		return ""
	}
	return filepath.Join(f.path, "documents.db")
}

func (f *folder) close() error {
	if f.temporary {
		return os.RemoveAll(f.path)
	}
	err := os.Remove(filepath.Join(f.path, client.File))
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return errors.Join(err, f.lock.Close())
}

// keys are a data folder's secrets. Nothing outside of this machine knows them.
type keys struct {
	CloudBase keyPair `json:"cloudBase"` // the developer's, for the emulator
	TRTC      trtcKey `json:"trtc"`      // a throw-away key for signatures
	JWT       string  `json:"jwt"`       // a throw-away secret for bearer tokens
}

type keyPair struct {
	SecretID  string `json:"secretId"`
	SecretKey string `json:"secretKey"`
}

type trtcKey struct {
	SDKAppID  string `json:"sdkAppId"`
	SecretKey string `json:"secretKey"`
}

func newKeyPair() keyPair {
	return keyPair{SecretID: "AKIDlocal" + randomHex(12), SecretKey: randomHex(16)}
}

// A role is what functions act as in the cloud. Its credentials don't live long:
// these live as long as the server.
type role struct {
	keyPair
	sessionToken string
}

func newRole() role { return role{keyPair: newKeyPair(), sessionToken: randomHex(32)} }

// newTRTCKey makes a key like one from the TRTC console, which no application
// there has.
func newTRTCKey() trtcKey {
	n, _ := rand.Int(rand.Reader, big.NewInt(100_000_000))
	return trtcKey{SDKAppID: strconv.FormatInt(1_400_000_000+n.Int64(), 10), SecretKey: randomHex(32)}
}

func randomHex(bytes int) string {
	b := make([]byte, bytes)
	rand.Read(b)
	return hex.EncodeToString(b)
}

// keys returns the folder's keys, which are made the first time.
func (f *folder) keys() (keys, error) {
	file := filepath.Join(f.path, "keys.json")
	var k keys
	err := readJSON(file, &k)
	if errors.Is(err, fs.ErrNotExist) {
		k = keys{CloudBase: newKeyPair(), TRTC: newTRTCKey(), JWT: randomHex(32)}
		return k, writeSecret(file, k)
	}
	if err == nil && (k.CloudBase.SecretKey == "" || k.TRTC.SecretKey == "") {
		err = errors.New("there are keys missing")
	}
	if err != nil {
		return keys{}, fmt.Errorf("%s can't be used (%w): remove it, and new keys are made", file, err)
	}
	if k.JWT == "" { // the folder is older than tokens are
		k.JWT = randomHex(32)
		return k, writeSecret(file, k)
	}
	return k, nil
}

// cloudBaseOptions are what init of @cloudbase/node-sdk takes.
type cloudBaseOptions struct {
	Env        string `json:"env"`
	ServiceURL string `json:"serviceUrl"`
	keyPair
}

// writeCloudBase tells the SDKs where the emulator is, and their keys.
func (f *folder) writeCloudBase(url string, pair keyPair) error {
	return writeSecret(filepath.Join(f.path, client.File), cloudBaseOptions{
		Env:        envID,
		ServiceURL: url + "/admin",
		keyPair:    pair,
	})
}

func readJSON(file string, into any) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, into)
}

// writeSecret writes a file that only its owner can read, and writes it whole or
// not at all.
func writeSecret(file string, value any) error {
	text, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return err
	}
	temporary, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)) // with mode 0600
	if err != nil {
		return err
	}
	_, err = temporary.Write(append(text, '\n'))
	err = errors.Join(err, temporary.Close())
	if err == nil {
		err = os.Rename(temporary.Name(), file)
	}
	if err != nil {
		os.Remove(temporary.Name())
	}
	return err
}
