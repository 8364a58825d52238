package ring

// Warm reads what the next Reserve, Commit and Flush will touch, so that it is in the processor's cache by
// then. Calls for many rings in a row wait for memory once, not one after the other, as the calls of each do whose
// next step hangs on the last one. It changes nothing. What it returns is of no use: it is there for the
// reads to be made.
//
//hot:bce
func (p *Producer) Warm() uint64 {
	off := p.next & (p.size() - 1)
	if off >= uint64(len(p.data)) {
		return 0
	}
	sum := uint64(p.limit) + uint64(p.data[off]) + p.ctl.tail.Load() + p.ctl.head.Load()
	if off += 64; off < uint64(len(p.data)) {
		sum += uint64(p.data[off])
	}
	return sum + p.drops.records
}
