package tcb

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
)

// An endpoint is where requests of an environment go.
type endpoint struct {
	envID  string
	region string
	url    *url.URL // without a query
}

// endpoint follows the Node SDK's rules: an explicit URL, then one that the
// platform injects, then the environment's own host, by the intranet if this runs
// in the environment's region and by https from anywhere else.
func (a *App) endpoint(e environment) (endpoint, error) {
	to := endpoint{envID: a.config.EnvID, region: a.config.Region, url: a.url}
	if to.envID == "" {
		to.envID = e.ownEnvID()
	}
	if to.envID == "" {
		return to, errors.New("no environment id: deploy the function to the namespace of a CloudBase environment, " +
			"or set EnvID in tcb.Config")
	}
	if to.region == "" {
		to.region = e.ownRegion()
	}
	if to.url != nil {
		return to, nil
	}
	if injected := injectedURL(e); injected != "" {
		u, err := parseURL(injected)
		if err != nil {
			return to, fmt.Errorf("URL in TCB_CONTEXT_CNFG %w", err)
		}
		to.url = u
		return to, nil
	}

	host := "tcb-api.tencentcloudapi.com"
	if to.region != "" {
		host = to.region + "." + host
	}
	scheme := "https"
	if e.platform() != "unknown" {
		// Also to another region's public host: that is what the SDK does.
		scheme = "http"
		if to.region == e.ownRegion() {
			host = "internal." + host
		}
	}
	if fitsHost(to.envID) {
		host = to.envID + "." + host
	}
	to.url = &url.URL{Scheme: scheme, Host: host, Path: "/admin"}
	return to, nil
}

// injectedURL is the endpoint that the platform asks functions to use. A value that
// can't be read counts as none, as in the SDK.
func injectedURL(e environment) string {
	var config struct{ URL string }
	if text := e.vars["TCB_CONTEXT_CNFG"]; text != "" {
		if json.Unmarshal([]byte(text), &config) != nil {
			return ""
		}
	}
	return config.URL
}

// parseURL reads a whole endpoint, path included.
func parseURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil, u.Scheme != "http" && u.Scheme != "https", u.Host == "", u.Path == "":
		// Without err, which would repeat all of it, secrets included.
		return nil, errors.New("must be a whole URL with its path, such as http://127.0.0.1:9527/admin")
	case u.User != nil:
		return nil, errors.New("must not hold a user or password")
	case u.RawQuery != "", u.ForceQuery, u.Fragment != "":
		return nil, errors.New("must end with its path: the query is made for each request")
	}
	return u, nil
}

// fitsHost reports whether an environment id can be a label of a host name.
func fitsHost(envID string) bool {
	for i := range len(envID) {
		c := envID[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' && c != '-' {
			return false
		}
	}
	return len(envID) > 0 && len(envID) <= 40
}
