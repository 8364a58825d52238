package ringsize

import (
	"math/bits"

	"callmanager/vc"
)

// The sizes of a ring without the client's wish: 100 ms at the peak rate of its
// flow, at least 1 MiB, at most 8 MiB (datapath/ring says why). Of a client that
// has used up half of its quota a ring has the floor: 256 KiB and room for 4 SDUs
// wherever the ring's indices stand (that of 5).
const (
	minRing       = 256 << 10
	usualRing     = 1 << 20
	maxRing       = 8 << 20
	minRingSDUs   = 5
	ringPerSecond = 10 // the part of a second that a ring holds
	// recordRoom is what a record may take beside its SDU in a ring.
	recordRoom = 64
	// MaxAsked is the largest ring that a client may ask for.
	MaxAsked = 1 << 30
)

// Floor is the smallest ring that a flow works with.
func Floor(f vc.Flow) int64 {
	return roundUp(max(minRing, minRingSDUs*(int64(f.MaxSDU)+recordRoom)))
}

// Of returns the size of a ring for a flow in octets: what the client
// asks for, but at least the floor, or else what is usual for the rate. Sizes are
// powers of two.
func Of(f vc.Flow, asked uint32) int64 {
	least := Floor(f)
	if asked != 0 {
		return max(least, roundUp(int64(asked)))
	}
	return max(least, usualRing, min(maxRing, roundUp(int64(f.PCR.Bytes())/ringPerSecond)))
}

// roundUp returns the next power of two.
func roundUp(n int64) int64 {
	if n <= 1 {
		return 1
	}
	return 1 << bits.Len64(uint64(n-1))
}
