package scfemu

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
)

// ErrNoGo is what Build returns when there is no go command.
var ErrNoGo = errors.New("the go command is not in the PATH")

// A BuildError says that the functions don't compile.
type BuildError struct {
	Functions []string // those that the errors are in; none when they are elsewhere
	Output    string   // of the go command
}

func (e *BuildError) Error() string {
	what := "the functions"
	if len(e.Functions) > 0 {
		what = strings.Join(e.Functions, ", ")
	}
	return fmt.Sprintf("%s did not compile:\n%s", what, e.Output)
}

// Build compiles the functions of the module at root, one for each folder of
// root/functions that has a main.go, and returns the folder with the
// executables, dir/bin, for Config.Dir. What else is in there it removes. What is up
// to date it leaves alone, so that it's quick the second time, and several processes
// may build into one folder at once.
//
// The executables listen on 127.0.0.1 only; see the package comment. To that end
// the module is compiled with a go.mod of its own, in dir/build, that replaces
// scf-go-lib with an altered copy.
//
// It returns ErrNoGo, a *BuildError, or what else goes wrong.
func Build(ctx context.Context, root, dir string) (bin string, err error) {
	goCommand, err := exec.LookPath("go")
	if err != nil {
		return "", ErrNoGo
	}
	names, err := Functions(root)
	if err != nil {
		return "", err
	}
	dir, err = filepath.Abs(dir) // the go command runs in root
	if err != nil {
		return "", fmt.Errorf("building the functions: %w", err)
	}
	bin = filepath.Join(dir, "bin")
	if err := os.MkdirAll(bin, 0o777); err != nil {
		return "", fmt.Errorf("building the functions: %w", err)
	}
	tools := tools{command: goCommand, root: root, temp: filepath.Join(dir, "build", "tmp")}
	if err := os.MkdirAll(tools.temp, 0o777); err != nil {
		return "", fmt.Errorf("building the functions: %w", err)
	}
	modfile, err := tools.loopbackModule(ctx, filepath.Join(dir, "build"))
	if err != nil {
		return "", fmt.Errorf("preparing to build: %w", err)
	}
	args := []string{"build", "-modfile=" + modfile, "-buildvcs=false", "-o", bin + string(filepath.Separator)}
	for _, name := range names {
		args = append(args, "./functions/"+name)
	}
	if _, err := tools.run(ctx, args...); err != nil {
		if failed, ok := err.(*toolError); ok {
			return "", &BuildError{Functions: functionsIn(failed.output), Output: failed.output}
		}
		return "", fmt.Errorf("building the functions: %w", err)
	}
	return bin, removeOthers(bin, names)
}

// functionsIn returns the functions that the go command complains about, as in
//
//	# webrtc-room/functions/webrtc-quit-room
//	functions/webrtc-quit-room/main.go:9:2: undefined: x
func functionsIn(output string) []string {
	var names []string
	for _, match := range complaint.FindAllStringSubmatch(output, -1) {
		names = append(names, match[1])
	}
	slices.Sort(names)
	return slices.Compact(names)
}

var complaint = regexp.MustCompile(`(?m)^(?:# \S+/)?functions[/\\]([^/\\:\s]+)`)

// Functions returns the names of the functions, sorted: the folders of
// root/functions that have a main.go.
func Functions(root string) ([]string, error) {
	functions := filepath.Join(root, "functions")
	entries, err := os.ReadDir(functions)
	if err != nil {
		return nil, fmt.Errorf("no functions: %w", err)
	}
	var names []string
	for _, entry := range entries {
		if _, err := os.Stat(filepath.Join(functions, entry.Name(), "main.go")); err == nil {
			names = append(names, entry.Name())
		}
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("no functions: no folder of %s has a main.go", functions)
	}
	return names, nil
}

// removeOthers removes the functions of yesterday.
func removeOthers(dir string, names []string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("building the functions: %w", err)
	}
	for _, entry := range entries {
		if !slices.Contains(names, strings.TrimSuffix(entry.Name(), ".exe")) {
			if err := os.RemoveAll(filepath.Join(dir, entry.Name())); err != nil {
				return fmt.Errorf("building the functions: %w", err)
			}
		}
	}
	return nil
}

