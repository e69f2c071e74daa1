package main

import (
	"bytes"
	"debug/elf"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"webrtc-room/scripts/internal/project"
	"webrtc-room/scripts/internal/tcbcli"
)

// configName is the CLI's configuration: which functions, and which variables of
// the deployer's environment each gets.
const configName = "scripts/cloudbaserc.json"

// A deployment is one attempt to deploy.
type deployment struct {
	project   project.Project
	settings  project.Settings
	functions []string // those to deploy
	optional  []string // those that are not switched on
	template  configuration
	config    string // the file that is made from the template
	cli       *tcbcli.CLI
}

// A configuration is a cloudbaserc.json, as far as this command looks into it.
type configuration struct {
	FunctionRoot          string           `json:"functionRoot"`
	FunctionDefaultConfig functionConfig   `json:"functionDefaultConfig"`
	Functions             []functionConfig `json:"functions"`
}

type functionConfig struct {
	Name         string            `json:"name"`
	Handler      string            `json:"handler"`
	EnvVariables map[string]string `json:"envVariables"`
}

// placeholder is a variable of the deployer's environment in the configuration.
var placeholder = regexp.MustCompile(`^\{\{env\.(\w+)\}\}$`)

// variables returns the names of the variables that functions get, sorted.
func variables(c configuration) []string {
	var names []string
	for _, function := range append([]functionConfig{c.FunctionDefaultConfig}, c.Functions...) {
		for name := range function.EnvVariables {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// loadTemplate reads the configuration, and finds out which functions to deploy.
func (d *deployment) loadTemplate() (text []byte, err error) {
	if text, err = os.ReadFile(d.project.Path(configName)); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(text, &d.template); err != nil {
		return nil, fmt.Errorf("%s: %w", configName, err)
	}
	var names []string
	for _, function := range d.template.Functions {
		names = append(names, function.Name)
	}
	slices.Sort(names)
	all, err := d.project.Functions()
	if err != nil {
		return nil, err
	}
	if !slices.Equal(names, all) {
		return nil, fmt.Errorf("%s has the functions %s, and the folder functions has %s", configName, strings.Join(names, ", "), strings.Join(all, ", "))
	}
	for _, name := range all {
		if variable := project.Switch(name); variable != "" && d.settings[variable] == "" {
			d.optional = append(d.optional, name)
		} else {
			d.functions = append(d.functions, name)
		}
	}
	return text, nil
}

// render returns the configuration without the functions that are switched off, and
// without the variables that aren't set: the CLI would create them, empty. Those that are set stay placeholders, whose values
// the CLI finds in its environment, so that no secret is written to a file.
func (d *deployment) render(text []byte) ([]byte, error) {
	var document map[string]any
	if err := json.Unmarshal(text, &document); err != nil {
		return nil, err
	}
	functions, _ := document["functions"].([]any)
	functions = slices.DeleteFunc(functions, func(function any) bool {
		name, _ := function.(map[string]any)["name"].(string)
		return !slices.Contains(d.functions, name)
	})
	document["functions"] = functions
	for _, function := range append(functions, document["functionDefaultConfig"]) {
		function, _ := function.(map[string]any)
		variables, _ := function["envVariables"].(map[string]any)
		for name, value := range variables {
			value, _ := value.(string)
			if match := placeholder.FindStringSubmatch(value); match != nil && d.settings[match[1]] == "" {
				delete(variables, name)
			}
		}
	}
	return json.MarshalIndent(document, "", "  ")
}

// write writes the configuration to a file for the CLI.
func (d *deployment) write(content []byte) error {
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

// checkPackages makes sure that the CLI is going to upload binaries. Pointed at
// another folder, it uploads whatever is there and calls that a success.
func (d *deployment) checkPackages() error {
	root := d.project.Path(d.template.FunctionRoot)
	if root != d.project.Packages() {
		return fmt.Errorf("%s: functionRoot is %s, and the packages are in .local/package", configName, d.template.FunctionRoot)
	}
	handler := d.template.FunctionDefaultConfig.Handler
	for _, name := range d.functions {
		binary, err := os.ReadFile(filepath.Join(root, name, handler))
		if err != nil {
			return fmt.Errorf("the package of %s has no handler %q: %w", name, handler, err)
		}
		if !bytes.HasPrefix(binary, []byte(elf.ELFMAG)) {
			return fmt.Errorf("the handler %q in the package of %s is no Linux program", handler, name)
		}
	}
	return nil
}
