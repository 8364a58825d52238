package cell

import "fmt"

// A Fault says why a frame gives no cells, or a cell nothing to use.
type Fault uint8

// The faults of a frame in the order in which they are found, and those of a cell.
const (
	// NoFault is a good frame or cell.
	NoFault Fault = iota
	// Truncated is a frame that ends before its control word does.
	Truncated
	// NotPseudowire is a frame whose first nibble is not 0: an associated channel (1, RFC 5085), or
	// no pseudowire at all.
	NotPseudowire
	// Fragmented is a frame of N-to-one mode with fragmentation bits (RFC 4623), which has none.
	Fragmented
	// Flagged is a frame with bits set that are reserved in its mode.
	Flagged
	// WrongM is a frame of cells where PDUs are carried, or the reverse.
	WrongM
	// WrongV is a frame that tells a VCI where none is, or none where one is.
	WrongV
	// BadLength is a frame whose length field contradicts its size.
	BadLength
	// NoCells is a frame with nothing behind its control word.
	NoCells
	// PartialCell is a frame that is no whole number of cells.
	PartialCell

	// BadHEC is a cell whose header fails its check, or a frame with one.
	BadHEC
	// BadCRC10 is an OAM cell that fails its check.
	BadCRC10
	// WrongFunction is an OAM cell of another function than the one to be read.
	WrongFunction
)

// NumFaults is the number of values of [Fault].
const NumFaults = int(WrongFunction) + 1

// Numbered reports whether a frame with this fault has a sequence number that was consumed. A frame
// of [NToOneBare] or [Line] has number 0, which means none.
func (f Fault) Numbered() bool { return f == NoFault || f > NotPseudowire && f <= PartialCell }

// String returns the fault's name in snake_case, or "none".
func (f Fault) String() string {
	switch f {
	case NoFault:
		return "none"
	case Truncated:
		return "truncated"
	case NotPseudowire:
		return "not_pseudowire"
	case Fragmented:
		return "fragmented"
	case Flagged:
		return "flagged"
	case WrongM:
		return "wrong_m"
	case WrongV:
		return "wrong_v"
	case BadLength:
		return "bad_length"
	case NoCells:
		return "no_cells"
	case PartialCell:
		return "partial_cell"
	case BadHEC:
		return "bad_hec"
	case BadCRC10:
		return "bad_crc10"
	case WrongFunction:
		return "wrong_function"
	}
	return fmt.Sprintf("Fault(%d)", uint8(f))
}
