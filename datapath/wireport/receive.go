package wireport

import (
	"encoding/binary"
	"sync/atomic"
	"time"

	"callmanager/datapath/aal5"
	"callmanager/datapath/cell"
	"callmanager/datapath/frame"
	"callmanager/datapath/intake"
	"callmanager/datapath/sar"
	"callmanager/nicio"
)

const (
	// joinTime is how long after its first cell a PDU may end: one of 9180 octets takes 1.2 s at 64 kbit/s.
	joinTime = 5 * time.Second
	// maxRounds bounds the batches of the NIC that one read takes if none gives a frame of the engine.
	maxRounds = 64
)

// A receiver is the receiving half of a port.
type receiver struct {
	now   func() int64
	wires map[key]*incoming
	all   []*incoming

	batch intake.Batch // Of the NIC.
	from  *incoming    // Whose cells are left of the frame taken last; nil: none are.
	cells cell.Cells
	ether []byte // The Ethernet header of that frame.
	time  int64  // When the batch came.
}

// An incoming is the receiving half of a wire.
type incoming struct {
	Wire
	order frame.Order
	pdu   sar.Reassembler
	buf   []byte // Of the PDU under way.

	received
	stale bool // It has changed since it was shown last.
	shown atomicReceived
}

func (r *receiver) init(under nicio.Port, cfg *Config, mtu *atomic.Int64) {
	r.now, r.wires = cfg.Now, make(map[key]*incoming, len(cfg.Wires))
	r.batch.Init(under, mtu)
	for _, w := range cfg.Wires {
		l := &incoming{Wire: w, pdu: sar.NewReassembler(sar.Limits{Timeout: int64(joinTime)})}
		if w.Mode != SDU {
			l.buf = make([]byte, aal5.MaxPDU)
		}
		r.wires[key{w.Peer, frame.Label(w.Local)}] = l
		r.all = append(r.all, l)
	}
}

// more reports whether something is left of what was read from the NIC.
func (r *receiver) more() bool { return r.batch.Left() || r.cells.Len() > 0 }

// read fills frames of the engine.
func (r *receiver) read(frames []nicio.RxFrame) (n int, err error) {
	for rounds := 0; n < len(frames); {
		if r.from != nil {
			if h, body, ok := r.cells.Next(); ok {
				n += r.cell(&frames[n], h, body)
			} else {
				r.from = nil
			}
			continue
		}
		if !r.batch.Left() {
			if n > 0 || rounds == maxRounds {
				break
			}
			rounds++
			var read int
			read, err = r.batch.Fetch()
			r.time = r.now()
			if err != nil || read == 0 {
				break
			}
		}
		n += r.frame(&frames[n], r.batch.Next())
	}
	for _, l := range r.all {
		l.show()
	}
	return n, err
}

// frame takes a frame of the NIC: the cells of a wire are read next, other frames change places with those
// of the engine. It returns how many frames of the engine it has filled.
func (r *receiver) frame(to, f *nicio.RxFrame) int {
	label, rest, fault := frame.DecodeLabel(f.Payload())
	var l *incoming
	if fault == frame.NoFault && label.ByHand() {
		l = r.wires[key{nicio.MAC(f.Buf[6:12]), label}]
	}
	if l == nil {
		return r.batch.HandOn(to, f)
	}
	l.frames++
	l.stale = true
	if l.Mode == SDU {
		binary.BigEndian.PutUint32(f.Buf[nicio.HeaderLen:], uint32(frame.NewEntry(l.label())))
		return r.batch.HandOn(to, f)
	}
	number, cells, bad := l.format().Decode(rest, l.header())
	if bad.Numbered() {
		v, lost := l.order.Admit(number, rest)
		l.lost += uint64(lost)
		if v == frame.Late {
			l.late++
			return 0
		}
	}
	if bad != cell.NoFault {
		l.faults[bad]++
		return 0
	}
	r.from, r.cells, r.ether = l, cells, f.Buf[:nicio.HeaderLen]
	return 0
}

// cell takes a cell. It returns 1 if that has ended a PDU, whose SDU is in the frame of the engine then.
func (r *receiver) cell(to *nicio.RxFrame, h cell.Header, body *cell.Body) int {
	l := r.from
	if k := h.Kind(); k != cell.User {
		l.kinds[k]++
		return 0
	}
	if h.Channel() != l.header().Channel() {
		l.strays++
		return 0
	}
	if l.pdu.Starts(r.time, &l.count) {
		l.pdu.Begin(h, l.buf, r.time, &l.count)
	}
	sdu, v := l.pdu.Add(h, body, &l.count)
	if !h.PTI().Last() {
		l.pdu.AddRun(h, &r.cells, &l.count)
		return 0
	}
	if v != sar.Whole {
		return 0
	}
	if len(to.Buf) < sduAt+len(sdu) {
		l.long++
		return 0
	}
	t := l.pdu.Trailer()
	if t.UU > uint8(frame.U) { // The link carries one bit of it.
		l.user++
		return 0
	}
	copy(to.Buf[:nicio.HeaderLen], r.ether)
	frame.PutHead((*[frame.HeadLen]byte)(to.Buf[nicio.HeaderLen:]), frame.NewEntry(l.label()), frame.NewWord(t.Flags(), len(sdu), 0))
	to.Len = sduAt + copy(to.Buf[sduAt:], sdu)
	return 1
}
