package trtcemu

import (
	"errors"
	"fmt"
	"time"

	"webrtc-room/pkg/sig"
)

// TRTC's error codes, beside those that sig.Diagnose knows.
const (
	codePrivilege    = -100006
	codeBadRoom      = -100010
	codeBadRole      = -100011
	codeBadApp       = -100015
	codeBadRequest   = -100016
	codeUserSig      = -100018
	codeMayNotCreate = -102010
	codeMayNotEnter  = -102011
	codeRoomFull     = -102052

	causeNoKey = 70016 // the account system's
	causeNoApp = 70020
)

// A refusal is what keeps a client out.
type refusal struct {
	Code    int    `json:"code"`            // as enterRoom reports it
	Cause   int    `json:"cause,omitempty"` // the account system's number
	English string `json:"message"`
	Chinese string `json:"zh"`
}

func (r *refusal) Error() string { return r.English }

func refuse(code int, english, chinese string) *refusal {
	return &refusal{Code: code, English: english, Chinese: chinese}
}

// An application is what a client gives enterRoom.
type application struct {
	SDKAppID      uint32 `json:"sdkAppId"`
	UserID        string `json:"userId"`
	UserSig       string `json:"userSig"`
	RoomID        uint32 `json:"roomId"`
	StrRoomID     string `json:"strRoomId"`
	PrivateMapKey string `json:"privateMapKey"`
	Scene         string `json:"scene"`
	Role          role   `json:"role"`
}

func (a *application) room() sig.Room {
	if a.RoomID != 0 {
		return sig.RoomNumber(a.RoomID)
	}
	return sig.RoomName(a.StrRoomID)
}

// verify returns what the client may do in the room, or a *refusal.
func (e *Emulator) verify(a *application, highPermission bool) (sig.Privilege, error) {
	now, room := time.Now(), a.room()
	if a.Role == "" || a.Scene != "live" {
		a.Role = anchor
	}
	if a.Role != anchor && a.Role != audience {
		return 0, refuse(codeBadRole, "role is anchor or audience", "role 只能是 anchor 或 audience")
	}
	switch {
	case e.verifier == nil:
		return 0, &refusal{codeUserSig, causeNoKey,
			"the local server has no key to check signatures with: see what it says about TRTC_SECRET_KEY when it starts",
			"本地服务没有可用的密钥，无法校验签名；请看它启动时关于 TRTC_SECRET_KEY 的提示"}
	case a.SDKAppID != e.config.SDKAppID:
		return 0, &refusal{codeUserSig, causeNoApp,
			fmt.Sprintf("the app here is SDKAppID %d, not %d; give the server and the client the same one", e.config.SDKAppID, a.SDKAppID),
			fmt.Sprintf("这里的应用是 SDKAppID %d，不是 %d；请让服务端和客户端用同一个", e.config.SDKAppID, a.SDKAppID)}
	}
	if _, err := e.verifier.UserSig(a.UserSig, a.UserID, now); err != nil {
		return 0, e.explain(a, a.UserSig, sig.Room{}, err, now)
	}
	document, err := e.verifier.PrivateMapKey(a.PrivateMapKey, a.UserID, room, now)
	switch {
	case errors.Is(err, sig.ErrRoom):
		return 0, refuse(codeBadRoom,
			"there is no such room: give roomId, a number from 1 to 4294967294, or strRoomId, 1 to 64 characters that TRTC has in names",
			"房间号不正确：roomId 为 1 到 4294967294 的数字，strRoomId 为 1 到 64 个 TRTC 允许的字符")
	case !highPermission:
		return sig.PrivilegeAll, nil
	case err != nil:
		return 0, e.explain(a, a.PrivateMapKey, room, err, now)
	case document.UserBuf.Privilege&sig.PrivilegeEnterRoom == 0:
		return 0, refuse(codeMayNotEnter,
			"the privateMapKey doesn't allow to enter the room: sign it with the right to (2)",
			"privateMapKey 没有进房权限；请在签名时加上（2）")
	}
	return document.UserBuf.Privilege, nil
}

// explain says what sig.Diagnose says about a token.
func (e *Emulator) explain(a *application, token string, room sig.Room, err error, now time.Time) error {
	d := sig.Diagnose(token, e.config.Key, e.config.SDKAppID, a.UserID, room, now)
	switch {
	case token == "" && room != sig.Room{}:
		return refuse(codePrivilege,
			"there is no privateMapKey, and high-permission mode is on: then every user of the app needs one",
			"没有 privateMapKey，而应用开启了高级权限控制：开启后所有用户都需要它")
	case errors.Is(err, sig.ErrKindMismatch) && room == sig.Room{}:
		return refuse(codeUserSig,
			"this is a privateMapKey and not a userSig; pass each in its own parameter",
			"这是 privateMapKey，不是 userSig；请不要把两个参数传反")
	case d.Err == nil: // it is more lenient than what verifies
		return refuse(codeUserSig, err.Error(), "签名校验失败："+err.Error())
	}
	r := &refusal{Code: d.EnterRoom, English: d.English, Chinese: d.Chinese}
	if d.Code > 0 {
		r.Cause = d.Code
	}
	return r
}
