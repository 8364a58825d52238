package ring

import (
	"io"
)

// Consumer reads records from one ring. One goroutine at a time may use it; nothing in it blocks.
type Consumer struct {
	view

	head uint64 // Released: what the producer has been told of.
	next uint64 // Handed out: end of the last record returned.
	tail uint64 // Private, checked copy of the producer's index.

	bell       Ringer
	err        error
	drops      drops
	discarding bool // Between two parts of DiscardSome.

	_ [128]byte // Another goroutine's Producer stays off this line pair.
}

// newConsumer returns the consumer of a fresh ring.
func newConsumer(v view, bell Ringer, isDaemon bool) *Consumer {
	return &Consumer{view: v, bell: bell, drops: drops{ctl: v.ctl, owned: isDaemon}}
}

// MaxPayload returns the largest payload in octets that a record can have.
func (c *Consumer) MaxPayload() int { return int(maxPayload(c.size())) }

// Size returns the octets of the ring.
func (c *Consumer) Size() int { return len(c.data) }

// Next returns the next record as a view into the ring, valid until a Release that covers it. It returns false
// if the ring is empty, at the end of file, and when the ring is corrupt: Err tells them apart.
func (c *Consumer) Next() (rec Record, ok bool) {
	if c.next == c.tail && !c.refresh() {
		return Record{}, false
	}
	ok = c.take(&rec)
	return rec, ok
}

// Peek fills dst with the next records, without releasing any, and returns how many there were. The views stay
// valid until a Release that covers them: sendmmsg may read straight from them. The producer's index is
// loaded at most once. 0 means empty, end of file, or corrupt: Err tells them apart.
func (c *Consumer) Peek(dst []Record) int {
	if c.next == c.tail && !c.refresh() {
		return 0
	}
	for i := range dst {
		if c.next == c.tail || !c.take(&dst[i]) {
			return i
		}
	}
	return len(dst)
}

// Release gives the memory of all records handed out so far back to the producer, with one atomic store, and
// rings it if it waits and half of the ring is free.
func (c *Consumer) Release() { c.release(c.next) }

// ReleaseThrough releases the records up to rec and rec itself, and leaves later ones valid. rec must come from
// this Consumer's Next or Peek since the last Rewind; one that is released already changes nothing.
func (c *Consumer) ReleaseThrough(rec *Record) {
	if rec.end-c.head <= c.next-c.head {
		c.release(rec.end)
	}
}

// Rewind forgets the records handed out and not released: Next and Peek return them again, read and
// checked anew. A corrupt ring stays as it is.
func (c *Consumer) Rewind() {
	if c.EOF() {
		c.err = nil // It is met again behind the records.
	}
	if c.err == nil {
		c.next = c.head
	}
}

// Discard drops and releases everything that is published at the time of the call and not yet released, and
// returns how many records and payload octets that was. They are not counted by CountDrops.
func (c *Consumer) Discard() (records, octets uint64) {
	c.discarding = false
	records, octets, _ = c.DiscardSome(c.Size())
	return records, octets
}

// DiscardSome is Discard in parts, for who has others to serve: a ring of a hostile size is a hundred million records.
// A part ends when it has gone through so many octets of the ring, at least one record. more tells that another is to
// follow; nothing else may be done with the Consumer until the last. Altogether they drop what was published at the
// time of the first.
func (c *Consumer) DiscardSome(most int) (records, octets uint64, more bool) {
	if !c.discarding {
		c.Rewind()
		c.refresh()
	}
	from := c.next
	var rec Record
	for c.next != c.tail && (c.next == from || c.next-from < uint64(most)) && c.take(&rec) {
		records++
		octets += uint64(len(rec.Payload))
	}
	c.Release()
	c.discarding = c.next != c.tail
	return records, octets, c.discarding
}

// Pending returns the published octets not yet handed out, record headers and pads included.
func (c *Consumer) Pending() int {
	c.refresh()
	return int(c.tail - c.next)
}

// Readable reports whether Next would return a record, or Err an error. It does not validate, and never fails.
func (c *Consumer) Readable() bool {
	return c.next != c.tail || c.err != nil || c.ctl.tail.Load() != c.tail || c.ctl.closed.Load() != 0
}

