package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"webrtc-room/scripts/internal/project"
	"webrtc-room/scripts/internal/tcbcli"
)

// A plan is what will be done to which function.
type plan struct {
	envID     string
	functions []string
	optional  []string // those that are not switched on
	compared  bool     // with what the environment has
	existing  map[string]tcbcli.Function
	variables []string // the names of those that are set
}

// plan looks at what the environment has. It refuses to plan over a function of
// the same name in another language. With an error about looking, there is a plan
// that wasn't compared.
func (d *deployment) plan(ctx context.Context) (*plan, error) {
	p := &plan{
		envID: d.cli.EnvID, functions: d.functions, optional: d.optional,
		variables: d.variables(d.functions...),
	}
	existing, err := d.cli.Functions(ctx)
	if err != nil {
		return p, fmt.Errorf("looking up the functions of %s: %w", d.cli.EnvID, err)
	}
	p.existing, p.compared = existing, true
	var problems []error
	for _, name := range d.functions {
		if found, ok := existing[name]; ok && found.Runtime != goRuntime {
			problems = append(problems, fmt.Errorf("%s exists there with the runtime %s, which can't be changed: delete it first (tcb fn delete %s -e %s, or in the console), and deploy again. In between, clients get an error", name, found.Runtime, name, d.cli.EnvID))
		}
	}
	return p, errors.Join(problems...)
}

func (p *plan) action(function string) string {
	if !p.compared {
		return "create or update"
	}
	if _, ok := p.existing[function]; ok {
		return "update"
	}
	return "create"
}

func (p *plan) print(w io.Writer) {
	fmt.Fprintf(w, "\nCloudBase environment %s, which is also the functions' namespace:\n", p.envID)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, name := range p.functions {
		now := "isn't there"
		if found, ok := p.existing[name]; ok {
			now = "deployed " + found.Modified
		} else if !p.compared {
			now = "not compared"
		}
		fmt.Fprintf(table, "  %s\t%s\t%s\n", p.action(name), name, now)
	}
	table.Flush()
	for _, name := range p.optional {
		fmt.Fprintf(w, "  (not %s, which is optional: set %s to deploy it)\n", name, project.Switch(name))
	}
	fmt.Fprintf(w, "with %s, handler %s, type Event, role TCB_QcsRole, and as far as it uses them\nthe variables %s.\n", goRuntime, handler, strings.Join(p.variables, ", "))
}

// deploy deploys all functions and checks that each is there now, changed. The
// result has an error for each function that isn't.
func (d *deployment) deploy(ctx context.Context, p *plan) (map[string]error, error) {
	results, err := d.cli.Deploy(ctx, d.config, d.functions)
	if err != nil {
		return nil, err
	}
	after, err := d.cli.Functions(ctx)
	if err != nil {
		return nil, fmt.Errorf("looking up the functions after deploying them: %w", err)
	}
	for _, name := range d.functions {
		if results[name] != nil {
			continue
		}
		found, ok := after[name]
		before, existed := p.existing[name]
		switch {
		case !ok:
			results[name] = errors.New("the CLI says that it is deployed, and it isn't there")
		case found.Runtime != goRuntime:
			results[name] = fmt.Errorf("it has the runtime %s instead of %s", found.Runtime, goRuntime)
		case existed && found.Modified == before.Modified:
			results[name] = errors.New("the CLI says that it is deployed, and it wasn't modified")
		}
	}
	return results, nil
}
