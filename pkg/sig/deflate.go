package sig

import (
	"encoding/binary"
	"hash/adler32"
	"math/bits"
	"slices"
)

// The compact form. A document is 150 to 400 bytes of printable ASCII in which
// little but the names of the fields repeats. zlib has two codes for such a text,
// and neither fits: the fixed one spends 8 bits on every byte, to be ready for all
// 256 values; the one that it computes from the text takes as many bits to
// describe as it saves, and most of the time. So one code is made here for all
// documents:
//
//	6 bits  the digits and a to o, of which numbers, names and ids are full
//	7 bits  every other byte from firstByte to lastByte, 8 lengths, the end
//	4 bits  16 groups of distances, and up to 6 more bits
//
// It is so regular that deflate's description of it takes 20 bytes, which are
// always the same. Any inflate reads the result.

const (
	firstByte, lastByte = '!', '~' // as in user ids, and all that JSON needs

	minMatch    = 3
	maxMatch    = 10
	maxDistance = 256

	endOfBlock = 256
)

// A bitString is up to 12 bits, the first to be sent lowest, above their number,
// which is in the low 4 bits.
type bitString uint16

// A prefixCode has the bits for everything that a compact document is made of.
type prefixCode struct {
	literal  [256]bitString
	match    [maxMatch + 1]bitString    // by length
	distance [maxDistance + 1]bitString // by distance
	end      bitString

	header []byte    // how every stream begins,
	rest   bitBuffer // and the bits after the header's last whole byte

	// What the next bits begin with: a symbol, above the number of its bits, which
	// is in the low 4.
	symbol         [1 << 7]uint16
	distanceSymbol [1 << 4]uint16
}

var compactCode = newPrefixCode()

func newPrefixCode() *prefixCode {
	c := new(prefixCode)

	// Codes are numbered by length, and within a length in the order of symbols.
	next6, next7 := 0, 25<<1
	for s := firstByte; s < endOfBlock+1+maxMatch-minMatch+1; s++ {
		var code bitString
		switch {
		case '0' <= s && s <= '9', 'a' <= s && s <= 'o':
			code = huffman(next6, 6)
			next6++
		case s <= lastByte, s >= endOfBlock:
			code = huffman(next7, 7)
			next7++
		default:
			continue
		}
		code.index(c.symbol[:], int(s))
		switch {
		case s < endOfBlock:
			c.literal[s] = code
		case s == endOfBlock:
			c.end = code
		default:
			c.match[s-endOfBlock-1+minMatch] = code
		}
	}
	for n := 1; n <= maxDistance; n++ {
		group, bits := distanceGroup(n)
		code := huffman(group, 4)
		code.index(c.distanceSymbol[:], group)
		least := leastDistance(group, bits)
		c.distance[n] = code.then(bitString((n-least)<<4 | bits))
	}
	c.describe()
	return c
}

// describe makes the header of a zlib stream of one block that uses this code.
func (c *prefixCode) describe() {
	c.header = []byte{0x78, 0x01}
	put := func(b bitString) {
		c.rest = c.rest.put(b)
		for ; c.rest.n >= 8; c.rest.n -= 8 {
			c.header = append(c.header, byte(c.rest.bits))
			c.rest.bits >>= 8
		}
	}
	putInt := func(v, n int) { put(bitString(v<<4 | n)) }
	putInt(1, 1)       // the last block
	putInt(2, 2)       // with a code of its own
	putInt(265-257, 5) // of 265 symbols
	putInt(16-1, 5)    // and 16 groups of distances.
	putInt(12-4, 4)    // What describes it has 12 symbols, in an order of deflate's:

	//                     16 17 18  0  8  7  9  6 10  5 11  4
	for _, n := range []int{1, 0, 3, 0, 0, 2, 0, 4, 0, 0, 0, 4} {
		putInt(n, 3)
	}
	four, six, seven := huffman(14, 4), huffman(15, 4), huffman(2, 2)
	zeros := func(n int) { // 18
		put(huffman(6, 3))
		putInt(n-11, 7)
	}
	run := func(length bitString, repeats ...int) { // 16
		put(length)
		for _, n := range repeats {
			put(huffman(0, 1))
			putInt(n-3, 2)
		}
	}
	zeros(firstByte)
	run(seven, 6, 4, 4)             // ! to /
	run(six, 6, 3)                  // 0 to 9
	run(seven, 6, 6, 6, 6, 6, 5, 3) // : to `
	run(six, 6, 4, 4)               // a to o
	run(seven, 6, 5, 3)             // p to ~
	zeros(endOfBlock - lastByte - 1)
	run(seven, 5, 3)   // the end, and 8 lengths
	run(four, 6, 6, 3) // 16 groups of distances
}

