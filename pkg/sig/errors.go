package sig

import "errors"

// What keeps a token from being made. No error of this package holds a key or a
// user id; each says what is wrong and what is accepted.
var (
	ErrKey      = errors.New("sig: unusable key")
	ErrSetting  = errors.New("sig: bad setting")
	ErrUserID   = errors.New("sig: bad user id")
	ErrRoom     = errors.New("sig: bad room")
	ErrLifetime = errors.New("sig: bad lifetime")
	ErrTooLarge = errors.New("sig: document larger than 64 KiB")
)

// What keeps a token from being accepted, in the order in which it is checked;
// ErrTooLarge and ErrUserID belong to them too.
var (
	ErrBase64           = errors.New("sig: token is not base64")
	ErrZlib             = errors.New("sig: token is not zlib data")
	ErrJSON             = errors.New("sig: token holds no well-formed document")
	ErrVersion          = errors.New("sig: token is of another generation")
	ErrMissingField     = errors.New("sig: document lacks a field")
	ErrSDKAppIDMismatch = errors.New("sig: token is for another SDKAppID")
	ErrUserIDMismatch   = errors.New("sig: token is for another user")
	ErrKindMismatch     = errors.New("sig: userSig and privateMapKey confused")
	ErrUserBuf          = errors.New("sig: malformed userbuf")
	ErrUserBufMismatch  = errors.New("sig: privateMapKey is for something else")
	ErrSignature        = errors.New("sig: signature does not match")
	ErrNotYetValid      = errors.New("sig: token is from the future")
	ErrExpired          = errors.New("sig: token has expired")
)
