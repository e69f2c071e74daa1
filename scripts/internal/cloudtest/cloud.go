package cloudtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"webrtc-room/pkg/local/tcbemu"
	"webrtc-room/scripts/internal/project"
)

// Config describes the account that the cloud has.
type Config struct {
	EnvID string // of the one CloudBase environment, which is its namespace, too

	// Database answers the functions' requests to CloudBase. The default is an
	// empty database.
	Database http.Handler
}

// The key of the account, for tcb login.
const (
	SecretID  = "AKIDcloudtest00000000000000000000000"
	SecretKey = "cloudtest-secret-key-000000000000"
)

const (
	region    = "ap-shanghai"
	appID     = "1250000000"
	logsetID  = "logset-cloudtest"
	topicID   = "topic-cloudtest"
	accountID = "100000000001"
)

// A Cloud is one account with one CloudBase environment.
type Cloud struct {
	config    Config
	proxy     *proxy
	home      string // the CLI's own files
	temp      string
	work      string // unpacked functions
	shim      string // codecache.cjs
	codeCache string // the file that it keeps, for all clouds
	store     store
	database  *httptest.Server

	mu        sync.Mutex
	functions map[string]*Function
	requests  []Request
	failures  []*failure
	strangers map[string]bool
	sequence  int
	changes   int
}

// A Request is one call of a cloud API.
type Request struct {
	Service string // "scf" or "tcb"
	Action  string
	Params  map[string]any
}

// An Error is a cloud API's refusal.
type Error struct{ Code, Message string }

func (e *Error) Error() string { return e.Code + ": " + e.Message }

func refuse(code, format string, args ...any) *Error {
	return &Error{code, fmt.Sprintf(format, args...)}
}

type failure struct {
	action, function string
	err              *Error
}

// New starts a cloud that lasts as long as the test.
func New(t testing.TB, config Config) *Cloud {
	t.Helper()
	c := &Cloud{
		config:    config,
		home:      t.TempDir(),
		temp:      t.TempDir(),
		work:      t.TempDir(),
		functions: make(map[string]*Function),
		strangers: make(map[string]bool),
	}
	here, err := project.Find(".")
	if err != nil {
		t.Fatal(err)
	}
	c.shim = here.Path("scripts/internal/cloudtest/codecache.cjs")
	c.codeCache = here.Path("scripts/clients/node_modules/.cache/tcb")
	if config.Database == nil {
		emulator, err := tcbemu.Open(tcbemu.Config{
			EnvID: config.EnvID, Keys: map[string]string{SecretID: SecretKey}, SessionTokens: map[string]string{SecretID: sessionToken},
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { emulator.Close() })
		c.config.Database = emulator
	}
	c.database = httptest.NewServer(c.config.Database)
	t.Cleanup(c.database.Close)
	if c.proxy, err = newProxy(c); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.close)
	if err := os.WriteFile(c.authority(), c.proxy.pem(), 0o600); err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *Cloud) close() {
	c.proxy.close()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, f := range c.functions {
		f.stop()
	}
}

func (c *Cloud) authority() string { return filepath.Join(c.home, "authority.pem") }

func (c *Cloud) configHome() string { return filepath.Join(c.home, ".config") }

// Environ is what to add to a program's environment for it to reach this cloud,
// and no other: the proxy, whom to trust, and folders of its own for settings and
// for temporary files, whose names the CLI doesn't choose at random. With codecache.cjs,
// the CLI starts in half the time.
func (c *Cloud) Environ() []string {
	return []string{
		"HTTPS_PROXY=" + c.proxy.url(),
		"HTTP_PROXY=" + c.proxy.url(),
		"https_proxy=" + c.proxy.url(),
		"http_proxy=" + c.proxy.url(),
		"NO_PROXY=", "no_proxy=",
		"NODE_EXTRA_CA_CERTS=" + c.authority(),
		"TMPDIR=" + c.temp, "TEMP=" + c.temp, "TMP=" + c.temp,
		"HOME=" + c.home,
		"USERPROFILE=" + c.home,
		"XDG_CONFIG_HOME=" + c.configHome(),
		`NODE_OPTIONS=--require "` + filepath.ToSlash(c.shim) + `"`,
		"CODE_CACHE=" + c.codeCache,
	}
}

// Developer is the environment of a developer who works with this cloud: that of
// the test, and what Environ says. Settings of the machine's owner are not in it,
// and the go command's caches stay where they are although the home folder moves.
func (c *Cloud) Developer(t testing.TB) []string {
	t.Helper()
	environ := slices.DeleteFunc(os.Environ(), func(entry string) bool {
		return strings.HasPrefix(entry, "TRTC_") || strings.HasPrefix(entry, "TCB_")
	})
	caches, err := exec.Command("go", "env", "GOCACHE", "GOMODCACHE", "GOPATH").Output()
	if err != nil {
		t.Fatal(err)
	}
	for i, value := range strings.Fields(string(caches)) {
		environ = append(environ, []string{"GOCACHE", "GOMODCACHE", "GOPATH"}[i]+"="+value)
	}
	return append(environ, c.Environ()...)
}

// Requests returns the calls of an action so far, of all actions for "".
func (c *Cloud) Requests(action string) []Request {
	c.mu.Lock()
	defer c.mu.Unlock()
	var found []Request
	for _, r := range c.requests {
		if action == "" || r.Action == action {
			found = append(found, r)
		}
	}
	return found
}

