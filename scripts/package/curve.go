package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// curveModule is what signs with secp256k1, the curve of most keys from before
// July 2019.
const curveModule = "github.com/decred/dcrd/dcrec/secp256k1/v4"

// It has a table of half a megabyte that doesn't compress, with which a signature
// takes some 20 µs instead of 60, once the first one has unpacked it, for several
// milliseconds. Functions start too often for that to pay off, and each would
// carry it. So they are built with a copy of the module that has no table. The
// module can do without: it has a variant for embedded systems, which a build tag
// chooses. This is that variant's file, without the tag.
const curveWithoutTable = `package secp256k1

func scalarBaseMultNonConst(k *ModNScalar, result *JacobianPoint) {
	scalarBaseMultNonConstSlow(k, result)
}
`

// curveTable and curveChoice are the files of the module that make the difference.
const curveTable, curveChoice = "compressedbytepoints.go", "curve_precompute.go"

// scratch is where the copy is while the functions are built. The path gets into
// the binaries, as a replacement that go version -m shows, so it is relative to the
// repository, the same for everybody.
const scratch = ".local/package-build"

// withoutTable makes a go.mod that replaces the curve's module by a copy without
// the table, for the go command's -modfile. It returns "" where there is nothing to
// replace: the module isn't used, or has other files by now.
func (p *packager) withoutTable(ctx context.Context) (modfile string, remove func(), err error) {
	remove = func() { os.RemoveAll(p.project.Path(scratch)) }
	found, err := p.goCommand(ctx, "list", "-deps", "-f", `{{if eq .ImportPath "`+curveModule+`"}}{{.Dir}}{{end}}`, "./functions/...")
	module := strings.TrimSpace(found)
	if err != nil || module == "" {
		return "", remove, err
	}
	for _, name := range []string{curveTable, curveChoice} {
		if _, err := os.Stat(filepath.Join(module, name)); errors.Is(err, fs.ErrNotExist) {
			return "", remove, nil
		}
	}
	remove()
	copied := scratch + "/secp256k1"
	if err := copyModule(p.project.Path(copied), os.DirFS(module)); err != nil {
		return "", remove, err
	}
	for _, extension := range []string{".mod", ".sum"} { // the go command looks for one beside the other
		content, err := os.ReadFile(p.project.Path("go" + extension))
		if err != nil {
			return "", remove, err
		}
		if extension == ".mod" {
			content = append(content, "\nreplace "+curveModule+" => ./"+copied+"\n"...)
		}
		if err := os.WriteFile(p.project.Path(scratch+"/go"+extension), content, 0o666); err != nil {
			return "", remove, err
		}
	}
	return p.project.Path(scratch + "/go.mod"), remove, nil
}

// copyModule copies what of the module is compiled, but for the table.
func copyModule(to string, module fs.FS) error {
	return fs.WalkDir(module, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || name == curveTable || strings.HasSuffix(name, "_test.go") ||
			!slices.Contains([]string{".go", ".mod"}, filepath.Ext(name)) {
			return err
		}
		content, err := fs.ReadFile(module, name)
		if err != nil {
			return err
		}
		if name == curveChoice {
			content = []byte(curveWithoutTable)
		}
		path := filepath.Join(to, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			return err
		}
		return os.WriteFile(path, content, 0o666)
	})
}
