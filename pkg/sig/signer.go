package sig

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"math"
	"strconv"
	"sync"
	"time"
)

// A Signer makes the tokens of one app. It is safe for concurrent use once its
// fields are set. Keep it: its compressors are used again for the next signature.
type Signer struct {
	// PlainBase64 makes tokens with the + / = of ordinary base64 instead of
	// * - _, as some generators of 2018 did. Such a token must be escaped in a URL.
	PlainBase64 bool

	// WideIDs accepts user ids beyond TRTC's rule, which is 1 to 32 bytes of
	// printable ASCII without spaces, and names of rooms beyond 64 bytes and its
	// characters: up to 65535 bytes of UTF-8 without control characters.
	WideIDs bool

	sdkAppID    uint32
	key         Key
	accountType string
	compressors sync.Pool // of *zlib.Writer, whose making takes 50 times a signature's time
}

// maxLifetime is the service's own limit.
const maxLifetime = 50 * 365 * 24 * time.Hour

// NewSigner returns a signer for the app. The account type goes into a userSig of
// the old generation; "" means "0", which an app that was never told another has.
// The errors are ErrKey for a key that holds none and ErrSetting for the rest.
func NewSigner(sdkAppID uint32, key Key, accountType string) (*Signer, error) {
	if err := checkSettings(sdkAppID, key); err != nil {
		return nil, err
	}
	if accountType == "" {
		accountType = "0"
	}
	if n, err := strconv.ParseUint(accountType, 10, 32); err != nil || strconv.FormatUint(n, 10) != accountType {
		return nil, fmt.Errorf("%w: the account type is not a decimal number such as 36862", ErrSetting)
	}
	return &Signer{sdkAppID: sdkAppID, key: key, accountType: accountType}, nil
}

func checkSettings(sdkAppID uint32, key VerifyKey) error {
	if key == nil || key.generation() == 0 {
		return fmt.Errorf("%w: there is none; ParseSecretKey and ParsePrivateKey make keys", ErrKey)
	}
	if sdkAppID == 0 {
		return fmt.Errorf("%w: the SDKAppID is 0; it is the app's number in the TRTC console", ErrSetting)
	}
	return nil
}

// UserSig returns the token that signs the user in for a lifetime from now. Both count
// in whole seconds. The errors are ErrUserID, ErrLifetime (not 1 second to 50 years, or
// not of this era) and, with WideIDs, ErrTooLarge.
func (s *Signer) UserSig(userID string, now time.Time, lifetime time.Duration) (string, error) {
	d, err := s.document(userID, now, lifetime)
	if err != nil {
		return "", err
	}
	return s.token(d)
}

// PrivateMapKey returns the token that lets the user do in the room what the
// privilege says, for a lifetime from now. The errors are those of UserSig and
// ErrRoom.
func (s *Signer) PrivateMapKey(userID string, room Room, p Privilege, now time.Time, lifetime time.Duration) (string, error) {
	d, err := s.document(userID, now, lifetime)
	if err != nil {
		return "", err
	}
	if err := room.check(s.WideIDs); err != nil {
		return "", err
	}
	expires := d.time + d.expire
	if expires > math.MaxUint32 {
		return "", fmt.Errorf("%w: it ends after 2106, which a privateMapKey can't say", ErrLifetime)
	}
	d.accountType = "0" // where its own field for it is always 0
	d.userBuf = UserBuf{userID, s.sdkAppID, room, time.Unix(expires, 0), p, 0}.binary()
	return s.token(d)
}

// document returns the document of a userSig, but for its signature.
func (s *Signer) document(userID string, now time.Time, lifetime time.Duration) (*document, error) {
	if err := checkUserID(userID, s.WideIDs); err != nil {
		return nil, err
	}
	if lifetime < time.Second || lifetime > maxLifetime {
		return nil, fmt.Errorf("%w: it must be 1 second to 50 years", ErrLifetime)
	}
	issued := now.Unix()
	if issued <= 0 || issued > math.MaxUint32 {
		return nil, fmt.Errorf("%w: it can't begin in the year %d", ErrLifetime, now.Year())
	}
	return &document{
		generation:  s.key.generation(),
		userID:      userID,
		sdkAppID:    s.sdkAppID,
		time:        issued,
		expire:      int64(lifetime / time.Second),
		accountType: s.accountType,
		appID3rd:    "0",
	}, nil
}

// token signs the document and returns its token.
func (s *Signer) token(d *document) (string, error) {
	d.signature = s.key.sign(d.text())
	text, err := d.json()
	if err != nil {
		return "", err
	}
	if len(text) > maxDocument {
		return "", ErrTooLarge
	}
	compressed, err := s.compress(text)
	if err != nil {
		return "", err
	}
	if s.PlainBase64 {
		return plainEncoding.EncodeToString(compressed), nil
	}
	return tokenEncoding.EncodeToString(compressed), nil
}

func (s *Signer) compress(text []byte) ([]byte, error) {
	var b bytes.Buffer
	w, ok := s.compressors.Get().(*zlib.Writer)
	if ok {
		w.Reset(&b)
	} else {
		w = zlib.NewWriter(&b)
	}
	defer s.compressors.Put(w)
	if _, err := w.Write(text); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
