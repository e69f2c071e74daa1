package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// What SCF's Go1 runtime runs.
const targetOS, targetArch = "linux", "amd64"

// build compiles the functions into a folder, under their names.
//
// CGO_ENABLED=0 makes them static: with cgo, package net links the C library of
// the machine that compiles, and SCF's is older. The flags take out what differs from
// one machine to the next, and what only a debugger reads; and they put in the version,
// for the functions' log lines.
func (p *packager) build(ctx context.Context, functions []string, dir string) error {
	flags := "-ldflags=-s -w -buildid= -X=webrtc-room/pkg/scf.version=" + p.project.Version(ctx)
	args := []string{"build", "-trimpath", "-buildvcs=false", flags, "-o", dir + string(filepath.Separator)}
	for _, function := range functions {
		args = append(args, "./functions/"+function)
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	if _, err := p.goCommand(ctx, args...); err != nil {
		return err
	}
	for _, function := range functions {
		if err := os.Chmod(filepath.Join(dir, function), 0o755); err != nil {
			return err
		}
	}
	return nil
}

// laptopOnly is what must not be in a deployed function.
var laptopOnly = []string{"webrtc-room/pkg/local", "testing"}

// checkImports refuses functions that something for laptops is linked into.
func (p *packager) checkImports(ctx context.Context, functions []string) error {
	args := []string{"list", "-f", `{{.ImportPath}} {{join .Deps " "}}`}
	for _, function := range functions {
		args = append(args, "./functions/"+function)
	}
	output, err := p.goCommand(ctx, args...)
	if err != nil {
		return err
	}
	var problems []error
	for line := range strings.Lines(output) {
		packages := strings.Fields(line)
		if len(packages) == 0 {
			continue
		}
		for _, path := range packages[1:] {
			if slices.ContainsFunc(laptopOnly, func(banned string) bool {
				return path == banned || strings.HasPrefix(path, banned+"/")
			}) {
				problems = append(problems, fmt.Errorf("%s links %s, which is for laptops and tests: see go list -deps", packages[0], path))
			}
		}
	}
	return errors.Join(problems...)
}

// goCommand runs the go command in the project for the target, whatever else
// the developer's settings say.
func (p *packager) goCommand(ctx context.Context, args ...string) (string, error) {
	command := exec.CommandContext(ctx, "go", args...)
	command.Dir = p.project.Root
	settings := map[string]string{
		"CGO_ENABLED": "0", "GOOS": targetOS, "GOARCH": targetArch, "GOAMD64": "v1",
		"GOFLAGS": "-mod=readonly", "GOWORK": "off",
	}
	command.Env = os.Environ()
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		command.Env = append(command.Env, name+"="+settings[name])
	}
	var complaints strings.Builder
	command.Stderr = &complaints
	output, err := command.Output()
	if errors.Is(err, exec.ErrNotFound) {
		return "", errors.New("the go command is not in the PATH: install Go from https://go.dev/dl")
	}
	if err != nil {
		return "", fmt.Errorf("go %s: %w\n%s", args[0], err, complaints.String())
	}
	return string(output), nil
}
