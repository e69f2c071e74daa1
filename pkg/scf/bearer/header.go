package bearer

import "strings"

// maxToken is how many bytes of token are looked at. HTTP servers commonly take
// headers of this size.
const maxToken = 8 << 10

// alphabet has the characters of base64url and the dots between a token's parts.
const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."

// Token returns the token in a request's Authorization headers, of which there
// must be one. The error is ErrNone, ErrRepeated, ErrTooLong or ErrMalformed.
func Token(authorization []string) (string, error) {
	switch len(authorization) {
	case 0:
		return "", ErrNone
	case 1:
	default:
		return "", ErrRepeated
	}
	scheme, token, _ := strings.Cut(authorization[0], " ")
	switch {
	case !strings.EqualFold(scheme, "Bearer"):
		return "", ErrNone
	case len(token) > maxToken:
		return "", ErrTooLong
	case token == "" || strings.ContainsFunc(token, foreign):
		return "", ErrMalformed
	}
	return token, nil
}

func foreign(r rune) bool { return !strings.ContainsRune(alphabet, r) }
