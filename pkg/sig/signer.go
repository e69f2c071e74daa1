package sig

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash/adler32"
	"math"
	"strconv"
	"sync"
	"time"
)

// A Signer makes the tokens of one app. It is safe for concurrent use once its
// fields are set, and worth keeping: what one signature needed, the next reuses.
type Signer struct {
	// Stored makes tokens whose documents are not compressed: a quarter longer,
	// and made in little more than half the time.
	Stored bool

	// PlainBase64 makes tokens with the + / = of ordinary base64 instead of
	// * - _, as some generators of 2018 did. Such a token must be escaped in a URL.
	PlainBase64 bool

	// WideIDs accepts user ids beyond TRTC's rule, which is 1 to 32 bytes of
	// printable ASCII without spaces, and names of rooms beyond 64 bytes and its
	// characters: up to 65535 bytes of UTF-8 without control characters.
	WideIDs bool

	sdkAppID    number
	generation  Generation
	accountType string
	workers     sync.Pool // of *worker
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
	s := &Signer{
		sdkAppID:    number{int64(sdkAppID), strconv.AppendUint(nil, uint64(sdkAppID), 10)},
		generation:  key.generation(),
		accountType: accountType,
	}
	s.workers.New = func() any { return &worker{sign: key.signer()} }
	return s, nil
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

// A worker has what a signature takes and the next can use again.
type worker struct {
	sign     func(dst, text []byte) []byte
	compress compressor

	time, expire  []byte
	userBuf       []byte
	userBufBase64 []byte
	text          []byte
	signature     []byte
	json          []byte
	zlib          []byte
	token         []byte
}

// UserSig returns the token that signs the user in for a lifetime from now; both
// count in whole seconds. The errors are ErrUserID, ErrLifetime (not 1 second to 50
// years, or not of this era) and, with WideIDs, ErrTooLarge.
func (s *Signer) UserSig(userID string, now time.Time, lifetime time.Duration) (string, error) {
	w := s.workers.Get().(*worker)
	defer s.workers.Put(w)
	token, err := s.appendUserSig(w.token[:0], w, userID, now, lifetime)
	w.token = token
	return string(token), err
}

// AppendUserSig appends the token of UserSig to dst; it returns dst if there is an
// error.
func (s *Signer) AppendUserSig(dst []byte, userID string, now time.Time, lifetime time.Duration) ([]byte, error) {
	w := s.workers.Get().(*worker)
	defer s.workers.Put(w)
	return s.appendUserSig(dst, w, userID, now, lifetime)
}

// PrivateMapKey returns the token that lets the user do in the room what the
// privilege says, for a lifetime from now. The errors are those of UserSig and
// ErrRoom.
func (s *Signer) PrivateMapKey(userID string, room Room, p Privilege, now time.Time, lifetime time.Duration) (string, error) {
	w := s.workers.Get().(*worker)
	defer s.workers.Put(w)
	token, err := s.appendPrivateMapKey(w.token[:0], w, userID, room, p, now, lifetime)
	w.token = token
	return string(token), err
}

// AppendPrivateMapKey appends the token of PrivateMapKey to dst; it returns dst if
// there is an error.
func (s *Signer) AppendPrivateMapKey(dst []byte, userID string, room Room, p Privilege, now time.Time, lifetime time.Duration) ([]byte, error) {
	w := s.workers.Get().(*worker)
	defer s.workers.Put(w)
	return s.appendPrivateMapKey(dst, w, userID, room, p, now, lifetime)
}

func (s *Signer) appendUserSig(dst []byte, w *worker, userID string, now time.Time, lifetime time.Duration) ([]byte, error) {
	d, err := s.document(w, userID, now, lifetime)
	if err != nil {
		return dst, err
	}
	return s.append(dst, w, &d)
}

func (s *Signer) appendPrivateMapKey(dst []byte, w *worker, userID string, room Room, p Privilege, now time.Time, lifetime time.Duration) ([]byte, error) {
	d, err := s.document(w, userID, now, lifetime)
	if err != nil {
		return dst, err
	}
	if err := room.check(s.WideIDs); err != nil {
		return dst, err
	}
	expires := d.time.value + d.expire.value
	if expires > math.MaxUint32 {
		return dst, fmt.Errorf("%w: it ends after 2106, which a privateMapKey can't say", ErrLifetime)
	}
	d.accountType = "0" // where its own field for it is always 0
	w.userBuf = appendUserBuf(w.userBuf[:0], UserBuf{UserID: userID, SDKAppID: uint32(s.sdkAppID.value), Room: room, Privilege: p}, uint32(expires))
	w.userBufBase64 = base64.StdEncoding.AppendEncode(w.userBufBase64[:0], w.userBuf)
	d.userBuf = w.userBufBase64
	return s.append(dst, w, &d)
}

// document returns the document of a userSig, but for its signature.
func (s *Signer) document(w *worker, userID string, now time.Time, lifetime time.Duration) (document, error) {
	if err := checkUserID(userID, s.WideIDs); err != nil {
		return document{}, err
	}
	if lifetime < time.Second || lifetime > maxLifetime {
		return document{}, fmt.Errorf("%w: it must be 1 second to 50 years", ErrLifetime)
	}
	issued := now.Unix()
	if issued <= 0 || issued > math.MaxUint32 {
		return document{}, fmt.Errorf("%w: it can't begin in the year %d", ErrLifetime, now.Year())
	}
	seconds := int64(lifetime / time.Second)
	w.time = strconv.AppendInt(w.time[:0], issued, 10)
	w.expire = strconv.AppendInt(w.expire[:0], seconds, 10)
	return document{
		generation:  s.generation,
		userID:      userID,
		sdkAppID:    s.sdkAppID,
		time:        number{issued, w.time},
		expire:      number{seconds, w.expire},
		accountType: s.accountType,
		appID3rd:    "0",
	}, nil
}

// append signs the document and appends its token to dst.
func (s *Signer) append(dst []byte, w *worker, d *document) ([]byte, error) {
	w.text = d.appendText(w.text[:0])
	w.signature = w.sign(w.signature[:0], w.text)
	d.signature = w.signature

	w.json = d.appendJSON(append(w.json[:0], storedHeader...))
	json := w.json[len(storedHeader):]
	if len(json) > maxDocument {
		return dst, ErrTooLarge
	}
	if s.Stored {
		binary.LittleEndian.PutUint16(w.json[3:], uint16(len(json)))
		binary.LittleEndian.PutUint16(w.json[5:], ^uint16(len(json)))
		w.json = binary.BigEndian.AppendUint32(w.json, adler32.Checksum(json))
		return s.encode(dst, w.json), nil
	}
	w.zlib = w.compress.append(w.zlib[:0], json)
	return s.encode(dst, w.zlib), nil
}

func (s *Signer) encode(dst, zlib []byte) []byte {
	if s.PlainBase64 {
		return base64.StdEncoding.AppendEncode(dst, zlib)
	}
	return appendToken(dst, zlib)
}

// storedHeader is zlib's header, a byte that says that what follows is the last
// block and stored, and room for its length, which comes twice.
const storedHeader = "\x78\x01\x01\x00\x00\x00\x00"
