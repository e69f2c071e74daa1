package sig

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// A Diagnosis says what the service would make of a token. Its sentences are for
// the person who asked; unlike the errors of this package, they name user ids.
type Diagnosis struct {
	// Code is the error code that the service would answer with: one of the
	// account system's for a userSig, such as 70009, one of TRTC's for a
	// privateMapKey. 0 means that nothing is wrong.
	Code int

	// EnterRoom is what a client's enterRoom would report, such as -100018.
	EnterRoom int

	Err     error // what is wrong, as of a Verifier; nil if nothing is
	English string
	Chinese string
}

// The service's error codes.
const (
	codeExpired          = 70001
	codeEmpty            = 70002
	codeMalformed        = 70003
	codeSignature        = 70009
	codeUserIDMismatch   = 70013
	codeSDKAppIDMismatch = 70014

	enterRoomUserSig       = -100018
	enterRoomPrivateMapKey = -100006
	enterRoomUserID        = -3319
	enterRoomEmptyUserSig  = -3320
)

// Diagnose says what the service would answer to a token, why, and what to do. What
// isn't known may be left out and isn't checked then: a nil key, app 0, user "".
// With a room the token is to be a privateMapKey for it; with the zero Room it may
// be either.
func Diagnose(token string, key VerifyKey, sdkAppID uint32, userID string, room Room, now time.Time) Diagnosis {
	token = strings.TrimSpace(token) // which comes from copying
	if token == "" {
		return ill(codeEmpty, enterRoomEmptyUserSig, fmt.Errorf("%w: it is empty", ErrBase64),
			"there is no token; find out why the server's answer had none, or the client didn't pass it on",
			"没有签名；请检查云函数的返回里有没有它，以及客户端有没有把它传下去")
	}
	d, err := open(token)
	if err != nil {
		english, chinese := explainMalformed(token, err)
		return ill(codeMalformed, enterRoomUserSig, err, english, chinese)
	}
	kind, code, enterRoom := "userSig", 0, enterRoomUserSig
	if d.userBuf != nil || room != (Room{}) {
		kind, code, enterRoom = "privateMapKey", enterRoomPrivateMapKey, enterRoomPrivateMapKey
	}
	tokenApp := d.sdkAppID
	// A privateMapKey has one code for everything.
	wrong := func(userSigCode int, err error, english, chinese string) Diagnosis {
		if code == 0 {
			return ill(userSigCode, enterRoom, err, english, chinese)
		}
		return ill(code, enterRoom, err, english, chinese)
	}

	switch {
	case sdkAppID != 0 && tokenApp != sdkAppID:
		return wrong(codeSDKAppIDMismatch, ErrSDKAppIDMismatch,
			fmt.Sprintf("the token is for SDKAppID %d and was used with %d; give the server and the client the same one", tokenApp, sdkAppID),
			fmt.Sprintf("签名属于 SDKAppID %d，使用时却是 %d；请让服务端和客户端用同一个", tokenApp, sdkAppID))
	case userID != "" && d.userID != userID:
		return wrong(codeUserIDMismatch, ErrUserIDMismatch,
			fmt.Sprintf("the token is for user %q and was used by %q; pass the very id to enterRoom that was signed", d.userID, userID),
			fmt.Sprintf("签名属于用户 %q，使用者却是 %q；请把签名时的 userID 原样传给 enterRoom", d.userID, userID))
	case room != (Room{}) && d.userBuf == nil:
		return wrong(0, ErrKindMismatch,
			"this is a userSig and not a privateMapKey, which names a room; pass each in its own parameter",
			"这是 userSig，不是带有房间号的 privateMapKey；请不要把两个参数传反")
	}

	var u UserBuf
	if d.userBuf != nil {
		if u, err = parseUserBuf(d.userBuf); err != nil {
			return wrong(0, err,
				"the part of the token that names the room can't be read; make it with an up-to-date library",
				"签名中描述房间的部分无法解析；请用新版本的库生成")
		}
		if room == (Room{}) {
			room = u.Room
		}
		if err := u.check(tokenApp, d.userID, room); err != nil {
			switch {
			case u.Room == room:
				return wrong(0, err,
					"the token contradicts itself about its user or app; make it with an up-to-date library",
					"签名内部的用户或应用前后不一致；请用新版本的库生成")
			case u.Room.String() == room.name || room.String() == u.Room.name:
				return wrong(0, err,
					fmt.Sprintf("the token is for room %v and was used for room %v, and a room with a number is another one than a room with the same text for its name; sign for the kind that enterRoom is called with", u.Room, room),
					fmt.Sprintf("签名属于房间 %v，使用时却是 %v，而数字房间号和同样写法的字符串房间号是两个房间；请按 enterRoom 所用的类型签名", u.Room, room))
			}
			return wrong(0, err,
				fmt.Sprintf("the token is for room %v and was used for room %v; ask for a key for the room that is entered", u.Room, room),
				fmt.Sprintf("签名属于房间 %v，使用时却是 %v；请为要进入的房间申请签名", u.Room, room))
		}
	}

	if key != nil {
		switch g := key.generation(); {
		case g == 0:
			key = nil
		case g != d.generation:
			return wrong(codeSignature, fmt.Errorf("%w: it is signed with %v, and the key is for %v", ErrVersion, d.generation, g),
				fmt.Sprintf("the token is signed with %v and the app's key is for %v; sign with the key that the console shows for this app", d.generation, g),
				fmt.Sprintf("签名用的是 %v，而应用的密钥用于 %v；请用控制台里该应用的密钥签名", d.generation, g))
		case !key.verify(d.text(), d.signature):
			return wrong(codeSignature, ErrSignature,
				"the signature is not by this key; copy the key of this very SDKAppID from the console, whole and as it is, to where tokens are signed",
				"签名与密钥不符；请从控制台把这个 SDKAppID 的密钥完整、原样地复制到签名的地方")
		}
	}

	issued, end := d.public().Issued, d.public().Expires
	if d.userBuf != nil && u.Expires.Before(end) {
		end = u.Expires
	}
	left := time.Duration(end.Unix()-now.Unix()) * time.Second
	if left < 0 {
		return wrong(codeExpired, ErrExpired,
			fmt.Sprintf("the token ended at %s, %v ago, and lasted %v; get a new one before each call, and let it last longer than a call does", stamp(end), -left, end.Sub(issued)),
			fmt.Sprintf("签名已于 %s 过期（%v 以前），有效期只有 %v；请在每次通话前重新获取，有效期要比通话长", stamp(end), -left, end.Sub(issued)))
	}
	if err := checkUserID(d.userID, false); err != nil {
		return ill(enterRoomUserID, enterRoomUserID, err,
			fmt.Sprintf("the token is sound, but TRTC takes no user id such as %q; use 1 to 32 letters, digits, _ and -", d.userID),
			fmt.Sprintf("签名本身没有问题，但 TRTC 不接受 %q 这样的 userID；请用 1 到 32 个字母、数字、下划线或连词符", d.userID))
	}

	english := fmt.Sprintf("Nothing is wrong with this %s of user %q for SDKAppID %d: it lasts until %s, another %v", kind, d.userID, tokenApp, stamp(end), left)
	chinese := fmt.Sprintf("这个 %s 没有问题：属于用户 %q、SDKAppID %d，有效至 %s，还剩 %v", kind, d.userID, tokenApp, stamp(end), left)
	if d.userBuf != nil {
		english += fmt.Sprintf(", and allows %v in room %v", u.Privilege, u.Room)
		chinese += fmt.Sprintf("，在房间 %v 中的权限为 %v", u.Room, u.Privilege)
		if u.Privilege&PrivilegeEnterRoom == 0 {
			english += ", which isn't enough to enter it"
			chinese += "，不足以进入房间"
		}
	}
	if key == nil {
		english += "; whether its signature is the app's can't be said without the key"
		chinese += "；但没有密钥，无法判断签名是否由该应用签发"
	}
	return Diagnosis{English: english + ".", Chinese: chinese + "。"}
}

