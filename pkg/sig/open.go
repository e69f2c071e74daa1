package sig

import (
	"fmt"
	"strings"
)

// An opener takes tokens apart and can be used again for the next one. Its zero
// value is ready.
type opener struct {
	inflater
	token []byte
	zlib  []byte
	json  []byte
}

// open returns the document of a token, and its userbuf in binary, both valid until
// the next call. The errors are those of Decode.
func (o *opener) open(token string) (d document, userBuf []byte, err error) {
	if err := o.decode(token); err != nil {
		return document{}, nil, err
	}
	if o.json, err = o.inflater.append(o.json[:0], o.zlib); err != nil {
		return document{}, nil, err
	}
	return parseDocument(o.json)
}

// decode takes the base64 off a token. Two alphabets are in use, which have
// different characters for the same digits; a token has them all from one.
func (o *opener) decode(token string) error {
	switch {
	case token == "":
		return fmt.Errorf("%w: it is empty", ErrBase64)
	case len(token) > tokenEncoding.EncodedLen(2*maxDocument):
		return fmt.Errorf("%w: the token has %d bytes", ErrTooLarge, len(token))
	case strings.Contains(token, "\n"), strings.Contains(token, "\r"): // which a decoder passes over
		return fmt.Errorf("%w: it has line ends", ErrBase64)
	}
	o.token = append(o.token[:0], token...)
	var err error
	if o.zlib, err = tokenEncoding.AppendDecode(o.zlib[:0], o.token); err == nil {
		return nil
	}
	if strings.ContainsAny(token, "+/=") {
		o.zlib, err = plainEncoding.AppendDecode(o.zlib[:0], o.token)
	}
	if err != nil {
		return fmt.Errorf("%w: %v", ErrBase64, err)
	}
	return nil
}
