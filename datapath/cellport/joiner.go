package cellport

import (
	"time"

	"callmanager/datapath/aged"
	"callmanager/datapath/cell"
	"callmanager/datapath/frame"
	"callmanager/datapath/intake"
	"callmanager/datapath/sar"
	"callmanager/nicio"
	"callmanager/vc"
)

const (
	// sduAt is where the SDU begins in a frame of the engine.
	sduAt = nicio.HeaderLen + frame.HeadLen
	// maxJoins is how many PDUs of a port may be under way: 16 MiB. Beyond, the one that has begun first is
	// given up.
	maxJoins = 256
	// joinTime is how long after its first cell a PDU may end: one of 9180 octets takes 1.2 s at 64 kbit/s.
	joinTime = 5 * time.Second
	// maxRounds bounds the batches of the NIC that one read takes if none ends a PDU.
	maxRounds = 64
)

// A joiner is the receiving half of a port.
type joiner struct {
	under   nicio.Port
	now     func() int64
	control bool // The port is that of the control VCs.
	tell    func(peer nicio.MAC, frames bool)
	links   []*incoming

	batch intake.Batch // Of the NIC.
	from  *incoming    // Whose cells are left of the frame taken last; nil: none are.
	cells cell.Cells

	ether []byte // The Ethernet header of the frame that cells are read from.
	time  int64  // When the batch came.

	to    *joiner  // That of the control VCs, which cells of theirs go to; nil: nowhere.
	other handover // From the joiner of data.
	taken []handed // Of it, those that are left.

	joins aged.Set[joining]
}

// A joining is a PDU under way, or one that is dropped and has not ended yet.
type joining struct {
	sar.Reassembler
	place *underWay // Where its channel names it.
	from  *incoming
	buf   []byte // Of a frame of the engine.
}

func (j *joiner) init(under nicio.Port, cfg *Config, size *size, control bool) {
	j.joins = aged.New[joining](maxJoins)
	j.under, j.now, j.control, j.tell = under, cfg.Now, control, cfg.OtherMode
	j.batch.Init(under, &size.mtu)
	for i := range cfg.Peers {
		j.links = append(j.links, newIncoming(&cfg.Peers[i], i))
	}
}

// more reports whether something is left of what was read from the NIC, or has been handed over.
func (j *joiner) more() bool {
	return j.batch.Left() || j.cells.Len() > 0 || len(j.taken) > 0 || j.other.some.Load()
}

// due returns how long the oldest PDU may still wait; negative is for ever.
func (j *joiner) due() time.Duration {
	x := j.joins.Oldest()
	if x == nil {
		return -1
	}
	return max(0, time.Duration(x.Since()+int64(joinTime)-j.now())) + 1
}

// read fills frames of the engine with SDUs.
func (j *joiner) read(frames []nicio.RxFrame) (n int, err error) {
	for rounds := 0; n < len(frames); {
		if j.from != nil {
			if h, body, ok := j.cells.Next(); ok {
				n += j.cell(&frames[n], h, body)
			} else {
				j.from = nil
			}
			continue
		}
		if len(j.taken) > 0 {
			n += j.takeOver(&frames[n])
			continue
		}
		if !j.batch.Left() {
			if n > 0 || rounds == maxRounds {
				break
			}
			rounds++
			j.taken = j.other.take()
			var read int
			if read, err = j.fetch(); err != nil || read == 0 && len(j.taken) == 0 {
				break
			}
			continue
		}
		n += j.frame(&frames[n], j.batch.Next())
	}
	for _, l := range j.links {
		l.show()
	}
	return n, err
}

// fetch reads a batch from the NIC, and gives up the PDUs that are too old by then.
func (j *joiner) fetch() (n int, err error) {
	n, err = j.batch.Fetch()
	j.time = j.now()
	for x := j.joins.Oldest(); x != nil && j.giveUp(x, j.time); {
		x = j.joins.Oldest()
	}
	return n, err
}

// frame takes a frame of the NIC: the cells of a peer in cell mode are read next, what others have sent is
// handed on. It returns how many frames of the engine it has filled.
func (j *joiner) frame(to, f *nicio.RxFrame) int {
	l := j.find(f.Buf)
	if l == nil {
		return j.batch.HandOn(to, f)
	}
	l.frames++
	l.stale = true
	label, rest, fault := frame.DecodeLabel(f.Payload())
	if fault != frame.NoFault || uint32(label) != l.Label {
		l.mislabelled++
		_, _, channel := label.Channel()
		j.otherMode(l, fault == frame.NoFault && channel)
		return 0
	}
	if l.other {
		j.otherMode(l, false)
	}
	number, cells, bad := l.format().Decode(rest, 0)
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
	j.from, j.cells, j.ether = l, cells, f.Buf[:nicio.HeaderLen]
	return 0
}

