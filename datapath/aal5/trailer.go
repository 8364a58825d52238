package aal5

import (
	"encoding/binary"

	"callmanager/vc"
)

// Sizes in octets, I.363.5 clause 9.2.1.2.
const (
	CellLen    = vc.CellPayload // of a cell: a PDU is a multiple of it
	TrailerLen = vc.TrailerLen  // the last of a PDU
	MaxSDU     = vc.MaxSDULen   // the longest SDU; the shortest is 1
	crcLen     = 4              // the last of a trailer

	// MaxPDU is the longest PDU.
	MaxPDU = (MaxSDU + TrailerLen + CellLen - 1) / CellLen * CellLen
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
func PDULen(sdu int) int { return vc.CellsFor(sdu) * CellLen }

// PadLen is the length of the PAD in octets, 0 to 47, after an SDU of so many octets.
func PadLen(sdu int) int { return PDULen(sdu) - TrailerLen - sdu }

// Finish turns an SDU into a PDU: it fills pdu from octet sdu on with a PAD of zeros and the trailer. Length is
// that of the whole SDU in octets, or 0 to abort. pdu may be all of the PDU, with sdu the same as length and 0
// for crc, or the last part of it, with the CRC of what lies before. It panics if there is no room for a
// trailer.
func Finish(pdu []byte, sdu int, uu, cpi byte, length uint16, crc uint32) {
	rest := pdu[sdu:]
	pad := len(rest) - TrailerLen
	clear(rest[:pad])
	t := (*[TrailerLen]byte)(rest[pad:])
	t[0], t[1] = uu, cpi
	binary.BigEndian.PutUint16(t[2:], length)
	binary.BigEndian.PutUint32(t[TrailerLen-crcLen:], Update(crc, pdu[:len(pdu)-crcLen]))
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
