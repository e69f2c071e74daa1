package signin

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"webrtc-room/pkg/settings"
	"webrtc-room/pkg/sig"
)

// KeyFile is where the private key of an app from before July 2019 may lie, in a
// function's folder and in its package.
const KeyFile = "config/private_key"

// A Key is the signing key that is configured.
type Key struct {
	sig.Key
	From string // TRTC_SECRET_KEY, TRTC_PRIVATE_KEY or KeyFile
}

// ErrNoKey is FindKey's error where no signing key is configured at all.
var ErrNoKey = errors.New("no signing key")

// FindKey returns the one key that is configured: TRTC_SECRET_KEY, or
// TRTC_PRIVATE_KEY, or what readFile finds in a KeyFile, "" for none. Two are one
// too many. An error is a *settings.Error that names the variable or the file, or
// wraps ErrNoKey.
func FindKey(lookup settings.Lookup, readFile func() (string, error)) (Key, error) {
	secret, err := lookup.Text("TRTC_SECRET_KEY")
	if err != nil {
		return Key{}, err
	}
	private, err := lookup.Text("TRTC_PRIVATE_KEY")
	if err != nil {
		return Key{}, err
	}
	from := "TRTC_PRIVATE_KEY"
	if private == "" {
		from = KeyFile
		if private, err = readFile(); err != nil {
			return Key{}, err
		}
	}
	switch {
	case secret != "" && private != "":
		return Key{}, settings.Wrong("TRTC_SECRET_KEY", settings.Text{
			ZH: "与 " + from + " 只能设置一个：2019-07 以后创建的应用用前者，更早的用后者",
			EN: "it and " + from + " are both set: keep the former for an app made since July 2019, the latter for an older one",
		})
	case secret != "":
		key, err := sig.ParseSecretKey(secret)
		if err != nil {
			return Key{}, settings.Wrong("TRTC_SECRET_KEY", settings.Text{ZH: "不是有效的 SDKSecretKey", EN: err.Error()})
		}
		return Key{key, "TRTC_SECRET_KEY"}, nil
	case private != "":
		key, err := sig.ParsePrivateKey([]byte(private))
		if err != nil {
			return Key{}, &settings.Error{Name: from, File: from == KeyFile, Problem: settings.Text{ZH: "不是有效的私钥", EN: err.Error()}}
		}
		return Key{key, from}, nil
	}
	return Key{}, noKeyError{settings.Missing("TRTC_SECRET_KEY")}
}

// packagedKeyFile returns what the KeyFile of this process's package holds. It is
// beside the binary, which SCF has in the package's root, or where the process was
// started.
func packagedKeyFile() (string, error) {
	folders := []string{"."}
	if binary, err := os.Executable(); err == nil {
		folders = append(folders, filepath.Dir(binary))
	}
	for _, folder := range folders {
		text, err := os.ReadFile(filepath.Join(folder, filepath.FromSlash(KeyFile)))
		if err == nil {
			return string(text), nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", unreadable(KeyFile, err)
		}
	}
	return "", nil
}

// KeyFileIn returns what the key files of the repository at root hold, "" when
// there is none. Each function that signs must have one, the same, or none.
func KeyFileIn(root string) (string, error) {
	const pattern = "functions/*/" + KeyFile
	names, err := fs.Glob(os.DirFS(root), pattern)
	if err != nil || len(names) == 0 {
		return "", err
	}
	fileError := func(name, zh, en string) error {
		return &settings.Error{Name: name, File: true, Problem: settings.Text{ZH: zh, EN: en}}
	}
	found := ""
	for i, name := range names {
		text, err := fs.ReadFile(os.DirFS(root), name)
		switch {
		case err != nil:
			return "", unreadable(name, err)
		case !slices.Contains(signing(), functionOf(name)):
			return "", fileError(name, "这个函数不签名，请删除", "that function signs nothing: remove it")
		case i > 0 && found != string(text):
			return "", fileError(name, "与 "+names[0]+" 的内容不同：一个应用只有一个密钥", "it differs from "+names[0]+", and an app has one key")
		}
		found = string(text)
	}
	for _, function := range signing() {
		name := strings.Replace(pattern, "*", function, 1)
		if _, err := fs.Stat(os.DirFS(root), "functions/"+function); err == nil && !slices.Contains(names, name) {
			return "", fileError(name, "缺少这个文件，"+names[0]+" 却存在：每个签名的函数都要有", "it isn't there, and "+names[0]+" is: copy it, for each function that signs needs it")
		}
	}
	return found, nil
}

func unreadable(name string, err error) error {
	return &settings.Error{Name: name, File: true, Problem: settings.Text{
		ZH: "无法读取",
		EN: "it can't be read (" + errors.Unwrap(err).Error() + ")",
	}}
}

// signing are the functions that sign.
func signing() []string { return settings.Named("TRTC_PRIVATE_KEY").For }

// functionOf is the function in whose folder a file is.
func functionOf(name string) string { return strings.Split(name, "/")[1] }

// FindKeyIn is FindKey for the repository at root, whose key files go into the
// packages of its functions.
func FindKeyIn(root string, lookup settings.Lookup) (Key, error) {
	return FindKey(lookup, func() (string, error) { return KeyFileIn(root) })
}

// A noKeyError is ErrNoKey that says what to set where.
type noKeyError struct{ missing *settings.Error }

func (e noKeyError) Error() string { return e.missing.Error() }

func (e noKeyError) Unwrap() []error { return []error{e.missing, ErrNoKey} }
