package console

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"webrtc-room/pkg/sig"
	"webrtc-room/pkg/signin"
	"webrtc-room/pkg/trtc"
)

// An inspection is what a token says, and what the service would say to it.
type inspection struct {
	Document  *tokenDocument `json:"document,omitempty"` // if it can be read
	Valid     bool           `json:"valid"`
	Signature string         `json:"signature"` // "match", "mismatch" or "unchecked", with the functions' key
	Code      int            `json:"code"`
	EnterRoom int            `json:"enterRoom"`
	English   string         `json:"english"`
	Chinese   string         `json:"chinese"`
}

type tokenDocument struct {
	Kind        string    `json:"kind"`      // "userSig" or "privateMapKey"
	Signature   string    `json:"signature"` // "HMAC-SHA256" or "ECDSA-SHA256"
	UserID      string    `json:"userId"`
	SDKAppID    uint32    `json:"sdkAppId"`
	AccountType string    `json:"accountType,omitempty"`
	Issued      int64     `json:"issued"`  // Unix seconds
	Expires     int64     `json:"expires"` // Unix seconds
	Room        *tokenUse `json:"room,omitempty"`
}

// A tokenUse is what a privateMapKey is for.
type tokenUse struct {
	Room       string   `json:"room"`
	Expires    int64    `json:"expires"`
	Bits       uint32   `json:"bits"`
	Privileges []string `json:"privileges"`
}

// inspectToken explains a token. It is checked with the key that the functions
// sign with, which itself is never shown.
func (s *Server) inspectToken(w http.ResponseWriter, r *http.Request) {
	var q struct{ Token, UserID, Room string }
	if !readBody(w, r, &q) {
		return
	}
	var room sig.Room
	if n, err := strconv.ParseUint(q.Room, 10, 32); err == nil {
		room = sig.RoomNumber(uint32(n))
	} else if q.Room != "" {
		room = sig.RoomName(q.Room)
	}
	app, _ := s.lookup().AppID()
	key := s.verifyKey()
	d := sig.Diagnose(q.Token, key, app, q.UserID, room, time.Now())
	found := inspection{
		Valid: d.Err == nil, Signature: "unchecked",
		Code: d.Code, EnterRoom: d.EnterRoom, English: d.English, Chinese: d.Chinese,
	}
	if document, err := sig.Decode(strings.TrimSpace(q.Token)); err == nil {
		found.Document = showDocument(document)
		if key != nil {
			found.Signature = "mismatch"
			// Of nobody in particular, when it was made: then the signature is all that can be wrong.
			if made := sig.Diagnose(q.Token, key, 0, "", sig.Room{}, document.Issued); !errors.Is(made.Err, sig.ErrSignature) {
				found.Signature = "match"
			}
		}
	}
	writeJSON(w, found)
}

func showDocument(d sig.Document) *tokenDocument {
	shown := &tokenDocument{
		Kind: "userSig", Signature: d.Generation.String(), UserID: d.UserID,
		SDKAppID: d.SDKAppID, AccountType: d.AccountType, Issued: d.Issued.Unix(), Expires: d.Expires.Unix(),
	}
	if u := d.UserBuf; u != nil {
		shown.Kind = "privateMapKey"
		shown.Room = &tokenUse{Room: u.Room.String(), Expires: u.Expires.Unix(), Bits: uint32(u.Privilege), Privileges: privileges(u.Privilege)}
	}
	return shown
}

// privileges are the names of the bits, one by one.
func privileges(set sig.Privilege) []string {
	names := []string{}
	for bit := sig.Privilege(1); bit != 0 && bit <= set; bit <<= 1 {
		if set&bit != 0 {
			names = append(names, bit.String())
		}
	}
	return names
}

// signReport returns the headers with which TRTC would send the body as a report of what
// happened in a room, so that the page can tell webrtc-room-events of something.
func (s *Server) signReport(w http.ResponseWriter, r *http.Request) {
	body, err := readEvent(w, r)
	if err != nil {
		writeError(w, err)
		return
	}
	lookup := s.lookup()
	writeJSON(w, map[string]string{
		"SdkAppId": lookup("TRTC_SDK_APP_ID"),
		"Sign":     trtc.SignReport(lookup("TRTC_CALLBACK_KEY"), body),
	})
}

// KeyState says what signatures are made with: "throwAway", a key that no TRTC
// application has; "own", the developer's; or "none", as what the developer has set is
// missing or bad.
func (s *Server) KeyState() string {
	if s.ThrowAwayKey {
		return "throwAway"
	}
	if app, err := s.lookup().AppID(); err != nil || app == 0 || s.verifyKey() == nil {
		return "none"
	}
	return "own"
}

// verifyKey is the key that the functions sign with, nil if there is none or it
// is none: the functions say what is wrong with it.
func (s *Server) verifyKey() sig.VerifyKey {
	key, err := signin.FindKeyIn(s.config.Root, s.lookup())
	if err != nil {
		return nil
	}
	return key.Key
}
