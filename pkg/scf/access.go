package scf

import (
	"cmp"
	"errors"
	"slices"

	"webrtc-room/pkg/scf/bearer"
	"webrtc-room/pkg/settings"
)

// An access decides which HTTP requests get through, and which web pages may read
// the replies.
type access struct {
	tokens  *bearer.Verifier // nil where no key is configured: nobody gets through
	openIDs bool             // a token's user may be an OPENID
	origins []string
}

var (
	errNoKeys error = settings.Missing("HTTP_JWT_KEYS")

	// errOpenID is of a token that would make its bearer a mini program's user.
	errOpenID = errors.New("the token's sub looks like an OPENID, which HTTP_JWT_OPENIDS=true would allow")
)

// openAccess returns the access that the settings describe. An error is a
// *settings.Error.
func openAccess(lookup settings.Lookup) (*access, error) {
	origins, noOrigins := lookup.List("HTTP_ALLOWED_ORIGINS")
	openIDs, neither := lookup.Bool("HTTP_JWT_OPENIDS")
	issuer, noIssuer := lookup.Text("HTTP_JWT_ISSUER")
	audience, noAudience := lookup.Text("HTTP_JWT_AUDIENCE")
	text, noText := lookup.Text("HTTP_JWT_KEYS")
	if err := cmp.Or(noOrigins, neither, noIssuer, noAudience, noText); err != nil {
		return nil, err
	}
	a := &access{origins: origins, openIDs: openIDs}
	if text == "" {
		return a, nil
	}
	keys, err := bearer.ParseKeys(text)
	if err != nil {
		return nil, settings.Wrong("HTTP_JWT_KEYS", settings.Text{ZH: "密钥格式错误，应为 kid:算法:密钥，多个用逗号分隔", EN: err.Error()})
	}
	a.tokens = bearer.New(bearer.Config{Keys: keys, Issuer: issuer, Audience: audience})
	return a, nil
}

// CheckSettings returns what is wrong with HTTP_JWT_KEYS, whose keys
// settings.Lookup.Check doesn't look into.
func CheckSettings(lookup settings.Lookup) error {
	_, err := openAccess(lookup)
	return err
}

// allowOrigin lets the web page that sent the request read the response, if its
// origin is on the list.
func (a *access) allowOrigin(response *response, origin []string) bool {
	if len(origin) != 1 || !slices.Contains(a.origins, origin[0]) {
		return false
	}
	// No Access-Control-Allow-Credentials: those are cookies, and there are none.
	response.Headers["Access-Control-Allow-Origin"] = origin[0]
	response.Headers["Access-Control-Allow-Methods"] = "POST"
	response.Headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type"
	response.Headers["Access-Control-Max-Age"] = "600"
	return true
}

// caller returns the user whose token the request carries. The error is errNoKeys,
// errOpenID or one of package bearer.
func (a *access) caller(authorization []string) (user, token string, err error) {
	if a.tokens == nil {
		return "", "", errNoKeys
	}
	token, err = bearer.Token(authorization)
	if err == nil {
		user, err = a.tokens.User(token)
	}
	if err == nil && settings.IsOpenID(user) && !a.openIDs {
		err = errOpenID
	}
	return user, token, err
}
