// Vet says of all packages, with their tests, what go vet says, for each of the systems
// that are named:
//
//	go run ./scripts/internal/vet linux windows darwin
//
// Unlike go vet, it reads what a package imports as source, and compiles nothing: that
// takes seconds for a system, where go vet takes a minute.
package main

import (
	"fmt"
	"os"
	"strings"

	"golang.org/x/tools/go/analysis/checker"
	"golang.org/x/tools/go/analysis/suite/vet"
	"golang.org/x/tools/go/packages"
)

func main() {
	status := 0
	for _, system := range os.Args[1:] {
		found, err := examine(".", system)
		switch {
		case err != nil:
			fmt.Fprintf(os.Stderr, "vet: %s: %v\n", system, err)
			status = 2
		case found != "":
			fmt.Fprintf(os.Stderr, "On %s:\n%s", system, found)
			status = max(status, 1)
		}
	}
	os.Exit(status)
}

// examine returns what there is to say of the packages of a folder and those below it.
func examine(dir, system string) (found string, err error) {
	all, err := packages.Load(&packages.Config{
		Mode:  packages.LoadAllSyntax | packages.NeedModule,
		Tests: true,
		Dir:   dir,
		Env:   append(os.Environ(), "GOOS="+system),
	}, "./...")
	if err != nil {
		return "", err
	}
	var text strings.Builder
	packages.Visit(all, nil, func(p *packages.Package) {
		for _, err := range p.Errors {
			fmt.Fprintln(&text, err)
		}
	})
	if text.Len() > 0 {
		return text.String(), nil // what isn't Go can't be vetted
	}
	graph, err := checker.Analyze(vet.Suite, all, nil)
	if err != nil {
		return "", err
	}
	for action := range graph.All() {
		if action.IsRoot && action.Err != nil {
			return "", action.Err
		}
	}
	err = graph.PrintText(&text, 0)
	return text.String(), err
}
