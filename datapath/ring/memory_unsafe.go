package ring

import "unsafe"

// memory is the file of one VC, mapped or on the heap: its words and octets are the same memory.
type memory []uint64

// newMemory returns zeroed heap memory of so many octets, a multiple of 8.
func newMemory(octets uint64) memory { return make(memory, octets/8) }

// mappedMemory views a mapping as memory.
func mappedMemory(b []byte) memory {
	// Safety: a mapping starts at a page and is a whole number of pages long, so the words are aligned and inside it.
	return unsafe.Slice((*uint64)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/8)
}

// preamble returns the read-only start of the memory.
func (m memory) preamble() *preamble {
	_ = m[headerOctets/8-1]
	// Safety: the header page is there, checked above, and preamble has no pointers and no stricter alignment than a word.
	return (*preamble)(unsafe.Pointer(&m[0]))
}

// view returns the ring whose control block is at offset ctl and whose records are at a.
func (m memory) view(ctl uint64, a area) view {
	_ = m[headerOctets/8-1]
	words := m[a.offset/8 : (a.offset+a.octets)/8 : (a.offset+a.octets)/8]
	return view{
		// Safety: both control blocks lie in the header page, checked above, at multiples of 8, and have no pointers.
		ctl: (*control)(unsafe.Pointer(&m[ctl/8])),
		// Safety: the octets of a slice of words that stays referenced beside them.
		data:  unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(words))), len(words)*8),
		words: words,
	}
}
