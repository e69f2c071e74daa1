// Package bearer finds out who sent an HTTP request from its bearer token: a JSON
// Web Token that the app's own login service has signed.
//
//	keys, err := bearer.ParseKeys("web:HS256:…, app:ES256:…")
//	verifier := bearer.New(bearer.Config{Keys: keys, Issuer: "https://login.example"})
//	…
//	token, err := bearer.Token(authorizationHeaders)
//	user, err := verifier.User(token)
//
// Who holds a valid token is the user that its sub names, so what decides is
// which tokens are not valid:
//
//   - The key is chosen by the token's kid, and the algorithm by the key. What the
//     token says about its algorithm only has to agree: neither "none" nor an RSA
//     public key that is used as an HS256 secret gets anywhere.
//   - exp is required. nbf and iat, if present, must not lie ahead; iss and aud
//     must match where they are configured. Clocks may differ by Leeway.
//   - sub is a user id as TRTC takes them: 1 to 32 bytes of printable ASCII
//     without spaces.
//   - A crit header is refused: it names extensions that must be understood, and
//     none is.
//
// No error of this package holds any part of a token or a key, so that each can
// be logged and sent back.
package bearer
