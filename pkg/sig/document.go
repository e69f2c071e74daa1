package sig

import (
	"encoding/base64"
	"time"
	"unicode/utf16"
	"unicode/utf8"
)

// A Document is what a token says.
type Document struct {
	Generation  Generation
	UserID      string
	SDKAppID    uint32
	AccountType string // of the old generation only
	Issued      time.Time
	Expires     time.Time // the last second in which the token is accepted
	UserBuf     *UserBuf  // of a privateMapKey; a userSig has none
}

// maxDocument is the size in bytes of the largest document that is signed or
// read, and of the largest stored block of deflate.
const maxDocument = 1<<16 - 1

// A document is what a token says, in the terms of its formats.
type document struct {
	generation  Generation
	userID      string
	sdkAppID    number
	time        number
	expire      number
	userBuf     []byte // in base64; nil in a userSig
	signature   []byte // not in base64
	accountType string // this and what follows: of the old generation only
	appID3rd    string
	noAppID3rd  bool // whether there is no such field; its line is not signed then
}

// A number has its decimal text beside it, which is written twice.
type number struct {
	value int64
	text  []byte
}

// appendText appends what is signed. Each value must end its line and none may
// have another in it, which is why ids have no control characters.
func (d *document) appendText(dst []byte) []byte {
	if d.generation == ECDSA {
		if !d.noAppID3rd {
			dst = append(append(append(dst, "TLS.appid_at_3rd:"...), d.appID3rd...), '\n')
		}
		dst = append(append(append(dst, "TLS.account_type:"...), d.accountType...), '\n')
	}
	dst = append(append(dst, "TLS.identifier:"...), d.userID...)
	if d.generation == ECDSA {
		dst = append(dst, "\nTLS.sdk_appid:"...)
	} else {
		dst = append(dst, "\nTLS.sdkappid:"...)
	}
	dst = append(dst, d.sdkAppID.text...)
	dst = append(append(dst, "\nTLS.time:"...), d.time.text...)
	if d.generation == ECDSA {
		dst = append(dst, "\nTLS.expire_after:"...)
	} else {
		dst = append(dst, "\nTLS.expire:"...)
	}
	dst = append(append(dst, d.expire.text...), '\n')
	if d.userBuf != nil {
		dst = append(append(append(dst, "TLS.userbuf:"...), d.userBuf...), '\n')
	}
	return dst
}

// appendJSON appends the document as it is sent, in the order of fields that
// Tencent's Go library has, and for the old generation the JavaScript demo.
func (d *document) appendJSON(dst []byte) []byte {
	if d.generation == ECDSA {
		dst = append(append(dst, `{"TLS.account_type":"`...), d.accountType...)
		dst = appendJSONText(append(dst, `","TLS.identifier":"`...), d.userID)
		dst = append(append(dst, `","TLS.appid_at_3rd":"`...), d.appID3rd...)
		dst = append(append(dst, `","TLS.sdk_appid":"`...), d.sdkAppID.text...)
		dst = append(append(dst, `","TLS.expire_after":"`...), d.expire.text...)
		dst = append(append(dst, `","TLS.version":"201512300000","TLS.time":"`...), d.time.text...)
		dst = append(dst, '"')
	} else {
		dst = appendJSONText(append(dst, `{"TLS.ver":"2.0","TLS.identifier":"`...), d.userID)
		dst = append(append(dst, `","TLS.sdkappid":`...), d.sdkAppID.text...)
		dst = append(append(dst, `,"TLS.expire":`...), d.expire.text...)
		dst = append(append(dst, `,"TLS.time":`...), d.time.text...)
	}
	if d.userBuf != nil {
		dst = append(append(append(dst, `,"TLS.userbuf":"`...), d.userBuf...), '"')
	}
	dst = base64.StdEncoding.AppendEncode(append(dst, `,"TLS.sig":"`...), d.signature)
	return append(dst, `"}`...)
}

// appendJSONText appends a text without control characters as the inside of a JSON
// string, in bytes that the compact form has codes for.
func appendJSONText(dst []byte, s string) []byte {
	done := 0
	for i, r := range s {
		if firstByte <= r && r <= lastByte && r != '"' && r != '\\' {
			continue
		}
		dst = append(dst, s[done:i]...)
		switch {
		case r == '"', r == '\\':
			dst = append(dst, '\\', byte(r))
		case r <= 0xffff:
			dst = appendJSONEscape(dst, r)
		default:
			high, low := utf16.EncodeRune(r)
			dst = appendJSONEscape(appendJSONEscape(dst, high), low)
		}
		done = i + utf8.RuneLen(r)
	}
	return append(dst, s[done:]...)
}

func appendJSONEscape(dst []byte, unit rune) []byte {
	const hex = "0123456789abcdef"
	return append(dst, '\\', 'u', hex[unit>>12&15], hex[unit>>8&15], hex[unit>>4&15], hex[unit&15])
}

// public returns what the document says, but for its userbuf.
func (d *document) public() Document {
	return Document{
		Generation:  d.generation,
		UserID:      d.userID,
		SDKAppID:    uint32(d.sdkAppID.value),
		AccountType: d.accountType,
		Issued:      time.Unix(d.time.value, 0).UTC(),
		Expires:     time.Unix(d.time.value+d.expire.value, 0).UTC(),
	}
}
