package cell

import (
	"encoding/binary"

	"callmanager/vc"
)

// Cells are the cells of a frame that were not read yet. The bodies alias the frame.
type Cells struct {
	rest   []byte
	base   Header // What the frame does not tell of each cell.
	format Format
	atm    uint8 // U, E and C of a PDU.
}

// Len returns how many cells are left.
func (c *Cells) Len() int {
	s := c.format.shape()
	if s.stride == 0 {
		return 0
	}
	return len(c.rest) / int(s.stride)
}

// Next returns the next cell; ok is false after the last. The body aliases the frame.
//
// The cells of a PDU all bear its congestion and its loss priority, and the last of them ends the
// PDU unless the frame is a fragment with more to come (RFC 4717 clause 11.2).
//
//hot:bce
func (c *Cells) Next() (h Header, body *Body, ok bool) {
	switch c.format {
	case NToOne, NToOneBare:
		if len(c.rest) < nToOneLen {
			return 0, nil, false
		}
		b := (*[nToOneLen]byte)(c.rest)
		c.rest = c.rest[nToOneLen:]
		return Header(binary.BigEndian.Uint32(b[:4])), (*Body)(b[4:]), true
	case VCC:
		if len(c.rest) < 1+BodyLen {
			return 0, nil, false
		}
		b := (*[1 + BodyLen]byte)(c.rest)
		c.rest = c.rest[1+BodyLen:]
		return c.base | Header(b[0]&atmPTICLP), (*Body)(b[1:]), true
	case VPC:
		if len(c.rest) < 3+BodyLen {
			return 0, nil, false
		}
		b := (*[3 + BodyLen]byte)(c.rest)
		c.rest = c.rest[3+BodyLen:]
		vci := Header(binary.BigEndian.Uint16(b[1:3])) << shiftVCI
		return c.base | vci | Header(b[0]&atmPTICLP), (*Body)(b[3:]), true
	case PDU, PathPDU:
		if len(c.rest) < BodyLen {
			return 0, nil, false
		}
		b := (*Body)(c.rest)
		c.rest = c.rest[BodyLen:]
		return c.base | pduBits(c.atm, len(c.rest) == 0), b, true
	case Line:
		if len(c.rest) < Len {
			return 0, nil, false
		}
		b := (*[Len]byte)(c.rest)
		c.rest = c.rest[Len:]
		return Header(binary.BigEndian.Uint32(b[:4])), (*Body)(b[HeaderLen:]), true
	}
	return 0, nil, false
}

// pduBits returns payload type and loss priority of a PDU's cell.
func pduBits(atm uint8, last bool) (h Header) {
	if atm&atmE != 0 {
		h |= Header(EFCI) << shiftPTI
	}
	if atm&atmU != 0 && last {
		h |= Header(AUU) << shiftPTI
	}
	return h | Header(atm&atmC)
}

// Decode reads a frame from the octet behind its label on. The sequence number is valid if
// fault.Numbered(), and 0 without a control word; there are cells only without a fault. They alias
// b. Of the channel the VPI and the VCI count, where the format does not tell them.
func (f Format) Decode(b []byte, channel Header) (sequence uint16, cells Cells, fault Fault) {
	switch f {
	case NToOne:
		return decodeNToOne(b)
	case NToOneBare:
		cells, fault = take(f, b, 0, 0)
		return 0, cells, fault
	case Line:
		cells, fault = decodeLine(b)
		return 0, cells, fault
	case VCC, VPC, PDU, PathPDU:
		return f.decodeGeneric(b, channel)
	}
	return 0, Cells{}, NoCells
}

// take returns the cells of a frame that is nothing else behind its head.
func take(f Format, b []byte, base Header, atm uint8) (Cells, Fault) {
	s := f.shape()
	switch {
	case len(b) <= max(int(s.start), wordLen(f)):
		return Cells{}, NoCells
	case (len(b)-int(s.start))%int(s.stride) != 0:
		return Cells{}, PartialCell
	}
	return Cells{b[s.start:], base, f, atm}, NoFault
}

// wordLen returns the size of a format's control word in octets.
func wordLen(f Format) int {
	if f == NToOneBare || f == Line {
		return 0
	}
	return WordLen
}

