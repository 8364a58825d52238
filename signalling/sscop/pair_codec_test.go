package sscop_test

import (
	"slices"

	"callmanager/signalling/sscop"
)

// encode writes the present world down in its canonical form.
func (p *entities) encode() string {
	w := &p.now
	for end := range 2 {
		w.renumberSQ(end)
		w.renumberPolls(end)
	}
	if w.mistaken {
		w.data = [2]ledger{}
	}
	b := make([]byte, 0, 160)
	b = append(b, w.sds, w.losses, w.requests, bit(w.mistaken))
	for end := range 2 {
		b = appendImage(b, &w.images[end])
		d := &w.data[end]
		b = append(b, d.given, d.before, d.begins[1]|d.begins[2]<<1|d.begins[3]<<2|d.begins[4]<<3, d.delivered, d.last)
		b = append(b, byte(len(w.wire[end])))
		for i := range w.wire[end] {
			b = appendFlight(b, &w.wire[end][i])
		}
	}
	return string(b)
}

// sentSQ is the canonical VT(SQ), otherSQ a VR(SQ) that equals nothing there is.
const (
	sentSQ  = 200
	otherSQ = 100
)

// renumberSQ renames the numbers N(SQ) of the BGNs, RSs and ERs of one sender. They are only compared
// for being the same: what may still come is VT(SQ), if the sender may repeat it, and what is under
// way.
func (w *world) renumberSQ(sender int) {
	from, to := &w.images[sender], &w.images[1-sender]
	var names [256]uint8
	next := uint8(sentSQ - 1)
	if slices.Contains([]sscop.State{
		sscop.OutgoingConnectionPending, sscop.OutgoingResyncPending, sscop.OutgoingRecoveryPending,
	}, from.State) {
		names[from.TSQ] = sentSQ
	}
	for i := range w.wire[sender] {
		pdu := &w.wire[sender][i].pdu
		switch {
		case pdu.Type != sscop.BGN && pdu.Type != sscop.RS && pdu.Type != sscop.ER:
			continue
		case names[pdu.NSQ] != 0:
		case pdu.NSQ == from.TSQ:
			names[pdu.NSQ] = sentSQ
		default:
			names[pdu.NSQ] = next
			next--
		}
		pdu.NSQ = names[pdu.NSQ]
	}
	name := names[to.RSQ]
	if name == 0 || !to.RSQKnown {
		name = otherSQ
	}
	to.RSQ, to.RSQKnown = name, true
	for i := range w.wire[1-sender] { // no acknowledgement is awaited of what is not sent again
		f := &w.wire[1-sender][i]
		f.genuine = f.genuine && takesAck(from.State, f.pdu.Type)
	}
	from.TSQ = sentSQ
}

// renumberPolls counts the poll numbers of one sender anew. They are only compared for their order, and
// those of tags only with what a STAT may bring, which is VT(PA) or above. One above VT(PS), of a
// former connection, keeps its distance, up to two.
func (w *world) renumberPolls(sender int) {
	m := &w.images[sender]
	ready := m.State == sscop.DataTransferReady
	used := make([]int, 0, 16)
	if ready {
		used = append(used, int(m.PA)-1, int(m.PA), int(m.PS))
	}
	w.eachPoll(sender, func(n *sscop.Seq) { used = append(used, int(n.Small())) })
	for i := range unacked(m) {
		m.Tx[i].Tag = max(m.Tx[i].Tag, m.PA-1)
		used = append(used, int(m.Tx[i].Tag))
	}
	slices.Sort(used)
	used = slices.Compact(used)
	rank := func(n int) int {
		if top := int(m.PS); ready && n > top {
			return 1 + slices.Index(used, top) + min(n-top, 2)
		}
		return 1 + slices.Index(used, n)
	}
	w.eachPoll(sender, func(n *sscop.Seq) { *n = sscop.NewSeq(uint32(rank(int(n.Small())))) })
	if !ready {
		return
	}
	for i := range unacked(m) {
		m.Tx[i].Tag = uint8(rank(int(m.Tx[i].Tag)))
	}
	// PA may be above PS, by one, before the first POLL.
	m.PA, m.PS = uint8(rank(int(m.PA)-1)+1), uint8(rank(int(m.PS)))
}

