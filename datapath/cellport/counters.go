package cellport

import (
	"sync/atomic"

	"callmanager/datapath/cell"
	"callmanager/datapath/sar"
	"callmanager/vc"
)

// received counts what came from a peer. Each frame is in late, in mislabelled, in one of faults, or gives
// cells; each cell is in kinds if it carries no user data, in strays, in handed, in pathless, or in count. One that
// has been handed over is in one of these at the other port, too.
type received struct {
	count       sar.Counters
	frames      uint64
	late, lost  uint64
	mislabelled uint64 // Frames on another label than that of cells.
	strays      uint64 // Cells of the other port's channels, in a frame that begins with this port's.
	handed      uint64 // Cells of the control VC in such a frame that its port was given.
	pathless    uint64 // Cells of a path that no link has.
	long        uint64 // SDUs that the engine has no room for: of control VCs.
	kinds       [cell.NumKinds]uint64
	faults      [cell.NumFaults]uint64
}

// atomicReceived is what any goroutine may read of it.
type atomicReceived struct {
	words [numReceived]atomic.Uint64
}

// numReceived is how many numbers a received has.
const numReceived = 11 + sar.NumVerdicts + cell.NumKinds + cell.NumFaults

// each calls f with every number and the name of its counter, in a stable order. Names of reasons have a prefix.
func (r *received) each(f func(prefix, name string, v uint64)) {
	f("", "rx_frames", r.frames)
	f("", "rx_lost", r.lost)
	f("", "rx_drop_late", r.late)
	f("", "rx_drop_label", r.mislabelled)
	for fault := cell.Truncated; fault <= cell.PartialCell; fault++ {
		f("rx_drop_", fault.String(), r.faults[fault])
	}
	f("", "rx_cells", r.count.Cells)
	f("", "rx_cells_delivered", r.count.Delivered)
	f("", "rx_cells_dropped", r.count.Dropped)
	f("", "rx_cells_stray", r.strays)
	f("", "rx_cells_handed_over", r.handed)
	f("", "rx_cells_unknown_path", r.pathless)
	for k := cell.Unassigned; int(k) < cell.NumKinds; k++ {
		f("rx_cells_", k.String(), r.kinds[k])
	}
	f("", "rx_pdus", r.count.PDUs[sar.Whole])
	f("", "rx_pdu_too_long", r.long)
	for v := sar.NoRoom; int(v) < sar.NumVerdicts; v++ {
		f("rx_pdu_", v.String(), r.count.PDUs[v])
	}
}

// show publishes the numbers that have changed.
func (l *incoming) show() {
	if !l.stale {
		return
	}
	l.stale = false
	i := 0
	l.each(func(_, _ string, v uint64) {
		if w := &l.shown.words[i]; w.Load() != v {
			w.Store(v)
		}
		i++
	})
}

// Counters returns the counters of the link to a peer, in a stable order, or none for an address of no peer in
// cell mode. Any goroutine may call it.
func (p *Port) Counters(peer vc.MAC) (out []vc.Counter) {
	for at, l := range p.rx.links {
		if vc.MAC(l.MAC) != peer {
			continue
		}
		i := 0
		new(received).each(func(prefix, name string, _ uint64) {
			out = append(out, vc.Counter{Name: prefix + name, Value: l.shown.words[i].Load()})
			i++
		})
		o := &p.tx.links[at]
		out = append(
			out,
			vc.Counter{Name: "tx_cells", Value: o.cells.Load()}, vc.Counter{Name: "tx_pdus", Value: o.pdus.Load()},
			vc.Counter{Name: "tx_drop_unfit", Value: o.unfit.Load()}, vc.Counter{Name: "tx_drop_port_failed", Value: o.failed.Load()},
		)
	}
	return out
}
