package cell

import "encoding/binary"

const (
	// HeaderLen is the size of a header with its check, in octets (I.361 clause 2.1).
	HeaderLen = 5
	// Len is the size of a cell with its check, in octets.
	Len = HeaderLen + BodyLen

	// hecPolynomial is x^8 + x^2 + x + 1 without its highest term (I.432.1 clause 4.3.2).
	hecPolynomial = 0x07
	// hecCoset is added to the remainder, so that a run of zeros is no header.
	hecCoset = 0x55
)

// hecTable[b] is the remainder of octet b.
var hecTable = makeHECTable()

func makeHECTable() (t [256]uint8) {
	for b := range t {
		r := uint8(b)
		for range 8 {
			r = r<<1 ^ hecPolynomial&-(r>>7)
		}
		t[b] = r
	}
	return t
}

// HEC returns the header error control octet of a header. At the UNI the header has its GFC field.
//
//hot:bce
func (h Header) HEC() uint8 {
	r := hecTable[uint8(h>>24)]
	r = hecTable[r^uint8(h>>16)]
	r = hecTable[r^uint8(h>>8)]
	return hecTable[r^uint8(h)] ^ hecCoset
}

// PutHeader writes a header and its check.
//
//hot:bce
func PutHeader(b *[HeaderLen]byte, h Header) {
	binary.BigEndian.PutUint32(b[:4], uint32(h))
	b[4] = h.HEC()
}

// DecodeHeader reads a header with its check. The fault is [BadHEC] or none; single bits that are
// wrong are not corrected, since the links that we have do not fail by single bits.
//
//hot:bce
func DecodeHeader(b *[HeaderLen]byte) (Header, Fault) {
	h := Header(binary.BigEndian.Uint32(b[:4]))
	if h.HEC() != b[4] {
		return h, BadHEC
	}
	return h, NoFault
}
