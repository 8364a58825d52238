package datapath

import (
	"fmt"

	"callmanager/datapath/tally"
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
	var b tally.List
	b.Received("", l.rx...)
	b.Add("rx_joined", tally.Sum(l.rx, func(r *tally.Received) uint64 { return r.Joined.Load() }))
	b.Sent("", l.tx...)
	b.Received("control_", &l.channel.rx)
	b.Sent("control_", &l.channel.tx)
	if n := len(l.nic.cells); n > 0 {
		b.Cells("cell_", l.peer, l.nic.cells[:n-1])
		b.Cells("control_cell_", l.peer, l.nic.cells[n-1:])
	}
	if p := l.nic.wires; p != nil {
		for _, c := range p.Counters(l.peer) {
			b.Add("wire_"+c.Name, c.Value)
		}
	}
	b.Add("nic_rx_drop_foreign_mac", tally.Sum(l.nic.rx, func(r *receiver) uint64 { return r.foreign.Load() }))
	b.Add("nic_control_rx_drop_foreign_mac", l.nic.ctl.foreign.Load())
	b.Ports("nic_", l.nic.data...)
	b.Ports("nic_control_", l.nic.control)
	addWorkers(&b, l)
	if t := l.nic.transport; t != nil {
		for _, c := range t.Counters() {
			b.Add("transport_"+c.Name, c.Value)
		}
	}
	return b
}

// addWorkers adds what each worker has of the link, if there are several.
func addWorkers(b *tally.List, l *link) {
	if len(l.rx) > 1 {
		for i, r := range l.rx {
			b.Add(fmt.Sprintf("worker_%d_rx_frames", i), r.Frames.Load())
		}
	}
	if len(l.tx) > 1 {
		for i, s := range l.tx {
			b.Add(fmt.Sprintf("worker_%d_tx_sdus", i), s.SDUs.Load())
		}
	}
}
