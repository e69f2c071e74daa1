package sig

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
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

// A document is what a token says, in the terms of its formats.
type document struct {
	generation  Generation
	userID      string
	sdkAppID    uint32
	time        int64
	expire      int64
	userBuf     []byte // nil in a userSig
	signature   []byte
	accountType string // this and what follows: of the old generation only
	appID3rd    string
	noAppID3rd  bool // there is no such field, and its line is not signed
}

// text returns what is signed. Each value ends its line, so no value may have a line
// end in it. That is why ids have no control characters.
func (d *document) text() []byte {
	var b bytes.Buffer
	if d.generation == ECDSA {
		if !d.noAppID3rd {
			fmt.Fprintf(&b, "TLS.appid_at_3rd:%s\n", d.appID3rd)
		}
		fmt.Fprintf(&b, "TLS.account_type:%s\nTLS.identifier:%s\nTLS.sdk_appid:%d\nTLS.time:%d\nTLS.expire_after:%d\n",
			d.accountType, d.userID, d.sdkAppID, d.time, d.expire)
	} else {
		fmt.Fprintf(&b, "TLS.identifier:%s\nTLS.sdkappid:%d\nTLS.time:%d\nTLS.expire:%d\n",
			d.userID, d.sdkAppID, d.time, d.expire)
	}
	if d.userBuf != nil {
		fmt.Fprintf(&b, "TLS.userbuf:%s\n", plainEncoding.EncodeToString(d.userBuf))
	}
	return b.Bytes()
}

// json returns the document as it is sent, with the fields in the order of Tencent's
// Go library, and for the old generation in that of the JavaScript demo.
func (d *document) json() ([]byte, error) {
	var b bytes.Buffer
	out := json.NewEncoder(&b)
	out.SetEscapeHTML(false)
	if d.generation == ECDSA {
		err := out.Encode(struct {
			AccountType string `json:"TLS.account_type"`
			UserID      string `json:"TLS.identifier"`
			AppID3rd    string `json:"TLS.appid_at_3rd"`
			SDKAppID    uint32 `json:"TLS.sdk_appid,string"`
			Expire      int64  `json:"TLS.expire_after,string"`
			Version     string `json:"TLS.version"`
			Time        int64  `json:"TLS.time,string"`
			UserBuf     []byte `json:"TLS.userbuf,omitempty"`
			Signature   []byte `json:"TLS.sig"`
		}{d.accountType, d.userID, d.appID3rd, d.sdkAppID, d.expire, "201512300000", d.time, d.userBuf, d.signature})
		return bytes.TrimSpace(b.Bytes()), err
	}
	err := out.Encode(struct {
		Version   string `json:"TLS.ver"`
		UserID    string `json:"TLS.identifier"`
		SDKAppID  uint32 `json:"TLS.sdkappid"`
		Expire    int64  `json:"TLS.expire"`
		Time      int64  `json:"TLS.time"`
		UserBuf   []byte `json:"TLS.userbuf,omitempty"`
		Signature []byte `json:"TLS.sig"`
	}{"2.0", d.userID, d.sdkAppID, d.expire, d.time, d.userBuf, d.signature})
	return bytes.TrimSpace(b.Bytes()), err
}

// public returns what the document says, but for its userbuf.
func (d *document) public() Document {
	return Document{
		Generation:  d.generation,
		UserID:      d.userID,
		SDKAppID:    d.sdkAppID,
		AccountType: d.accountType,
		Issued:      time.Unix(d.time, 0).UTC(),
		Expires:     time.Unix(d.time+d.expire, 0).UTC(),
	}
}
