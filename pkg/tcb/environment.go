package tcb

import (
	"context"
	"strings"

	"github.com/tencentyun/scf-go-lib/functioncontext"
)

// An environment is what the platform says about one invocation.
//
// Never the process's own environment: scf-go-lib copies each invocation's
// variables into it and never clears them, so there a call without a user would
// find the previous user's tokens.
type environment struct {
	vars     map[string]string
	function *functioncontext.FunctionContext // zero outside a function
	inSCF    bool
}

func (a *App) environment(ctx context.Context) environment {
	e := environment{function: new(functioncontext.FunctionContext)}
	if function, ok := functioncontext.FromContext(ctx); ok && function != nil {
		e.function = function
		e.inSCF = true
	}
	if a.config.Environment != nil {
		e.vars = a.config.Environment(ctx)
	} else {
		e.vars = e.function.Environment
	}
	e.inSCF = e.inSCF || e.vars["TENCENTCLOUD_RUNENV"] == "SCF"
	return e
}

// perCall returns a variable that belongs to one call: whose it is, where it came
// from, how it is traced.
//
// The platform lists the variables that it sets for a call in TCB_CONTEXT_KEYS and
// WX_CONTEXT_KEYS, and the Node SDK ignores any other. That SDK reads the process's
// environment, where the list is its guard against leftovers. The map here is the
// invocation's own, so there should be none; but to send another user's token is
// far worse than to miss one, so a list that is there is obeyed. If there is none,
// the variables are taken as they are, as that SDK does with the context object.
func (e environment) perCall(name string) string {
	value := e.vars[name]
	if value == "" {
		return ""
	}
	tcb, wx := e.vars["TCB_CONTEXT_KEYS"], e.vars["WX_CONTEXT_KEYS"]
	if tcb == "" && wx == "" || lists(tcb, name) || lists(wx, name) {
		return value
	}
	return ""
}

func lists(keys, name string) bool {
	for key := range strings.SplitSeq(keys, ",") {
		if strings.TrimSpace(key) == name {
			return true
		}
	}
	return false
}

// ownEnvID is the CloudBase environment that the function belongs to. A function in
// the namespace "default" belongs to none.
func (e environment) ownEnvID() string {
	if id := e.perCall("TCB_ENV"); id != "" {
		return id
	}
	for _, namespace := range []string{e.vars["SCF_NAMESPACE"], e.function.Namespace} {
		if namespace != "" && namespace != "default" {
			return namespace
		}
	}
	return ""
}

// ownRegion is where the function runs.
func (e environment) ownRegion() string {
	if region := e.vars["TENCENTCLOUD_REGION"]; region != "" {
		return region
	}
	return e.function.TencentcloudRegion
}

// platform is the SDKs' name for where this runs.
func (e environment) platform() string {
	switch {
	case e.inSCF:
		return "scf"
	case e.vars["CBR_ENV_ID"] != "":
		return "cbr"
	case e.vars["SUMERU_ENV"] == "formal", e.vars["SUMERU_ENV"] == "pre", e.vars["SUMERU_ENV"] == "test":
		return "sumeru"
	case e.vars["TENCENTCLOUD"] == "true":
		return "tencentcloud"
	default:
		return "unknown"
	}
}

// wxCloudToken is the WeChat token of the call.
func (e environment) wxCloudToken() string {
	if e.vars["TRIGGER_SRC"] == "timer" && e.vars["WX_TRIGGER_API_TOKEN_V0"] != "" {
		return e.vars["WX_TRIGGER_API_TOKEN_V0"]
	}
	return e.perCall("WX_API_TOKEN")
}
