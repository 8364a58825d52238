package sscop

import (
	"encoding/binary"
	"fmt"
	"strings"
)

// PDUType is the 4-bit type of a PDU (Q.2110 clause 7.2).
type PDUType uint8

// The PDU types. 0 is no PDU.
const (
	BGN   PDUType = 0x1 // begin: request a connection
	BGAK  PDUType = 0x2 // begin acknowledge
	END   PDUType = 0x3 // end: release a connection
	ENDAK PDUType = 0x4 // end acknowledge
	RS    PDUType = 0x5 // resynchronization
	RSAK  PDUType = 0x6 // resynchronization acknowledge
	BGREJ PDUType = 0x7 // begin reject
	SD    PDUType = 0x8 // sequenced data
	ER    PDUType = 0x9 // error recovery
	POLL  PDUType = 0xa // transmitter state with a request for the receiver's
	STAT  PDUType = 0xb // solicited receiver state
	USTAT PDUType = 0xc // unsolicited receiver state
	UD    PDUType = 0xd // unnumbered user data
	MD    PDUType = 0xe // unnumbered management data
	ERAK  PDUType = 0xf // error recovery acknowledge
)

// NumPDUTypes is the size of an array indexed by PDUType.
const NumPDUTypes = 16

// String returns the name of the Recommendation.
func (t PDUType) String() string {
	names := [NumPDUTypes]string{
		"type 0", "BGN", "BGAK", "END", "ENDAK", "RS", "RSAK", "BGREJ",
		"SD", "ER", "POLL", "STAT", "USTAT", "UD", "MD", "ERAK",
	}
	return names[t%NumPDUTypes]
}

// CarriesData reports whether PDUs of the type carry SDUs of the user at layer 3: SD and UD. The data of
// MD is the layer management's.
func (t PDUType) CarriesData() bool { return t == SD || t == UD }

// PDU is a decoded PDU of any type. Fields that its type does not carry are zero; which it carries
// stands with the type's codec, one file a PDU. PDUs are built by setting the fields.
type PDU struct {
	Type   PDUType
	NSQ    uint8  // N(SQ): connection sequence number of BGN, RS, ER
	Source Source // S bit of END
	NMR    Seq    // N(MR): first SD that the sender will not accept
	NS     Seq    // N(S): number of an SD; VT(S) in a POLL
	NR     Seq    // N(R): VR(R) of a STAT, USTAT
	NPS    Seq    // N(PS): poll number of POLL, STAT
	Data   []byte // user data of SD, UD, MD; user-to-user data of BGN, BGAK, BGREJ, END, RS
	List   []Seq  // list elements of STAT, USTAT: first of a gap, first after it, and so on
}

// Limits are the length limits that Parse applies (Q.2110 clause 7.7).
type Limits struct {
	K       int // octets of data in SD, UD, MD
	J       int // octets of user-to-user data
	MaxSTAT int // list elements of a STAT
}

// LengthError says that a PDU breaks the length rule of its type or has no known type: it is to be
// discarded and reported as MAA-ERROR U.
type LengthError struct {
	Type PDUType
	Size int // octets
}

// Error names type and size.
func (e *LengthError) Error() string {
	return fmt.Sprintf("sscop: %v of %d octets breaks its length rule", e.Type, e.Size)
}

// Parse sets p to the PDU in b. Data is a slice of b; List reuses the memory of p.List. Reserved
// bits, and what is in the pad, do not matter. The only error is a *LengthError, with which p is of
// no use.
func (p *PDU) Parse(b []byte, lim Limits) error {
	*p = PDU{List: p.List[:0]}
	if len(b) < trailerSize || len(b)%4 != 0 {
		return &LengthError{Size: len(b)}
	}
	p.Type = PDUType(b[len(b)-4] & 0x0f)
	if !p.parse(b, lim) {
		return &LengthError{Type: p.Type, Size: len(b)}
	}
	return nil
}

// parse hands b to the codec of p.Type and reports whether its length is right.
func (p *PDU) parse(b []byte, lim Limits) bool {
	switch p.Type {
	case BGN:
		return p.parseBGN(b, lim.J)
	case BGAK:
		return p.parseBGAK(b, lim.J)
	case END:
		return p.parseEND(b, lim.J)
	case ENDAK:
		return p.parseENDAK(b)
	case RS:
		return p.parseRS(b, lim.J)
	case RSAK:
		return p.parseRSAK(b)
	case BGREJ:
		return p.parseBGREJ(b, lim.J)
	case SD:
		return p.parseSD(b, lim.K)
	case ER:
		return p.parseER(b)
	case POLL:
		return p.parsePOLL(b)
	case STAT:
		return p.parseSTAT(b, lim.MaxSTAT)
	case USTAT:
		return p.parseUSTAT(b)
	case UD:
		return p.parseUD(b, lim.K)
	case MD:
		return p.parseMD(b, lim.K)
	case ERAK:
		return p.parseERAK(b)
	}
	return false
}