// decodeLine reads cells with their HEC, and checks each.
func decodeLine(b []byte) (Cells, Fault) {
	cells, fault := take(Line, b, 0, 0)
	for rest := cells.rest; len(rest) >= Len; rest = rest[Len:] {
		if _, bad := DecodeHeader((*[HeaderLen]byte)(rest)); bad != NoFault {
			return Cells{}, bad
		}
	}
	return cells, fault
}

// decodeNToOne reads a frame of N-to-one mode with its control word (RFC 4717 clauses 5.1.2 and
// 8.1): 0000 flags<4> FRG<2> length<6> sequence<16>.
func decodeNToOne(b []byte) (sequence uint16, cells Cells, fault Fault) {
	if len(b) < WordLen {
		return 0, Cells{}, Truncated
	}
	w := binary.BigEndian.Uint32(b)
	switch {
	case w>>28 != 0:
		return 0, Cells{}, NotPseudowire
	case w>>22&3 != 0:
		return uint16(w), Cells{}, Fragmented
	case w>>24 != 0:
		return uint16(w), Cells{}, Flagged
	}
	// Only a frame of one cell is so short that it has a length to tell and may be padded.
	const lengthLimit, oneCell = 64, WordLen + nToOneLen
	switch n := int(w>>16) & (lengthLimit - 1); {
	case n == 0:
	case n == WordLen:
		return uint16(w), Cells{}, NoCells
	case n != oneCell || len(b) < n || len(b) >= lengthLimit:
		return uint16(w), Cells{}, BadLength
	default:
		b = b[:n]
	}
	cells, fault = take(NToOne, b, 0, 0)
	return uint16(w), cells, fault
}

// decodeGeneric reads a frame with the generic control word (RFC 4717 clause 5.1.1): 0000
// reserved<4> sequence<16> atm<8>.
func (f Format) decodeGeneric(b []byte, channel Header) (sequence uint16, cells Cells, fault Fault) {
	if len(b) < WordLen {
		return 0, Cells{}, Truncated
	}
	w := binary.BigEndian.Uint32(b)
	if w>>28 != 0 {
		return 0, Cells{}, NotPseudowire
	}
	sequence = uint16(w >> 8)
	if w>>24 != 0 {
		return sequence, Cells{}, Flagged
	}
	if f == PDU || f == PathPDU {
		cells, fault = f.decodePDU(b, uint8(w), channel)
	} else {
		cells, fault = f.decodeCells(b, channel)
	}
	return sequence, cells, fault
}

// decodeCells reads a frame of one-to-one mode, and judges the atm octet of each cell.
func (f Format) decodeCells(b []byte, channel Header) (Cells, Fault) {
	base, v := channel&^(1<<shiftVCI-1), uint8(0)
	if f == VPC {
		base, v = channel&^(1<<shiftVPI-1), atmV
	}
	s := f.shape()
	for at := int(s.start); at < len(b); at += int(s.stride) {
		if fault := judge(b[at], 0, v, atmReservedCell); fault != NoFault {
			return Cells{}, fault
		}
	}
	return take(f, b, base, 0)
}

// decodePDU reads a frame of AAL5 PDU mode: a PDU, a fragment of one, or OAM cells (M=0).
func (f Format) decodePDU(b []byte, atm uint8, channel Header) (Cells, Fault) {
	as, v := VCC, uint8(0)
	if f == PathPDU {
		as, v = VPC, atmV
	}
	if atm&atmM == 0 {
		return as.decodeCells(b, channel)
	}
	if fault := judge(atm, atmM, v, atmReservedPDU); fault != NoFault {
		return Cells{}, fault
	}
	base := channel &^ (1<<shiftVCI - 1)
	if f == PathPDU && len(b) >= WordLen+2 {
		vci := vc.VCI(binary.BigEndian.Uint16(b[WordLen:]))
		base = channel&^(1<<shiftVPI-1) | Header(vci)<<shiftVCI
	}
	return take(f, b, base, atm)
}

// judge compares an atm octet with what it must be.
func judge(atm, m, v, reserved uint8) Fault {
	switch {
	case atm&atmM != m:
		return WrongM
	case atm&atmV != v:
		return WrongV
	case atm&reserved != 0:
		return Flagged
	}
	return NoFault
}
