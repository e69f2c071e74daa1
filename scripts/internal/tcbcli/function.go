package tcbcli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// A Function is a function of the environment, as fn list shows it.
type Function struct {
	Name     string
	Runtime  string
	Modified string // date and time, of some time zone
	Status   string // in some language
}

// page is how many functions the cloud lists at once.
const page = 100

// Functions returns the functions of the environment by name.
func (c *CLI) Functions(ctx context.Context) (map[string]Function, error) {
	functions := make(map[string]Function)
	for offset := 0; ; offset += page {
		output, err := c.run(ctx, "fn", "list", "-e", c.EnvID, "-l", strconv.Itoa(page), "-o", strconv.Itoa(offset))
		if err != nil {
			return nil, err
		}
		if text := failureText(output); text != "" {
			return nil, &Error{"tcb fn list", text}
		}
		if !strings.Contains(output, "┌") && !strings.Contains(output, "│") {
			return nil, &Error{"tcb fn list", "there is no table in what it printed:\n" + output}
		}
		rows := table(output)
		for _, row := range rows {
			if len(row) != 6 {
				return nil, &Error{"tcb fn list", fmt.Sprintf("the table has %d columns where this version of the CLI was expected to have 6", len(row))}
			}
			functions[row[1]] = Function{Name: row[1], Runtime: row[2], Modified: row[4], Status: row[5]}
		}
		if len(rows) < page {
			return functions, nil
		}
	}
}

// A Detail is what a function is deployed as.
type Detail struct {
	Runtime string
	Handler string

	// Variables has the names of the function's variables. Their values, which the
	// CLI shows as well, are nobody's business.
	Variables map[string]bool
}

// Details returns what functions of the environment are deployed as. All of them must
// be there. It asks for all at once, as each start of the CLI takes seconds.
func (c *CLI) Details(ctx context.Context, names []string) (map[string]Detail, error) {
	const command = "tcb config pull"
	args := append([]string{"config", "pull", "fn"}, names...)
	output, err := c.run(ctx, append(args, "-e", c.EnvID, "--stdout")...)
	if err != nil {
		return nil, err
	}
	if text := failureText(output); text != "" {
		return nil, &Error{command, text}
	}
	var pulled struct {
		Functions []struct {
			Name, Runtime, Handler string
			EnvVariables           map[string]any
		}
	}
	// Around the JSON are lines for people.
	_, text, _ := strings.Cut(output, "\n{\n")
	if err := json.NewDecoder(strings.NewReader("{" + text)).Decode(&pulled); err != nil {
		return nil, &Error{command, "there is no JSON in what it printed"}
	}
	details := make(map[string]Detail)
	for _, f := range pulled.Functions {
		variables := make(map[string]bool)
		for name := range f.EnvVariables {
			variables[name] = true
		}
		details[f.Name] = Detail{Runtime: f.Runtime, Handler: f.Handler, Variables: variables}
	}
	for _, name := range names {
		if details[name].Runtime == "" || details[name].Handler == "" {
			return nil, &Error{command, "there is no runtime and handler of " + name + " in what it printed"}
		}
	}
	return details, nil
}

// Deploy deploys all functions of a configuration file. It returns an error for
// each of the functions named that isn't said to have succeeded.
func (c *CLI) Deploy(ctx context.Context, config string, functions []string) (map[string]error, error) {
	output, err := c.run(ctx, "fn", "deploy", "--all", "--force", "-e", c.EnvID, "--config-file", config)
	var failed *Error
	if err != nil && !errors.As(err, &failed) {
		return nil, err
	}
	results := deployResults(output, functions)
	if err != nil { // of all of them
		for _, name := range functions {
			results[name] = err
		}
	}
	return results, nil
}

// subject is the function that a line of the CLI's is about.
var subject = regexp.MustCompile(`\[([A-Za-z][\w-]*)\]`)

func deployResults(output string, functions []string) map[string]error {
	succeeded := make(map[string]bool)
	failures := make(map[string][]string)
	about := ""
	for line := range strings.Lines(output) {
		mark, text := cutMark(line)
		if mark == noMark {
			about = ""
			continue
		}
		// What a failure is about comes first, and its details follow, indented.
		if !strings.HasPrefix(text, " ") {
			about = ""
			if match := subject.FindStringSubmatch(text); match != nil {
				about = match[1]
			}
		}
		switch {
		case mark == success && about != "":
			succeeded[about] = true
		case mark == failure && about != "":
			failures[about] = append(failures[about], strings.TrimSpace(text))
		}
	}
	results := make(map[string]error)
	for _, name := range functions {
		switch {
		case failures[name] != nil:
			results[name] = &Error{"tcb fn deploy", strings.Join(failures[name], "; ")}
		case !succeeded[name]:
			results[name] = &Error{"tcb fn deploy", "the CLI doesn't say that " + name + " was deployed. It printed:\n" + output}
		default:
			results[name] = nil
		}
	}
	return results
}

// An Invocation is what became of a call.
type Invocation struct {
	Reply   json.RawMessage // of the function, if it returned
	Failure string          // why it failed, "" if it did not
}

// Invoke calls a function with an event, as the console's test button does. The
// error is for a call that didn't reach the function.
func (c *CLI) Invoke(ctx context.Context, name string, event json.RawMessage) (Invocation, error) {
	output, err := c.run(ctx, "fn", "invoke", name, "-e", c.EnvID, "--params", string(event))
	if err != nil {
		return Invocation{}, err
	}
	return parseInvocation(output)
}

func parseInvocation(output string) (Invocation, error) {
	var invocation Invocation
	succeeded, failed := false, false
	reply, message := "", ""
	for line := range strings.Lines(output) {
		mark, text := cutMark(line)
		if mark == noMark && isLog(text) {
			break // what follows, the function printed
		}
		succeeded = succeeded || mark == success
		failed = failed || mark == failure
		if value, ok := field(text, "Return result", "返回结果"); ok {
			reply = value
		}
		if value, ok := field(text, "Error message", "错误信息"); ok {
			message = value
		}
	}
	switch {
	case failed:
		invocation.Failure = strings.TrimSpace(functionError(reply, message))
		if invocation.Failure == "" {
			invocation.Failure = "the function failed, and the CLI doesn't say how. It printed:\n" + output
		}
	case !succeeded || !json.Valid([]byte(reply)):
		return Invocation{}, &Error{"tcb fn invoke", "there is no reply in what it printed:\n" + output}
	default:
		invocation.Reply = json.RawMessage(reply)
	}
	return invocation, nil
}

func isLog(line string) bool {
	_, en := field(line, "Invocation log")
	_, zh := field(line, "调用日志")
	return en || zh
}

// field returns the value of a line such as "Return result：{…}".
func field(line string, labels ...string) (string, bool) {
	for _, label := range labels {
		if rest, ok := strings.CutPrefix(line, label); ok {
			rest = strings.TrimLeft(rest, " ")
			if value, ok := strings.CutPrefix(rest, "："); ok {
				return value, true
			}
			if value, ok := strings.CutPrefix(rest, ":"); ok {
				return value, true
			}
		}
	}
	return "", false
}

// functionError is the message of a function's error: SCF wraps it in JSON.
func functionError(reply, message string) string {
	var wrapped struct {
		ErrorMessage string `json:"errorMessage"`
	}
	if json.Unmarshal([]byte(reply), &wrapped) == nil && wrapped.ErrorMessage != "" {
		return wrapped.ErrorMessage
	}
	if message != "" {
		return message
	}
	return reply
}
