package cellport

import (
	"encoding/binary"
	"sync/atomic"
	"time"

	"callmanager/datapath/aal5"
	"callmanager/datapath/cell"
	"callmanager/datapath/frame"
	"callmanager/datapath/sar"
	"callmanager/nicio"
	"callmanager/vc"
)

const (
	// headLen is what stands before the cells or the control word of a frame, in octets.
	headLen = nicio.HeaderLen + frame.EntryLen
	// maxQueue bounds the frames that wait for the NIC: those of the largest SDU in cells of one a frame,
	// and of a batch.
	maxQueue = aal5.MaxPDU/cell.BodyLen + nicio.BatchSize
	// retryPause is when a NIC that was full is tried again.
	retryPause = int64(100 * time.Microsecond)
)

// A packer is the transmitting half of a port.
type packer struct {
	under nicio.Port
	now   func() int64
	size  *size
	tell  func(peer nicio.MAC, octets int) // Of what frames lack; may be nil.
	links []outgoing
	due   int64 // When flush is to be called; Never.

	queue []nicio.TxFrame // Full, or due; their memory is out of pool.
	first int             // The first that is left.
	pool  [][]byte
	held  atomic.Int64 // Octets in the queue and in frames that are filled.
}

// An outgoing is the transmitting half of a link.
type outgoing struct {
	Peer
	key    uint64
	now    bool   // Nothing waits.
	plain  bool   // Its frames have no number.
	buf    []byte // Of the frame that is filled; nil if none is.
	build  cell.Builder
	due    int64
	number frame.Numbering

	cells, pdus atomic.Uint64 // Made.
	unfit       atomic.Uint64 // Frames of the engine that carry no SDU: never.
	failed      atomic.Uint64 // Frames of cells that met a port beyond repair.
}

func (t *packer) init(under nicio.Port, cfg *Config, size *size, control bool) {
	t.under, t.now, t.size, t.tell, t.due = under, cfg.Now, size, cfg.Missing, Never
	t.queue = make([]nicio.TxFrame, 0, maxQueue)
	t.links = make([]outgoing, len(cfg.Peers))
	for i, p := range cfg.Peers {
		l := &t.links[i]
		l.Peer, l.key, l.now, l.plain, l.due = p, p.MAC.Uint64(), control || p.Delay <= 0, control, Never
	}
}

// write takes frames of the engine: those to peers in cell mode it cuts into cells, others it hands on. Whatever
// it has taken is on its way or due when it returns.
func (t *packer) write(frames []nicio.TxFrame) (taken int, err error) {
	err = t.send()
	for full := false; err == nil && !full && taken < len(frames); {
		f := &frames[taken]
		l := t.find(f.Head)
		if l == nil {
			var n int
			n, full, err = t.pass(frames[taken:])
			taken += n
			continue
		}
		if !t.room(l, len(f.Body)) {
			if err = t.send(); err != nil || !t.room(l, len(f.Body)) {
				break
			}
		}
		t.cut(l, f)
		taken++
	}
	for i := range t.links {
		if l := &t.links[i]; l.now {
			t.seal(l)
		}
	}
	if late := t.send(); err == nil {
		err = late
	}
	t.settle()
	return taken, err
}

// next returns the sequence number of the next frame. Frames of data and frames of signalling share the label, and a peer
// that checks the numbers knows one sequence a label (RFC 4385 clause 4.2): two of them in turn would be late frames to
// it. So those of signalling have none, which is always in order; SSCOP bears with what the network does to them.
func (l *outgoing) next() uint16 {
	if l.plain {
		return 0
	}
	return l.number.Next()
}

// find returns the link in cell mode that a frame goes to, or nil.
func (t *packer) find(head []byte) *outgoing {
	key := uint64(binary.BigEndian.Uint16(head))<<32 | uint64(binary.BigEndian.Uint32(head[2:]))
	for i := range t.links {
		if t.links[i].key == key {
			return &t.links[i]
		}
	}
	return nil
}

// pass hands on frames up to the next one to a peer in cell mode, behind what is in the queue. It reports whether
// the NIC is full.
func (t *packer) pass(frames []nicio.TxFrame) (taken int, full bool, err error) {
	if err := t.send(); err != nil || t.first < len(t.queue) {
		return 0, true, err
	}
	n := 1
	for n < len(frames) && t.find(frames[n].Head) == nil {
		n++
	}
	taken, err = t.under.WriteBatch(frames[:n])
	return taken, taken < n, err
}

