package xsk

import (
	"sync/atomic"

	"golang.org/x/sys/unix"
)

const (
	// rxChunk is the octets of a chunk for receiving.
	rxChunk = 2048
	// headroom is what the kernel leaves free in front of a frame (XDP_PACKET_HEADROOM).
	headroom = 256
	// MaxReceive is the longest frame in octets, header included, that a socket receives in one piece.
	MaxReceive = rxChunk - headroom
	// MaxReceiveSlots is the largest Receive of a [Config].
	MaxReceiveSlots = 8192
)

// A supplier is what a [Receiver] asks of its socket.
type supplier interface {
	// supply has a driver that ran out of memory for frames look at the fill ring.
	supply()
}

// A Receiver is the user's side of the rings of a socket that receives: Ready and Frame look at what has
// come, Done gives its memory back.
type Receiver struct {
	socket supplier
	memory []byte // All chunks of the socket; those from base on are the receiver's.
	base   uint64
	rx     ring[unix.XDPDesc]
	fill   ring[uint64]
	flags  *atomic.Uint32 // Of the fill ring.
	next   uint32         // Index of the next frame,
	filled uint32         // and of the next chunk to give.
	broken atomic.Bool    // The kernel has written what it cannot.

	taken atomic.Uint64 // Frames that Done was told of, as the rx ring counts.
}

// newReceiver gives the kernel all chunks from base on, as many as each ring has slots.
func newReceiver(s supplier, memory []byte, base uint64, rx ring[unix.XDPDesc], fill ring[uint64], flags *atomic.Uint32) *Receiver {
	r := &Receiver{socket: s, memory: memory, base: base, rx: rx, fill: fill, flags: flags}
	r.next, r.filled = rx.consumer.Load(), fill.producer.Load()
	r.taken.Store(uint64(r.next))
	for i := range uint64(len(fill.slots)) {
		r.give(base + i*rxChunk)
	}
	r.publish()
	return r
}

// publish has the kernel see the chunks that were given.
func (r *Receiver) publish() {
	r.fill.producer.Store(r.filled)
	if r.flags.Load()&unix.XDP_RING_NEED_WAKEUP != 0 {
		r.socket.supply()
	}
}

// give puts a chunk into the fill ring, which has room for all of them.
func (r *Receiver) give(chunk uint64) {
	*r.fill.at(r.filled) = chunk
	r.filled++
}

// Ready returns how many frames there are, at most so many.
func (r *Receiver) Ready(most int) int {
	n, ok := distance(r.next, r.rx.producer.Load(), r.rx.size())
	if !ok {
		r.broken.Store(true)
	}
	if r.broken.Load() {
		return 0
	}
	return min(int(n), most)
}

// Frame returns the i-th of those frames, which is the kernel's again after Done. It is empty if the kernel says what
// makes no sense, and the receiver is broken then.
func (r *Receiver) Frame(i int) []byte {
	d := *r.rx.at(r.next + uint32(i)) //nolint:gosec // at most the size of a ring
	room := rxChunk - d.Addr%rxChunk
	if d.Addr < r.base || d.Addr >= uint64(len(r.memory)) || uint64(d.Len) > room {
		r.broken.Store(true)
		return nil
	}
	return r.memory[d.Addr:][:d.Len]
}

// Done gives the memory of the first n of those frames back.
func (r *Receiver) Done(n int) {
	for range n {
		if addr := r.rx.at(r.next).Addr; addr >= r.base && addr < uint64(len(r.memory)) {
			r.give(addr - addr%rxChunk)
		}
		r.next++
	}
	r.rx.consumer.Store(r.next)
	r.taken.Add(uint64(n)) //nolint:gosec // not negative
	r.publish()
}

// Broken reports whether the kernel has written what it cannot. Nothing is received any more then.
func (r *Receiver) Broken() bool { return r.broken.Load() }

// Arrived returns how many frames have come so far. Any goroutine may call it until Close.
func (r *Receiver) Arrived() uint64 {
	taken := r.taken.Load()
	n := r.rx.producer.Load() - uint32(taken) //nolint:gosec // the indices of the ring are its last 32 bits
	return taken + uint64(n)
}
