package sig

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"fmt"
	"io"
	"strings"
)

// A base64 that needs no escapes in URLs, and the ordinary one, which some generators
// of 2018 used. The first is not RFC 4648's: here - is the last digit and _ the padding.
var (
	tokenEncoding = base64.NewEncoding("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789*-").WithPadding('_').Strict()
	plainEncoding = base64.StdEncoding.Strict()
)

// maxDocument is the size in bytes of the largest document that is signed or read.
const maxDocument = 1<<16 - 1

// open returns the document of a token. The errors are those of Decode, but for
// ErrUserBuf.
func open(token string) (document, error) {
	compressed, err := decode(token)
	if err != nil {
		return document{}, err
	}
	text, err := inflate(compressed)
	if err != nil {
		return document{}, err
	}
	return parseDocument(text)
}

// decode takes the base64 off a token. A token has all its digits from one of the two
// alphabets.
func decode(token string) ([]byte, error) {
	switch {
	case token == "":
		return nil, fmt.Errorf("%w: it is empty", ErrBase64)
	case len(token) > tokenEncoding.EncodedLen(2*maxDocument):
		return nil, fmt.Errorf("%w: the token has %d bytes", ErrTooLarge, len(token))
	case strings.ContainsAny(token, "\r\n"): // which a decoder passes over
		return nil, fmt.Errorf("%w: it has line ends", ErrBase64)
	}
	encoding := tokenEncoding
	if strings.ContainsAny(token, "+/=") {
		encoding = plainEncoding
	}
	compressed, err := encoding.DecodeString(token)
	if err != nil {
		return nil, fmt.Errorf("%w: %v", ErrBase64, err)
	}
	return compressed, nil
}

// inflate takes the document out of a zlib stream. The errors are ErrZlib, also for
// bytes behind the stream's end, and ErrTooLarge.
func inflate(stream []byte) ([]byte, error) {
	in := bytes.NewReader(stream)
	r, err := zlib.NewReader(in)
	if err != nil {
		return nil, fmt.Errorf("%w: %v", ErrZlib, err)
	}
	text, err := io.ReadAll(io.LimitReader(r, maxDocument+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: %v", ErrZlib, err)
	case len(text) > maxDocument:
		return nil, ErrTooLarge
	case in.Len() > 0:
		return nil, fmt.Errorf("%w: bytes follow its end", ErrZlib)
	}
	return text, nil
}
