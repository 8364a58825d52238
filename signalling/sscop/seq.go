package sscop

import "strconv"

// seqMask keeps the 24 bits of a sequence number.
const seqMask = 1<<24 - 1

// Seq is a 24-bit sequence or poll number: N(S), N(R), N(MR), N(PS) and the state variables that
// follow them (Q.2110 clauses 7.4 and 7.5). All arithmetic is modulo 2^24. Two numbers compare only
// relative to a base, VT(A) or VT(PA) for the transmitter and VR(R) for the receiver, so the type
// is no integer on purpose: a plain < between two of them would be wrong at the wrap.
//
// Two values may be compared with == and used as map keys.
type Seq struct {
	n uint32
}

// NewSeq returns n modulo 2^24.
func NewSeq(n uint32) Seq {
	return Seq{n & seqMask}
}

// Add returns s advanced by n, modulo 2^24. A negative n goes back.
func (s Seq) Add(n int) Seq {
	return Seq{uint32(int64(s.n)+int64(n)) & seqMask}
}

// Sub returns the distance from base up to s, 0 to 2^24 - 1: how far s lies ahead of base.
func (s Seq) Sub(base Seq) int {
	return int((s.n - base.n) & seqMask)
}

// Less reports whether s comes before t when both are counted from base.
func (s Seq) Less(t, base Seq) bool {
	return s.Sub(base) < t.Sub(base)
}

// String returns the number in decimal.
func (s Seq) String() string {
	return strconv.FormatUint(uint64(s.n), 10)
}
