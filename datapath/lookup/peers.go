package lookup

import (
	"encoding/binary"
	"math/bits"

	"callmanager/vc"
)

// A Peers finds the link of a source address on one NIC: an open hash table that never changes.
// It remembers the last address found, as frames come in runs. One goroutine uses it.
type Peers[T any] struct {
	keys  []uint64 // Zero is free: no station has that address.
	links []*T
	shift uint

	lastKey  uint64
	lastLink *T
}

// Source returns the source address of a frame of at least 12 octets as a number.
func Source(frame []byte) uint64 { return binary.BigEndian.Uint64(frame[4:12]) & (1<<48 - 1) }

// keyOf returns an address as a number.
func keyOf(m vc.MAC) uint64 {
	return uint64(binary.BigEndian.Uint16(m[0:2]))<<32 | uint64(binary.BigEndian.Uint32(m[2:6]))
}

// NewPeers makes the table of a NIC's links, which have different addresses. At most half of it is filled, so a
// search ends soon.
func NewPeers[T any](links []*T, peer func(*T) vc.MAC) Peers[T] {
	width := uint(bits.Len(uint(2 * len(links))))
	p := Peers[T]{
		keys:  make([]uint64, 1<<width),
		links: make([]*T, 1<<width),
		shift: 64 - width,
	}
	for _, l := range links {
		k := keyOf(peer(l))
		i := p.slot(k)
		p.keys[i], p.links[i] = k, l
	}
	return p
}

// slot returns where a key is, or the free place where its search ends.
func (p *Peers[T]) slot(key uint64) int {
	i := int(key * 0x9E3779B97F4A7C15 >> p.shift) // Fibonacci hashing: the upper bits are well mixed.
	for p.keys[i] != key && p.keys[i] != 0 {
		if i++; i == len(p.keys) {
			i = 0
		}
	}
	return i
}

// Find returns the link of the peer with this address ([Source]), or nil for a stranger.
func (p *Peers[T]) Find(key uint64) *T {
	if key == p.lastKey {
		return p.lastLink
	}
	l := p.links[p.slot(key)]
	if l != nil {
		p.lastKey, p.lastLink = key, l
	}
	return l
}
