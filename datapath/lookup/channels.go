package lookup

import (
	"sync/atomic"

	"callmanager/datapath/frame"
)

// leafBits is how many bits of a label the second level of a table resolves.
const leafBits = 8

// A leaf holds what belongs to 256 neighbouring channels of one path.
type leaf[T any] [1 << leafBits]atomic.Pointer[T]

// Channels finds what belongs to a label: two arrays of atomic pointers over VPI and VCI, the
// second level made when it is first needed. Readers take no lock. The garbage collector keeps what
// a reader still looks at; the memory of clients' rings is released only after a grace period of
// the reader.
//
//	label  | VPI+1 (4) | VCI (8 upper bits) | VCI (8 lower bits) |
//	       |<------------- root ----------->|<------ leaf ------>|
//
// Set and Remove belong to one goroutine at a time.
type Channels[T any] struct {
	root [frame.NumLabels >> leafBits]atomic.Pointer[leaf[T]]
	used [frame.NumLabels >> leafBits]uint16
}

// Find returns what belongs to a label, or nil.
//
//hot:bce
func (t *Channels[T]) Find(l frame.Label) *T {
	p := t.root[uint32(l)>>leafBits%uint32(len(t.root))].Load()
	if p == nil {
		return nil
	}
	return p[uint32(l)%uint32(len(p))].Load()
}

// Set enters what belongs to a label that was free.
func (t *Channels[T]) Set(l frame.Label, b *T) {
	i := l >> leafBits
	p := t.root[i].Load()
	if p == nil {
		p = new(leaf[T])
	}
	p[l%frame.Label(len(p))].Store(b)
	t.used[i]++
	t.root[i].Store(p)
}

// Remove takes out what belongs to a label. Readers may go on to see it until their next grace
// period.
func (t *Channels[T]) Remove(l frame.Label) {
	i := l >> leafBits
	p := t.root[i].Load()
	if p == nil || p[l%frame.Label(len(p))].Swap(nil) == nil {
		return
	}
	if t.used[i]--; t.used[i] == 0 {
		t.root[i].Store(nil)
	}
}
