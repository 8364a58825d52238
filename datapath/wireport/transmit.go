package wireport

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
	// maxQueue bounds the frames that wait for the NIC: those of the largest SDU in cells of one a frame, and
	// of a batch.
	maxQueue = aal5.MaxPDU/cell.BodyLen + 1 + nicio.BatchSize
	// retryPause is when a NIC that was full is tried again.
	retryPause = int64(100 * time.Microsecond)
)

// A transmitter is the transmitting half of a port.
type transmitter struct {
	under nicio.Port
	now   func() int64
	mtu   *atomic.Int64
	wires map[key]*outgoing
	all   []outgoing
	due   int64 // When flush is to be called; Never.

	queue []queued // Made; their memory is out of pool.
	batch []nicio.TxFrame
	first int // The first that is left.
	pool  [][]byte
	held  atomic.Int64 // Octets in the queue.
}

// A queued frame waits for the NIC.
type queued struct {
	frame []byte
	from  *outgoing
}

// An outgoing is the transmitting half of a wire.
type outgoing struct {
	Wire
	build  cell.Builder
	number frame.Numbering

	cells, pdus atomic.Uint64 // Made; an SDU without cells counts as a PDU.
	unfit       atomic.Uint64 // Frames of the engine that carry no whole SDU.
	failed      atomic.Uint64 // Frames that met a port beyond repair.
}

func (t *transmitter) init(under nicio.Port, cfg *Config, mtu *atomic.Int64) {
	t.under, t.now, t.mtu, t.due = under, cfg.Now, mtu, Never
	t.wires, t.all = make(map[key]*outgoing, len(cfg.Wires)), make([]outgoing, len(cfg.Wires))
	t.queue, t.batch = make([]queued, 0, maxQueue), make([]nicio.TxFrame, 0, maxQueue)
	for i, w := range cfg.Wires {
		t.all[i].Wire = w
		t.wires[key{w.Peer, w.label()}] = &t.all[i]
	}
}

// write takes frames of the engine: those of wires it makes into their frames, others it hands on.
func (t *transmitter) write(frames []nicio.TxFrame) (n int, err error) {
	if err = t.send(); err != nil {
		return 0, err
	}
	for n < len(frames) && err == nil {
		l := t.find(frames[n].Head)
		if l == nil {
			var passed, run int
			if passed, run, err = t.pass(frames[n:]); passed < run {
				n += passed
				break
			}
			n += passed
			continue
		}
		if !t.room(l, len(frames[n].Body)) {
			if err = t.send(); err != nil || !t.room(l, len(frames[n].Body)) {
				break
			}
		}
		t.take(l, &frames[n])
		n++
	}
	if err == nil {
		err = t.send()
	}
	t.settle()
	return n, err
}

// find returns the wire of a frame of the engine, or nil.
func (t *transmitter) find(head []byte) *outgoing {
	return t.wires[key{nicio.MAC(head[:6]), frame.Entry(binary.BigEndian.Uint32(head[nicio.HeaderLen:])).Label()}]
}

// pass hands on the run of frames up to the next one of a wire, once the queue is empty.
func (t *transmitter) pass(frames []nicio.TxFrame) (passed, run int, err error) {
	run = 1
	for run < len(frames) && t.find(frames[run].Head) == nil {
		run++
	}
	if err = t.send(); err != nil || t.first < len(t.queue) {
		return 0, run, err
	}
	passed, err = t.under.WriteBatch(frames[:run])
	return passed, run, err
}

// most returns how many cells a frame of a wire may have.
func (t *transmitter) most(l *outgoing) int {
	return max(1, l.format().Most(int(t.mtu.Load())-frame.EntryLen))
}

// room reports whether the queue takes the frames of an SDU.
func (t *transmitter) room(l *outgoing, octets int) bool {
	frames := 1
	if l.Mode != SDU {
		frames += vc.CellsFor(octets) / t.most(l)
	}
	return len(t.queue)-t.first+frames <= maxQueue
}

// take makes the frames of an SDU.
func (t *transmitter) take(l *outgoing, f *nicio.TxFrame) {
	if l.Mode == SDU {
		b := append(append(t.memory(0), f.Head...), f.Body...)
		binary.BigEndian.PutUint32(b[nicio.HeaderLen:], uint32(frame.NewEntry(frame.Label(l.Remote))))
		t.put(l, b)
		l.pdus.Add(1)
		return
	}
	of, _, ok := sar.ParseHead((*[frame.HeadLen]byte)(f.Head[nicio.HeaderLen:]))
	uu := uint8(frame.Word(binary.BigEndian.Uint32(f.Head[wordAt:])).Flags() & frame.U) // All that a link in frame mode carries.
	h := cell.NewHeader(uint16(l.VPI), l.VCI, of.PTI(), of.CLP())
	var s sar.Segmenter
	if !ok || !s.Start(h, f.Body, uu) {
		l.unfit.Add(1)
		return
	}
	most := t.most(l)
	for done := false; !done; {
		b := t.memory(wordAt + l.format().Size(most))
		copy(b[:nicio.HeaderLen], f.Head)
		binary.BigEndian.PutUint32(b[nicio.HeaderLen:], uint32(frame.NewEntry(frame.Label(l.Remote))))
		l.build.Begin(l.format(), b[wordAt:], most)
		done = s.Fill(&l.build, most)
		l.cells.Add(uint64(l.build.Cells()))
		t.put(l, b[:wordAt+len(l.build.Finish(l.number.Next()))])
	}
	l.pdus.Add(1)
}

// memory returns memory for a frame of so many octets.
func (t *transmitter) memory(octets int) (b []byte) {
	if n := len(t.pool); n > 0 {
		b, t.pool = t.pool[n-1], t.pool[:n-1]
	}
	if cap(b) < octets {
		b = make([]byte, octets, nicio.FrameSize(int(t.mtu.Load())))
	}
	return b[:octets]
}

// put queues a frame.
func (t *transmitter) put(l *outgoing, b []byte) {
	t.queue = append(t.queue, queued{b, l})
	t.held.Add(int64(len(b)))
}

// send offers the queue to the NIC. What it does not take stays.
func (t *transmitter) send() error {
	if t.first == len(t.queue) {
		return nil
	}
	t.batch = t.batch[:0]
	for _, q := range t.queue[t.first:] {
		t.batch = append(t.batch, nicio.TxFrame{Head: q.frame})
	}
	n, err := t.under.WriteBatch(t.batch)
	if err != nil { // The port is closed or beyond repair.
		for _, q := range t.queue[t.first+n:] {
			q.from.failed.Add(1)
		}
		n = len(t.batch)
	}
	for i := t.first; i < t.first+n; i++ {
		t.held.Add(-int64(len(t.queue[i].frame)))
		t.pool = append(t.pool, t.queue[i].frame[:0])
		t.queue[i] = queued{}
	}
	if t.first += n; t.first == len(t.queue) {
		t.queue, t.first = t.queue[:0], 0
	} else if t.first > maxQueue/2 {
		t.queue, t.first = t.queue[:copy(t.queue, t.queue[t.first:])], 0
	}
	return err
}

// settle finds out when flush is to be called.
func (t *transmitter) settle() {
	t.due = Never
	if t.first < len(t.queue) {
		t.due = t.now() + retryPause
	}
}
