package aal5

import "encoding/binary"

// Sizes in octets, I.363.5 clause 9.2.1.2.
const (
	CellLen    = 48    // the payload of a cell: a PDU is a multiple of it
	TrailerLen = 8     // the last of a PDU
	MaxSDU     = 65535 // the longest SDU; the shortest is 1
	crcLen     = 4     // the last of a trailer
)

// Trailer is the end of a CPCS-PDU, I.363.5 clause 9.2.1.2, most significant octet first.
//
//	 0                   1                   2                   3
//	 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//	+---------------+---------------+-------------------------------+
//	|    CPCS-UU    |      CPI      |            Length             |
//	+---------------+---------------+-------------------------------+
//	|                            CRC-32                             |
//	+---------------------------------------------------------------+
type Trailer struct {
	UU     byte   // user-to-user, carried unchanged
	CPI    byte   // common part indicator, 0
	Length uint16 // of the SDU in octets; 0 aborts it
	CRC    uint32 // of all of the PDU before
}

// PDULen is the length in octets of the PDU of an SDU of so many octets: SDU, PAD and trailer, a multiple
// of CellLen.
func PDULen(sdu int) int { return (sdu + TrailerLen + CellLen - 1) / CellLen * CellLen }

// PadLen is the length of the PAD in octets, 0 to 47, after an SDU of so many octets.
func PadLen(sdu int) int { return PDULen(sdu) - TrailerLen - sdu }

// PutTrailer writes a trailer. crc is the CRC of SDU and PAD, to which PutTrailer adds the first four
// octets of the trailer. Length is that of the SDU in octets, or 0 to abort.
func PutTrailer(dst *[TrailerLen]byte, uu, cpi byte, length uint16, crc uint32) {
	putFields(dst, uu, cpi, length)
	binary.BigEndian.PutUint32(dst[TrailerLen-crcLen:], Update(crc, dst[:TrailerLen-crcLen]))
}

// Finish turns an SDU into a PDU: it fills pdu from octet sdu on with a PAD of zeros and the trailer. crc is
// the CRC of all that the PDU has before octet sdu; length is that of the whole SDU in octets. So pdu may be
// all of the PDU, and sdu is length then, or the last part of it. It panics if there is no room for a trailer.
func Finish(pdu []byte, sdu int, uu, cpi byte, length uint16, crc uint32) {
	rest := pdu[sdu:]
	pad := len(rest) - TrailerLen
	clear(rest[:pad])
	putFields((*[TrailerLen]byte)(rest[pad:]), uu, cpi, length)
	binary.BigEndian.PutUint32(rest[pad+TrailerLen-crcLen:], Update(crc, rest[:pad+TrailerLen-crcLen]))
}

func putFields(dst *[TrailerLen]byte, uu, cpi byte, length uint16) {
	dst[0], dst[1] = uu, cpi
	binary.BigEndian.PutUint16(dst[2:], length)
}

// ParseTrailer reads the last eight octets of a PDU. It checks nothing.
func ParseTrailer(b *[TrailerLen]byte) Trailer {
	return Trailer{
		UU:     b[0],
		CPI:    b[1],
		Length: binary.BigEndian.Uint16(b[2:]),
		CRC:    binary.BigEndian.Uint32(b[TrailerLen-crcLen:]),
	}
}

// Aborts reports whether the sender has given the SDU up: a length of 0.
func (t Trailer) Aborts() bool { return t.Length == 0 }

// Fits reports whether a PDU of so many octets may have this trailer: an SDU of t.Length octets, a PAD of
// no more than 47 and the trailer fill it. That of an aborted one does not.
func (t Trailer) Fits(pdu int) bool { return t.Length != 0 && PDULen(int(t.Length)) == pdu }
