package cloudtest

import (
	"archive/zip"
	"bytes"
	"io"
	"maps"
	"slices"
	"time"

	"webrtc-room/pkg/local/scfemu"
)

// A Function is a deployed function.
type Function struct {
	Name        string
	Runtime     string
	Handler     string
	Type        string
	Role        string
	MemorySize  int
	Timeout     int
	Environment map[string]string
	Zip         []byte

	modified time.Time
	busy     int          // how many times GetFunction still says so
	host     *scfemu.Host // runs it, once it was called
}

// Function returns a deployed function, and whether there is one.
func (c *Cloud) Function(name string) (Function, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f, ok := c.functions[name]
	if !ok {
		return Function{}, false
	}
	found := *f
	found.host = nil
	return found, true
}

// Put deploys a function as if it had always been there.
func (c *Cloud) Put(f Function) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if old := c.functions[f.Name]; old != nil {
		old.stop()
	}
	f.modified = c.now()
	c.functions[f.Name] = &f
}

// Remove deletes a function.
func (c *Cloud) Remove(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if f := c.functions[name]; f != nil {
		f.stop()
		delete(c.functions, name)
	}
}

// now is the cloud's clock, on which each change takes a second. It is called with
// the lock held.
func (c *Cloud) now() time.Time {
	c.changes++
	return time.Date(2020, 1, 2, 3, 4, 0, 0, time.UTC).Add(time.Duration(c.changes) * time.Second)
}

// dates are a function's dates, as SCF writes them.
func (f *Function) dates() string { return f.modified.Format(time.DateTime) }

// stop ends the function's processes.
func (f *Function) stop() {
	if f.host != nil {
		f.host.Close()
		f.host = nil
	}
}

// status is the function's state; asking brings its end nearer.
func (f *Function) status() string {
	if f.busy > 0 {
		f.busy--
		return "Updating"
	}
	return "Active"
}

type variable struct{ Key, Value string }

type environment struct{ Variables []variable }

func (e environment) values() map[string]string {
	values := make(map[string]string)
	for _, v := range e.Variables {
		values[v.Key] = v.Value
	}
	return values
}

// code says where a function's zip was uploaded to.
type code struct{ TempCosObjectName string }

func (c *Cloud) getTempCosInfo(params struct{ ObjectPath string }) (map[string]any, error) {
	return map[string]any{"Date": "2020-01-02", "Sign": "q-sign-algorithm=sha1&q-ak=cloudtest&q-sign-time=0;1&q-key-time=0;1&q-header-list=&q-url-param-list=&q-signature=0"}, nil
}

func (c *Cloud) checkNamespace(namespace string) error {
	if namespace != c.config.EnvID {
		return refuse("ResourceNotFound.Namespace", "there is no namespace %q", namespace)
	}
	return nil
}

func (c *Cloud) lookUp(namespace, name string) (*Function, error) {
	if err := c.checkNamespace(namespace); err != nil {
		return nil, err
	}
	f := c.functions[name]
	if f == nil {
		return nil, refuse("ResourceNotFound.Function", "there is no function %q", name)
	}
	return f, nil
}

func (c *Cloud) listFunctions(params struct {
	Namespace     string
	Limit, Offset int
}) (map[string]any, error) {
	if err := c.checkNamespace(params.Namespace); err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	names := slices.Sorted(maps.Keys(c.functions))
	page := names[min(params.Offset, len(names)):min(params.Offset+params.Limit, len(names))]
	list := []any{}
	for _, name := range page {
		f := c.functions[name]
		list = append(list, map[string]any{
			"FunctionId": "lam-" + name[max(0, len(name)-8):], "FunctionName": name, "Runtime": f.Runtime,
			"Namespace": params.Namespace, "Type": f.Type, "Status": "Active",
			"AddTime": f.dates(), "ModTime": f.dates(),
		})
	}
	return map[string]any{"Functions": list, "TotalCount": len(names)}, nil
}