// tools runs the go command in a module.
type tools struct {
	command string
	root    string
	temp    string // on the executables' own file system, so that they come to their place by a rename
}

func (t tools) run(ctx context.Context, args ...string) (stdout []byte, err error) {
	cmd := exec.CommandContext(ctx, t.command, args...)
	cmd.Dir = t.root
	// GOWORK and -modfile exclude each other. GOOS and GOARCH may be set for the
	// executables that will be deployed.
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOOS="+runtime.GOOS, "GOARCH="+runtime.GOARCH, "GOTMPDIR="+t.temp)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err = cmd.Output()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, &toolError{args[:min(2, len(args))], err, strings.TrimRight(stderr.String(), "\n")}
	}
	return stdout, nil
}

// A toolError is what the go command had to say.
type toolError struct {
	args   []string
	err    error
	output string
}

func (e *toolError) Error() string {
	return fmt.Sprintf("go %s: %v\n%s", strings.Join(e.args, " "), e.err, e.output)
}

const library = "github.com/tencentyun/scf-go-lib"

// loopbackModule writes a go.mod into work that is the module's own, but takes
// scf-go-lib from an altered copy, and returns its path.
func (t tools) loopbackModule(ctx context.Context, work string) (modfile string, err error) {
	stdout, err := t.run(ctx, "mod", "download", "-json", library)
	if err != nil {
		return "", err
	}
	var module struct{ Dir string }
	if err := json.Unmarshal(stdout, &module); err != nil {
		return "", err
	}
	replacement := filepath.Join(work, filepath.Base(module.Dir))
	if err := placeFolder(replacement, func(folder string) error {
		if err := os.CopyFS(folder, os.DirFS(module.Dir)); err != nil {
			return err
		}
		if err := listenOnLoopback(filepath.Join(folder, "cloudfunction", "entry.go")); err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(folder, "go.mod"), []byte("module "+library+"\n"), 0o666)
	}); err != nil {
		return "", err
	}

	gomod, err := os.ReadFile(filepath.Join(t.root, "go.mod"))
	if err != nil {
		return "", err
	}
	gosum, err := os.ReadFile(filepath.Join(t.root, "go.sum"))
	if err != nil {
		return "", err
	}
	gomod = fmt.Appendf(gomod, "\nreplace %s => %q\n", library, filepath.ToSlash(replacement))
	modfile = filepath.Join(work, "go.mod")
	return modfile, errors.Join(placeFile(modfile, gomod), placeFile(filepath.Join(work, "go.sum"), gosum))
}

// placeFolder makes a folder that fill fills, unless it is there. Whoever does the
// same at the same time finds it whole or not at all.
func placeFolder(folder string, fill func(folder string) error) error {
	if _, err := os.Stat(folder); err == nil {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(folder), 0o777); err != nil {
		return err
	}
	draft, err := os.MkdirTemp(filepath.Dir(folder), "new-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(draft)
	content := filepath.Join(draft, "content")
	if err := fill(content); err != nil {
		return err
	}
	if err := os.Rename(content, folder); err != nil {
		if _, missing := os.Stat(folder); missing != nil {
			return err
		}
	}
	return nil
}

// placeFile is placeFolder for a file, which it replaces if it differs.
func placeFile(file string, content []byte) error {
	if old, err := os.ReadFile(file); err == nil && bytes.Equal(old, content) {
		return nil
	}
	draft, err := os.CreateTemp(filepath.Dir(file), "new-")
	if err != nil {
		return err
	}
	defer os.Remove(draft.Name())
	_, err = draft.Write(content)
	if err := errors.Join(err, draft.Close()); err != nil {
		return err
	}
	return os.Rename(draft.Name(), file)
}

func listenOnLoopback(file string) error {
	source, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	everywhere, loopback := []byte(`"0.0.0.0:"+port`), []byte(`"127.0.0.1:"+port`)
	if bytes.Count(source, everywhere) != 1 {
		return fmt.Errorf("this version of %s listens in some other way: teach it to pkg/local/scfemu/build.go", library)
	}
	return os.WriteFile(file, bytes.Replace(source, everywhere, loopback, 1), 0o666)
}
