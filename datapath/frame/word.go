package frame

import "encoding/binary"

// Flags are the four bits of the control word that RFC 4717 clause 12.1 defines.
type Flags uint8

// The flags. U carries only the least significant bit of CPCS-UU; an SDU that sets others does not
// fit.
const (
	// U is the CPCS-UU least significant bit.
	U Flags = 1 << iota
	// C is the cell loss priority.
	C
	// E is the explicit forward congestion indication.
	E
	// T says that the payload is an OAM cell.
	T
)

// A Part says which part of an SDU a frame carries: the FRG bits of RFC 4623 clause 2.
type Part uint8

// The parts. Their values are those of the wire.
const (
	Whole Part = iota
	First
	Last
	Middle
)

// A Word is a control word: 0000 T E C U, FRG<2>, length<6>, sequence<16>.
type Word uint32

const (
	shiftFlags  = 24
	shiftFRG    = 22
	shiftLength = 16

	// lengthLimit is the first length that the six bits of the field cannot tell.
	lengthLimit = 64
	// unpadded is the size of control word and payload from which on no NIC has padded the frame:
	// the minimum of an Ethernet payload, taken without its label for the sake of peers that count
	// so.
	unpadded = 46
	// oamCell is the size of an OAM cell without its HEC octet (RFC 4717 clause 12.1).
	oamCell = 52
)

// NewWord returns the control word of an SDU of n octets: the length field is set when SDU and word
// together are shorter than 64 octets, and 0 otherwise (RFC 4385 clause 3).
func NewWord(f Flags, n int, sequence uint16) Word { return NewPart(f, Whole, n, sequence) }

// NewPart returns the control word of a part of n octets of an SDU. All parts bear the flags of the SDU,
// and numbers in a row, none of them 0 (RFC 4623 clause 4).
func NewPart(f Flags, p Part, n int, sequence uint16) Word {
	w := Word(f&0xF)<<shiftFlags | Word(p&3)<<shiftFRG | Word(sequence)
	if n += WordLen; n < lengthLimit {
		w |= Word(n) << shiftLength
	}
	return w
}

// Flags returns T, E, C and U.
func (w Word) Flags() Flags { return Flags(w>>shiftFlags) & 0xF }

// Part returns which part of an SDU the frame carries.
func (w Word) Part() Part { return Part(w>>shiftFRG) & 3 }

// Length returns the length field in octets; 0 says nothing.
func (w Word) Length() int { return int(w>>shiftLength) & (lengthLimit - 1) }

// Sequence returns the sequence number; 0 means that the peer does not number.
func (w Word) Sequence() uint16 { return uint16(w) }

// PutHead writes a label stack entry and a control word.
func PutHead(b *[HeadLen]byte, e Entry, w Word) {
	binary.BigEndian.PutUint32(b[0:4], uint32(e))
	binary.BigEndian.PutUint32(b[4:8], uint32(w))
}

// DecodeWord reads the octets behind the label: the control word, and the SDU without the padding
// of the NIC. The SDU aliases b. The word is valid if f.Numbered(); the SDU only without a fault, or if
// the fault is Fragment: then it is the part of an SDU that w.Part names.
//
//hot:bce
func DecodeWord(b []byte) (w Word, sdu []byte, f Fault) {
	if len(b) < WordLen {
		return 0, nil, Truncated
	}
	w = Word(binary.BigEndian.Uint32(b))
	if w>>28 != 0 {
		return w, nil, NotPseudowire
	}
	end, f := w.extent(len(b))
	switch {
	case w.Flags()&T != 0:
		if f == NoFault && end == WordLen+oamCell {
			return w, nil, OAMCell
		}
		return w, nil, BadOAMCell
	case f != NoFault:
		return w, nil, f
	case end < WordLen || end > len(b): // Never: extent has seen to it, and the compiler sees it here.
		return w, nil, BadLength
	case w.Part() != Whole && w.Sequence() == 0:
		return w, nil, LooseFragment
	case w.Part() != Whole:
		f = Fragment
	}
	return w, b[WordLen:end:end], f
}

// extent returns where control word and payload end in a frame that has size octets from the
// control word on. A length of 0 is accepted for 46 to 63 octets too, from peers that set the field
// by the 46 octets of a minimum Ethernet payload.
func (w Word) extent(size int) (end int, f Fault) {
	n := w.Length()
	switch {
	case n == 0 && size >= unpadded:
		return size, NoFault
	case n == 0:
		return 0, ZeroLength
	case n == WordLen:
		return 0, EmptySDU
	case n < WordLen || n > size || size >= lengthLimit:
		return 0, BadLength
	}
	return n, NoFault
}

// Unpad returns the octets behind the label, control word and payload, without the padding of the NIC
// if the length field tells of any. It does not judge them.
func Unpad(b []byte) []byte {
	if len(b) < WordLen {
		return b
	}
	if n := Word(binary.BigEndian.Uint32(b)).Length(); n >= WordLen && n < len(b) {
		return b[:n:n]
	}
	return b
}
