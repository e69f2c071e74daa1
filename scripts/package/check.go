package main

import (
	"archive/zip"
	"bytes"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"

	"webrtc-room/pkg/signin"
	"webrtc-room/scripts/internal/project"
)

// budget is the most that a zip may weigh. SCF loads it at each cold start.
const budget = 4_000_000

// check looks into a zip as SCF would, and returns all that is wrong with it.
func check(archive []byte, secrets map[string]string) error {
	var problems []error
	problem := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	if len(archive) > budget {
		problem("%s is over the budget of %s: look for a heavy new dependency with go version -m", megabytes(int64(len(archive))), megabytes(budget))
	}
	reader, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		return err
	}
	hasHandler := false
	for _, entry := range reader.File {
		content, err := read(entry)
		if err != nil {
			return err
		}
		if entry.Name == signin.KeyFile {
			continue // a secret, as meant
		}
		if entry.Name != handler {
			problem("there is a file %s that nothing needs", entry.Name)
		}
		for name, value := range secrets {
			if bytes.Contains(content, []byte(value)) {
				problem("%s contains the value of %s", entry.Name, name)
			}
		}
		if privateKey.Match(content) {
			problem("%s contains a private key", entry.Name)
		}
		if entry.Name != handler {
			continue
		}
		hasHandler = true
		if mode := entry.Mode(); mode != 0o755 {
			problem("%s has mode %v, and SCF executes only what is executable", entry.Name, mode)
		}
		if err := checkExecutable(content); err != nil {
			problem("%s: %w", entry.Name, err)
		}
	}
	if !hasHandler {
		problem("there is no %s in its root, which is the handler", handler)
	}
	return errors.Join(problems...)
}

func read(entry *zip.File) ([]byte, error) {
	r, err := entry.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

// privateKey is a key in PEM, and not just code that reads them.
var privateKey = regexp.MustCompile(`-----BEGIN [A-Z ]*PRIVATE KEY-----\s+[A-Za-z0-9+/]{16}`)

// checkExecutable returns what keeps SCF from starting a program.
func checkExecutable(content []byte) error {
	program, err := elf.NewFile(bytes.NewReader(content))
	if err != nil {
		return fmt.Errorf("it is no Linux program: %w", err)
	}
	defer program.Close()
	if program.Type != elf.ET_EXEC || program.Machine != elf.EM_X86_64 {
		return fmt.Errorf("it is %v for %v, and SCF runs ET_EXEC for EM_X86_64", program.Type, program.Machine)
	}
	needsLoader := slices.ContainsFunc(program.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_INTERP })
	libraries, err := program.ImportedLibraries()
	if err != nil {
		return err
	}
	if needsLoader || len(libraries) > 0 {
		return fmt.Errorf("it is not static: it needs %s", strings.Join(append(libraries, "a loader"), ", "))
	}
	if program.Section(".symtab") != nil || program.Section(".debug_info") != nil {
		return errors.New("it is not stripped")
	}
	return nil
}

// reference is a variable of the deployer's that a serverless.yml refers to.
var reference = regexp.MustCompile(`\$\{env:([\w.-]+)\}`)

// variable is a line of a serverless.yml that gives functions a variable, or would
// if it weren't a comment.
var variable = regexp.MustCompile(`- \{key: (\w+), value: "(.*)"\}`)

// commentedOut is the first line of a function that isn't deployed.
var commentedOut = regexp.MustCompile(`^\s*# (webrtc-[\w-]+):`)

// checkReferences holds a serverless.yml against the settings. Its tool drops each
// ${env:NAME} that isn't set without a word: without a namespace, it deploys into
// another one. And what is set, but not passed on, would be taken away from the
// functions that have it.
func checkReferences(path string, settings project.Settings) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var missing, dropped []string
	idle := "" // the function that isn't deployed, in whose lines we are
	for line := range strings.Lines(string(text)) {
		comment := strings.HasPrefix(strings.TrimSpace(line), "#")
		if found := commentedOut.FindStringSubmatch(line); found != nil {
			idle = found[1]
		} else if !comment {
			idle = ""
		}
		if found := variable.FindStringSubmatch(line); found != nil {
			name, value := found[1], found[2]
			if idle != "" && name != project.Switch(idle) {
				continue // nothing is taken away from it
			}
			passed := !comment && (reference.MatchString(value) || value == settings[name])
			if settings[name] != "" && !passed {
				dropped = append(dropped, name)
			}
		}
		if comment {
			continue
		}
		for _, match := range reference.FindAllStringSubmatch(line, -1) {
			if name := match[1]; settings[name] == "" {
				missing = append(missing, name)
			}
		}
	}
	var problems []error
	if len(missing) > 0 {
		problems = append(problems, fmt.Errorf("%s refers to variables that are not set: set %s in the environment or in a file .env beside it", path, list(missing)))
	}
	if len(dropped) > 0 {
		problems = append(problems, fmt.Errorf("%s does not pass on what is set: uncomment the lines of %s in it, wherever they are, with value: \"${env:NAME}\"", path, list(dropped)))
	}
	return errors.Join(problems...)
}

// list names each once.
func list(names []string) string {
	slices.Sort(names)
	return strings.Join(slices.Compact(names), ", ")
}
