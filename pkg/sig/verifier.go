package sig

import (
	"fmt"
	"time"
)

// A Verifier checks the tokens of one app, more strictly than any of Tencent's
// libraries. It is safe for concurrent use once its fields are set.
type Verifier struct {
	// Skew is how far the clocks of signer and verifier may be apart. A token is
	// accepted for so much longer; and one that is issued further in the future is
	// ErrNotYetValid. With 0, tokens end on the second, and when they were issued
	// isn't looked at, as in Tencent's verifiers.
	Skew time.Duration

	// WideIDs accepts what a Signer with WideIDs makes.
	WideIDs bool

	sdkAppID uint32
	key      VerifyKey
}

// NewVerifier returns a verifier for the app. The errors are ErrKey for a key that
// holds none and ErrSetting for the rest.
func NewVerifier(sdkAppID uint32, key VerifyKey) (*Verifier, error) {
	if err := checkSettings(sdkAppID, key); err != nil {
		return nil, err
	}
	return &Verifier{sdkAppID: sdkAppID, key: key}, nil
}

// UserSig returns what the token says if it is a userSig that signs the user in
// now. The errors, of which it returns the first in this order, are those of
// Decode; ErrVersion for a token of another generation than the key; ErrUserID,
// ErrSDKAppIDMismatch, ErrUserIDMismatch, ErrKindMismatch for a privateMapKey,
// ErrSignature, ErrNotYetValid and ErrExpired.
func (v *Verifier) UserSig(token, userID string, now time.Time) (Document, error) {
	return v.verify(token, userID, now, nil)
}

// PrivateMapKey returns what the token says if it is a privateMapKey of the user
// for the room now. The errors are those of UserSig; ErrKindMismatch is for a
// userSig, and ErrUserBuf and ErrUserBufMismatch, for another room, come after it.
// ErrRoom is for a room that can't be.
func (v *Verifier) PrivateMapKey(token, userID string, room Room, now time.Time) (Document, error) {
	if err := room.check(v.WideIDs); err != nil {
		return Document{}, err
	}
	var u UserBuf
	d, err := v.verify(token, userID, now, func(userBuf []byte) error {
		var err error
		if u, err = parseUserBuf(userBuf); err != nil {
			return err
		}
		return u.check(v.sdkAppID, userID, room)
	})
	if err != nil {
		return Document{}, err
	}
	d.UserBuf = &u
	if v.expired(u.Expires, now) {
		return Document{}, fmt.Errorf("%w: its room's part ended at %v", ErrExpired, u.Expires)
	}
	return d, nil
}

// check returns ErrUserBufMismatch for a userbuf of something else.
func (u *UserBuf) check(sdkAppID uint32, userID string, room Room) error {
	switch {
	case u.SDKAppID != sdkAppID:
		return fmt.Errorf("%w: its userbuf is for another SDKAppID than the token", ErrUserBufMismatch)
	case u.UserID != userID:
		return fmt.Errorf("%w: its userbuf is for another user than the token", ErrUserBufMismatch)
	case u.Room != room:
		return fmt.Errorf("%w: it is for room %v, not %v", ErrUserBufMismatch, u.Room, room)
	}
	return nil
}

// verify checks a privateMapKey whose userbuf checkUserBuf accepts or, if that is
// nil, a userSig.
func (v *Verifier) verify(token, userID string, now time.Time, checkUserBuf func([]byte) error) (Document, error) {
	d, err := open(token)
	if err != nil {
		return Document{}, err
	}
	if g := v.key.generation(); d.generation != g {
		return Document{}, fmt.Errorf("%w: it is signed with %v, and the key is for %v", ErrVersion, d.generation, g)
	}
	if err := checkUserID(d.userID, v.WideIDs); err != nil {
		return Document{}, err
	}
	switch {
	case d.sdkAppID != v.sdkAppID:
		return Document{}, fmt.Errorf("%w: %d, not %d", ErrSDKAppIDMismatch, d.sdkAppID, v.sdkAppID)
	case d.userID != userID:
		return Document{}, ErrUserIDMismatch
	case checkUserBuf == nil && d.userBuf != nil:
		return Document{}, fmt.Errorf("%w: this is a privateMapKey", ErrKindMismatch)
	case checkUserBuf != nil && d.userBuf == nil:
		return Document{}, fmt.Errorf("%w: this is a userSig", ErrKindMismatch)
	case checkUserBuf != nil:
		if err := checkUserBuf(d.userBuf); err != nil {
			return Document{}, err
		}
	}
	if !v.key.verify(d.text(), d.signature) {
		return Document{}, ErrSignature
	}
	public := d.public()
	if v.Skew > 0 && public.Issued.After(now.Add(v.Skew)) {
		return Document{}, fmt.Errorf("%w: it is issued at %v", ErrNotYetValid, public.Issued)
	}
	if v.expired(public.Expires, now) {
		return Document{}, fmt.Errorf("%w: it ended at %v", ErrExpired, public.Expires)
	}
	return public, nil
}

// expired tells whether the second in which a token ends is over.
func (v *Verifier) expired(end, now time.Time) bool {
	return now.Add(-max(v.Skew, 0)).Unix() > end.Unix()
}

// Decode returns what a token says, without a key: anybody could have written it.
// The errors are ErrBase64, ErrZlib, ErrTooLarge, ErrJSON, ErrVersion,
// ErrMissingField, ErrUserID (for one with control characters or none) and
// ErrUserBuf.
func Decode(token string) (Document, error) {
	d, err := open(token)
	if err != nil {
		return Document{}, err
	}
	public := d.public()
	if d.userBuf != nil {
		u, err := parseUserBuf(d.userBuf)
		if err != nil {
			return Document{}, err
		}
		public.UserBuf = &u
	}
	return public, nil
}