func stamp(t time.Time) string { return t.Format(time.RFC3339) }

func ill(code, enterRoom int, err error, english, chinese string) Diagnosis {
	also, alsoChinese := "", ""
	if code != enterRoom {
		also, alsoChinese = fmt.Sprintf(" (enterRoom: %d)", enterRoom), fmt.Sprintf("（进房回调为 %d）", enterRoom)
	}
	return Diagnosis{
		Code:      code,
		EnterRoom: enterRoom,
		Err:       err,
		English:   fmt.Sprintf("The service would answer %d%s: %s.", code, also, english),
		Chinese:   fmt.Sprintf("服务端会返回 %d%s：%s。", code, alsoChinese, chinese),
	}
}

// explainMalformed says what happened to a token that can't be taken apart.
func explainMalformed(token string, err error) (english, chinese string) {
	switch {
	case strings.Trim(token, `"'`) != token:
		return "there are quotation marks around the token; pass it without",
			"签名两边带了引号；请去掉"
	case strings.Contains(token, "%"):
		return "the token is still escaped for a URL (with % signs); unescape it once before use",
			"签名还是 URL 转义后的样子（带 % 号）；请先解码一次"
	case strings.Contains(token, " "):
		return "the token has spaces, which were + signs before a URL or form took them for spaces; sign without PlainBase64, or escape the token in URLs",
			"签名中的 + 号在 URL 或表单里变成了空格；请不要使用 PlainBase64，或者在 URL 中转义"
	case strings.ContainsAny(token, "\r\n\t"):
		return "the token is broken into lines; pass it in one",
			"签名被换行断开了；请合成一行"
	case strings.Contains(strings.TrimRight(token, "_"), "_"):
		return "the token is in the URL alphabet of RFC 4648, with _ in its middle; tokens have * for +, - for / and _ for =",
			"签名用的是 RFC 4648 的 URL 字母表（中间有 _ 号）；正确的替换是 + 换 *、/ 换 -、= 换 _"
	case errors.Is(err, ErrBase64) && strings.ContainsAny(token, "*-_") && strings.ContainsAny(token, "+/="):
		return "the token mixes the two alphabets of base64, so something replaced some of its characters; pass it on as it was made",
			"签名混用了两种 base64 字符，说明有字符被替换过；请原样传递"
	case errors.Is(err, ErrBase64) && strings.Trim(token, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789*-_+/=") == "":
		return "a part of the token is missing, most likely its end; look for where it was cut off, such as a column or buffer that is too short",
			"签名不完整，多半缺了结尾；请查找它在哪里被截断，例如数据库字段或缓冲区太短"
	case errors.Is(err, ErrBase64):
		return "this is no token: it has characters that none has; check what was passed in its place",
			"这不是签名：含有签名里不会出现的字符；请检查传的是不是别的东西"
	case errors.Is(err, ErrZlib):
		return "the token is cut off or was changed on its way, as what it compresses doesn't come out whole; compare it with what the server made, character by character",
			"签名被截断或改动过，无法解压；请与服务端生成的签名逐字符比较"
	case errors.Is(err, ErrMissingField):
		field := strings.TrimSuffix(detail(err), " is missing")
		return "the token lacks the field " + field + "; make it with an up-to-date library, with all parameters",
			"签名缺少字段 " + field + "；请用新版本的库并传齐参数生成"
	case errors.Is(err, ErrVersion):
		return "the token is of a generation that doesn't exist (" + detail(err) + "); make it with an up-to-date library",
			"签名的版本不存在（" + detail(err) + "）；请用新版本的库生成"
	case errors.Is(err, ErrUserID):
		return "the token is for a user id that can't be (" + detail(err) + "), and may be forged; use 1 to 32 letters, digits, _ and -",
			"签名中的 userID 不合法（" + detail(err) + "），可能是伪造的；请用 1 到 32 个字母、数字、下划线或连词符"
	case errors.Is(err, ErrTooLarge):
		return "the token is far larger than any that the service reads; make it with an up-to-date library",
			"签名过大，服务端不会接受；请用新版本的库生成"
	}
	return "the document in the token is not one that the service reads (" + detail(err) + "); make it with an up-to-date library, and numbers as numbers",
		"签名里的内容不符合格式（" + detail(err) + "）；请用新版本的库生成，并注意数字类型"
}

// detail returns what an error of this package says behind its class.
func detail(err error) string {
	text := strings.TrimPrefix(err.Error(), "sig: ")
	if _, after, found := strings.Cut(text, ": "); found {
		return after
	}
	return text
}
