package bearer

import (
	"errors"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Leeway is how far the clocks of the signer and of this machine may be apart.
const Leeway = 30 * time.Second

// What can be wrong with a token. The texts are for people; they are ASCII
// without quotes, to fit a WWW-Authenticate header.
var (
	ErrNone      = errors.New("there is no bearer token: send the header Authorization: Bearer <token>")
	ErrRepeated  = errors.New("there are several Authorization headers")
	ErrTooLong   = errors.New("the token is too long")
	ErrMalformed = errors.New("the token is malformed")
	ErrKey       = errors.New("the token's kid names no key that is configured")
	ErrAlgorithm = errors.New("the token's alg is not that of the key")
	ErrSignature = errors.New("the token's signature is wrong")
	ErrIssuer    = errors.New("the token's iss is not the configured issuer")
	ErrAudience  = errors.New("the token's aud is not the configured audience")
	ErrMissing   = errors.New("the token lacks exp, which is required, or iss or aud, which are configured")
	ErrNotYet    = errors.New("the token is not valid yet: see its nbf and iat, and the clock of its signer")
	ErrExpired   = errors.New("the token has expired")
	ErrUser      = errors.New("the token's sub is no user id: 1 to 32 characters of printable ASCII without spaces")
)

// Config says which tokens are valid.
type Config struct {
	Keys     Keys
	Issuer   string           // what iss must be; "" takes any
	Audience string           // what aud must have; "" takes any
	Now      func() time.Time // default time.Now
}

// A Verifier checks tokens. It is safe for concurrent use.
type Verifier struct {
	keys   Keys
	parser *jwt.Parser
}

// New returns a verifier.
func New(config Config) *Verifier {
	if config.Now == nil {
		config.Now = time.Now
	}
	options := []jwt.ParserOption{
		jwt.WithStrictDecoding(),
		jwt.WithTimeFunc(config.Now),
		jwt.WithLeeway(Leeway),
		jwt.WithExpirationRequired(),
		jwt.WithIssuedAt(),
	}
	if config.Issuer != "" {
		options = append(options, jwt.WithIssuer(config.Issuer))
	}
	if config.Audience != "" {
		options = append(options, jwt.WithAudience(config.Audience))
	}
	return &Verifier{keys: config.Keys, parser: jwt.NewParser(options...)}
}

// User returns the user that the token is for, its sub. Each of this package's
// errors except ErrNone and ErrRepeated is possible.
func (v *Verifier) User(token string) (string, error) {
	if len(token) > maxToken {
		return "", ErrTooLong
	}
	// In a map, since a struct's fields would be found under SUB and Sub, too,
	// which are other claims.
	claims := jwt.MapClaims{}
	if _, err := v.parser.ParseWithClaims(token, claims, v.key); err != nil {
		return "", translate(err)
	}
	user, _ := claims["sub"].(string)
	if !isUserID(user) {
		return "", ErrUser
	}
	return user, nil
}

// key returns what checks the token's signature.
func (v *Verifier) key(token *jwt.Token) (any, error) {
	if _, ok := token.Header["crit"]; ok {
		return nil, ErrMalformed
	}
	k := v.keys.only
	if k == nil {
		kid, _ := token.Header["kid"].(string)
		named, ok := v.keys.byID[kid]
		if !ok {
			return nil, ErrKey
		}
		k = &named
	}
	if token.Method.Alg() != k.alg {
		return nil, ErrAlgorithm
	}
	return k.material, nil
}

// translations are this package's errors for those of the JWT library, whose
// texts may quote the token. A token can be wrong in several ways: the first of
// this list is told. That it has expired comes last, because a client may react
// by getting a fresh one, which helps only if all else was right.
var translations = []struct{ from, to error }{
	{ErrMalformed, ErrMalformed},
	{ErrKey, ErrKey},
	{ErrAlgorithm, ErrAlgorithm},
	{jwt.ErrTokenMalformed, ErrMalformed},
	{jwt.ErrTokenUnverifiable, ErrAlgorithm}, // one that the library doesn't know
	{jwt.ErrTokenSignatureInvalid, ErrSignature},
	{jwt.ErrInvalidType, ErrMalformed},
	{jwt.ErrTokenInvalidIssuer, ErrIssuer},
	{jwt.ErrTokenInvalidAudience, ErrAudience},
	{jwt.ErrTokenRequiredClaimMissing, ErrMissing},
	{jwt.ErrTokenNotValidYet, ErrNotYet},
	{jwt.ErrTokenUsedBeforeIssued, ErrNotYet},
	{jwt.ErrTokenExpired, ErrExpired},
}

func translate(err error) error {
	for _, t := range translations {
		if errors.Is(err, t.from) {
			return t.to
		}
	}
	return ErrMalformed
}

// isUserID reports whether TRTC would take the text as a user id.
func isUserID(text string) bool {
	for i := range len(text) {
		if text[i] <= ' ' || text[i] > '~' {
			return false
		}
	}
	return 1 <= len(text) && len(text) <= 32
}
