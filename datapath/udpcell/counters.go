package udpcell

import (
	"sync/atomic"

	"callmanager/datapath/sar"
	"callmanager/vc"
)

// counters are what the ports do not count. Those of the joiner are copies.
type counters struct {
	failures, overrun         atomic.Uint64
	datagrams                 atomic.Uint64
	foreign, size, hec        atomic.Uint64
	empty, path, oam, other   atomic.Uint64
	sent, unsent              atomic.Uint64
	cells, delivered, dropped atomic.Uint64
	crowded                   atomic.Uint64
	pdus                      [sar.NumVerdicts]atomic.Uint64
}

// publish shows what the joiner has counted.
func (c *counters) publish(j *joiner) {
	c.cells.Store(j.count.Cells)
	c.delivered.Store(j.count.Delivered)
	c.dropped.Store(j.count.Dropped)
	c.crowded.Store(j.crowded)
	for v := range c.pdus {
		if n := j.count.PDUs[v]; n != c.pdus[v].Load() {
			c.pdus[v].Store(n)
		}
	}
}

// Counters implements [datapath.Transport]. Every datagram that came is in rx_overrun, if the socket
// had no room, or in rx_datagrams, and then in one of the drops before rx_cells_empty or in one of
// the four kinds of cells. A cell of rx_cells is in rx_cells_delivered or rx_cells_dropped once its
// PDU has ended. What the socket had no room for shows with the next datagram that it had.
func (t *Transport) Counters() []vc.Counter {
	c := &t.count
	list := []vc.Counter{
		{Name: "bind_failures", Value: c.failures.Load()},
		{Name: "rx_overrun", Value: c.overrun.Load()},
		{Name: "rx_datagrams", Value: c.datagrams.Load()},
		{Name: "rx_drop_foreign", Value: c.foreign.Load()},
		{Name: "rx_drop_size", Value: c.size.Load()},
		{Name: "rx_drop_bad_hec", Value: c.hec.Load()},
		{Name: "rx_drop_unknown_vpi", Value: c.path.Load()},
		{Name: "rx_drop_crowded", Value: c.crowded.Load()},
		{Name: "rx_cells_empty", Value: c.empty.Load()},
		{Name: "rx_cells_oam", Value: c.oam.Load()},
		{Name: "rx_cells_other", Value: c.other.Load()},
		{Name: "rx_cells", Value: c.cells.Load()},
		{Name: "rx_cells_delivered", Value: c.delivered.Load()},
		{Name: "rx_cells_dropped", Value: c.dropped.Load()},
		{Name: "rx_pdus", Value: c.pdus[sar.Whole].Load()},
	}
	for v := sar.NoRoom; int(v) < sar.NumVerdicts; v++ {
		list = append(list, vc.Counter{Name: "rx_drop_pdu_" + v.String(), Value: c.pdus[v].Load()})
	}
	return append(list,
		vc.Counter{Name: "tx_cells", Value: c.sent.Load()},
		vc.Counter{Name: "tx_drop_cells", Value: c.unsent.Load()},
	)
}