// Arm asks the producer to ring when it publishes, and then looks again: it reports whether there is something to
// read, or an error to meet, in which case the request is withdrawn. Only after false may the caller
// sleep on its doorbell; it calls Arm again after it woke. A ring past its end of file is always ready.
func (c *Consumer) Arm() (ready bool) {
	announce(&c.ctl.consumerSleeps)
	if c.Readable() {
		c.Disarm()
		return true
	}
	return false
}

// Disarm withdraws the request of Arm.
func (c *Consumer) Disarm() { c.ctl.consumerSleeps.Store(0) }

// EOF reports whether the producer has closed and every record has been handed out.
func (c *Consumer) EOF() bool { return c.err == io.EOF } //nolint:errorlint // set by this type alone, never wrapped

// Err returns nil while records can come, io.EOF when the producer has closed and every record was
// handed out, and the CorruptError once the producer has violated the layout. It changes only in Next, Peek,
// Discard and Pending. Views handed out before stay valid.
func (c *Consumer) Err() error { return c.err }

// CountDrops counts SDUs, and their payload octets, that came out of this ring and went no further. It publishes the
// count to the client if this is the daemon's end; a client's own counts stay private.
func (c *Consumer) CountDrops(records, octets uint64) {
	c.drops.count(records, octets)
	c.drops.publish()
}

// Dropped returns the records and payload octets lost at this ring as the daemon counted them: exact at
// the daemon's end, as last published at the client's.
func (c *Consumer) Dropped() (records, octets uint64) { return c.drops.read() }

// take reads the record at the cursor, which is not at the tail. It returns false if a pad was all there was or
// if the record is corrupt.
//
//hot:bce
func (c *Consumer) take(rec *Record) bool {
	off := c.next & (c.size() - 1)
	h := c.load(c.next)
	if h.isPad() {
		rest := c.size() - off
		if off == 0 || h != padHeader(rest) || rest > c.tail-c.next {
			return c.poison(WordHeader, uint64(h))
		}
		c.next += rest
		if c.next == c.tail {
			return false
		}
		off = 0
		h = c.load(c.next)
	}
	length := h.length()
	need := recordSize(length)
	if h.reserved() != 0 || length > maxPayload(c.size()) || need > c.tail-c.next || need > c.size()-off {
		return c.poison(WordHeader, uint64(h))
	}
	c.next += need
	rec.Meta = h.meta()
	rec.Payload = c.payload(off, length)
	rec.end = c.next
	return true
}

// refresh loads the producer's index once, checks it, and reports whether there is something new. When there is
// not it looks for the end of file.
func (c *Consumer) refresh() bool {
	if c.err != nil {
		return false
	}
	tail := c.ctl.tail.Load()
	if tail == c.tail {
		if c.next != c.tail || c.ctl.closed.Load() == 0 {
			return false
		}
		// The mark follows the last publication: a second look sees all of it.
		if tail = c.ctl.tail.Load(); tail == c.tail {
			c.err = io.EOF
			return false
		}
	}
	if tail-c.head > c.size() || tail-c.head < c.tail-c.head || tail%recordAlign != 0 {
		return c.poison(WordTail, tail)
	}
	c.tail = tail
	return true
}

// release publishes the consumer's index and rings a waiting producer once half is free. The load of the flag
// follows the store of the index, both sequentially consistent: see Producer.wakeConsumer.
func (c *Consumer) release(to uint64) {
	if to == c.head {
		return
	}
	c.head = to
	publish(&c.ctl.head, to)
	if c.ctl.producerWaits.Load() == 0 || 2*(c.tail-to) > c.size() {
		return
	}
	if c.ctl.producerWaits.Swap(0) != 0 {
		c.bell.Ring()
	}
}

// poison ends the consumer because of a word that the producer wrote; it returns false.
func (c *Consumer) poison(w Word, value uint64) bool {
	c.err = &CorruptError{Word: w, Value: value, Head: c.head, Tail: c.tail}
	c.tail = c.next
	return false
}