// Append appends the octets of p to b. Nothing is appended for a type that does not exist. A USTAT
// takes the first two elements of List.
func (p *PDU) Append(b []byte) []byte {
	switch p.Type {
	case BGN:
		return p.appendBGN(b)
	case BGAK:
		return p.appendBGAK(b)
	case END:
		return p.appendEND(b)
	case ENDAK:
		return p.appendENDAK(b)
	case RS:
		return p.appendRS(b)
	case RSAK:
		return p.appendRSAK(b)
	case BGREJ:
		return p.appendBGREJ(b)
	case SD:
		return p.appendSD(b)
	case ER:
		return p.appendER(b)
	case POLL:
		return p.appendPOLL(b)
	case STAT:
		return p.appendSTAT(b)
	case USTAT:
		return p.appendUSTAT(b)
	case UD:
		return p.appendUD(b)
	case MD:
		return p.appendMD(b)
	case ERAK:
		return p.appendERAK(b)
	}
	return b
}

// String returns the type with the fields that it carries, without the data, for traces.
func (p *PDU) String() string {
	var b strings.Builder
	b.WriteString(p.Type.String())
	switch p.Type {
	case BGN, RS, ER:
		fmt.Fprintf(&b, " N(SQ)=%d N(MR)=%v", p.NSQ, p.NMR)
	case BGAK, RSAK, ERAK:
		fmt.Fprintf(&b, " N(MR)=%v", p.NMR)
	case END:
		fmt.Fprintf(&b, " by %v", p.Source)
	case SD:
		fmt.Fprintf(&b, " N(S)=%v", p.NS)
	case POLL:
		fmt.Fprintf(&b, " N(PS)=%v N(S)=%v", p.NPS, p.NS)
	case STAT:
		fmt.Fprintf(&b, " N(PS)=%v N(MR)=%v N(R)=%v", p.NPS, p.NMR, p.NR)
	case USTAT:
		fmt.Fprintf(&b, " N(MR)=%v N(R)=%v", p.NMR, p.NR)
	case ENDAK, BGREJ, UD, MD:
	}
	if len(p.List) > 0 {
		fmt.Fprintf(&b, " %v", p.List)
	}
	if len(p.Data) > 0 {
		fmt.Fprintf(&b, " (%d octets)", len(p.Data))
	}
	return b.String()
}

// trailerSize is the length of the last word, which every PDU has.
const trailerSize = 4

// word returns the i-th 32-bit word of b counted from its end: 1 is the trailer's last.
func word(b []byte, i int) uint32 {
	return binary.BigEndian.Uint32(b[len(b)-4*i:])
}

// field returns the 24-bit field of the i-th word from the end.
func field(b []byte, i int) Seq {
	return NewSeq(word(b, i))
}

// appendTrailer appends the last word: pad length, type and sequence field.
//
//	 8   7   6   5   4   3   2   1
//	+-------+---+---+---------------+
//	|  PL   | 0 | S |   PDU type    |  then 24 bits of sequence field
//	+-------+---+---+---------------+
func appendTrailer(b []byte, pl int, t PDUType, n Seq) []byte {
	return binary.BigEndian.AppendUint32(b, uint32(pl)<<30|uint32(t)<<24|n.n)
}

// appendField appends a word that holds n in its low 24 bits.
func appendField(b []byte, n Seq) []byte {
	return binary.BigEndian.AppendUint32(b, n.n)
}

// appendPadded appends data and the zero octets that fill its last word, and returns their number.
func appendPadded(b, data []byte) (out []byte, pl int) {
	pl = -len(data) & 3
	var zero [3]byte
	b = append(b, data...)
	return append(b, zero[:pl]...), pl
}

// unpad returns what stands before a trailer of the given size, less the pad, and reports whether
// it is there and at most limit octets long.
func unpad(b []byte, trailer, limit int) ([]byte, bool) {
	pl := int(b[len(b)-4] >> 6)
	n := len(b) - trailer - pl
	if n < 0 || n > limit {
		return nil, false
	}
	return b[:n:n], true
}