// eachPoll calls visit for the poll numbers of a sender that are under way: in its POLLs and in the
// STATs to it.
func (w *world) eachPoll(sender int, visit func(n *sscop.Seq)) {
	for dir := range w.wire {
		for i := range w.wire[dir] {
			pdu := &w.wire[dir][i].pdu
			if dir == sender && pdu.Type == sscop.POLL || dir != sender && pdu.Type == sscop.STAT {
				visit(&pdu.NPS)
			}
		}
	}
}

// unacked returns how many SDs have been sent and are not acknowledged.
func unacked(m *sscop.Image) int { return int(m.S - m.A) }

func bit(b bool) byte {
	if b {
		return 1
	}
	return 0
}

// appendImage writes an image down, apart from the numbers that renumberSQ has made the same.
func appendImage(b []byte, m *sscop.Image) []byte {
	b = append(b, byte(m.State), m.RSQ, m.Timers, m.CC, m.MR, m.MS)
	if m.State != sscop.DataTransferReady {
		return b
	}
	b = append(b, m.S, m.PS, m.A, m.PA, m.PD, m.R, m.H, bit(m.Credit), m.N)
	for _, sd := range m.Tx[:m.N] {
		b = append(b, sd.Data, sd.Tag, bit(sd.Marked)|bit(sd.Acked)<<1)
	}
	return append(b, m.Rx[:]...)
}

// appendFlight writes a PDU down.
func appendFlight(b []byte, f *flight) []byte {
	p := &f.pdu
	var data byte
	if p.Type == sscop.SD {
		data = p.Data[0]
	}
	b = append(b, byte(p.Type), bit(f.genuine)|byte(p.Source)<<1|byte(len(p.List))<<2)
	b = append(b, p.NSQ, p.NMR.Small(), p.NS.Small(), p.NR.Small(), p.NPS.Small(), data)
	for _, n := range p.List {
		b = append(b, n.Small())
	}
	return b
}

// reader takes octets off a string.
type reader struct{ s string }

func (r *reader) octet() byte {
	v := r.s[0]
	r.s = r.s[1:]
	return v
}

func (r *reader) seq() sscop.Seq { return sscop.NewSeq(uint32(r.octet())) }

// decodeWorld reads what encode has written.
func decodeWorld(state string) world {
	r := &reader{state}
	w := world{sds: r.octet(), losses: r.octet(), requests: r.octet(), mistaken: r.octet() == 1}
	for end := range 2 {
		w.images[end] = r.image()
		d := &w.data[end]
		d.given, d.before = r.octet(), r.octet()
		begins := r.octet()
		for i := range 4 {
			d.begins[i+1] = begins >> i & 1
		}
		d.delivered, d.last = r.octet(), r.octet()
		w.wire[end] = make([]flight, r.octet())
		for i := range w.wire[end] {
			w.wire[end][i] = r.flight()
		}
	}
	return w
}

func (r *reader) image() sscop.Image {
	m := sscop.Image{
		State: sscop.State(r.octet()), RSQ: r.octet(), Timers: r.octet(), CC: r.octet(), MR: r.octet(), MS: r.octet(),
		TSQ: sentSQ, RSQKnown: true,
	}
	if m.State != sscop.DataTransferReady {
		return m
	}
	m.S, m.PS, m.A, m.PA, m.PD = r.octet(), r.octet(), r.octet(), r.octet(), r.octet()
	m.R, m.H, m.Credit, m.N = r.octet(), r.octet(), r.octet() == 1, r.octet()
	for i := range int(m.N) {
		sd := &m.Tx[i]
		sd.Data, sd.Tag = r.octet(), r.octet()
		flags := r.octet()
		sd.Marked, sd.Acked = flags&1 != 0, flags&2 != 0
	}
	for i := range m.Rx {
		m.Rx[i] = r.octet()
	}
	return m
}

func (r *reader) flight() (f flight) {
	p := &f.pdu
	p.Type = sscop.PDUType(r.octet())
	flags := r.octet()
	f.genuine, p.Source = flags&1 != 0, sscop.Source(flags>>1&1)
	p.NSQ, p.NMR, p.NS, p.NR, p.NPS = r.octet(), r.seq(), r.seq(), r.seq(), r.seq()
	data := r.octet()
	if p.Type == sscop.SD {
		p.Data = []byte{data}
	}
	for range flags >> 2 {
		p.List = append(p.List, r.seq())
	}
	return f
}
