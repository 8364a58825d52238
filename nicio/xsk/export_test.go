package xsk

import (
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// Rings are both sides' memory, for a kernel played by a test.
type Rings struct {
	TxProducer, TxConsumer     atomic.Uint32
	DoneProducer, DoneConsumer atomic.Uint32
	Tx                         []unix.XDPDesc
	Done                       []uint64
	Memory                     []byte
	// Kick and Voided are the kernel's calls.
	Kick   func() unix.Errno
	Voided func() uint64
}

func (r *Rings) kick() unix.Errno { return r.Kick() }
func (r *Rings) voided() uint64   { return r.Voided() }

// Sender makes the user's side.
func (r *Rings) Sender() *Sender {
	return newSender(
		r, r.Memory,
		ring[unix.XDPDesc]{producer: &r.TxProducer, consumer: &r.TxConsumer, slots: r.Tx},
		ring[uint64]{producer: &r.DoneProducer, consumer: &r.DoneConsumer, slots: r.Done},
	)
}

// Distance is the arithmetic of indices.
func Distance(from, to, limit uint32) (uint32, bool) { return distance(from, to, limit) }

// Free returns the number of chunks that nobody uses.
func (s *Sender) Free() int { return len(s.free) }

// RxChunk and Headroom are the layout of memory for receiving.
const (
	RxChunk  = rxChunk
	Headroom = headroom
)

// EarRings are both sides' memory of a socket that receives.
type EarRings struct {
	RxProducer, RxConsumer     atomic.Uint32
	FillProducer, FillConsumer atomic.Uint32
	FillFlags                  atomic.Uint32
	Rx                         []unix.XDPDesc
	Fill                       []uint64
	Memory                     []byte
	Supplied                   int // Calls of the driver.
}

func (r *EarRings) supply() { r.Supplied++ }

// Receiver makes the user's side.
func (r *EarRings) Receiver(base uint64) *Receiver {
	return newReceiver(
		r, r.Memory, base,
		ring[unix.XDPDesc]{producer: &r.RxProducer, consumer: &r.RxConsumer, slots: r.Rx},
		ring[uint64]{producer: &r.FillProducer, consumer: &r.FillConsumer, slots: r.Fill}, &r.FillFlags,
	)
}
