package frame

import "fmt"

// A Fault says why a frame carries no SDU for us, or not a whole one.
type Fault uint8

// The faults, in the order in which they are found.
const (
	// NoFault is a good frame.
	NoFault Fault = iota
	// Truncated is a frame that ends before its label or control word does.
	Truncated
	// Stacked is a frame with a second label below the first (S=0).
	Stacked
	// NotPseudowire is a frame whose first nibble is not 0: an associated channel (1, RFC 5085), or
	// no pseudowire at all.
	NotPseudowire
	// OAMCell is a frame that carries one OAM cell (T=1).
	OAMCell
	// BadOAMCell is a frame with T=1 whose payload is no single cell of 52 octets.
	BadOAMCell
	// Fragment is no fault: the frame carries a part of an SDU (FRG is not 0, RFC 4623).
	Fragment
	// LooseFragment is a part of an SDU without a sequence number, which nothing can be joined to.
	LooseFragment
	// ZeroLength is a frame that may be padded and does not tell its length.
	ZeroLength
	// BadLength is a frame whose length field contradicts its size.
	BadLength
	// EmptySDU is a frame without a single octet of SDU.
	EmptySDU
)

// NumFaults is the number of values of [Fault].
const NumFaults = int(EmptySDU) + 1

// Numbered reports whether a frame with this fault has a sequence number that was consumed.
func (f Fault) Numbered() bool { return f == NoFault || f >= OAMCell }

// String returns the fault's name in snake_case, or "none".
func (f Fault) String() string {
	switch f {
	case NoFault:
		return "none"
	case Truncated:
		return "truncated"
	case Stacked:
		return "stacked"
	case NotPseudowire:
		return "not_pseudowire"
	case OAMCell:
		return "oam_cell"
	case BadOAMCell:
		return "bad_oam_cell"
	case Fragment:
		return "fragment"
	case LooseFragment:
		return "loose_fragment"
	case ZeroLength:
		return "zero_length"
	case BadLength:
		return "bad_length"
	case EmptySDU:
		return "empty_sdu"
	}
	return fmt.Sprintf("Fault(%d)", uint8(f))
}
