//go:build unix

package console

import (
	"io/fs"
	"path/filepath"
	"syscall"
	"testing"
)

// Nobody else on the machine can look into the data folder, whatever umask the shell has,
// and also if an older version made the folder for all to read.
func TestFolderIsPrivate(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0))
	data := filepath.Join(t.TempDir(), "data")
	for range 2 {
		s, err := Start(t.Context(), Config{Root: root, Data: data, Addr: "127.0.0.1:0"})
		if err != nil {
			t.Fatal(err)
		}
		err = filepath.WalkDir(data, func(path string, entry fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			info, err := entry.Info()
			if err != nil {
				return err
			}
			mode, inBin := info.Mode(), filepath.Dir(path) == filepath.Join(data, "bin")
			if mode.IsDir() && mode.Perm() != 0o700 || mode.IsRegular() && mode.Perm() != 0o600 && !inBin {
				t.Errorf("%s has mode %v", path, mode)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		for _, folder := range []string{data, filepath.Join(data, "bin")} {
			if err := syscall.Chmod(folder, 0o755); err != nil {
				t.Fatal(err)
			}
		}
	}
}
