// Package sig makes and checks the tokens that let a user into Tencent TRTC and IM.
//
// A userSig says who the user is; without one nobody gets in. A privateMapKey says
// beyond that what the user may do in one room, and until when; TRTC asks for it
// where the app's "advanced permission control" is on. Both are documents that
// whoever has the app's key signs:
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
//	eAFFD4MB…   base64( zlib( {"TLS.ver":"2.0", … ,"TLS.sig":"…"} ) )
//
// There are two generations. What signs the current one is HMAC-SHA256 with the
// app's SDKSecretKey; these are the document and the lines that are signed. TLS.userbuf
// is in a privateMapKey only.
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
// A Signer compresses its documents with one prefix code that is made for all of
// them, which takes half the time of signing without any compression in the usual
// way, and is shorter than zlib at its best. With Stored it doesn't compress, which
// is faster still.
//
// # Security
//
// What is signed is lines of text, in which nothing but the line feed says where a
// value ends. Who is given a signature for a user id with line feeds has one for a
// document with other lines. Signed for the user
//
//	"victim\nTLS.sdk_appid:1400000000\nTLS.time:1700000000\nTLS.expire_after:999999999"
//
// a userSig of the old generation is one for "victim", once the lines that the Signer
// adds are moved behind the 999999999: verifiers that read a number up to the first
// character that isn't a digit accept it, for as long as the attacker chose. So a
// Signer refuses control characters, whatever its options, and a Verifier takes a
// number only in its one decimal form, a field only once, and nothing behind the end.
//
// The lines of an old-generation privateMapKey begin with those of a userSig. With its
// TLS.userbuf taken out and its TLS.expire_after set to "300\nTLS.userbuf:…" it is a
// userSig to such a verifier, for the same user and as long. A Verifier refuses that;
// whether the service does isn't known, and no signer can prevent it. So give a
// privateMapKey to nobody but its user, and don't let it last longer than the user's
// userSig may. The current generation isn't affected, as its numbers are numbers.
//
// The kind of the key decides how a token is verified, never the token. MACs are
// compared in constant time. No token inflates to more than 64 KiB. Keys print as
// "redacted", and no error holds a key or a user id.
package sig
