package tally

import (
	"callmanager/datapath/cellport"
	"callmanager/datapath/drop"
	"callmanager/nicio"
	"callmanager/vc"
)

// A List collects counters by name, in the order in which they are added. Its zero value is empty. A prefix stands
// before each name of a group.
type List []vc.Counter

// Add adds a counter.
func (b *List) Add(name string, v uint64) {
	*b = append(*b, vc.Counter{Name: name, Value: v})
}

// Received adds up what workers have received: all but Joined.
func (b *List) Received(prefix string, of ...*Received) {
	b.Add(prefix+"rx_frames", Sum(of, func(r *Received) uint64 { return r.Frames.Load() }))
	b.Add(prefix+"rx_sdus", Sum(of, func(r *Received) uint64 { return r.SDUs.Load() }))
	b.Add(prefix+"rx_octets", Sum(of, func(r *Received) uint64 { return r.Octets.Load() }))
	b.Add(prefix+"rx_lost", Sum(of, func(r *Received) uint64 { return r.Lost.Load() }))
	b.Add(prefix+"rx_tagged", Sum(of, func(r *Received) uint64 { return r.Tagged.Load() }))
	for d := drop.Truncated; int(d) < drop.NumRx; d++ {
		b.Add(prefix+"rx_drop_"+d.String(), Sum(of, func(r *Received) uint64 { return r.Drops[d].Load() }))
	}
}

// Sent adds up what workers have sent.
func (b *List) Sent(prefix string, of ...*Sent) {
	b.Add(prefix+"tx_sdus", Sum(of, func(s *Sent) uint64 { return s.SDUs.Load() }))
	b.Add(prefix+"tx_octets", Sum(of, func(s *Sent) uint64 { return s.Octets.Load() }))
	for d := drop.TxEmptySDU; int(d) < drop.NumTx; d++ {
		b.Add(prefix+"tx_drop_"+d.String(), Sum(of, func(s *Sent) uint64 { return s.Drops[d].Load() }))
	}
}

// Cells adds up what became of the cells of a peer at several ports, of which there is one at least.
func (b *List) Cells(prefix string, peer vc.MAC, ports []*cellport.Port) {
	all := ports[0].Counters(peer)
	for _, p := range ports[1:] {
		for i, c := range p.Counters(peer) {
			all[i].Value += c.Value
		}
	}
	for _, c := range all {
		b.Add(prefix+c.Name, c.Value)
	}
}

// Ports adds up what ports have counted, of which there is one at least.
func (b *List) Ports(prefix string, ports ...nicio.Port) {
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
		b.Add(prefix+c.Name, c.Value)
	}
}