// room reports whether the queue takes the frames of an SDU.
func (t *packer) room(l *outgoing, octets int) bool {
	return len(t.queue)-t.first+vc.CellsFor(octets)/t.size.most(&l.Peer)+2 <= maxQueue
}

// cut makes cells of an SDU.
func (t *packer) cut(l *outgoing, f *nicio.TxFrame) {
	h, uu, ok := sar.ParseHead((*[frame.HeadLen]byte)(f.Head[nicio.HeaderLen:]))
	var s sar.Segmenter
	if !ok || !s.Start(h, f.Body, uu) {
		l.unfit.Add(1)
		return
	}
	for {
		if l.buf == nil {
			t.begin(l, f.Head)
		}
		before := l.build.Cells()
		done := s.Fill(&l.build, vc.CellsFor(len(f.Body)))
		n := l.build.Cells() - before
		l.cells.Add(uint64(n))
		t.held.Add(int64(n * (cell.BodyLen + 4)))
		if l.build.Room() == 0 {
			t.seal(l)
		}
		if done {
			l.pdus.Add(1)
			return
		}
	}
}

// begin starts a frame to a link's peer, with the Ethernet header of the engine's frame.
func (t *packer) begin(l *outgoing, head []byte) {
	most := t.size.most(&l.Peer)
	octets := headLen + l.format().Size(most)
	if n := len(t.pool); n > 0 {
		l.buf, t.pool = t.pool[n-1], t.pool[:n-1]
	}
	if cap(l.buf) < octets {
		l.buf = make([]byte, octets)
	}
	l.buf = l.buf[:octets]
	copy(l.buf[:nicio.HeaderLen], head)
	binary.BigEndian.PutUint32(l.buf[nicio.HeaderLen:], uint32(l.entry()))
	l.build.Begin(l.format(), l.buf[headLen:], most)
	l.due = Never
	if !l.now {
		l.due = t.now() + int64(l.Delay)
	}
}

// seal ends the frame that a link is filling, if there is one.
func (t *packer) seal(l *outgoing) {
	if l.buf == nil {
		return
	}
	var number uint16
	if !l.Bare {
		number = l.next()
	}
	if cells, room := l.build.Cells(), l.build.Room(); room > 0 && t.tell != nil {
		f := vc.CellFraming(cells+room, l.Bare, 0)
		t.tell(l.MAC, f.Missing(cells))
	}
	body := l.build.Finish(number)
	t.queue = append(t.queue, nicio.TxFrame{Head: l.buf[:headLen+len(body)]})
	l.buf, l.due = nil, Never
}

// send offers the queue to the NIC. What it does not take stays.
func (t *packer) send() error {
	if t.first == len(t.queue) {
		return nil
	}
	n, err := t.under.WriteBatch(t.queue[t.first:])
	if err != nil { // The port is closed or beyond repair.
		for i := t.first + n; i < len(t.queue); i++ {
			if l := t.find(t.queue[i].Head); l != nil {
				l.failed.Add(1)
			}
		}
		n = len(t.queue) - t.first
	}
	var octets int
	for i := t.first; i < t.first+n; i++ {
		b := t.queue[i].Head
		octets += (len(b) - headLen) / (cell.BodyLen + 4) * (cell.BodyLen + 4)
		t.pool = append(t.pool, b[:0])
		t.queue[i] = nicio.TxFrame{}
	}
	t.held.Add(int64(-octets))
	if t.first += n; t.first == len(t.queue) {
		t.queue, t.first = t.queue[:0], 0
	} else if t.first > maxQueue/2 {
		t.queue, t.first = t.queue[:copy(t.queue, t.queue[t.first:])], 0
	}
	return err
}

// settle finds out when flush is to be called.
func (t *packer) settle() {
	t.due = Never
	for i := range t.links {
		t.due = min(t.due, t.links[i].due)
	}
	if t.first < len(t.queue) {
		t.due = min(t.due, t.now()+retryPause)
	}
}

// flush sends what has waited for long enough.
func (t *packer) flush(now int64) error {
	for i := range t.links {
		if l := &t.links[i]; l.due <= now {
			t.seal(l)
		}
	}
	err := t.send()
	t.settle()
	return err
}
