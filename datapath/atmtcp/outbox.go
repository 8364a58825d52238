package atmtcp

import (
	"sync"

	"callmanager/datapath/frame"
	"callmanager/nicio"
	"callmanager/vc"
)

// An outbox holds records from the port's writer to the connection's. It takes some only while there
// is a connection.
type outbox struct {
	limit int // Octets of fill.

	mu     sync.Mutex
	open   bool
	fill   []byte // Records.
	spare  []byte
	unsent int // Octets of the frames whose records are not written, taken ones included.
}

// verdict says what an outbox did with a frame.
type verdict uint8

const (
	accepted verdict = iota
	full
	down
	oversize
	invalid
)

// put adds the records of frames, with one lock, and tells what becomes of each. It returns how many
// it has dealt with: all, or those before the first that met a full box.
func (q *outbox) put(frames []nicio.TxFrame, tell func(f *nicio.TxFrame, v verdict)) (n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for i := range frames {
		v := q.add(&frames[i])
		if v == full {
			return i
		}
		tell(&frames[i], v)
	}
	return len(frames)
}

// add adds the record of one frame.
func (q *outbox) add(f *nicio.TxFrame) verdict {
	vpi, vci, ok := channelOf(f)
	switch n := len(f.Body); {
	case !q.open:
		return down
	case !ok || n == 0:
		return invalid
	case n > MaxSDU:
		return oversize
	case len(q.fill) > 0 && len(q.fill)+headerLen+n > q.limit:
		return full
	}
	q.fill = header{uint16(vpi), uint16(vci), uint32(len(f.Body))}.append(q.fill)
	q.fill = append(q.fill, f.Body...)
	q.unsent += frameLen + len(f.Body)
	return accepted
}

// channelOf reads what is in front of a frame's SDU. It refuses a frame that says more about its SDU
// than a record can.
func channelOf(f *nicio.TxFrame) (vpi vc.VPI, vci vc.VCI, ok bool) {
	if len(f.Head) != frameLen {
		return 0, 0, false
	}
	label, rest, fault := frame.DecodeLabel(f.Head[nicio.HeaderLen:])
	if fault != frame.NoFault || rest[0]&byte(frame.U|frame.T) != 0 {
		return 0, 0, false
	}
	return label.Channel()
}

// take takes all records. They are the caller's until it gives them back for memory.
func (q *outbox) take() []byte {
	q.mu.Lock()
	defer q.mu.Unlock()
	b := q.fill
	q.fill, q.spare = q.spare[:0], nil
	return b
}

// recycle gives the memory of taken records back.
func (q *outbox) recycle(b []byte) {
	q.mu.Lock()
	q.spare = b[:0]
	q.mu.Unlock()
}

// wrote notes that records have been written.
func (q *outbox) wrote(records []byte) {
	_, octets := tally(records)
	q.mu.Lock()
	q.unsent -= octets
	q.mu.Unlock()
}

// start lets the box take records.
func (q *outbox) start() {
	q.mu.Lock()
	q.open = true
	q.mu.Unlock()
}

// stop empties the box and has it take nothing. It returns how many records were in it.
func (q *outbox) stop() (dropped int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	dropped, _ = tally(q.fill)
	q.open, q.fill, q.unsent = false, q.fill[:0], 0
	return dropped
}

// waiting returns the octets of the frames whose records are not written.
func (q *outbox) waiting() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.unsent
}

// tally counts whole records, and the octets of the frames that they were.
func tally(b []byte) (records, octets int) {
	for len(b) > 0 {
		n := int(parseHeader(b).length)
		records++
		octets += frameLen + n
		b = b[headerLen+n:]
	}
	return records, octets
}

// slice returns the end of the whole records with which b begins and that are of so many octets
// together, or of one record at least.
func slice(b []byte, octets int) (end int) {
	for end < len(b) && (end == 0 || end < octets) {
		end += headerLen + int(parseHeader(b[end:]).length)
	}
	return end
}
