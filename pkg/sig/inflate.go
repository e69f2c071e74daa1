package sig

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"hash/adler32"
	"io"
)

// An inflater takes documents out of zlib streams. The two forms that a Signer
// makes it reads itself, in a fraction of the time, and leaves all others to
// compress/zlib. Its zero value is ready.
type inflater struct {
	source bytes.Reader
	zlib   io.ReadCloser // nil before the first stream that is neither form
}

var errStream = fmt.Errorf("%w: it was changed or cut off", ErrZlib)

// append appends the document in the stream to dst. The errors are ErrZlib, also
// for bytes behind the stream's end, and ErrTooLarge.
func (f *inflater) append(dst, stream []byte) ([]byte, error) {
	start := len(dst)
	var err error
	switch {
	case bytes.HasPrefix(stream, []byte(storedHeader[:3])):
		dst, err = appendStored(dst, stream)
	case bytes.HasPrefix(stream, compactCode.header):
		dst, err = compactCode.expand(dst, stream)
	default:
		return f.appendAny(dst, stream)
	}
	if err != nil {
		return dst, err
	}
	if binary.BigEndian.Uint32(stream[len(stream)-4:]) != adler32.Checksum(dst[start:]) {
		return dst, errStream
	}
	return dst, nil
}

// appendStored reads a stream of one stored block, but for its checksum.
func appendStored(dst, stream []byte) ([]byte, error) {
	const header, checksum = len(storedHeader), 4
	if len(stream) < header+checksum {
		return dst, errStream
	}
	n, not := binary.LittleEndian.Uint16(stream[3:]), binary.LittleEndian.Uint16(stream[5:])
	if n != ^not || len(stream) != header+int(n)+checksum {
		return dst, errStream
	}
	return append(dst, stream[header:len(stream)-checksum]...), nil
}

// expand reads a stream of one block in this code, but for its checksum.
func (c *prefixCode) expand(dst, stream []byte) ([]byte, error) {
	const checksum = 4
	if len(stream) < len(c.header)+1+checksum {
		return dst, errStream
	}
	in := stream[len(c.header) : len(stream)-checksum]
	if uint64(in[0])&(1<<c.rest.n-1) != c.rest.bits {
		return dst, errStream
	}
	bits, n := uint64(in[0])>>c.rest.n, 8-c.rest.n
	in = in[1:]

	start := len(dst)
	for {
		// A match takes 17 bits at most, with its distance. Zeros follow the
		// input's end, and n doesn't count them.
		for n <= 56 && len(in) > 0 {
			bits |= uint64(in[0]) << n
			n += 8
			in = in[1:]
		}
		entry := c.symbol[bits&(1<<7-1)]
		used := uint(entry & 15)
		symbol := int(entry >> 4)
		if symbol < endOfBlock {
			dst = append(dst, byte(symbol))
		} else if symbol > endOfBlock {
			group := int(c.distanceSymbol[bits>>used&(1<<4-1)] >> 4)
			used += 4
			extra := max(group>>1-1, 0)
			distance := leastDistance(group, extra) + int(bits>>used&(1<<extra-1))
			used += uint(extra)
			if distance > len(dst)-start {
				return dst, errStream
			}
			for range symbol - endOfBlock - 1 + minMatch {
				dst = append(dst, dst[len(dst)-distance])
			}
		}
		if used > n {
			return dst, errStream
		}
		bits >>= used
		n -= used
		if symbol == endOfBlock {
			break
		}
		if len(dst)-start > maxDocument {
			return dst, ErrTooLarge
		}
	}
	// What fills the last byte is zeros, and it is the last.
	if len(in) > 0 || n >= 8 || bits != 0 {
		return dst, errStream
	}
	return dst, nil
}

// appendAny reads any stream.
func (f *inflater) appendAny(dst, stream []byte) ([]byte, error) {
	f.source.Reset(stream)
	var err error
	if f.zlib == nil {
		f.zlib, err = zlib.NewReader(&f.source)
	} else {
		err = f.zlib.(zlib.Resetter).Reset(&f.source, nil)
	}
	start := len(dst)
	for err == nil {
		if len(dst)-start > maxDocument {
			return dst, ErrTooLarge
		}
		if len(dst) == cap(dst) {
			dst = append(dst, make([]byte, max(512, cap(dst)))...)[:len(dst)]
		}
		var n int
		n, err = f.zlib.Read(dst[len(dst):cap(dst)])
		dst = dst[:len(dst)+n]
	}
	switch {
	case err != io.EOF:
		return dst, fmt.Errorf("%w: %v", ErrZlib, err)
	case f.source.Len() > 0:
		return dst, fmt.Errorf("%w: bytes follow its end", ErrZlib)
	case len(dst)-start > maxDocument:
		return dst, ErrTooLarge
	}
	return dst, nil
}