func (c *Cloud) getFunction(params struct{ Namespace, FunctionName string }) (map[string]any, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f, err := c.lookUp(params.Namespace, params.FunctionName)
	if err != nil {
		return nil, err
	}
	variables := []variable{}
	for _, key := range slices.Sorted(maps.Keys(f.Environment)) {
		variables = append(variables, variable{key, f.Environment[key]})
	}
	return map[string]any{
		"FunctionName": f.Name, "Namespace": params.Namespace, "Runtime": f.Runtime, "Handler": f.Handler,
		"Type": f.Type, "Role": f.Role, "MemorySize": f.MemorySize, "Timeout": f.Timeout,
		"Status": f.status(), "CodeSize": len(f.Zip), "CodeInfo": "", "InstallDependency": "FALSE",
		"AddTime": f.dates(), "ModTime": f.dates(),
		"Environment": environment{variables}, "Triggers": []any{},
		"VpcConfig": map[string]string{"VpcId": "", "SubnetId": ""},
	}, nil
}

func (c *Cloud) createFunction(params struct {
	Namespace, FunctionName, Runtime, Handler, Type, Role, Stamp string
	MemorySize, Timeout                                          int
	Environment                                                  environment
	Code                                                         code
}) (map[string]any, error) {
	if err := c.checkNamespace(params.Namespace); err != nil {
		return nil, err
	}
	if params.Stamp != "MINI_QCBASE" {
		return nil, refuse("InvalidParameterValue.Stamp", "Stamp取值与规范不符，请修正后再试")
	}
	if params.Role != "TCB_QcsRole" {
		return nil, refuse("InvalidParameterValue.Role", "Role取值与规范不符，请修正后再试")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.functions[params.FunctionName] != nil {
		return nil, refuse("ResourceInUse.Function", "已存在相同名称的函数 %s", params.FunctionName)
	}
	f := &Function{
		Name: params.FunctionName, Runtime: params.Runtime, Handler: params.Handler, Type: params.Type,
		Role: params.Role, MemorySize: params.MemorySize, Timeout: params.Timeout,
		Environment: params.Environment.values(), busy: 1,
	}
	if err := c.take(f, params.Code, params.Handler); err != nil {
		return nil, err
	}
	c.functions[f.Name] = f
	return map[string]any{}, nil
}

func (c *Cloud) updateFunctionCode(params struct {
	Namespace, FunctionName, Handler string
	Code                             code
}) (map[string]any, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f, err := c.lookUp(params.Namespace, params.FunctionName)
	if err == nil {
		err = f.checkIdle()
	}
	if err == nil {
		err = c.take(f, params.Code, params.Handler)
	}
	if err != nil {
		return nil, err
	}
	return map[string]any{}, nil
}

func (c *Cloud) updateFunctionConfiguration(params struct {
	Namespace, FunctionName, Role string
	MemorySize, Timeout           int
	Environment                   *environment
}) (map[string]any, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f, err := c.lookUp(params.Namespace, params.FunctionName)
	if err == nil {
		err = f.checkIdle()
	}
	if err != nil {
		return nil, err
	}
	if params.MemorySize != 0 {
		f.MemorySize = params.MemorySize
	}
	if params.Timeout != 0 {
		f.Timeout = params.Timeout
	}
	if params.Environment != nil {
		f.Environment = params.Environment.values()
	}
	f.busy, f.modified = 1, c.now()
	return map[string]any{}, nil
}

func (f *Function) checkIdle() error {
	if f.busy > 0 {
		return refuse("FailedOperation.FunctionStatusError", "函数 %s 正在更新中", f.Name)
	}
	return nil
}

// take makes an uploaded zip the function's code, if a Go1 function can be
// started from it.
func (c *Cloud) take(f *Function, code code, handler string) error {
	data, ok := c.store.object(code.TempCosObjectName)
	if !ok {
		return refuse("InvalidParameterValue.CosObjectName", "there is no object %q", code.TempCosObjectName)
	}
	if f.Runtime == "Go1" {
		if err := checkExecutable(data, handler); err != nil {
			return refuse("InvalidParameterValue.Code", "%v", err)
		}
	}
	f.stop()
	f.Zip, f.Handler, f.busy, f.modified = data, handler, 1, c.now()
	return nil
}

func checkExecutable(data []byte, name string) error {
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return err
	}
	file, err := archive.Open(name)
	if err != nil {
		return refuse("", "the zip has no file %q in its root", name)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if info.Mode().Perm()&0o111 == 0 {
		return refuse("", "%s in the zip is not executable: mode %v", name, info.Mode())
	}
	head := make([]byte, 4)
	if _, err := io.ReadFull(file, head); err != nil || string(head) != "\x7fELF" {
		return refuse("", "%s in the zip is no ELF file", name)
	}
	return nil
}