// huffman returns a code of n bits, of which deflate sends the highest first.
func huffman(code, n int) bitString {
	return bitString(bits.Reverse16(uint16(code))>>(16-n)<<4) | bitString(n)
}

// then appends bits to b.
func (b bitString) then(more bitString) bitString {
	n := b & 15
	return b + more>>4<<(n+4) + more&15
}

// index enters a symbol with the code b in a table of what the next bits mean.
func (b bitString) index(table []uint16, symbol int) {
	for i := int(b >> 4); i < len(table); i += 1 << (b & 15) {
		table[i] = uint16(symbol)<<4 | uint16(b&15)
	}
}

// distanceGroup returns deflate's symbol for a distance, and the number of bits
// that tell it from the others of the group.
func distanceGroup(distance int) (group, extraBits int) {
	n := max(bits.Len(uint(distance-1))-2, 0)
	return n<<1 + (distance-1)>>n, n
}

// leastDistance returns the least distance of a group.
func leastDistance(group, extraBits int) int { return (group-extraBits<<1)<<extraBits + 1 }

// A compressor writes compact documents. Its zero value is ready.
type compressor struct {
	// seen has, by hash, where three bytes were last met, counted over all that
	// was compressed so far: what an earlier document left lies below the base.
	seen [1 << hashBits]uint32
	base uint32
}

const hashBits = 10

// append appends the compact form of doc, which must be of bytes that have
// codes.
func (c *compressor) append(dst, doc []byte) []byte {
	if c.base > 1<<31 {
		*c = compressor{}
	}
	c.base += maxDistance + 1

	code := compactCode
	dst = append(dst, code.header...)
	dst = slices.Grow(dst, len(doc)+16) // 7 bits a byte at most
	out, at := dst[:cap(dst)], len(dst)
	w := code.rest

	i := 0
	for i+4 <= len(doc) {
		three := binary.LittleEndian.Uint32(doc[i:]) << 8
		slot := &c.seen[three*0x9E3779B1>>(32-hashBits)]
		distance := c.base + uint32(i) - *slot
		*slot = c.base + uint32(i)
		if distance > maxDistance || binary.LittleEndian.Uint32(doc[i-int(distance):])<<8 != three {
			w = w.put(code.literal[doc[i]])
			i++
			if w.n >= 40 {
				w, at = w.flush(out, at)
			}
			continue
		}
		length, most := minMatch, min(maxMatch, len(doc)-i)
		for length < most && doc[i+length] == doc[i+length-int(distance)] {
			length++
		}
		w = w.put(code.match[length]).put(code.distance[distance])
		w, at = w.flush(out, at)
		i += length
	}
	for ; i < len(doc); i++ {
		w, at = w.put(code.literal[doc[i]]).flush(out, at)
	}
	w, at = w.put(code.end).flush(out, at)
	if w.n > 0 {
		at++
	}
	c.base += uint32(len(doc))
	return binary.BigEndian.AppendUint32(out[:at], adler32.Checksum(doc))
}

// A bitBuffer holds up to 64 bits on their way out.
type bitBuffer struct {
	bits uint64
	n    uint
}

func (b bitBuffer) put(s bitString) bitBuffer {
	return bitBuffer{b.bits | uint64(s>>4)<<(b.n&63), b.n + uint(s&15)}
}

// flush writes the bits to out at i, and returns where the next whole byte goes
// and the bits that are left for it, which it has written too.
func (b bitBuffer) flush(out []byte, i int) (bitBuffer, int) {
	binary.LittleEndian.PutUint64(out[i:], b.bits)
	return bitBuffer{b.bits >> (b.n &^ 7 & 63), b.n & 7}, i + int(b.n>>3)
}
