package lookup

import (
	"encoding/binary"
	"math/bits"

	"callmanager/vc"
)

// Peers finds what belongs to a source address on one NIC: an open hash table that never changes.
// It remembers the last address found, as frames come in runs. One goroutine uses it.
type Peers[T any] struct {
	keys   []uint64 // Zero is free: no station has that address.
	values []*T
	shift  uint

	lastKey uint64
	last    *T
}

// macKey returns the address as a number.
func macKey(m vc.MAC) uint64 {
	return uint64(binary.BigEndian.Uint16(m[0:2]))<<32 | uint64(binary.BigEndian.Uint32(m[2:6]))
}

// SourceKey returns the source address of a frame of at least 12 octets as a number.
func SourceKey(b []byte) uint64 { return binary.BigEndian.Uint64(b[4:12]) & (1<<48 - 1) }

// NewPeers makes the table of values with their addresses. At most half of it is filled, so a search ends soon.
func NewPeers[T any](of []*T, address func(*T) vc.MAC) Peers[T] {
	width := uint(bits.Len(uint(2 * len(of))))
	t := Peers[T]{
		keys:   make([]uint64, 1<<width),
		values: make([]*T, 1<<width),
		shift:  64 - width,
	}
	for _, l := range of {
		key := macKey(address(l))
		i := t.slot(key)
		t.keys[i], t.values[i] = key, l
	}
	return t
}

// slot returns where a key is, or the free place where its search ends.
func (t *Peers[T]) slot(key uint64) int {
	i := int(key * 0x9E3779B97F4A7C15 >> t.shift) // Fibonacci hashing: the upper bits are well mixed.
	for t.keys[i] != key && t.keys[i] != 0 {
		if i++; i == len(t.keys) {
			i = 0
		}
	}
	return i
}

// Find returns what belongs to the address with this key, or nil for a stranger.
func (t *Peers[T]) Find(key uint64) *T {
	if key == t.lastKey {
		return t.last
	}
	l := t.values[t.slot(key)]
	if l != nil {
		t.lastKey, t.last = key, l
	}
	return l
}
