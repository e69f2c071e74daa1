package tcbcli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// A Function is a function of the environment, as fn list shows it.
type Function struct {
	Name     string
	Runtime  string
	Modified string // date and time, of some time zone
	Status   string // in some language
}

// Functions returns the functions of the environment by name.
func (c *CLI) Functions(ctx context.Context) (map[string]Function, error) {
	output, err := c.run(ctx, "fn", "list", "-e", c.EnvID, "-l", "100")
	if err != nil {
		return nil, err
	}
	if text := failureText(output); text != "" {
		return nil, &Error{"tcb fn list", text}
	}
	if !strings.Contains(output, "┌") && !strings.Contains(output, "│") {
		return nil, &Error{"tcb fn list", "there is no table in what it printed:\n" + output}
	}
	functions := make(map[string]Function)
	for _, row := range table(output) {
		if len(row) != 6 {
			return nil, &Error{"tcb fn list", fmt.Sprintf("the table has %d columns where this version of the CLI was expected to have 6", len(row))}
		}
		functions[row[1]] = Function{Name: row[1], Runtime: row[2], Modified: row[4], Status: row[5]}
	}
	return functions, nil
}

// A Detail is what fn detail shows of a function.
type Detail struct {
	Namespace string
	Runtime   string
	Handler   string

	// Variables has the names of the function's variables. Their values, which the
	// CLI shows as well, are nobody's business.
	Variables map[string]bool
}

// Function returns a function of the environment, and whether there is one.
func (c *CLI) Function(ctx context.Context, name string) (Detail, bool, error) {
	output, err := c.run(ctx, "fn", "detail", name, "-e", c.EnvID)
	var failed *Error
	if errors.As(err, &failed) && (strings.Contains(failed.Text, "does not exist") || strings.Contains(failed.Text, "不存在")) {
		return Detail{}, false, nil
	}
	if err != nil {
		return Detail{}, false, err
	}
	var d Detail
	for _, row := range table(output) {
		if len(row) < 2 {
			continue
		}
		switch row[0] {
		case "Environment ID", "环境 Id":
			d.Namespace = row[1]
		case "Runtime environment", "运行环境":
			d.Runtime = row[1]
		case "Execution method", "执行方法":
			d.Handler = row[1]
		case "Environment variables (key=value)", "环境变量(key=value)":
			d.Variables = variableNames(strings.Join(row[1:], "│"))
		}
	}
	if d.Runtime == "" || d.Handler == "" {
		return Detail{}, false, &Error{"tcb fn detail", "there is no runtime and handler in what it printed"}
	}
	return d, true, nil
}

// variableNames returns the names in "NAME=value; NAME=value". A value with a
// semicolon may add a name that isn't one.
func variableNames(text string) map[string]bool {
	names := make(map[string]bool)
	for _, variable := range strings.Split(text, "; ") {
		if name, _, ok := strings.Cut(variable, "="); ok {
			names[name] = true
		}
	}
	return names
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
