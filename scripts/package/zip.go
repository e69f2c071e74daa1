package main

import (
	"archive/zip"
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// A file is a file of a package.
type file struct {
	name    string // with slashes
	mode    fs.FileMode
	content []byte
}

// write writes the file into a folder.
func (f file) write(dir string) error {
	path := filepath.Join(dir, filepath.FromSlash(f.name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(path, f.content, f.mode); err != nil {
		return err
	}
	return os.Chmod(path, f.mode) // without the umask
}

// pack zips files so that the same files always make the same bytes: in the order
// given, without the time of day, and with the modes given rather than those that
// the file system knows, which on Windows is none.
func pack(files []file) ([]byte, error) {
	var b bytes.Buffer
	archive := zip.NewWriter(&b)
	for _, f := range files {
		header := &zip.FileHeader{Name: f.name, Method: zip.Deflate}
		header.SetMode(f.mode)
		header.Modified = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC) // the first day that a zip can name
		w, err := archive.CreateHeader(header)
		if err != nil {
			return nil, err
		}
		if _, err := w.Write(f.content); err != nil {
			return nil, err
		}
	}
	err := archive.Close()
	return b.Bytes(), err
}
