package atmtcp

import (
	"encoding/binary"
	"sync"

	"callmanager/datapath"
	"callmanager/datapath/frame"
	"callmanager/nicio"
)

// prefixLen is the size of the length in front of each frame of an inbox, in octets.
const prefixLen = 4

// frameLen is what a frame has in front of its SDU, in octets.
const frameLen = nicio.HeaderLen + frame.HeadLen

// An inbox holds received frames from the connection's reader to the port's. The two meet only to
// exchange a full buffer for an empty one.
type inbox struct {
	limit int // Octets of fill.

	mu   sync.Mutex
	fill []byte // Frames, each behind its length.

	taken []byte // The port's reader's alone: what it took last,
	next  int    // and the place of the first frame in it that it has not seen.
}

// put adds the frame of an SDU. It reports false when the inbox is full.
func (q *inbox) put(l frame.Label, sdu []byte) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.fill) > 0 && len(q.fill)+prefixLen+frameLen+len(sdu) > q.limit {
		return false
	}
	var head [prefixLen + frameLen]byte
	binary.BigEndian.PutUint32(head[:], uint32(frameLen+len(sdu)))
	nicio.PutHeader(head[prefixLen:], nicio.MAC{}, datapath.PeerAddress, nicio.EtherTypeMPLS)
	frame.PutHead((*[frame.HeadLen]byte)(head[prefixLen+nicio.HeaderLen:]), frame.NewEntry(l), frame.NewWord(0, len(sdu), 0))
	q.fill = append(q.fill, head[:]...)
	q.fill = append(q.fill, sdu...)
	return true
}

// peek returns the oldest frame, or nil. The octets are valid until skip.
func (q *inbox) peek() []byte {
	if q.next == len(q.taken) {
		q.mu.Lock()
		q.taken, q.fill = q.fill, q.taken[:0]
		q.mu.Unlock()
		q.next = 0
		if len(q.taken) == 0 {
			return nil
		}
	}
	start := q.next + prefixLen
	return q.taken[start : start+int(binary.BigEndian.Uint32(q.taken[q.next:]))]
}

// skip goes on to the frame behind the one that peek returned.
func (q *inbox) skip(f []byte) { q.next += prefixLen + len(f) }

// waiting reports whether there is a frame. Only the port's reader may ask.
func (q *inbox) waiting() bool {
	if q.next < len(q.taken) {
		return true
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.fill) > 0
}
