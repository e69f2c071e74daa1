package tcb

import (
	"errors"

	"webrtc-room/pkg/tcb/tc3"
)

// credentials are a key pair, with a session token if it is a temporary one, or
// an API key alone.
type credentials struct {
	key          tc3.Key
	sessionToken string
	apiKey       string
}

// credentials finds what a request is sent with. Keys in a function are temporary
// and change while it lives, so they are looked up anew for every request.
func (a *App) credentials(e environment) (credentials, error) {
	if a.given != nil {
		return a.given(), nil
	}
	if apiKey := e.vars["CLOUDBASE_APIKEY"]; apiKey != "" {
		return credentials{apiKey: apiKey}, nil
	}
	c := credentials{
		key:          tc3.Key{SecretID: e.vars["TENCENTCLOUD_SECRETID"], SecretKey: e.vars["TENCENTCLOUD_SECRETKEY"]},
		sessionToken: e.vars["TENCENTCLOUD_SESSIONTOKEN"],
	}
	if c.key.SecretID != "" && c.key.SecretKey != "" {
		return c, nil
	}
	if e.inSCF {
		return c, errors.New("this invocation came without TENCENTCLOUD_SECRETID and TENCENTCLOUD_SECRETKEY: " +
			"give the function an execution role (CloudBase functions have TCB_QcsRole), or set CLOUDBASE_APIKEY")
	}
	return c, errors.New("no credentials: set SecretID and SecretKey in tcb.Config")
}
