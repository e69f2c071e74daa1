package main

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// The functions are built with copies of two modules that lack what a function
// never uses and each would carry: together, a tenth of a package. go version -m
// shows them as replaced.
var lean = []struct {
	module string
	// alter changes a copy of the module. It returns fs.ErrNotExist if the module
	// isn't any more what this was written for, which is then taken as it is.
	alter func(p *packager, ctx context.Context, dir string) error
}{
	{"github.com/decred/dcrd/dcrec/secp256k1/v4", (*packager).withoutTable},
	{"github.com/tencentyun/scf-go-lib", (*packager).withoutDebugPage},
}

// scratch is where the copies are while the functions are built. The path gets into
// the binaries, as a replacement that go version -m shows, so it is relative to the
// repository, the same for everybody.
const scratch = ".local/package-build"

// leanModules makes a go.mod that replaces modules by their lean copies, for the go
// command's -modfile.
func (p *packager) leanModules(ctx context.Context) (modfile string, remove func(), err error) {
	remove = func() { os.RemoveAll(p.project.Path(scratch)) }
	remove()
	gomod, err := os.ReadFile(p.project.Path("go.mod"))
	if err != nil {
		return "", remove, err
	}
	used, err := p.goCommand(ctx, "list", "-deps", "-f", "{{with .Module}}{{.Path}}={{.Dir}}{{end}}", "./functions/...")
	if err != nil {
		return "", remove, err
	}
	for _, copied := range lean {
		_, dir, found := strings.Cut("\n"+used, "\n"+copied.module+"=")
		if !found {
			continue
		}
		dir, _, _ = strings.Cut(dir, "\n")
		to := scratch + "/" + path.Base(path.Dir(copied.module)) + "/" + path.Base(copied.module)
		err := copyModule(p.project.Path(to), dir)
		if err == nil {
			err = copied.alter(p, ctx, p.project.Path(to))
		}
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return "", remove, err
		}
		gomod = append(gomod, "\nreplace "+copied.module+" => ./"+to+"\n"...)
	}
	gosum, err := os.ReadFile(p.project.Path("go.sum"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) { // of a module without dependencies
		return "", remove, err
	}
	return p.project.Path(scratch + "/go.mod"), remove, errors.Join(
		put(p.project.Path(scratch+"/go.mod"), gomod),
		put(p.project.Path(scratch+"/go.sum"), gosum),
	)
}

// put writes a file, and makes its folder.
func put(name string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		return err
	}
	return os.WriteFile(name, content, 0o666)
}

// copyModule copies what of a module is compiled.
func copyModule(to, from string) error {
	return fs.WalkDir(os.DirFS(from), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasSuffix(name, "_test.go") || path.Ext(name) != ".go" && name != "go.mod" {
			return err
		}
		content, err := os.ReadFile(filepath.Join(from, filepath.FromSlash(name)))
		if err != nil {
			return err
		}
		return put(filepath.Join(to, filepath.FromSlash(name)), content)
	})
}

// withoutTable takes a table of half a megabyte that doesn't compress out of what
// signs with secp256k1, the curve of most keys from before July 2019. With the table
// a signature takes some 20 µs instead of 60, once the first one has unpacked it, for
// several milliseconds. Functions start too often for that to pay off. The module can
// do without: it has a variant for embedded systems, which a build tag chooses. This
// is that variant's file, without the tag.
func (p *packager) withoutTable(_ context.Context, dir string) error {
	const slow = `package secp256k1

func scalarBaseMultNonConst(k *ModNScalar, result *JacobianPoint) {
	scalarBaseMultNonConstSlow(k, result)
}
`
	choice := filepath.Join(dir, "curve_precompute.go")
	if _, err := os.Stat(choice); err != nil {
		return err
	}
	if err := os.Remove(filepath.Join(dir, "compressedbytepoints.go")); err != nil {
		return err
	}
	return put(choice, []byte(slow))
}

// withoutDebugPage gives SCF's runtime library a copy of net/rpc without debug.go,
// a web page that nobody serves. Its template is parsed whenever a program starts,
// and needs HTML templates and regular expressions.
func (p *packager) withoutDebugPage(ctx context.Context, dir string) error {
	const noPage = `package rpc

import "net/http"

const debugLog = false

type debugHTTP struct{ *Server }

func (debugHTTP) ServeHTTP(w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) }
`
	entry := filepath.Join(dir, "cloudfunction", "entry.go")
	source, err := os.ReadFile(entry)
	if err != nil {
		return err
	}
	goroot, err := p.goCommand(ctx, "env", "GOROOT")
	if err != nil {
		return err
	}
	from := filepath.Join(strings.TrimSpace(goroot), "src", "net", "rpc")
	page, err := os.ReadFile(filepath.Join(from, "debug.go"))
	if err != nil {
		return err
	}
	if !bytes.Contains(source, []byte(`"net/rpc"`)) || !slices.Equal(declared(page), declaredByPage) {
		return fs.ErrNotExist
	}
	for _, name := range []string{"client.go", "server.go"} {
		content, err := os.ReadFile(filepath.Join(from, name))
		if err != nil {
			return err
		}
		if err := put(filepath.Join(dir, "rpc", name), content); err != nil {
			return err
		}
	}
	source = bytes.Replace(source, []byte(`"net/rpc"`), []byte(`"github.com/tencentyun/scf-go-lib/rpc"`), 1)
	return errors.Join(
		put(entry, source),
		put(filepath.Join(dir, "rpc", "debug.go"), []byte(noPage)),
		// The library has no go.mod, and is taken for Go of 2020 without one.
		put(filepath.Join(dir, "go.mod"), []byte("module github.com/tencentyun/scf-go-lib\n\ngo 1.25.0\n")),
	)
}

// declaredByPage is what there is in debug.go for the rest of net/rpc to use. It
// uses debugLog and debugHTTP.
var declaredByPage = []string{"debugText", "debug", "debugLog", "debugMethod", "methodArray", "debugService", "serviceArray", "debugHTTP"}

// declared returns what a Go file declares, apart from methods.
func declared(source []byte) (names []string) {
	for _, match := range declaration.FindAllSubmatch(source, -1) {
		names = append(names, string(match[1]))
	}
	return names
}

var declaration = regexp.MustCompile(`(?m)^(?:const|var|type|func) (\w+)`)
