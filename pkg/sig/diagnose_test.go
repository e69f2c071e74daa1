package sig

import (
	"errors"
	"strings"
	"testing"
	"time"
	"unicode"
)

func TestDiagnose(t *testing.T) {
	key, old := testSecretKey(t), testPrivateKey(t, "k1_pkcs8")
	other, err := ParseSecretKey("another")
	if err != nil {
		t.Fatal(err)
	}
	s, oldSigner := newSigner(t, key), newSigner(t, old)
	plain := newSigner(t, key)
	plain.PlainBase64 = true
	wide := newSigner(t, key)
	wide.WideIDs = true

	room, lobby := RoomNumber(123), RoomName("123")
	sign := func(s *Signer, user string) string {
		t.Helper()
		token, err := s.UserSig(user, benchNow, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	signRoom := func(s *Signer, room Room) string {
		t.Helper()
		token, err := s.PrivateMapKey("alice", room, PrivilegeEnterRoom|PrivilegeReceiveAudio, benchNow, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	signNothing := func() string {
		t.Helper()
		token, err := s.PrivateMapKey("alice", room, PrivilegeAll&^PrivilegeEnterRoom, benchNow, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	userSig, roomKey := sign(s, "alice"), signRoom(s, room)
	var withPlus string // a token with a + that isn't its first character
	for n := 0; !strings.Contains(withPlus, "+"); n++ {
		withPlus = sign(plain, "alice"+strings.Repeat("x", n))
	}

	type question struct {
		token string
		key   VerifyKey
		app   uint32
		user  string
		room  Room
		now   time.Time
	}
	whole := func(token string, room Room) question {
		return question{token, key, benchApp, "alice", room, benchNow.Add(time.Minute)}
	}
	with := func(q question, change func(*question)) question { change(&q); return q }

	for name, c := range map[string]struct {
		question
		code, enterRoom int
		err             error
		english         string
		chinese         string
	}{
		"sound": {whole(userSig, Room{}), 0, 0, nil, `"alice"`, "没有问题"},
		"sound, of a room": {whole(roomKey, room), 0, 0, nil,
			"allows enter-room+receive-audio in room 123", "房间 123"},
		"sound, of a room that wasn't named": {whole(roomKey, Room{}), 0, 0, nil, "privateMapKey", "privateMapKey"},
		"sound, but of no use":               {whole(signNothing(), room), 0, 0, nil, "isn't enough to enter", "不足以进入"},
		"sound, copied with white space":     {whole("\n "+userSig+"\r\n", Room{}), 0, 0, nil, "Nothing", "没有问题"},
		"sound, without a key": {with(whole(userSig, Room{}), func(q *question) { q.key = nil }), 0, 0, nil,
			"without the key", "没有密钥"},
		"sound, of a zero key": {with(whole(userSig, Room{}), func(q *question) { q.key = SecretKey{} }), 0, 0, nil,
			"without the key", "没有密钥"},
		"sound, asked about nothing": {question{token: userSig, now: benchNow}, 0, 0, nil, "another 1h0m0s", "还剩 1h0m0s"},
		"sound, old generation": {with(whole(sign(oldSigner, "alice"), Room{}), func(q *question) { q.key = old }), 0, 0, nil,
			"userSig", "userSig"},

		"empty":            {whole("", Room{}), 70002, -3320, ErrBase64, "no token", "没有签名"},
		"white space":      {whole(" \n", Room{}), 70002, -3320, ErrBase64, "no token", "没有签名"},
		"quotation marks":  {whole(`"`+userSig+`"`, Room{}), 70003, -100018, ErrBase64, "quotation marks", "引号"},
		"escaped":          {whole(strings.ReplaceAll(withPlus, "+", "%2B"), Room{}), 70003, -100018, ErrBase64, "% signs", "% 号"},
		"+ became a space": {whole(strings.ReplaceAll(withPlus, "+", " "), Room{}), 70003, -100018, ErrBase64, "spaces", "空格"},
		"broken into lines": {whole(userSig[:76]+"\n"+userSig[76:], Room{}), 70003, -100018, ErrBase64,
			"lines", "换行"},
		"of RFC 4648": {whole(strings.NewReplacer("+", "-", "/", "_").Replace("a/a"+withPlus), Room{}), 70003, -100018, nil, "RFC 4648", "RFC 4648"},
		"mixed":       {whole("*"+withPlus, Room{}), 70003, -100018, ErrBase64, "mixes", "混用"},
		"cut off":     {whole(userSig[:len(userSig)-5], Room{}), 70003, -100018, ErrBase64, "missing", "不完整"},
		"cut off at a group": {whole(userSig[:len(userSig)-8], Room{}), 70003, -100018, ErrZlib,
			"cut off or was changed", "截断"},
		"no token":             {whole("eyJhbGciOiJIUzI1NiJ9.e30.c2ln", Room{}), 70003, -100018, ErrBase64, "no token", "不是签名"},
		"a bomb":               {whole(tokenOf(t, strings.Repeat(" ", 1<<20)), Room{}), 70003, -100018, ErrTooLarge, "larger", "过大"},
		"an array":             {whole(tokenOf(t, "[]"), Room{}), 70003, -100018, ErrJSON, "document", "内容"},
		"a field missing":      {whole(tokenOf(t, `{"TLS.ver":"2.0"}`), Room{}), 70003, -100018, ErrMissingField, "TLS.sdkappid", "TLS.sdkappid"},
		"an unknown version":   {whole(tokenOf(t, `{"TLS.ver":"3.0"}`), Room{}), 70003, -100018, ErrVersion, "generation", "版本"},
		"a line feed in an id": {whole(tokenOf(t, `{"TLS.ver":"2.0","TLS.identifier":"a\nb","TLS.sdkappid":1,"TLS.expire":1,"TLS.time":1,"TLS.sig":""}`), Room{}), 70003, -100018, ErrUserID, "forged", "伪造"},

		"another app": {with(whole(userSig, Room{}), func(q *question) { q.app++ }), 70014, -100018, ErrSDKAppIDMismatch,
			"1400000001", "1400000001"},
		"another user": {with(whole(userSig, Room{}), func(q *question) { q.user = "bob" }), 70013, -100018, ErrUserIDMismatch,
			`"bob"`, `"bob"`},
		"another key": {with(whole(userSig, Room{}), func(q *question) { q.key = other }), 70009, -100018, ErrSignature,
			"copy the key", "密钥"},
		"a key of the other generation": {with(whole(userSig, Room{}), func(q *question) { q.key = old }), 70009, -100018, ErrVersion,
			"ECDSA", "ECDSA"},
		"over": {with(whole(userSig, Room{}), func(q *question) { q.now = benchNow.Add(time.Hour + 90*time.Second) }), 70001, -100018, ErrExpired,
			"1m30s ago", "1m30s 以前"},
		"over, of the old generation": {with(whole(sign(oldSigner, "alice"), Room{}), func(q *question) { q.key, q.now = old, benchNow.Add(2*time.Hour) }), 70001, -100018, ErrExpired,
			"2023-11-14T23:13:20Z", "2023-11-14T23:13:20Z"},
		"an id that TRTC doesn't take": {with(whole(sign(wide, "张三"), Room{}), func(q *question) { q.user = "张三" }), -3319, -3319, ErrUserID,
			"张三", "张三"},

		"a userSig for a privateMapKey": {whole(userSig, room), -100006, -100006, ErrKindMismatch, "userSig", "userSig"},
		"another room":                  {whole(roomKey, RoomNumber(124)), -100006, -100006, ErrUserBufMismatch, "room 123 and was used for room 124", "124"},
		"the room named so":             {whole(roomKey, lobby), -100006, -100006, ErrUserBufMismatch, "same text", "同样写法"},
		"the room numbered so":          {whole(signRoom(s, lobby), room), -100006, -100006, ErrUserBufMismatch, "same text", "同样写法"},
		"a room's key of another user":  {with(whole(roomKey, room), func(q *question) { q.user = "bob" }), -100006, -100006, ErrUserIDMismatch, `"bob"`, `"bob"`},
		"a room's key over":             {with(whole(roomKey, room), func(q *question) { q.now = benchNow.Add(2 * time.Hour) }), -100006, -100006, ErrExpired, "ago", "过期"},
		"a room's key of another key":   {with(whole(roomKey, room), func(q *question) { q.key = other }), -100006, -100006, ErrSignature, "signature", "签名"},
		"a userbuf that is none": {whole(tokenOf(t, `{"TLS.ver":"2.0","TLS.identifier":"alice","TLS.sdkappid":1400000000,"TLS.expire":1,"TLS.time":1,"TLS.userbuf":"AAAA","TLS.sig":""}`), Room{}), -100006, -100006, ErrUserBuf,
			"can't be read", "无法解析"},
		"a userbuf that disagrees": {whole(tokenOf(t, strings.Replace(jsonOf(t, roomKey), `"alice"`, `"alicf"`, 1)), room), -100006, -100006, ErrUserIDMismatch,
			"alicf", "alicf"},
		"a userbuf that disagrees, no user given": {with(whole(tokenOf(t, strings.Replace(jsonOf(t, roomKey), `"alice"`, `"alicf"`, 1)), room), func(q *question) { q.user = "" }), -100006, -100006, ErrUserBufMismatch,
			"contradicts", "不一致"},
	} {
		t.Run(name, func(t *testing.T) {
			d := Diagnose(c.token, c.key, c.app, c.user, c.room, c.now)
			if d.Code != c.code || d.EnterRoom != c.enterRoom {
				t.Errorf("codes are %d and %d, want %d and %d", d.Code, d.EnterRoom, c.code, c.enterRoom)
			}
			if (d.Err == nil) != (c.code == 0) || c.err != nil && !errors.Is(d.Err, c.err) {
				t.Errorf("error is %v, want %v", d.Err, c.err)
			}
			if !strings.Contains(d.English, c.english) || !strings.HasSuffix(d.English, ".") || strings.Contains(d.English, "%!") {
				t.Errorf("in English it has no %q: %s", c.english, d.English)
			}
			if !strings.Contains(d.Chinese, c.chinese) || !strings.HasSuffix(d.Chinese, "。") || strings.Contains(d.Chinese, "%!") {
				t.Errorf("in Chinese it has no %q: %s", c.chinese, d.Chinese)
			}
			if !strings.ContainsFunc(d.Chinese, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
				t.Errorf("this isn't Chinese: %s", d.Chinese)
			}
			t.Logf("%s\n%s", d.English, d.Chinese)
		})
	}
}
