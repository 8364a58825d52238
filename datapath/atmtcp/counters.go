package atmtcp

import (
	"sync/atomic"

	"callmanager/vc"
)

// counters are what the ports do not count.
type counters struct {
	connections, failures       atomic.Uint64
	foreign, second, replaced   atomic.Uint64
	broken                      atomic.Uint64
	records                     atomic.Uint64
	opened, shut, otherNotices  atomic.Uint64
	empty, oversize, path, torn atomic.Uint64
	unsent                      atomic.Uint64
}

// Counters implements [datapath.Transport]. Every record that came is in rx_records, and then in one
// of the notices, in one of the drops here, or in nic_rx_frames, in nic_control_rx_frames or in the
// drops of these ports. A record that a connection's end cut off is in rx_drop_torn alone.
func (t *Transport) Counters() []vc.Counter {
	c := &t.count
	return []vc.Counter{
		{Name: "connections", Value: c.connections.Load()},
		{Name: "connect_failures", Value: c.failures.Load()},
		{Name: "refused_foreign", Value: c.foreign.Load()},
		{Name: "refused_second", Value: c.second.Load()},
		{Name: "replaced_silent", Value: c.replaced.Load()},
		{Name: "closed_bad_length", Value: c.broken.Load()},
		{Name: "rx_records", Value: c.records.Load()},
		{Name: "rx_notices_opened", Value: c.opened.Load()},
		{Name: "rx_notices_closed", Value: c.shut.Load()},
		{Name: "rx_notices_other", Value: c.otherNotices.Load()},
		{Name: "rx_drop_empty", Value: c.empty.Load()},
		{Name: "rx_drop_oversize", Value: c.oversize.Load()},
		{Name: "rx_drop_unknown_vpi", Value: c.path.Load()},
		{Name: "rx_drop_torn", Value: c.torn.Load()},
		{Name: "tx_drop_disconnected", Value: c.unsent.Load()},
	}
}
