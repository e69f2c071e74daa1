package scfemu

import (
	"context"
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
// may build into one folder at once. Only the user can read what is in dir.
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
	// The go command's folder for temporary files is on the file system of the
	// executables, so that they come to their place by a rename. What a debugger reads
	// takes a third of the time to link, and isn't deployed either.
	bin, temporary := filepath.Join(dir, "bin"), filepath.Join(dir, "tmp")
	for _, folder := range []string{dir, bin, temporary} {
		if err := PrivateFolder(folder); err != nil {
			return "", fmt.Errorf("building the functions: %w", err)
		}
	}
	cmd := exec.CommandContext(ctx, goCommand, "build", "-trimpath", "-buildvcs=false", "-ldflags=-w", "-o", bin+string(filepath.Separator))
	for _, name := range names {
		cmd.Args = append(cmd.Args, "./functions/"+name)
	}
	cmd.Dir = root
	// Whatever the shell says, they are for this machine, and otherwise made as those that
	// are deployed, of which they share what is compiled.
	cmd.Env = append(os.Environ(), "GOOS="+runtime.GOOS, "GOARCH="+runtime.GOARCH, "CGO_ENABLED=0", "GOTMPDIR="+temporary)
	output, err := cmd.CombinedOutput()
	var failed *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case errors.As(err, &failed):
		text := strings.TrimRight(string(output), "\n")
		return "", &BuildError{Functions: functionsIn(text), Output: text}
	case err != nil:
		return "", fmt.Errorf("building the functions: %w", err)
	}
	return bin, removeOthers(bin, names)
}

// PrivateFolder makes a folder that only the user can look into, and makes one so that
// is there already.
func PrivateFolder(path string) error {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return err
	}
	return os.Chmod(path, 0o700)
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