// Fail makes each further call of an action about a function fail.
func (c *Cloud) Fail(action, function string, err *Error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.failures = append(c.failures, &failure{action, function, err})
}

// Strangers are the hosts that somebody tried to reach and that aren't here.
func (c *Cloud) Strangers() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var hosts []string
	for host := range c.strangers {
		hosts = append(hosts, host)
	}
	return hosts
}

func (c *Cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	host, _, _ := strings.Cut(r.Host, ":")
	switch {
	case strings.HasSuffix(host, ".myqcloud.com"):
		c.store.ServeHTTP(w, r)
	case strings.HasSuffix(host, ".tencentcloudapi.com"):
		service, _, _ := strings.Cut(host, ".")
		c.serveAPI(w, r, service)
	default:
		c.mu.Lock()
		c.strangers[host] = true
		c.mu.Unlock()
		http.Error(w, "cloudtest: there is no such host", http.StatusBadGateway)
	}
}

// serveAPI answers an API call in version 3 of Tencent Cloud's protocol: always
// with status 200, and an Error in the Response when there is one.
func (c *Cloud) serveAPI(w http.ResponseWriter, r *http.Request, service string) {
	response, err := c.call(r, service)
	if err != nil {
		var refusal *Error
		if !errors.As(err, &refusal) {
			refusal = refuse("InternalError", "%v", err)
		}
		response = map[string]any{"Error": map[string]string{"Code": refusal.Code, "Message": refusal.Message}}
	}
	response["RequestId"] = c.nextRequestID()
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]any{"Response": response})
}

func (c *Cloud) nextRequestID() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sequence++
	return fmt.Sprintf("00000000-0000-4000-8000-%012d", c.sequence)
}

func (c *Cloud) call(r *http.Request, service string) (map[string]any, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	if authorization := r.Header.Get("Authorization"); !strings.Contains(authorization, "Credential="+SecretID+"/") {
		return nil, refuse("AuthFailure.SecretIdNotFound", "The SecretId is not found.")
	}
	action := r.Header.Get("X-TC-Action")
	request := Request{Service: service, Action: action}
	if err := json.Unmarshal(body, &request.Params); err != nil {
		return nil, refuse("InvalidParameter", "%v", err)
	}
	c.mu.Lock()
	c.requests = append(c.requests, request)
	for _, f := range c.failures {
		if f.action == action && (f.function == "" || f.function == request.Params["FunctionName"]) {
			c.mu.Unlock()
			return nil, f.err
		}
	}
	c.mu.Unlock()

	serve, ok := actions[service+"."+action]
	if !ok {
		return nil, refuse("InvalidAction", "cloudtest has no action %s.%s", service, action)
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	return serve(c, decoder)
}

// actions are the APIs' actions, each with parameters of its own type.
var actions = map[string]func(*Cloud, *json.Decoder) (map[string]any, error){
	"tcb.DescribeEnvs":                action((*Cloud).describeEnvs),
	"tcb.DescribeTcbAccountInfo":      action((*Cloud).describeAccount),
	"scf.GetTempCosInfo":              action((*Cloud).getTempCosInfo),
	"scf.ListFunctions":               action((*Cloud).listFunctions),
	"scf.GetFunction":                 action((*Cloud).getFunction),
	"scf.CreateFunction":              action((*Cloud).createFunction),
	"scf.UpdateFunctionCode":          action((*Cloud).updateFunctionCode),
	"scf.UpdateFunctionConfiguration": action((*Cloud).updateFunctionConfiguration),
	"scf.Invoke":                      action((*Cloud).invoke),
}

func action[P any](do func(*Cloud, P) (map[string]any, error)) func(*Cloud, *json.Decoder) (map[string]any, error) {
	return func(c *Cloud, d *json.Decoder) (map[string]any, error) {
		var params P
		if err := d.Decode(&params); err != nil {
			return nil, refuse("InvalidParameter", "%v", err)
		}
		return do(c, params)
	}
}

func (c *Cloud) describeEnvs(params struct{ EnvID string }) (map[string]any, error) {
	if params.EnvID != "" && params.EnvID != c.config.EnvID {
		return map[string]any{"EnvList": []any{}}, nil
	}
	return map[string]any{"EnvList": []any{map[string]any{
		"EnvId":       c.config.EnvID,
		"Alias":       "cloudtest",
		"Status":      "NORMAL",
		"Source":      "miniapp",
		"Region":      region,
		"Functions":   []any{map[string]string{"Namespace": c.config.EnvID, "Region": region}},
		"LogServices": []any{map[string]string{"LogsetId": logsetID, "TopicId": topicID, "Region": region}},
		"Storages":    []any{map[string]string{"Bucket": "bucket-" + appID, "AppId": appID, "Region": region}},
	}}}, nil
}

func (c *Cloud) describeAccount(struct{}) (map[string]any, error) {
	return map[string]any{"CloudAppId": appID, "Uin": accountID}, nil
}

// LogIn logs the CLI in with the account's key. It writes what tcb login writes, as
// each start of the CLI takes seconds; scripts/internal/readme runs the command.
func (c *Cloud) LogIn(t testing.TB) {
	t.Helper()
	login, err := json.Marshal(map[string]any{"credential": map[string]string{"secretId": SecretID, "secretKey": SecretKey}})
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(c.configHome(), ".cloudbase")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "auth.json"), login, 0o600); err != nil {
		t.Fatal(err)
	}
}
