// Package bearer finds out who sent an HTTP request from its bearer token: a JSON
// Web Token that the app's own login service has signed.
//
//	keys, err := bearer.ParseKeys("web:HS256:…, app:ES256:…")
//	verifier := bearer.New(bearer.Config{Keys: keys, Issuer: "https://login.example"})
//	…
//	token, err := bearer.Token(authorizationHeaders)
//	user, err := verifier.User(token)
//
// Whoever holds a valid token is the user that its sub names. So everything depends on
// which tokens are not valid:
//
//   - The token's kid chooses the key, and the key the algorithm. What the token says
//     about its algorithm has to agree. So neither "none" nor an RSA public key that
//     is used as an HS256 secret gets anywhere.
//   - exp is required. nbf and iat, if present, must not lie ahead; iss and aud
//     must match where they are configured. Clocks may differ by Leeway.
//   - sub is a user id as TRTC takes them: 1 to 32 bytes of printable ASCII
//     without spaces.
//   - A crit header is refused: it names extensions that must be understood, and
//     this package understands none.
//
// No error of this package holds any part of a token or a key, so that each can
// be logged and sent back.
package bearer
