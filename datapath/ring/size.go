package ring

import "math/bits"

// Bounds of SizeFor. A reader that shares its processor with a few others is not scheduled for 20 to 30 ms:
// with 10 ms of ring, transfers at 100 and 200 Mbit/s lost SDUs on two busy processors. The socket in front holds
// 100 ms, and so does a ring. Pages of a ring that are never reached take no memory.
const (
	sizeForLeast = 1 << 20
	sizeForMost  = 8 << 20
	sizeForParts = 10 // The part of a second that a ring holds.
)

// SizeFor returns the octets of a ring that holds 100 ms at a peak rate of octets a second: at least four SDUs
// of maxSDU octets wherever the indices stand, at least 1 MiB, at most 8 MiB, rounded up to a power of two. A
// rate of 0 or less gives the least. maxSDU is at most 65535 octets in AAL5; a larger one may exceed 8 MiB.
func SizeFor(octetsPerSecond int64, maxSDU int) int {
	size := uint64(max(octetsPerSecond, 0)) / sizeForParts
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
