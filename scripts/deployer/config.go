package main

import (
	"bytes"
	"debug/elf"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"webrtc-room/pkg/settings"
	"webrtc-room/scripts/internal/project"
	"webrtc-room/scripts/internal/tcbcli"
)

// A deployment is one attempt to deploy.
type deployment struct {
	project   project.Project
	settings  project.Settings
	language  string   // of texts that there are in two
	functions []string // those to deploy
	optional  []string // those that are not switched on
	config    string   // the file with the CLI's configuration
	cli       *tcbcli.CLI
}

// What each function is deployed as.
const (
	goRuntime = "Go1"  // what SCF calls the runtime
	handler   = "main" // the name of the binary in a function's package
)

// choose finds out which functions to deploy.
func (d *deployment) choose() error {
	all, err := d.project.Functions()
	if err != nil {
		return err
	}
	for _, name := range all {
		if variable := project.Switch(name); variable != "" && d.settings[variable] == "" {
			d.optional = append(d.optional, name)
		} else {
			d.functions = append(d.functions, name)
		}
	}
	return nil
}

// variables returns the names of the variables that are set and that one of the
// functions reads.
func (d *deployment) variables(functions ...string) (names []string) {
	for _, s := range settings.All() {
		for _, function := range functions {
			if d.settings[s.Name] != "" && s.IsFor(function) {
				names = append(names, s.Name)
				break
			}
		}
	}
	return names
}

// A configuration is the CLI's cloudbaserc.json.
type configuration struct {
	Version               string           `json:"version"`
	EnvID                 string           `json:"envId"`
	FunctionRoot          string           `json:"functionRoot"`
	FunctionDefaultConfig functionDefaults `json:"functionDefaultConfig"`
	Functions             []functionConfig `json:"functions"`
}

type functionDefaults struct {
	Type              string `json:"type"`
	Runtime           string `json:"runtime"`
	Handler           string `json:"handler"`
	MemorySize        int    `json:"memorySize"`
	Timeout           int    `json:"timeout"`
	InstallDependency bool   `json:"installDependency"`
}

type functionConfig struct {
	Name         string            `json:"name"`
	EnvVariables map[string]string `json:"envVariables"`
}

// configuration is what the CLI is told. Variables stay placeholders, whose values
// the CLI finds in its environment, so that no secret is written to a file. One
// that isn't set is left out: the CLI would create it, empty.
func (d *deployment) configuration() configuration {
	c := configuration{
		Version:      "2.0",
		EnvID:        d.settings["TCB_ENV_ID"],
		FunctionRoot: project.PackagesName, // relative to the folder that the CLI runs in
		FunctionDefaultConfig: functionDefaults{
			Type: "Event", Runtime: goRuntime, Handler: handler, MemorySize: 128, Timeout: 5,
		},
	}
	for _, name := range d.functions {
		f := functionConfig{Name: name, EnvVariables: make(map[string]string)}
		for _, variable := range d.variables(name) {
			f.EnvVariables[variable] = "{{env." + variable + "}}"
		}
		c.Functions = append(c.Functions, f)
	}
	return c
}

// write writes the configuration to a file for the CLI.
func (d *deployment) write() error {
	content, err := json.MarshalIndent(d.configuration(), "", "  ")
	if err != nil {
		return err
	}
	file, err := os.CreateTemp("", "cloudbaserc-*.json") // readable by its owner only
	if err != nil {
		return err
	}
	d.config = file.Name()
	_, err = file.Write(content)
	return errors.Join(err, file.Close())
}

// close removes what is only for this deployment.
func (d *deployment) close() {
	if d.config != "" {
		os.Remove(d.config)
	}
}

// checkPackages makes sure that the CLI is going to upload binaries. It uploads
// whatever is in the folder, and calls that a success.
func (d *deployment) checkPackages() error {
	for _, name := range d.functions {
		binary, err := os.ReadFile(filepath.Join(d.project.Packages(), name, handler))
		if err != nil {
			return fmt.Errorf("the package of %s has no handler %q: %w", name, handler, err)
		}
		if !bytes.HasPrefix(binary, []byte(elf.ELFMAG)) {
			return fmt.Errorf("the handler %q in the package of %s is no Linux program", handler, name)
		}
	}
	return nil
}
