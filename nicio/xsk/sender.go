package xsk

import (
	"math"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// A kernel is what a [Sender] asks of its socket.
type kernel interface {
	// kick has the kernel look at the tx ring.
	kick() unix.Errno
	// voided returns how many invalid descriptors the kernel has skipped in the tx ring so far.
	voided() uint64
}

// A Sender is the user's side of the rings of a socket: Put copies frames, Kick has the kernel take
// them, Recall takes back what it did not take.
type Sender struct {
	kernel kernel
	memory []byte // The chunks.
	chunk  uint64 // Octets of one.
	tx     ring[unix.XDPDesc]
	done   ring[uint64]
	free   []uint64 // Addresses of the chunks that nobody uses; the last one is taken first.
	taken  uint32   // The kernel has taken what is before this index of the tx ring,
	seen   uint32   // and has said so up to here; what is behind it keeps its slots.
	shown  uint32   // The kernel may know of what is before this index.
	next   uint32   // Index of the next frame.
	voids  bool     // There are invalid descriptors before shown.
	broken bool     // The kernel has written what it cannot.
	marks  []uint64 // Room for Recall.

	// For Unsent.
	sizes []atomic.Uint32 // By chunk: octets of the frame in it.
	out   atomic.Uint64   // Octets of all frames that the kernel took,
	back  atomic.Uint64   // and of those whose chunks Reap took back.
}

// noChunk is the address of a descriptor that the kernel skips and counts as invalid.
const noChunk = math.MaxUint64

// newSender divides memory into chunks, one for each slot of the tx ring. The completion ring has twice
// as many slots: room for all frames and for as many that were recalled.
func newSender(k kernel, memory []byte, tx ring[unix.XDPDesc], done ring[uint64]) *Sender {
	n := len(tx.slots)
	s := &Sender{
		kernel: k, memory: memory, chunk: uint64(len(memory) / n), tx: tx, done: done,
		free: make([]uint64, 0, n), marks: make([]uint64, 0, n), sizes: make([]atomic.Uint32, n),
	}
	for i := range n {
		s.free = append(s.free, uint64(n-1-i)*s.chunk)
	}
	s.next = tx.producer.Load()
	s.taken, s.seen, s.shown = s.next, s.next, s.next
	return s
}

// Put copies a frame of two pieces and of 1 to as many octets as a chunk has, for the next Kick. It reports false
// when there is no room; Reap may make some.
func (s *Sender) Put(head, body []byte) bool {
	n := len(s.free)
	if n == 0 || s.next-s.seen >= s.tx.size() {
		return false
	}
	addr := s.free[n-1]
	s.free = s.free[:n-1]
	c := s.memory[addr : addr+s.chunk]
	l := copy(c, head)
	l += copy(c[l:], body)
	s.sizes[addr/s.chunk].Store(uint32(l))
	*s.tx.at(s.next) = unix.XDPDesc{Addr: addr, Len: uint32(l)}
	s.next++
	return true
}

// Kick has the kernel take frames that were put, in order, and returns how many it took. If dropped
// is set the last of them is lost: the device has no carrier, or is one on top of another that had no
// room. An errno is why the kernel stopped there; unix.EAGAIN and none at all mean that the rest may
// be taken by another Kick. unix.EBADF means that the socket is beyond repair.
func (s *Sender) Kick() (taken int, dropped bool, errno unix.Errno) {
	if s.voids {
		if errno := s.drain(); errno != 0 {
			return 0, false, errno
		}
	}
	s.shown = s.next
	s.tx.producer.Store(s.shown)
	errno = s.kernel.kick()
	now := s.tx.consumer.Load()
	n, ok := distance(s.taken, now, s.next-s.taken)
	if !ok || s.broken {
		s.broken = true
		return 0, false, unix.EBADF
	}
	if d, _ := distance(s.seen, now, s.next-s.seen); d > 0 {
		s.seen = now
	}
	if errno == unix.EBUSY && s.taken != s.next {
		// The frame is gone from the ring. If it was the first one of this call the kernel has not
		// written so yet.
		dropped, errno = true, 0
		n = max(n, 1)
	}
	s.take(n)
	return int(n), dropped, errno
}

// take accounts for n frames that the kernel took.
func (s *Sender) take(n uint32) {
	var octets uint64
	for range n {
		octets += uint64(s.tx.at(s.taken).Len)
		s.taken++
	}
	s.out.Add(octets)
}

// Recall takes back the frames that were put and that the kernel has not taken. It returns how many
// of them, from the first on, the kernel had taken all the same without having written so.
//
// The descriptors that the kernel may know of are made invalid and it is asked to look until it has
// passed them: those that it then counts as invalid are those that it had not taken. If it does not
// look, because the device is down or gone, its last word counts, and the next Kick sees to them.
func (s *Sender) Recall() (late int) {
	for s.next != s.shown {
		s.next--
		s.free = append(s.free, s.tx.at(s.next).Addr)
	}
	if s.taken == s.next {
		return 0
	}
	before := s.kernel.voided()
	s.marks = s.marks[:0]
	for i := s.taken; i != s.next; i++ {
		d := s.tx.at(i)
		s.marks = append(s.marks, d.Addr)
		d.Addr = noChunk
	}
	if s.drain() == 0 {
		n := uint64(len(s.marks))
		late = int(n - min(s.kernel.voided()-before, n))
	}
	s.take(uint32(late))
	s.free = append(s.free, s.marks[late:]...)
	s.taken = s.next
	return late
}

// drain has the kernel pass a ring of invalid descriptors. It passes one in each call since Linux 6.6,
// all that it knows of before, and writes how far it has come when it looks again. The error is why it
// does not look.
func (s *Sender) drain() unix.Errno {
	s.voids = true
	for range s.shown - s.seen + 2 {
		if errno := s.kernel.kick(); errno != 0 && errno != unix.EINTR {
			return errno
		}
		if s.tx.consumer.Load() == s.shown {
			s.seen, s.voids = s.shown, false
			return 0
		}
	}
	return unix.EAGAIN
}

// Reap takes back the chunks of the frames that the device is done with.
func (s *Sender) Reap() {
	from := s.done.consumer.Load()
	n, ok := distance(from, s.done.producer.Load(), s.done.size())
	if !ok {
		s.broken = true
		return
	}
	var octets uint64
	for i := range n {
		addr := *s.done.at(from + i)
		if addr == noChunk {
			continue // Recalled; Linux 6.18 says so here as well.
		}
		if addr >= uint64(len(s.memory)) || addr%s.chunk != 0 || len(s.free) == cap(s.free) {
			s.broken = true
			return
		}
		s.free = append(s.free, addr)
		octets += uint64(s.sizes[addr/s.chunk].Load())
	}
	s.done.consumer.Store(from + n)
	s.back.Add(octets) // After that: Unsent may say too much in between, never too little.
}

// Unsent returns the octets of the frames that the kernel took and that the device is not done with.
func (s *Sender) Unsent() int {
	const patience = 4
	for range patience {
		back, from := s.back.Load(), s.done.consumer.Load()
		octets := s.out.Load() - back
		n, ok := distance(from, s.done.producer.Load(), s.done.size())
		if !ok {
			break
		}
		for i := range n {
			if addr := *s.done.at(from + i); addr < uint64(len(s.memory)) {
				octets -= uint64(s.sizes[addr/s.chunk].Load())
			}
		}
		if s.back.Load() == back && s.done.consumer.Load() == from {
			// The last ones may be done before Kick has returned.
			return int(max(int64(octets), 0)) //nolint:gosec // A difference of two sums.
		}
	}
	return len(s.memory) // The worker is busy: there is something.
}
