package lookup

import (
	"sync/atomic"

	"callmanager/datapath/frame"
)

// leafBits is how many bits of a label the second level of a table resolves.
const leafBits = 8

// A leaf holds what 256 neighbouring channels of one path lead to.
type leaf[T any] [1 << leafBits]atomic.Pointer[T]

// A Channels finds what has a label: two arrays of atomic pointers over VPI and VCI, the second level made when it
// is first needed. The garbage collector keeps what a reader still looks at. The zero value is empty.
type Channels[T any] struct {
	root [frame.NumLabels >> leafBits]atomic.Pointer[leaf[T]]
	used [frame.NumLabels >> leafBits]uint16
}

// Find returns what has a label, or nil.
//
//hot:bce
func (c *Channels[T]) Find(l frame.Label) *T {
	p := c.root[uint32(l)>>leafBits%uint32(len(c.root))].Load()
	if p == nil {
		return nil
	}
	return p[uint32(l)%uint32(len(p))].Load()
}

// Set enters what has a label that was free.
func (c *Channels[T]) Set(l frame.Label, to *T) {
	i := l >> leafBits
	p := c.root[i].Load()
	if p == nil {
		p = new(leaf[T])
	}
	p[l%frame.Label(len(p))].Store(to)
	c.used[i]++
	c.root[i].Store(p)
}

// Remove takes a label out.
func (c *Channels[T]) Remove(l frame.Label) {
	i := l >> leafBits
	p := c.root[i].Load()
	if p == nil || p[l%frame.Label(len(p))].Swap(nil) == nil {
		return
	}
	if c.used[i]--; c.used[i] == 0 {
		c.root[i].Store(nil)
	}
}

// Leaves returns how many arrays of 256 channels there are.
func (c *Channels[T]) Leaves() (n int) {
	for i := range c.root {
		if c.root[i].Load() != nil {
			n++
		}
	}
	return n
}
