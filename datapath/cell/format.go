package cell

import "fmt"

// A Format is how a frame carries cells (RFC 4717).
type Format uint8

// The formats. The zero value is none.
const (
	_ Format = iota
	// NToOne is N-to-one cell mode with the preferred control word (clause 8.1).
	NToOne
	// NToOneBare is N-to-one cell mode without a control word.
	NToOneBare
	// VCC is one-to-one cell mode of a channel (clause 9.3): the label says which.
	VCC
	// VPC is one-to-one cell mode of a path (clause 9.4): the label says which, each cell its VCI.
	VPC
	// PDU is AAL5 PDU mode of a channel (clause 11.1). Its OAM cells travel as in VCC.
	PDU
	// PathPDU is AAL5 PDU mode of a channel that each frame tells (V=1). Its OAM cells travel as in VPC.
	PathPDU
	// Line is each cell with its HEC and nothing else, as on a line (I.361 clause 2.1). There is no
	// number.
	Line
)

// NumFormats is the number of values of [Format], the zero value included.
const NumFormats = int(Line) + 1

const (
	// WordLen is the size of a control word in octets (RFC 4385 clause 3).
	WordLen = 4
	// nToOneLen is the size of a cell of N-to-one mode in octets.
	nToOneLen = 4 + BodyLen
)

// shapes is where the first cell of a format begins, counted from the control word on, and how far
// the next one is from there. The atm octets count to their cells, so the first cell of one-to-one
// mode begins within the control word.
var shapes = [NumFormats]shape{
	NToOne:     {WordLen, nToOneLen},
	NToOneBare: {0, nToOneLen},
	VCC:        {WordLen - 1, 1 + BodyLen},
	VPC:        {WordLen - 1, 1 + 2 + BodyLen},
	PDU:        {WordLen, BodyLen},
	PathPDU:    {WordLen + 2, BodyLen},
	Line:       {0, Len},
}

// A shape is a row of shapes, in octets.
type shape struct{ start, stride uint8 }

// shape returns the row of a format, and zeros for none.
func (f Format) shape() shape {
	if int(f) < len(shapes) {
		return shapes[f]
	}
	return shape{}
}

// Most returns how many cells fit in a frame of so many octets behind its label.
func (f Format) Most(octets int) int {
	s := f.shape()
	if s.stride == 0 || octets < int(s.start) {
		return 0
	}
	return (octets - int(s.start)) / int(s.stride)
}

// Size returns the octets behind the label of a frame of n cells.
func (f Format) Size(n int) int {
	s := f.shape()
	return int(s.start) + n*int(s.stride)
}

// String returns the format's name in snake_case.
func (f Format) String() string {
	switch f {
	case NToOne:
		return "n_to_one"
	case NToOneBare:
		return "n_to_one_bare"
	case VCC:
		return "vcc"
	case VPC:
		return "vpc"
	case PDU:
		return "pdu"
	case PathPDU:
		return "path_pdu"
	case Line:
		return "line"
	}
	return fmt.Sprintf("Format(%d)", uint8(f))
}

// The bits of the generic control word's atm octet. M tells PDUs from cells; U, E and C are those
// of a PDU, where a cell has PTI and CLP.
const (
	atmM = 1 << 7
	atmV = 1 << 6
	atmU = 1 << 2
	atmE = 1 << 1
	atmC = 1 << 0

	atmReservedCell = 0x30
	atmReservedPDU  = 0x38
	atmPTICLP       = 0x0F
)
