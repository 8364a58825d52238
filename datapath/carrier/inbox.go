package carrier

import (
	"encoding/binary"
	"sync"

	"callmanager/datapath"
	"callmanager/datapath/frame"
	"callmanager/nicio"
)

const (
	// prefixLen is the size of the length in front of each frame of an inbox, in octets.
	prefixLen = 4
	// FrameLen is what a frame has in front of its SDU, in octets.
	FrameLen = nicio.HeaderLen + frame.HeadLen
)

// An inbox holds frames from the reader of what the peer sends to the port's. The two meet only to
// exchange a full buffer for an empty one.
type inbox struct {
	limit int // Octets of fill.

	mu   sync.Mutex
	fill []byte // Frames, each behind its length.

	taken []byte // What the port's reader has not seen; its alone.
	spare []byte // The memory of taken, from its beginning.
}

// put adds the frame of an SDU, or of an OAM cell. It reports false when the inbox is full.
func (q *inbox) put(e frame.Entry, flags frame.Flags, sdu ...[]byte) bool {
	n := 0
	for _, part := range sdu {
		n += len(part)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.fill) > 0 && len(q.fill)+prefixLen+FrameLen+n > q.limit {
		return false
	}
	var head [prefixLen + FrameLen]byte
	binary.BigEndian.PutUint32(head[:], uint32(FrameLen+n))
	nicio.PutHeader(head[prefixLen:], nicio.MAC{}, datapath.PeerAddress, nicio.EtherTypeMPLS)
	frame.PutHead((*[frame.HeadLen]byte)(head[prefixLen+nicio.HeaderLen:]), e, frame.NewWord(flags, n, 0))
	q.fill = append(q.fill, head[:]...)
	for _, part := range sdu {
		q.fill = append(q.fill, part...)
	}
	return true
}

// next returns the oldest frame and takes it, or returns nil. The octets are valid until the next call.
func (q *inbox) next() []byte {
	if len(q.taken) == 0 {
		q.mu.Lock()
		q.taken, q.fill = q.fill, q.spare[:0]
		q.mu.Unlock()
		q.spare = q.taken
		if len(q.taken) == 0 {
			return nil
		}
	}
	end := prefixLen + int(binary.BigEndian.Uint32(q.taken))
	b := q.taken[prefixLen:end]
	q.taken = q.taken[end:]
	return b
}

// waiting reports whether there is a frame. Only the port's reader may ask.
func (q *inbox) waiting() bool {
	if len(q.taken) > 0 {
		return true
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.fill) > 0
}
