package sscop

// keepOctets is the largest buffer that an acknowledged SD leaves to the SDs after it.
const keepOctets = 512

// txSD is an SD PDU held for transmission. It is encoded when the SDU is taken, because its N(S) is
// known by then; buf is reused by the SDs that come after it.
type txSD struct {
	buf    []byte
	tag    Seq  // VT(PS) when last sent
	marked bool // in the retransmission queue
	acked  bool // selectively acknowledged: the peer has it, only N(R) is missing
}

// txBuffer is the transmission buffer (SDs sent), the retransmission queue (those marked) and the
// transmission queue (SDs not yet sent) in one ring. Index 0 is the SD numbered VT(A).
//
//	     VT(A)                 VT(S)
//	       v                     v
//	| free | sent | marked | acked | waiting | waiting | free |
//	       0      1        2       3                   n
type txBuffer struct {
	slots []txSD // a power of two of them, or none
	head  int
	n     int
	limit int

	marks int // SDs marked
	first int // no SD below this index is marked
}

// len returns the number of SDs held.
func (t *txBuffer) len() int { return t.n }

// at returns the SD at index i.
func (t *txBuffer) at(i int) *txSD {
	return &t.slots[(t.head+i)&(len(t.slots)-1)]
}

// push appends an SD; false if the limit is reached.
func (t *txBuffer) push(ns Seq, sdu []byte) bool {
	if t.n >= t.limit {
		return false
	}
	if t.n == len(t.slots) {
		t.grow()
	}
	t.n++
	sd := t.at(t.n - 1)
	if need := len(sdu) + 3 + trailerSize; cap(sd.buf) < need {
		sd.buf = make([]byte, 0, need)
	}
	p := PDU{NS: ns, Data: sdu}
	sd.buf = p.appendSD(sd.buf[:0])
	sd.marked, sd.acked = false, false
	return true
}

// grow doubles the ring.
func (t *txBuffer) grow() {
	slots := make([]txSD, max(16, 2*len(t.slots)))
	for i := range t.n {
		slots[i] = *t.at(i)
	}
	t.slots, t.head = slots, 0
}

// drop removes the first n SDs: they are acknowledged.
func (t *txBuffer) drop(n int) {
	for i := range n {
		t.unmark(i)
		if sd := t.at(i); cap(sd.buf) > keepOctets {
			sd.buf = nil
		}
	}
	t.head += n
	t.n -= n
	t.first = max(0, t.first-n)
}

// mark puts the SD at index i into the retransmission queue and reports whether it was not there.
func (t *txBuffer) mark(i int) bool {
	sd := t.at(i)
	if sd.marked {
		return false
	}
	sd.marked = true
	if t.marks == 0 || i < t.first {
		t.first = i
	}
	t.marks++
	return true
}

// unmark takes the SD at index i out of the retransmission queue if it is there.
func (t *txBuffer) unmark(i int) {
	if sd := t.at(i); sd.marked {
		sd.marked = false
		t.marks--
	}
}

// oldestMarked takes the oldest SD out of the retransmission queue. There must be one.
func (t *txBuffer) oldestMarked() *txSD {
	for !t.at(t.first).marked {
		t.first++
	}
	t.unmark(t.first)
	return t.at(t.first)
}

// clear forgets all SDs and, if there were any, their memory.
func (t *txBuffer) clear() {
	if t.n > 0 {
		t.slots = nil
	}
	t.head, t.n, t.marks, t.first = 0, 0, 0, 0
}
