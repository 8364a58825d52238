package carrier

import (
	"math"
	"sync"

	"callmanager/nicio"
)

// An Encoder appends to b what the peer gets of a frame's SDU, if that is of room octets at most. It
// says how much it has appended, in case it has [Accepted] the frame, and is called with the lock of
// an [Outbox] held.
type Encoder func(b []byte, f *nicio.TxFrame, room int) ([]byte, Load, Fate)

// A Load is what has been put into an [Outbox], or sent from it.
type Load struct {
	Pieces int // Records, or cells.
	Octets int // As [nicio.Port].Unsent counts them.
}

// A Fate is what became of a frame that was to be sent.
type Fate uint8

const (
	// Accepted is a frame that is sent, unless the peer goes first.
	Accepted Fate = iota
	// Full is one that finds no room. It is to be offered again.
	Full
	// Oversize is one of an SDU that is too large.
	Oversize
	// Invalid is one that the peer could not be told of.
	Invalid
	// down is one that comes while there is no peer.
	down
)

const numFates = int(down) + 1

// An Outbox holds what the frames of a port's writer became, for the goroutine that sends it. It takes
// some only while that has a peer.
type Outbox struct {
	limit  int // Octets of fill.
	encode Encoder

	mu     sync.Mutex
	open   bool
	fill   []byte // Pieces.
	spare  []byte
	unsent Load // What is not sent, taken pieces included.
}

// put adds frames, with one lock. It returns how many it has dealt with: all, or those before the first
// that met a full box; how many had each fate, that one included; and the octets of those accepted.
func (q *Outbox) put(frames []nicio.TxFrame) (n int, fates [numFates]uint64, octets uint64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for n < len(frames) {
		f := &frames[n]
		fate := q.add(f)
		fates[fate]++
		if fate == Full {
			break
		}
		if fate == Accepted {
			octets += uint64(len(f.Head) + len(f.Body))
		}
		n++
	}
	return n, fates, octets
}

// add adds one frame.
func (q *Outbox) add(f *nicio.TxFrame) Fate {
	if !q.open {
		return down
	}
	room := math.MaxInt // An empty box takes one frame of any size.
	if len(q.fill) > 0 {
		room = q.limit - len(q.fill)
	}
	b, load, fate := q.encode(q.fill, f, room)
	if fate == Accepted {
		q.fill = b
		q.unsent.Pieces += load.Pieces
		q.unsent.Octets += load.Octets
	}
	return fate
}

// Take takes all pieces. They are the caller's until it gives them back for memory.
func (q *Outbox) Take() []byte {
	q.mu.Lock()
	defer q.mu.Unlock()
	b := q.fill
	q.fill, q.spare = q.spare[:0], nil
	return b
}

// Recycle gives the memory of taken pieces back.
func (q *Outbox) Recycle(b []byte) {
	q.mu.Lock()
	q.spare = b[:0]
	q.mu.Unlock()
}

// Sent notes that taken pieces have been sent, or could not be.
func (q *Outbox) Sent(l Load) {
	q.mu.Lock()
	q.unsent.Pieces -= l.Pieces
	q.unsent.Octets -= l.Octets
	q.mu.Unlock()
}

// start lets the box take frames.
func (q *Outbox) start() {
	q.mu.Lock()
	q.open = true
	q.mu.Unlock()
}

// stop empties the box and has it take nothing. It returns how many pieces were not sent.
func (q *Outbox) stop() (pieces int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	pieces = q.unsent.Pieces
	q.open, q.fill, q.unsent = false, q.fill[:0], Load{}
	return pieces
}

// waiting returns the octets of what is not sent.
func (q *Outbox) waiting() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.unsent.Octets
}
