package cell

import "callmanager/vc"

// BodyLen is the size of a cell's payload in octets (I.361 clause 2.1).
const BodyLen = vc.CellPayload

// A Body is the payload of a cell.
type Body [BodyLen]byte

// Set copies a body, in three moves of sixteen octets. For all of it at once the compiler would call memmove,
// as the two might overlap; they must not, unless they are one.
func (b *Body) Set(from *Body) {
	*(*[16]byte)(b[0:]) = *(*[16]byte)(from[0:])
	*(*[16]byte)(b[16:]) = *(*[16]byte)(from[16:])
	*(*[16]byte)(b[32:]) = *(*[16]byte)(from[32:])
}

// A Header is the header of a cell without its check: VPI<12> VCI<16> PTI<3> CLP<1>, as at the NNI
// (I.361 clause 2.3) and in RFC 4717 clause 8. At the UNI the upper four bits are no part of the
// VPI: see [Header.SplitGFC].
type Header uint32

const (
	shiftVPI = 20
	shiftVCI = 4
	shiftPTI = 1
	shiftGFC = 28

	headerCLP Header = 1

	// MaxVPI is the highest path identifier that fits a header. A link's channels end before, at
	// [vc.MaxVPI].
	MaxVPI = 1<<12 - 1
)

// NewHeader returns a header. Of the path the lower twelve bits count.
func NewHeader(vpi uint16, vci vc.VCI, p PTI, clp bool) Header {
	h := Header(vpi&MaxVPI)<<shiftVPI | Header(vci)<<shiftVCI | Header(p&7)<<shiftPTI
	if clp {
		h |= headerCLP
	}
	return h
}

// VPI returns the path identifier, 0 to [MaxVPI].
func (h Header) VPI() uint16 { return uint16(h >> shiftVPI) }

// VCI returns the channel identifier.
func (h Header) VCI() vc.VCI { return vc.VCI(h >> shiftVCI & 0xFFFF) }

// Channel returns path and channel as one number of 28 bits, for a look-up: VPI<12> VCI<16>.
func (h Header) Channel() uint32 { return uint32(h >> shiftVCI) }

// PTI returns the payload type.
func (h Header) PTI() PTI { return PTI(h>>shiftPTI) & 7 }

// CLP reports whether the cell may be dropped before others.
func (h Header) CLP() bool { return h&headerCLP != 0 }

// WithPTI returns the header with another payload type.
func (h Header) WithPTI(p PTI) Header { return h&^(7<<shiftPTI) | Header(p&7)<<shiftPTI }

// SplitGFC takes apart a header of the UNI (I.361 clause 2.2): the generic flow control field, and
// the header with a path of eight bits.
func (h Header) SplitGFC() (gfc uint8, uni Header) {
	return uint8(h >> shiftGFC), h & (1<<shiftGFC - 1)
}

// JoinGFC makes a header of the UNI. The path keeps its lower eight bits.
func (h Header) JoinGFC(gfc uint8) Header { return h&(1<<shiftGFC-1) | Header(gfc)<<shiftGFC }
