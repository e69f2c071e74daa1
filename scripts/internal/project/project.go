// Package project is what the commands know about the repository: where it is, which
// functions it has, and which settings the developer has made for them in the
// environment and in .env.
//
//	here, err := project.Find(".")
//	settings, err := here.LoadSettings(os.Environ(), "staging") // .env.staging
package project

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"webrtc-room/pkg/local/scfemu"
	"webrtc-room/pkg/settings"
)

// A Project is the repository on disk.
type Project struct{ Root string }

// Find returns the project that dir is in: the nearest folder, upwards, with a
// go.mod and a functions folder.
func Find(dir string) (Project, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return Project{}, err
	}
	for at := dir; ; at = filepath.Dir(at) {
		_, noModule := os.Stat(filepath.Join(at, "go.mod"))
		_, noFunctions := os.Stat(filepath.Join(at, "functions"))
		if noModule == nil && noFunctions == nil {
			return Project{at}, nil
		}
		if at == filepath.Dir(at) {
			return Project{}, fmt.Errorf("%s is not in the repository: no folder above it has a go.mod and a functions folder", dir)
		}
	}
}

// Path is the path of a file of the project, which is named with slashes.
func (p Project) Path(name string) string { return filepath.Join(p.Root, filepath.FromSlash(name)) }

// PackagesName is the name, in the repository, of the folder that go run
// ./scripts/package fills.
const PackagesName = ".local/package"

// Packages is the path of that folder.
func (p Project) Packages() string { return p.Path(PackagesName) }

// Functions returns the names of the functions, sorted.
func (p Project) Functions() ([]string, error) { return scfemu.Functions(p.Root) }

// Event returns a function's event.json.
func (p Project) Event(function string) (json.RawMessage, error) {
	name := "functions/" + function + "/event.json"
	event, err := os.ReadFile(p.Path(name))
	if err != nil {
		return nil, err
	}
	if !json.Valid(event) {
		return nil, fmt.Errorf("%s is not JSON", name)
	}
	return event, nil
}

// Version names the commit that the project's files are of, with "-dirty" if they were
// changed since. It is "" where git doesn't know.
func (p Project) Version(ctx context.Context) string {
	output, err := exec.CommandContext(ctx, "git", "-C", p.Root, "describe", "--always", "--dirty").Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(output))
}

// TrackedSecrets returns the files that git would publish although their names are
// those of secrets: .gitignore, which keeps them out, can't take out what is in.
// Where there is no git, nothing is published.
func (p Project) TrackedSecrets(ctx context.Context) []string {
	command := exec.CommandContext(ctx, "git", "-C", p.Root, "ls-files", "--cached", "--ignored", "--exclude-standard", "-z")
	output, err := command.Output()
	if err != nil {
		return nil
	}
	return strings.FieldsFunc(string(output), func(r rune) bool { return r == 0 })
}

// Tracked says what to do about such a file.
func Tracked(name string) settings.Text {
	return settings.Text{
		ZH: name + " 里可能有密钥，却已被 git 跟踪：运行 git rm --cached " + name + "，并更换其中的密钥",
		EN: name + " may hold a secret, and git tracks it: run  git rm --cached " + name + "  and replace the secret",
	}
}

// Switch returns the variable that switches an optional function on, "" for the
// functions that the product can't do without.
func Switch(function string) string {
	if function == "webrtc-room-events" {
		return "TRTC_CALLBACK_KEY"
	}
	return ""
}