// otherMode notes whether a peer is in frame mode, as its latest frame tells.
func (j *joiner) otherMode(l *incoming, frames bool) {
	if l.other == frames {
		return
	}
	l.other = frames
	if j.tell != nil {
		j.tell(l.MAC, frames)
	}
}

// find returns the link in cell mode that a frame comes from, or nil.
func (j *joiner) find(b []byte) *incoming {
	key := nicio.MAC(b[6:12]).Uint64()
	for _, l := range j.links {
		if l.key == key {
			return l
		}
	}
	return nil
}

// cell takes a cell. It returns 1 if that has ended a PDU, whose SDU is in the frame of the engine then.
func (j *joiner) cell(to *nicio.RxFrame, h cell.Header, body *cell.Body) int {
	l := j.from
	if k := h.Kind(); k != cell.User {
		l.kinds[k]++
		return 0
	}
	switch {
	case (uint32(h)&channelMask == uint32(signalling)) != j.control:
		j.stray(l, h, body)
		return 0
	case h.VPI() > uint16(vc.MaxVPI):
		l.pathless++
		return 0
	}
	at := l.find(h)
	if at == nil && h.PTI().Last() && len(to.Buf) >= sduAt+cell.BodyLen {
		r := l.fresh
		r.Begin(h, to.Buf[sduAt:], j.time, &l.count)
		if sdu, v := r.Add(h, body, &l.count); v == sar.Whole {
			return j.deliver(to, h, len(sdu), r.Trailer())
		}
		return 0
	}
	if at == nil {
		at = j.begin(l, h)
	}
	x := &at.Value
	sdu, v := x.Add(h, body, &l.count)
	if !h.PTI().Last() {
		x.AddRun(h, &j.cells, &l.count)
		return 0
	}
	j.end(at)
	if v != sar.Whole {
		return 0
	}
	switch {
	case len(to.Buf) >= MaxFrame:
		x.buf, to.Buf = to.Buf, x.buf
	case len(to.Buf) >= sduAt+len(sdu):
		copy(to.Buf[sduAt:], sdu)
	default:
		l.long++
		return 0
	}
	return j.deliver(to, h, len(sdu), x.Trailer())
}

// stray takes a cell of the other port's channels. One of a control VC goes there: nothing but what is in
// frames of its own beside it can overtake it, and SSCOP mends that. Data behind a control cell would be overtaken
// by the frames that the port of data reads meanwhile, and ATM never misorders: it is dropped.
func (j *joiner) stray(l *incoming, h cell.Header, body *cell.Body) {
	if j.to == nil {
		l.strays++
		return
	}
	c := handed{link: l.index, header: h, body: *body}
	copy(c.ether[:], j.ether)
	ok, first := j.to.other.put(&c)
	if !ok {
		l.strays++
		return
	}
	l.handed++
	if first {
		j.to.under.Wake()
	}
}

// takeOver takes the next cell that has been handed over. It returns what cell does.
func (j *joiner) takeOver(to *nicio.RxFrame) (n int) {
	c := &j.taken[0]
	j.taken = j.taken[1:]
	j.from, j.ether = j.links[c.link], c.ether[:]
	j.from.stale = true
	n = j.cell(to, c.header, &c.body)
	j.from = nil
	return n
}

// deliver writes what stands before an SDU in a frame of the engine.
func (j *joiner) deliver(to *nicio.RxFrame, h cell.Header, octets int, t sar.Trailer) int {
	copy(to.Buf[:nicio.HeaderLen], j.ether)
	w := frame.NewWord(t.Flags(), octets, 0)
	frame.PutHead((*[frame.HeadLen]byte)(to.Buf[nicio.HeaderLen:]), sar.EntryOf(h, t), w)
	to.Len = sduAt + octets
	return 1
}

// begin starts a PDU of more than one cell. The oldest makes room for it if it must.
func (j *joiner) begin(l *incoming, h cell.Header) underWay {
	if j.joins.Full() {
		j.giveUp(j.joins.Oldest(), Never)
	}
	at := j.joins.Add(j.time)
	x := &at.Value
	if x.buf == nil {
		x.buf = make([]byte, MaxFrame)
	}
	x.Reassembler, x.from, x.place = l.fresh, l, l.place(h)
	*x.place = at
	x.Begin(h, x.buf[sduAt:], j.time, &l.count)
	return at
}

// giveUp ends a PDU if it is too old at a time, and reports whether it was.
func (j *joiner) giveUp(at underWay, now int64) bool {
	x := &at.Value
	if !x.Expire(now, &x.from.count) {
		return false
	}
	x.from.stale = true
	j.end(at)
	return true
}

// end forgets a PDU.
func (j *joiner) end(at underWay) {
	*at.Value.place = nil
	j.joins.Remove(at)
}
