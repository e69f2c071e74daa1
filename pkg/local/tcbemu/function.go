package tcbemu

import (
	"context"
	"errors"
)

func (c *call) invokeFunction() (any, error) {
	switch {
	case c.FunctionName == "":
		return nil, invalid("function_name is missing")
	case c.Qualifier != "" && c.Qualifier != "$LATEST":
		return nil, unsupported(codeInvalidParam, "a version of a function ("+c.Qualifier+")")
	case c.config.Invoke == nil:
		return nil, failf(codeNoFunction, "there is no function %q: this emulator has no functions", c.FunctionName)
	}
	result, err := c.config.Invoke(context.WithoutCancel(c.request.Context()), FunctionCall{
		Name:   c.FunctionName,
		Event:  []byte(c.RequestData),
		Source: c.request.Header.Get("X-TCB-Source"),
		Header: c.request.Header,
	})
	switch {
	case errors.Is(err, ErrFunctionNotFound):
		return nil, failf(codeNoFunction, "there is no function %q", c.FunctionName)
	case err != nil:
		return nil, failf(codeFunctionFailed, "%v", err)
	}
	return map[string]string{"response_data": string(result)}, nil
}
