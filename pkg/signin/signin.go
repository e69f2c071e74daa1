// Package signin signs a user in to TRTC: it makes the reply of webrtc-sig-api,
// which webrtc-enter-room answers with as well, from the settings of the
// function and the signatures of package sig.
//
// An app made since July 2019 signs with its SDKSecretKey, an older one with the
// private key that its owner downloaded. FindKey takes the one that is configured. If
// there is none, or two, its error says what to set where.
package signin

import (
	"strconv"
	"time"

	"webrtc-room/pkg/roomstore"
	"webrtc-room/pkg/scf"
	"webrtc-room/pkg/settings"
	"webrtc-room/pkg/sig"
)

// A Reply is what a client needs to get into TRTC, and into a room of it.
type Reply struct {
	UserID        roomstore.UserID `json:"userID"`
	SDKAppID      uint32           `json:"sdkAppID"`
	AccountType   string           `json:"accountType"`
	RoomID        roomstore.RoomID `json:"roomID,omitempty"`
	PrivateMapKey string           `json:"privateMapKey,omitempty"`
	UserSig       string           `json:"userSig"`
	Expire        int64            `json:"expire"`   // seconds that the signatures hold
	ExpireAt      int64            `json:"expireAt"` // Unix seconds when they end
}

// An Issuer signs for one app.
type Issuer struct {
	signer      *sig.Signer
	appID       uint32
	accountType string
	lifetime    time.Duration
	now         func() time.Time
}

// New returns the issuer that the settings describe, which may have the key file
// of this process's package. An error is a *settings.Error that names the
// variable, or wraps ErrNoKey.
func New(lookup settings.Lookup) (*Issuer, error) {
	key, err := FindKey(lookup, packagedKeyFile)
	if err != nil {
		return nil, err
	}
	appID, err := lookup.AppID()
	if err == nil && appID == 0 {
		err = settings.Missing("TRTC_SDK_APP_ID")
	}
	if err != nil {
		return nil, err
	}
	lifetime, err := lookup.Int("SIG_EXPIRE_SECONDS")
	if err != nil {
		return nil, err
	}
	accountType, err := lookup.Text("TRTC_ACCOUNT_TYPE")
	if err != nil {
		return nil, err
	}
	i := &Issuer{
		appID:       appID,
		accountType: accountType,
		lifetime:    time.Duration(lifetime) * time.Second,
		now:         time.Now,
	}
	i.signer, err = sig.NewSigner(i.appID, key.Key, i.accountType)
	return i, err
}

// CheckApp refuses a call that names another app than the configured one. The
// JavaScript demo signed for whatever app the client named.
func (i *Issuer) CheckApp(event scf.Event) error {
	for field, configured := range map[string]string{
		"sdkAppID":    strconv.FormatUint(uint64(i.appID), 10),
		"accountType": i.accountType,
	} {
		named, err := event.Text(field, "BAD_PARAM")
		if err != nil {
			return err
		}
		if named != "" && named != configured {
			return scf.Refuse("NOT_ALLOWED", "请求失败，"+field+" 与云函数的配置不一致")
		}
	}
	return nil
}

// SignIn signs the user in, and for the room unless it is "". Whether the user
// may be in that room is the caller's to know.
func (i *Issuer) SignIn(user roomstore.UserID, room roomstore.RoomID) (Reply, error) {
	now := i.now()
	r := Reply{
		UserID:      user,
		SDKAppID:    i.appID,
		AccountType: i.accountType,
		RoomID:      room,
		Expire:      int64(i.lifetime / time.Second),
		ExpireAt:    now.Add(i.lifetime).Unix(),
	}
	var err error
	if r.UserSig, err = i.signer.UserSig(string(user), now, i.lifetime); err != nil {
		return Reply{}, err
	}
	if room != "" {
		r.PrivateMapKey, err = i.roomKey(user, room, now)
	}
	return r, err
}

// RoomKeySigner returns what signs privateMapKeys for the user, and says when they
// end; see roomstore.Entry.
func (i *Issuer) RoomKeySigner(user roomstore.UserID) func(roomstore.RoomID) (string, time.Time, error) {
	return func(room roomstore.RoomID) (string, time.Time, error) {
		now := i.now()
		key, err := i.roomKey(user, room, now)
		return key, now.Add(i.lifetime), err
	}
}

func (i *Issuer) roomKey(user roomstore.UserID, room roomstore.RoomID, now time.Time) (string, error) {
	return i.signer.PrivateMapKey(string(user), sig.RoomNumber(room.Number()), sig.PrivilegeAll, now, i.lifetime)
}
