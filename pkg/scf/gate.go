package scf

import (
	"net/url"
	"slices"
	"strings"

	"webrtc-room/pkg/scf/bearer"
)

// A gate decides which HTTP requests get through, and which web pages may read
// the replies.
type gate struct {
	tokens  *bearer.Verifier // nil where no key is configured: nobody gets through
	origins []string
}

var errNoKeys error = &SettingError{Name: "HTTP_JWT_KEYS", Problem: "未设置，所有 HTTP 调用都会被拒绝; it is not set, and every HTTP call is refused"}

// openGate returns the gate that the settings describe. An error is a
// *SettingError.
func openGate(settings Settings) (*gate, error) {
	origins, err := parseOrigins(settings("HTTP_ALLOWED_ORIGINS"))
	if err != nil {
		return nil, err
	}
	g := &gate{origins: origins}
	if text := settings("HTTP_JWT_KEYS"); text != "" {
		keys, err := bearer.ParseKeys(text)
		if err != nil {
			return nil, &SettingError{Name: "HTTP_JWT_KEYS", Problem: "密钥格式错误; " + err.Error()}
		}
		g.tokens = bearer.New(bearer.Config{
			Keys:     keys,
			Issuer:   settings("HTTP_JWT_ISSUER"),
			Audience: settings("HTTP_JWT_AUDIENCE"),
		})
	}
	return g, nil
}

// parseOrigins reads origins that are separated by commas or spaces, each just as
// browsers write it in the Origin header.
func parseOrigins(text string) ([]string, error) {
	origins := strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' })
	for _, origin := range origins {
		u, err := url.Parse(origin)
		if err != nil || u.Scheme == "" || u.Hostname() == "" || strings.Contains(u.Host, "*") ||
			origin != strings.ToLower(u.Scheme+"://"+u.Host) ||
			u.Scheme == "https" && u.Port() == "443" || u.Scheme == "http" && u.Port() == "80" {
			return nil, &SettingError{Name: "HTTP_ALLOWED_ORIGINS", Problem: "必须是网页的来源，如 https://app.example.com，多个用逗号分隔，不能用 *; it must list origins as in https://app.example.com: in lower case, without a path, a default port or *"}
		}
	}
	return origins, nil
}

// allowOrigin lets the web page that sent the request read the response, if its
// origin is on the list.
func (g *gate) allowOrigin(response *response, origin []string) bool {
	if len(origin) != 1 || !slices.Contains(g.origins, origin[0]) {
		return false
	}
	// No Access-Control-Allow-Credentials: those are cookies, and there are none.
	response.Headers["Access-Control-Allow-Origin"] = origin[0]
	response.Headers["Access-Control-Allow-Methods"] = "POST"
	response.Headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type"
	response.Headers["Access-Control-Max-Age"] = "600"
	return true
}

// caller returns the user whose token the request carries. The error is errNoKeys
// or one of package bearer.
func (g *gate) caller(authorization []string) (user, token string, err error) {
	if g.tokens == nil {
		return "", "", errNoKeys
	}
	token, err = bearer.Token(authorization)
	if err == nil {
		user, err = g.tokens.User(token)
	}
	return user, token, err
}
