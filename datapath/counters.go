package datapath

import (
	"fmt"

	"callmanager/datapath/cellport"
	"callmanager/datapath/drop"
	"callmanager/nicio"
	"callmanager/vc"
)

// LinkCounters returns the counters of a link, in a stable order, or nil for an unknown link. Names
// with the prefix "control_" are those of the control VC, others without "nic_" those of the data
// VCs together: of each pair, frames = sdus + the sum of the drops; an SDU that came in parts counts its other
// frames in rx_joined, once it is whole. Those with "nic_" belong to the
// NIC's ports and are the same for every link on it. A link in cell mode has more, with "cell_": what became
// of the frames and cells of its peer below. A link with pseudowires has more, with "wire_": what became of
// their frames below, all together. A link that is no NIC has more, with the prefix
// "transport_".
func (e *Engine) LinkCounters(id vc.LinkID) []vc.Counter {
	l := e.links[id]
	if l == nil {
		return nil
	}
	var b counterList
	b.received("", l.rx...)
	b.add("rx_joined", sum(l.rx, func(r *linkReceived) uint64 { return r.joined.Load() }))
	b.sent("", l.tx...)
	b.received("control_", &l.channel.rx)
	b.sent("control_", &l.channel.tx)
	if n := len(l.nic.cells); n > 0 {
		b.cells("cell_", l.peer, l.nic.cells[:n-1])
		b.cells("control_cell_", l.peer, l.nic.cells[n-1:])
	}
	if p := l.nic.wires; p != nil {
		for _, c := range p.Counters(l.peer) {
			b.add("wire_"+c.Name, c.Value)
		}
	}
	b.add("nic_rx_drop_foreign_mac", sum(l.nic.rx, func(r *receiver) uint64 { return r.foreign.Load() }))
	b.add("nic_control_rx_drop_foreign_mac", l.nic.ctl.foreign.Load())
	b.port("nic_", l.nic.data...)
	b.port("nic_control_", l.nic.control)
	b.workers(l)
	if t := l.nic.transport; t != nil {
		for _, c := range t.Counters() {
			b.add("transport_"+c.Name, c.Value)
		}
	}
	return b
}

// A counterList collects counters by name.
type counterList []vc.Counter

func (b *counterList) add(name string, v uint64) {
	*b = append(*b, vc.Counter{Name: name, Value: v})
}

// received adds up what workers have received.
func (b *counterList) received(prefix string, of ...*linkReceived) {
	b.add(prefix+"rx_frames", sum(of, func(r *linkReceived) uint64 { return r.frames.Load() }))
	b.add(prefix+"rx_sdus", sum(of, func(r *linkReceived) uint64 { return r.sdus.Load() }))
	b.add(prefix+"rx_octets", sum(of, func(r *linkReceived) uint64 { return r.octets.Load() }))
	b.add(prefix+"rx_lost", sum(of, func(r *linkReceived) uint64 { return r.lost.Load() }))
	b.add(prefix+"rx_tagged", sum(of, func(r *linkReceived) uint64 { return r.tagged.Load() }))
	for d := drop.Truncated; int(d) < drop.NumRx; d++ {
		b.add(prefix+"rx_drop_"+d.String(), sum(of, func(r *linkReceived) uint64 { return r.drops[d].Load() }))
	}
}

// sum adds up one counter of several workers.
func sum[T any](of []T, value func(T) uint64) (n uint64) {
	for _, w := range of {
		n += value(w)
	}
	return n
}

// cells adds up what became of the cells of a peer at several ports.
func (b *counterList) cells(prefix string, peer vc.MAC, ports []*cellport.Port) {
	all := ports[0].Counters(peer)
	for _, p := range ports[1:] {
		for i, c := range p.Counters(peer) {
			all[i].Value += c.Value
		}
	}
	for _, c := range all {
		b.add(prefix+c.Name, c.Value)
	}
}

// workers adds what each worker has of the link, if there are several.
func (b *counterList) workers(l *link) {
	if len(l.rx) > 1 {
		for i, r := range l.rx {
			b.add(fmt.Sprintf("worker_%d_rx_frames", i), r.frames.Load())
		}
	}
	if len(l.tx) > 1 {
		for i, s := range l.tx {
			b.add(fmt.Sprintf("worker_%d_tx_sdus", i), s.sdus.Load())
		}
	}
}

// sent adds up what workers have sent.
func (b *counterList) sent(prefix string, of ...*linkSent) {
	b.add(prefix+"tx_sdus", sum(of, func(s *linkSent) uint64 { return s.sdus.Load() }))
	b.add(prefix+"tx_octets", sum(of, func(s *linkSent) uint64 { return s.octets.Load() }))
	for d := drop.TxEmptySDU; int(d) < drop.NumTx; d++ {
		b.add(prefix+"tx_drop_"+d.String(), sum(of, func(s *linkSent) uint64 { return s.drops[d].Load() }))
	}
}

// port adds up what ports have counted.
func (b *counterList) port(prefix string, ports ...nicio.Port) {
	s := ports[0].Stats()
	for _, p := range ports[1:] {
		s.Add(p.Stats())
	}
	for _, c := range []vc.Counter{
		{Name: "rx_frames", Value: s.RxFrames},
		{Name: "rx_xdp_frames", Value: s.RxXDP},
		{Name: "rx_octets", Value: s.RxOctets},
		{Name: "rx_batches", Value: s.RxBatches},
		{Name: "rx_drop_other_host", Value: s.RxOtherHost},
		{Name: "rx_drop_group", Value: s.RxGroup},
		{Name: "rx_drop_loop", Value: s.RxLoop},
		{Name: "rx_drop_too_long", Value: s.RxTruncated},
		{Name: "rx_drop_runt", Value: s.RxRunt},
		{Name: "rx_drop_overrun", Value: s.RxOverrun},
		{Name: "rx_starved", Value: s.RxStarved},
		{Name: "rx_down", Value: s.RxDown},
		{Name: "rx_errors", Value: s.RxErrors},
		{Name: "tx_frames", Value: s.TxFrames},
		{Name: "tx_xdp_frames", Value: s.TxXDP},
		{Name: "tx_octets", Value: s.TxOctets},
		{Name: "tx_batches", Value: s.TxBatches},
		{Name: "tx_drop_down", Value: s.TxDown},
		{Name: "tx_drop_absent", Value: s.TxAbsent},
		{Name: "tx_drop_oversize", Value: s.TxOversize},
		{Name: "tx_drop_invalid", Value: s.TxInvalid},
		{Name: "tx_drop_no_buffer", Value: s.TxNoBuffer},
		{Name: "tx_drop_errors", Value: s.TxErrors},
		{Name: "tx_retry_down", Value: s.TxRetryDown},
		{Name: "tx_retry_no_buffer", Value: s.TxRetryNoBuffer},
		{Name: "tx_busy", Value: s.TxBusy},
		{Name: "tx_partial", Value: s.TxPartial},
		{Name: "rebinds", Value: s.Rebinds},
	} {
		b.add(prefix+c.Name, c.Value)
	}
}
