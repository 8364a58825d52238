package ring

import (
	"net"
)

// Producer writes records into one ring. One goroutine at a time may use it; nothing in it blocks.
type Producer struct {
	view

	tail     uint64 // Published: what the consumer has been told of.
	next     uint64 // Committed: tail plus the open transaction.
	open     uint64 // Position of the reserved record's header.
	reserved int    // Octets of the reserved payload, or -1 if there is none.
	head     uint64 // Private, checked copy of the consumer's index.
	limit    uint   // Payloads shorter than this may be reserved; 0 when closed or poisoned.

	bell   Ringer
	err    error
	drops  drops
	closed bool

	_ [128]byte // Another goroutine's Consumer stays off this line pair.
}

// newProducer returns the producer of a fresh ring.
func newProducer(v view, bell Ringer, isDaemon bool) *Producer {
	return &Producer{
		view: v, reserved: -1, limit: uint(maxPayload(v.size())) + 1,
		bell: bell, drops: drops{ctl: v.ctl, owned: isDaemon},
	}
}

// MaxPayload returns the largest payload in octets that the ring takes: half of the ring less a record header.
func (p *Producer) MaxPayload() int { return int(maxPayload(p.size())) }

// Size returns the octets of the ring.
func (p *Producer) Size() int { return len(p.data) }

// Reserve returns n octets of ring memory for the payload of the next record, to be filled by the caller before
// Commit. The memory belongs to the caller until Commit, Abort, Flush or the next Reserve; a reservation
// that is not committed is forgotten. It returns false if there is no room now, if n is negative or exceeds
// MaxPayload, after Close, and when the ring is corrupt: Err tells the last two from the others.
//
//hot:bce
func (p *Producer) Reserve(n int) ([]byte, bool) {
	if uint(n) >= p.limit {
		return nil, false
	}
	need := recordSize(uint64(n))
	at := p.next
	off := at & (p.size() - 1)
	rest := p.size() - off
	total := need
	if rest < need {
		total += rest
	}
	if p.size()-(at-p.head) < total && !p.refresh(total) {
		return nil, false
	}
	if rest < need {
		p.store(at, padHeader(rest))
		at, off = at+rest, 0
	}
	p.open, p.reserved = at, n
	return p.payload(off, uint64(n)), true
}

// Commit adds the reserved record to the open transaction. It does nothing without a reservation.
func (p *Producer) Commit(m Meta) { p.CommitN(p.reserved, m) }

// CommitN adds the reserved record, cut to its first n octets, to the open transaction. An n beyond the
// reservation counts as the whole of it; a negative n, or none reserved, adds nothing.
//
//hot:bce
func (p *Producer) CommitN(n int, m Meta) {
	n = min(n, p.reserved)
	p.reserved = -1
	if n < 0 {
		return
	}
	p.store(p.open, newHeader(n, m))
	p.next = p.open + recordSize(uint64(n))
}

// Abort forgets the reservation and everything committed since the last Flush.
func (p *Producer) Abort() {
	p.reserved = -1
	p.next = p.tail
}

// Flush publishes the transaction with one atomic store, and rings the consumer if it sleeps. It forgets a
// reservation that was not committed. Without a transaction it only publishes the drop counters.
func (p *Producer) Flush() {
	p.reserved = -1
	p.drops.publish()
	if p.next == p.tail {
		return
	}
	p.tail = p.next
	publish(&p.ctl.tail, p.tail)
	p.wakeConsumer()
}

// TryPush copies one record into the transaction; Flush publishes it. It returns nil, ErrFull, ErrTooLarge,
// net.ErrClosed after Close, or the CorruptError that poisoned the producer. It never blocks.
func (p *Producer) TryPush(rec Record) error {
	b, ok := p.Reserve(len(rec.Payload))
	if !ok {
		return p.refusal(len(rec.Payload))
	}
	copy(b, rec.Payload)
	p.Commit(rec.Meta)
	return nil
}

// Space returns the octets free in the ring, record headers included, as the consumer has released them
// by now. A record takes its payload plus 8 octets, rounded up to a multiple of 8.
func (p *Producer) Space() int {
	if p.limit == 0 {
		return 0
	}
	p.refresh(0)
	return int(p.size() - (p.next - p.head))
}

// Empty reports whether the consumer has released everything that was published.
func (p *Producer) Empty() bool { return p.Space() == len(p.data) }

// Arm asks the consumer to ring when half of the ring is free, and then looks again: it reports whether a
// payload of n octets has room now, or never will because of closing or corruption, in which case the
// request is withdrawn. Only after false may the caller sleep on its doorbell; it calls Arm again after it woke.
// Flush first: a consumer cannot release what it has not been told of.
func (p *Producer) Arm(n int) (ready bool) {
	announce(&p.ctl.producerWaits)
	if p.Writable(n) {
		p.Disarm()
		return true
	}
	return false
}

// Disarm withdraws the request of Arm.
func (p *Producer) Disarm() { p.ctl.producerWaits.Store(0) }

// Writable reports whether Reserve(n) would succeed now, or can never succeed.
func (p *Producer) Writable(n int) bool {
	if uint(n) >= p.limit {
		return true
	}
	total := recordSize(uint64(n))
	if rest := p.size() - p.next&(p.size()-1); rest < total {
		total += rest
	}
	return p.refresh(total) || p.err != nil
}

// Close publishes the transaction and then marks the end of file: what is in the ring stays readable, then
// the consumer meets io.EOF. Reserve fails from then on. It is idempotent.
func (p *Producer) Close() {
	if p.closed {
		return
	}
	p.Flush()
	p.closed, p.limit = true, 0
	announce(&p.ctl.closed)
	p.wakeConsumer()
}

// Err returns nil while records can be produced, the CorruptError once the consumer's index has violated
// the layout, and net.ErrClosed after Close.
func (p *Producer) Err() error {
	if p.err == nil && p.closed {
		return net.ErrClosed
	}
	return p.err
}

// CountDrop counts one SDU of so many octets that was lost at this ring. The count is published
// to the client by the next Flush if this is the daemon's end; a client's own counts stay private.
func (p *Producer) CountDrop(octets int) { p.drops.count(1, uint64(octets)) }

// Dropped returns the records and payload octets lost at this ring as the daemon counted them: exact at
// the daemon's end, as last published at the client's.
func (p *Producer) Dropped() (records, octets uint64) { return p.drops.read() }

// refresh loads the consumer's index once, checks it, and reports whether total octets are free.
func (p *Producer) refresh(total uint64) bool {
	head := p.ctl.head.Load()
	if head-p.head > p.tail-p.head || head%recordAlign != 0 {
		p.poison(head)
		return false
	}
	p.head = head
	return p.size()-(p.next-head) >= total
}

// poison ends the producer because of the consumer's index.
func (p *Producer) poison(head uint64) {
	p.limit = 0
	if p.err == nil {
		p.err = &CorruptError{Word: WordHead, Value: head, Head: p.head, Tail: p.tail}
	}
}

// wakeConsumer rings the consumer if it sleeps. It follows the store of tail or closed: both are sequentially
// consistent, so either the consumer's second look sees the store or this load sees its flag.
func (p *Producer) wakeConsumer() {
	if p.ctl.consumerSleeps.Load() != 0 && p.ctl.consumerSleeps.Swap(0) != 0 {
		p.bell.Ring()
	}
}

// refusal names the reason why Reserve(n) failed.
func (p *Producer) refusal(n int) error {
	if err := p.Err(); err != nil {
		return err
	}
	if n > p.MaxPayload() {
		return ErrTooLarge
	}
	return ErrFull
}
