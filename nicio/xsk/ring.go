package xsk

import "sync/atomic"

// A ring is an array that is shared with the kernel, and how far its two sides have come. The
// indices run freely modulo 2^32; the array's length is a power of two.
type ring[T any] struct {
	producer *atomic.Uint32
	consumer *atomic.Uint32
	slots    []T
}

// at returns the slot of an index.
func (r *ring[T]) at(i uint32) *T {
	s := r.slots
	return &s[int(i)&(len(s)-1)]
}

// size returns the number of slots.
func (r *ring[T]) size() uint32 { return uint32(len(r.slots)) }

// distance returns how far an index that the kernel wrote is ahead of one of ours, where it can be
// at most limit ahead. One that is behind is at distance 0: the kernel writes late. Beyond the limit
// it is not ok.
func distance(from, to, limit uint32) (n uint32, ok bool) {
	n = to - from
	if int32(n) <= 0 { //nolint:gosec // The sign of a difference modulo 2^32 is what is asked for.
		return 0, true
	}
	return n, n <= limit
}
