package udpcell

import (
	"encoding/binary"
	"slices"
	"sync"

	"callmanager/datapath/cell"
	"callmanager/datapath/frame"
	"callmanager/datapath/sar"
	"callmanager/nicio"
)

// cellCost is what a cell counts in [port.Unsent], in octets: no less than its part of a frame.
const cellCost = 64

// An outbox holds cells from the port's writer to the socket's. It takes some only while there is a
// socket.
type outbox struct {
	limit int // Octets of fill.

	mu     sync.Mutex
	open   bool
	fill   []byte // Cells.
	spare  []byte
	unsent int // Cells that are not sent, taken ones included.
}

// A fate is what an outbox did with a frame.
type fate uint8

const (
	accepted fate = iota
	full
	down
	oversize
	invalid
)

// put adds the cells of one frame's SDU.
func (q *outbox) put(f *nicio.TxFrame) fate {
	h, uu, ok := headerOf(f)
	n := sar.Cells(len(f.Body))
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case !q.open:
		return down
	case !ok || len(f.Body) == 0:
		return invalid
	case len(f.Body) > MaxSDU:
		return oversize
	case len(q.fill) > 0 && len(q.fill)+n*cell.Len > q.limit:
		return full
	}
	var s sar.Segmenter
	var b cell.Builder
	at := len(q.fill)
	q.fill = slices.Grow(q.fill, n*cell.Len)[:at+n*cell.Len]
	b.Begin(cell.Line, q.fill[at:], n)
	s.Start(h, f.Body, uu)
	s.Fill(&b, n)
	q.unsent += n
	return accepted
}

// headerOf reads what is in front of a frame's SDU: the header of its cells and the user-to-user bit.
// It refuses a frame that is none of an SDU.
func headerOf(f *nicio.TxFrame) (h cell.Header, uu uint8, ok bool) {
	if len(f.Head) != frameLen {
		return 0, 0, false
	}
	label, rest, fault := frame.DecodeLabel(f.Head[nicio.HeaderLen:])
	vpi, vci, ok := label.Channel()
	if fault != frame.NoFault || !ok {
		return 0, 0, false
	}
	flags := frame.Word(binary.BigEndian.Uint32(rest)).Flags()
	var pti cell.PTI
	if flags&frame.E != 0 {
		pti = cell.EFCI
	}
	return cell.NewHeader(uint16(vpi), vci, pti, flags&frame.C != 0), uint8(flags & frame.U), flags&frame.T == 0
}

// take takes all cells. They are the caller's until it gives them back for memory.
func (q *outbox) take() []byte {
	q.mu.Lock()
	defer q.mu.Unlock()
	b := q.fill
	q.fill, q.spare = q.spare[:0], nil
	return b
}

// recycle gives the memory of taken cells back.
func (q *outbox) recycle(b []byte) {
	q.mu.Lock()
	q.spare = b[:0]
	q.mu.Unlock()
}

// sent notes that so many cells have been sent, or could not be.
func (q *outbox) sent(cells int) {
	q.mu.Lock()
	q.unsent = max(0, q.unsent-cells)
	q.mu.Unlock()
}

// start lets the box take cells.
func (q *outbox) start() {
	q.mu.Lock()
	q.open = true
	q.mu.Unlock()
}

// stop empties the box and has it take nothing. It returns how many cells were not sent.
func (q *outbox) stop() (cells int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	cells = q.unsent
	q.open, q.fill, q.unsent = false, q.fill[:0], 0
	return cells
}

// waiting returns the cells that are not sent.
func (q *outbox) waiting() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.unsent
}
