package cellport

import (
	"sync"
	"sync/atomic"

	"callmanager/datapath/cell"
	"callmanager/nicio"
)

// maxHanded bounds the cells that wait to be taken over: some SDUs of the largest size of a control VC.
const maxHanded = 512

// A handed is a cell of a control VC that has come behind data.
type handed struct {
	ether  [nicio.HeaderLen]byte // Of its frame.
	link   int                   // In the order of the configuration.
	header cell.Header
	body   cell.Body
}

// A handover takes cells from the port of data to that of the control VCs. A frame has cells of any channels
// (RFC 4717 clause 8), and its first one alone decides which socket it meets. It is rare: cmd-daemon packs no
// frame so.
type handover struct {
	some atomic.Bool // There is something in waits.

	mu    sync.Mutex
	waits []handed

	taken []handed // The taking goroutine's.
}

// put adds a cell. ok is false when there are too many; first says that nobody knows of one yet.
func (q *handover) put(c *handed) (ok, first bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waits) >= maxHanded {
		return false, false
	}
	q.waits = append(q.waits, *c)
	return true, !q.some.Swap(true)
}

// take returns what waits. It is valid until the next call.
func (q *handover) take() []handed {
	if !q.some.Load() {
		return nil
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.some.Store(false)
	q.taken, q.waits = q.waits, q.taken[:0]
	return q.taken
}
