package intake

import (
	"sync/atomic"

	"callmanager/nicio"
)

// A Batch is what was read from a port at a time and is taken frame by frame. It belongs to the receiving goroutine,
// but for Stats. Set it up with Init.
type Batch struct {
	under nicio.Port
	mtu   *atomic.Int64

	raw   [nicio.BatchSize]nicio.RxFrame
	large int64 // The MTU that raw is large enough for.
	n, at int   // Those that were read, and the first that is left.

	// long are the frames handed on that the engine had no room for, and longOctets their octets.
	long, longOctets atomic.Uint64
}

// Init has the batch read from a port, whose MTU in octets may change at any time.
func (b *Batch) Init(under nicio.Port, mtu *atomic.Int64) { b.under, b.mtu = under, mtu }

// Left reports whether frames are left of what was read.
func (b *Batch) Left() bool { return b.at < b.n }

// Fetch reads the next frames and returns how many; what was left is lost. It does not block, and allocates when the
// MTU has grown. Errors are those of [nicio.Port].
func (b *Batch) Fetch() (n int, err error) {
	if mtu := b.mtu.Load(); mtu > b.large {
		b.large = mtu
		octets := nicio.FrameSize(int(mtu))
		slab := make([]byte, octets*len(b.raw))
		for i := range b.raw {
			b.raw[i] = nicio.RxFrame{Buf: slab[i*octets : (i+1)*octets : (i+1)*octets]}
		}
	}
	b.at = 0
	b.n, err = b.under.ReadBatch(b.raw[:])
	return b.n, err
}

// Next takes the next frame, of which there must be one: see Left. It stays valid until Fetch.
func (b *Batch) Next() *nicio.RxFrame {
	b.at++
	return &b.raw[b.at-1]
}

// HandOn makes a frame that Next has returned one of the engine, and returns how many that are: none if it is
// longer than the engine's buffer, which Stats tells. Buffers of one size change places, as ReadBatch may have it.
func (b *Batch) HandOn(to, f *nicio.RxFrame) int {
	switch {
	case len(to.Buf) == len(f.Buf):
		to.Buf, f.Buf = f.Buf, to.Buf
		to.Len = f.Len
	case f.Len > len(to.Buf):
		b.long.Add(1)
		b.longOctets.Add(uint64(f.Len))
		return 0
	default:
		to.Len = copy(to.Buf, f.Buf[:f.Len])
	}
	return 1
}

// Stats returns the counters of the port below, in which the frames that were too long to be handed on are truncated,
// as the port would have found them itself. Any goroutine may call it.
func (b *Batch) Stats() nicio.Stats {
	octets, frames := b.longOctets.Load(), b.long.Load() // Before those that the port has.
	s := b.under.Stats()
	s.RxFrames -= frames
	s.RxOctets -= octets
	s.RxTruncated += frames
	return s
}
