package trtc

import (
	"context"

	"github.com/tencentyun/scf-go-lib/functioncontext"

	"webrtc-room/pkg/settings"
)

// OpenAPI returns the API as the settings describe it. It is nil where TRTC_KICK isn't set:
// then nobody is removed from calls.
func OpenAPI(lookup settings.Lookup) (*API, error) {
	kick, err := lookup.Bool("TRTC_KICK")
	if !kick || err != nil {
		return nil, err
	}
	app, err := lookup.AppID()
	if err != nil {
		return nil, err
	}
	endpoint, err := lookup.URL("TRTC_API_ENDPOINT")
	if err != nil {
		return nil, err
	}
	var given Credentials
	if given.SecretID, err = lookup.Text("TRTC_API_SECRET_ID"); err != nil {
		return nil, err
	}
	if given.SecretKey, err = lookup.Text("TRTC_API_SECRET_KEY"); err != nil {
		return nil, err
	}
	return NewAPI(app, endpoint, func(ctx context.Context) Credentials {
		if given.SecretID != "" {
			return given
		}
		return ofTheRole(ctx)
	}), nil
}

// ofTheRole returns the temporary credentials of the function's execution role, which
// come with each invocation.
func ofTheRole(ctx context.Context) Credentials {
	invocation, ok := functioncontext.FromContext(ctx)
	if !ok || invocation == nil {
		return Credentials{}
	}
	environment := invocation.Environment
	return Credentials{
		SecretID:  environment["TENCENTCLOUD_SECRETID"],
		SecretKey: environment["TENCENTCLOUD_SECRETKEY"],
		Token:     environment["TENCENTCLOUD_SESSIONTOKEN"],
	}
}
