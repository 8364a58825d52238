package ring

import "math/bits"

// Bounds of SizeFor (DESIGN section 9).
const (
	sizeForLeast = 256 << 10
	sizeForMost  = 8 << 20
)

// SizeFor returns the octets of a ring that holds 10 ms at a peak rate of octets a second: at least four SDUs
// of maxSDU octets wherever the indices stand, at least 256 KiB, at most 8 MiB, rounded up to a power of two. A
// rate of 0 or less gives the least. maxSDU is at most 65535 octets in AAL5; a larger one may exceed 8 MiB.
func SizeFor(octetsPerSecond int64, maxSDU int) int {
	size := uint64(max(octetsPerSecond, 0)) / 100
	size = min(max(size, sizeForLeast), sizeForMost)
	// A pad before the end of the ring is shorter than the record that follows it: five records' room holds four.
	size = max(size, 5*recordSize(uint64(max(maxSDU, 0))))
	return int(min(powerOfTwo(size), MaxSize))
}

// powerOfTwo rounds up to a power of two.
func powerOfTwo(n uint64) uint64 {
	if n <= 1 {
		return 1
	}
	return 1 << bits.Len64(n-1)
}
