package datapath

import (
	"encoding/binary"
	"math/bits"

	"callmanager/vc"
)

// A peerTable finds the link of a source address on one NIC: an open hash table that never changes.
// It remembers the last address found, as frames come in runs. One goroutine uses it.
type peerTable struct {
	keys  []uint64 // Zero is free: no station has that address.
	links []*link
	shift uint

	lastKey  uint64
	lastLink *link
}

// macKey returns the address as a number.
func macKey(m vc.MAC) uint64 {
	return uint64(binary.BigEndian.Uint16(m[0:2]))<<32 | uint64(binary.BigEndian.Uint32(m[2:6]))
}

// sourceKey returns the source address of a frame of at least 12 octets as a number.
func sourceKey(b []byte) uint64 { return binary.BigEndian.Uint64(b[4:12]) & (1<<48 - 1) }

// newPeers makes the table of a NIC's links. At most half of it is filled, so a search ends soon.
func newPeers(links []*link) peerTable {
	width := uint(bits.Len(uint(2 * len(links))))
	t := peerTable{
		keys:  make([]uint64, 1<<width),
		links: make([]*link, 1<<width),
		shift: 64 - width,
	}
	for _, l := range links {
		i := t.slot(macKey(l.peer))
		t.keys[i], t.links[i] = macKey(l.peer), l
	}
	return t
}

// slot returns where a key is, or the free place where its search ends.
func (t *peerTable) slot(key uint64) int {
	i := int(key * 0x9E3779B97F4A7C15 >> t.shift) // Fibonacci hashing: the upper bits are well mixed.
	for t.keys[i] != key && t.keys[i] != 0 {
		if i++; i == len(t.keys) {
			i = 0
		}
	}
	return i
}

// find returns the link of the peer with this address, or nil for a stranger.
func (t *peerTable) find(key uint64) *link {
	if key == t.lastKey {
		return t.lastLink
	}
	l := t.links[t.slot(key)]
	if l != nil {
		t.lastKey, t.lastLink = key, l
	}
	return l
}
