package datapath

import (
	"sync/atomic"

	"callmanager/datapath/frame"
)

// leafBits is how many bits of a label the second level of a table resolves.
const leafBits = 8

// A leaf holds the branches of 256 neighbouring channels of one path.
type leaf [1 << leafBits]atomic.Pointer[branch]

// A channelTable finds the branch of a label: two arrays of atomic pointers over VPI and VCI, the
// second level made when it is first needed. Readers take no lock. The garbage collector keeps what
// a reader still looks at; the memory of clients' rings is released only after a grace period of
// the reader.
//
//	label  | VPI+1 (4) | VCI (8 upper bits) | VCI (8 lower bits) |
//	       |<------------- root ----------->|<------ leaf ------>|
//
// set and remove belong to one goroutine at a time.
type channelTable struct {
	root [frame.NumLabels >> leafBits]atomic.Pointer[leaf]
	used [frame.NumLabels >> leafBits]uint16
}

// find returns the branch of a label, or nil.
//
//hot:bce
func (t *channelTable) find(l frame.Label) *branch {
	p := t.root[uint32(l)>>leafBits%uint32(len(t.root))].Load()
	if p == nil {
		return nil
	}
	return p[uint32(l)%uint32(len(p))].Load()
}

// set enters a branch; its label was free.
func (t *channelTable) set(l frame.Label, b *branch) {
	i := l >> leafBits
	p := t.root[i].Load()
	if p == nil {
		p = new(leaf)
	}
	p[l%frame.Label(len(p))].Store(b)
	t.used[i]++
	t.root[i].Store(p)
}

// remove takes the branch of a label out. Readers may go on to see it until their next grace
// period.
func (t *channelTable) remove(l frame.Label) {
	i := l >> leafBits
	p := t.root[i].Load()
	if p == nil || p[l%frame.Label(len(p))].Swap(nil) == nil {
		return
	}
	if t.used[i]--; t.used[i] == 0 {
		t.root[i].Store(nil)
	}
}
