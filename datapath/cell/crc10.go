package cell

import "encoding/binary"

const (
	// crc10Polynomial is x^10 + x^9 + x^5 + x^4 + x + 1 without its highest term (I.610 clause 7.1).
	crc10Polynomial = 0x233
	crc10Mask       = 0x3FF

	// crcAt is where the six reserved bits and the CRC-10 stand in a body.
	crcAt = BodyLen - 2
)

// crc10Table[b] is the remainder of octet b.
var crc10Table = makeCRC10Table()

func makeCRC10Table() (t [256]uint16) {
	for b := range t {
		t[b] = crc10Bits(uint16(b)<<2, 8)
	}
	return t
}

// crc10Bits returns the remainder after so many more bits of zeros.
func crc10Bits(r uint16, bits int) uint16 {
	for range bits {
		r = r<<1 ^ crc10Polynomial&-(r>>9&1)
	}
	return r & crc10Mask
}

// crc10 returns the CRC-10 of octets.
func crc10(p []byte) (r uint16) {
	for _, b := range p {
		r = r<<8&crc10Mask ^ crc10Table[uint8(r>>2)^b]
	}
	return r
}

// Seal writes the CRC-10 of an OAM cell over its other bits, the six reserved ones as 0.
func (b *Body) Seal() {
	r := crc10Bits(crc10(b[:crcAt]), 6)
	binary.BigEndian.PutUint16(b[crcAt:], r)
}

// Sealed reports whether the CRC-10 of an OAM cell is right. The reserved bits are under it.
func (b *Body) Sealed() bool { return crc10(b[:]) == 0 }
