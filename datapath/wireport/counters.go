package wireport

import (
	"sync/atomic"

	"callmanager/datapath/cell"
	"callmanager/datapath/sar"
	"callmanager/vc"
)

// received counts what came on a wire. Each frame is in late, in one of faults, is handed on as an SDU, or
// gives cells; each cell is in kinds if it carries no user data, in strays, or in count.
type received struct {
	count      sar.Counters
	frames     uint64
	late, lost uint64
	strays     uint64 // Cells of other channels of the path.
	long       uint64 // SDUs that no frame of the engine has room for.
	user       uint64 // SDUs with bits of the user-to-user octet that the link does not carry.
	kinds      [cell.NumKinds]uint64
	faults     [cell.NumFaults]uint64
}

// atomicReceived is what any goroutine may read of it.
type atomicReceived struct {
	words [numReceived]atomic.Uint64
}

// numReceived is how many numbers a received has.
const numReceived = 10 + sar.NumVerdicts + cell.NumKinds + cell.NumFaults

// each calls f with every number and the name of its counter, in a stable order. Names of reasons have a
// prefix.
func (r *received) each(f func(prefix, name string, v uint64)) {
	f("", "rx_frames", r.frames)
	f("", "rx_lost", r.lost)
	f("", "rx_drop_late", r.late)
	for fault := cell.Truncated; fault <= cell.PartialCell; fault++ {
		f("rx_drop_", fault.String(), r.faults[fault])
	}
	f("", "rx_cells", r.count.Cells)
	f("", "rx_cells_delivered", r.count.Delivered)
	f("", "rx_cells_dropped", r.count.Dropped)
	f("", "rx_cells_stray", r.strays)
	for k := cell.Unassigned; int(k) < cell.NumKinds; k++ {
		f("rx_cells_", k.String(), r.kinds[k])
	}
	f("", "rx_pdus", r.count.PDUs[sar.Whole])
	f("", "rx_pdu_too_long", r.long)
	f("", "rx_pdu_user_bits", r.user)
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

// Counters returns the counters of the wires to a peer together, in a stable order, or none for an address
// without wires. Any goroutine may call it.
func (p *Port) Counters(peer vc.MAC) (out []vc.Counter) {
	var cells, pdus, unfit, failed uint64
	for at, l := range p.rx.all {
		if vc.MAC(l.Peer) != peer {
			continue
		}
		i := 0
		first := len(out) == 0
		new(received).each(func(prefix, name string, _ uint64) {
			if first {
				out = append(out, vc.Counter{Name: prefix + name})
			}
			out[i].Value += l.shown.words[i].Load()
			i++
		})
		o := &p.tx.all[at]
		cells, pdus, unfit, failed = cells+o.cells.Load(), pdus+o.pdus.Load(), unfit+o.unfit.Load(), failed+o.failed.Load()
	}
	if len(out) == 0 {
		return nil
	}
	return append(
		out,
		vc.Counter{Name: "tx_cells", Value: cells}, vc.Counter{Name: "tx_pdus", Value: pdus},
		vc.Counter{Name: "tx_drop_unfit", Value: unfit}, vc.Counter{Name: "tx_drop_port_failed", Value: failed},
	)
}
