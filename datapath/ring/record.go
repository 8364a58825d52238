package ring

// Flags are the bits that travel beside a record's payload.
type Flags uint8

// The bits of Flags (RING.md section 3). All others are reserved: they are zero on writing and a violation on reading.
const (
	// CLP is the cell loss priority of the SDU: set, it is the first to be dropped (I.361 clause 2.2.5).
	CLP Flags = 1 << 0
	// EFCI says that the SDU met congestion on its way (I.361 clause 2.2.4).
	EFCI Flags = 1 << 1

	flagPad  Flags = 1 << 7
	flagMask       = CLP | EFCI
)

// Meta is what a record carries beside its payload.
type Meta struct {
	// UU is the CPCS user-to-user octet (I.363.5 clause 9.2.1.2).
	UU uint8
	// Flags are CLP and EFCI.
	Flags Flags
}

// Record is one SDU. A Record that a Consumer returned is a view: its Payload lies in the ring, belongs to
// the ring, is valid until the Release that covers it, and may change at any time if the producer is hostile.
// Its length and Meta are private copies.
type Record struct {
	Meta

	// Payload is the SDU.
	Payload []byte

	end uint64 // Position just behind the record, for ReleaseThrough.
}

// recordAlign is the alignment of records; recordHeader is the size of a header.
const (
	recordAlign  = 8
	recordHeader = 8
)

// header is the word before a payload, in host order: bits 0-31 length, 32-39 UU, 40-47 flags, 48-63 zero.
type header uint64

// newHeader packs a record's header.
func newHeader(length int, m Meta) header {
	return header(uint32(length)) | header(m.UU)<<32 | header(m.Flags&flagMask)<<40
}

// padHeader is the header of the pad record that fills rest octets, its own header included.
func padHeader(rest uint64) header {
	return header(rest-recordHeader) | header(flagPad)<<40
}

func (h header) length() uint64 { return uint64(uint32(h)) }

func (h header) meta() Meta { return Meta{UU: uint8(h >> 32), Flags: Flags(h >> 40)} }

func (h header) isPad() bool { return h&(header(flagPad)<<40) != 0 }

// reserved returns the bits that a record's header must not have.
func (h header) reserved() header { return h & (header(^flagMask)<<40 | 0xFFFF<<48) }

// recordSize returns what a payload of n octets takes of the ring.
func recordSize(n uint64) uint64 { return (recordHeader + n + recordAlign - 1) &^ (recordAlign - 1) }

// maxPayload returns the largest payload of a ring of size octets: a record takes at most half of it, so that
// an empty ring has room for it wherever its indices stand.
func maxPayload(size uint64) uint64 { return size/2 - recordHeader }
