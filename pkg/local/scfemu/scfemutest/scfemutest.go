// Package scfemutest writes functions that do what their event says, for tests of what
// runs functions. See testdata/function/main.go for what an event may say.
package scfemutest

import (
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

//go:embed testdata/function/main.go
var source string

// WriteModule writes into dir a module with these functions, for scfemu.Build. It takes
// the packages that they import from the module at root, and what that needs.
func WriteModule(dir, root string, functions ...string) error {
	root, err := filepath.Abs(root)
	if err != nil {
		return err
	}
	gomod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		return err
	}
	gosum, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		return err
	}
	module := fmt.Sprintf("module test\n\nrequire webrtc-room v0.0.0\n\nreplace webrtc-room => %q\n", filepath.ToSlash(root))
	files := map[string]string{
		"go.mod": strings.Replace(string(gomod), "module webrtc-room\n", module, 1),
		"go.sum": string(gosum),
	}
	for _, name := range functions {
		files["functions/"+name+"/main.go"] = source
	}
	for name, text := range files {
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			return err
		}
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			return err
		}
	}
	return nil
}
