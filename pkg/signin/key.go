package signin

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"webrtc-room/pkg/scf"
	"webrtc-room/pkg/sig"
)

// keyFile is where the private key of an old app lies in a function's package.
const keyFile = "config/private_key"

// loadKey returns the one key that is configured.
func loadKey(settings scf.Settings) (sig.Key, error) {
	secret, private, where := settings("TRTC_SECRET_KEY"), settings("TRTC_PRIVATE_KEY"), "TRTC_PRIVATE_KEY"
	if private == "" {
		text, err := readKeyFile()
		if err != nil {
			return nil, err
		}
		private, where = text, keyFile
	}
	switch {
	case secret != "" && private != "":
		return nil, &scf.SettingError{Name: "TRTC_SECRET_KEY", Problem: fmt.Sprintf("与 %s 只能设置一个：2019-07 以后创建的应用用前者，更早的用后者; it and %[1]s are both set: keep the former for an app made since July 2019, the latter for an older one", where)}
	case secret != "":
		key, err := sig.ParseSecretKey(secret)
		if err != nil {
			return nil, &scf.SettingError{Name: "TRTC_SECRET_KEY", Problem: "不是有效的 SDKSecretKey; " + err.Error()}
		}
		return key, nil
	case private != "":
		key, err := sig.ParsePrivateKey([]byte(private))
		if err != nil {
			return nil, &scf.SettingError{Name: where, File: where == keyFile, Problem: "不是有效的私钥; " + err.Error()}
		}
		return key, nil
	}
	return nil, &noKeyError{&scf.SettingError{Name: "TRTC_SECRET_KEY", Problem: "未设置，请填 TRTC 控制台「应用管理 > 快速上手」里的 SDKSecretKey; it is not set: take the SDKSecretKey from the TRTC console"}}
}

// readKeyFile returns what the package's key file holds, "" when there is none.
func readKeyFile() (string, error) {
	for _, folder := range packageFolders() {
		text, err := os.ReadFile(filepath.Join(folder, filepath.FromSlash(keyFile)))
		if err == nil {
			return string(text), nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", &scf.SettingError{Name: keyFile, File: true, Problem: fmt.Sprintf("文件无法读取; the file can't be read (%v)", errors.Unwrap(err))}
		}
	}
	return "", nil
}

// packageFolders are where the function's package may be unpacked: beside the
// binary, which SCF has in the package's root, or where the process was started.
func packageFolders() []string {
	folders := []string{"."}
	if binary, err := os.Executable(); err == nil {
		folders = append([]string{filepath.Dir(binary)}, folders...)
	}
	return folders
}

// A noKeyError is ErrNoKey that says what to set where.
type noKeyError struct{ *scf.SettingError }

func (*noKeyError) Is(target error) bool { return target == ErrNoKey }

func (e *noKeyError) Unwrap() error { return e.SettingError }
