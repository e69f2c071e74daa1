package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"webrtc-room/pkg/settings"
	"webrtc-room/pkg/signin"
	"webrtc-room/scripts/internal/project"
)

// handler is the name of the binary in a function's own package. In the flat
// folder binaries have their function's name. Either is the function's handler.
const handler = "main"

// A packager makes the packages of one project.
type packager struct {
	project  project.Project
	settings project.Settings
}

// A packaged is what was made of one function.
type packaged struct {
	function   string
	binarySize int64
	zipSize    int64
	sum        [sha256.Size]byte // of the zip
	hasKey     bool
}

// pack makes all packages, or leaves what was there.
func (p *packager) pack(ctx context.Context) ([]packaged, error) {
	functions, err := p.project.Functions()
	if err != nil {
		return nil, err
	}
	key, err := p.privateKey()
	if err != nil {
		return nil, err
	}
	out := p.project.Packages()
	if err := os.MkdirAll(filepath.Dir(out), 0o777); err != nil {
		return nil, err
	}
	// A private_key may go into it: others on the machine have no business there.
	stage, err := os.MkdirTemp(filepath.Dir(out), "package-*")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(stage)

	if err := p.checkImports(ctx, functions); err != nil {
		return nil, err
	}
	if err := p.build(ctx, functions, filepath.Join(stage, "flat")); err != nil {
		return nil, err
	}
	made := make([]packaged, len(functions))
	problems := make([]error, len(functions))
	var all sync.WaitGroup
	for i, function := range functions {
		all.Go(func() { made[i], problems[i] = p.packOne(stage, function, key) })
	}
	all.Wait()
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	if key != nil { // the flat folder is uploaded as one package, which all functions share
		if err := key.write(filepath.Join(stage, "flat")); err != nil {
			return nil, err
		}
	}
	if err := os.RemoveAll(out); err != nil {
		return nil, err
	}
	return made, os.Rename(stage, out)
}

// packOne lays out one function's folder, zips it, and checks the zip.
func (p *packager) packOne(stage, function string, key *file) (packaged, error) {
	made := packaged{function: function}
	binary, err := os.ReadFile(filepath.Join(stage, "flat", function))
	if err != nil {
		return made, err
	}
	made.binarySize = int64(len(binary))
	files := []file{{name: handler, mode: 0o755, content: binary}}
	if key != nil && settings.Named("TRTC_PRIVATE_KEY").IsFor(function) {
		made.hasKey = true
		files = append(files, *key)
	}
	for _, f := range files {
		if err := f.write(filepath.Join(stage, function)); err != nil {
			return made, err
		}
	}
	archive, err := pack(files)
	if err != nil {
		return made, fmt.Errorf("%s: %w", function, err)
	}
	made.zipSize, made.sum = int64(len(archive)), sha256.Sum256(archive)
	if err := check(archive, p.settings.Secrets()); err != nil {
		return made, fmt.Errorf("%s.zip: %w", function, err)
	}
	return made, os.WriteFile(filepath.Join(stage, function+".zip"), archive, 0o644)
}

// privateKey returns the private_key that goes into packages, nil if there is none.
func (p *packager) privateKey() (*file, error) {
	content, err := signin.KeyFileIn(p.project.Root)
	if content == "" || err != nil {
		return nil, err
	}
	return &file{name: signin.KeyFile, mode: 0o644, content: []byte(content)}, nil
}
