// Package sig makes and checks the tokens that let a user into Tencent TRTC and IM.
//
// A userSig says which user it is; without one nobody gets in. A privateMapKey says
// beyond that what the user may do in one room, and until when. TRTC asks for it
// where the app's "advanced permission control" is on. Both are documents, signed
// with the app's key:
//
//	key, err := sig.ParseSecretKey(os.Getenv("TRTC_SECRET_KEY"))
//	signer, err := sig.NewSigner(1400000000, key, "")
//	userSig, err := signer.UserSig("alice", time.Now(), 2*time.Hour)
//	roomKey, err := signer.PrivateMapKey("alice", sig.RoomNumber(12345678), sig.PrivilegeAll, time.Now(), 2*time.Hour)
//
// A [Verifier] checks a token, [Decode] shows what one says, and [Diagnose] explains
// to a person why the service refuses it. The command scripts/sig does all of that
// from a shell.
//
// # Formats
//
// A token is base64 of a zlib stream of JSON. Its base64 has * for +, - for / and _
// for =, so that it needs no escapes in URLs. (RFC 4648 has other characters there.)
//
//	eAEsy0EL…   base64( zlib( {"TLS.ver":"2.0", … ,"TLS.sig":"…"} ) )
//
// There are two generations. The current one is signed by HMAC-SHA256 with the app's
// SDKSecretKey. These are its document and the lines that are signed. TLS.userbuf is
// in a privateMapKey only.
//
//	"TLS.ver":        "2.0"
//	"TLS.identifier": "alice"          TLS.identifier:alice
//	"TLS.sdkappid":   1400000000       TLS.sdkappid:1400000000
//	"TLS.time":       1700000000       TLS.time:1700000000
//	"TLS.expire":     7200             TLS.expire:7200
//	"TLS.userbuf":    "AAAFYWxp…"      TLS.userbuf:AAAFYWxp…
//	"TLS.sig":        base64( HMAC-SHA256( these lines, key ) )
//
// Apps from before July 2019 may have a private key instead, on secp256k1 or P-256.
// All values of their documents are strings:
//
//	"TLS.appid_at_3rd": "0"            TLS.appid_at_3rd:0
//	"TLS.account_type": "0"            TLS.account_type:0
//	"TLS.identifier":   "alice"        TLS.identifier:alice
//	"TLS.sdk_appid":    "1400000000"   TLS.sdk_appid:1400000000
//	"TLS.time":         "1700000000"   TLS.time:1700000000
//	"TLS.expire_after": "7200"         TLS.expire_after:7200
//	"TLS.userbuf":      "AAAFYWxp…"    TLS.userbuf:AAAFYWxp…
//	"TLS.version":      "201512300000" (not signed)
//	"TLS.sig":          base64( ECDSA( SHA-256( these lines ) ) )
//
// A userbuf, in base64 in both, is binary, with big-endian numbers:
//
//	version | n | user id | SDKAppID | room | end | privileges | account type | m | room's name
//	   1      2     n          4        4      4       4             4          2       m
//
// The version is 0, and the last two fields are missing, for a room with a number.
//
// A Signer compresses with the standard library. Its tokens are shorter than those of
// Tencent's Go library, which doesn't compress, and up to 16 characters longer than those
// of the libraries for Node.js and Python.
//
// # Security
//
// What is signed is lines of text, in which only the line feed ends a value. A
// signature for a user id with line feeds is therefore a signature for a document with
// other lines. An attacker may ask for one for the user
//
//	"victim\nTLS.sdk_appid:1400000000\nTLS.time:1700000000\nTLS.expire_after:999999999"
//
// In the old generation this makes a userSig for "victim": the attacker moves the lines
// that the Signer adds behind the 999999999. Verifiers that read a number up to the
// first character that isn't a digit accept it, for as long as the attacker chose. So a
// Signer refuses control characters, whatever its options. A Verifier takes a number
// only in its one decimal form, a field only once, and nothing behind the end.
//
// The lines of an old-generation privateMapKey begin with those of a userSig. With its
// TLS.userbuf taken out and its TLS.expire_after set to "300\nTLS.userbuf:…" it is a
// userSig to such a verifier, for the same user and as long. A Verifier refuses that.
// Whether the service does isn't known, and no signer can prevent it. So give a
// privateMapKey to nobody but its user, and don't let it last longer than the user's
// userSig may. The current generation isn't affected, because its numbers are numbers.
//
// The kind of the key decides how a token is verified, never the token. MACs are
// compared in constant time. No token inflates to more than 64 KiB. Keys print as
// "redacted", and no error holds a key or a user id.
package sig
