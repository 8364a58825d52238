package cellport

import (
	"callmanager/datapath/cell"
	"callmanager/datapath/frame"
	"callmanager/datapath/sar"
	"callmanager/vc"
)

// An incoming is the receiving half of a link.
type incoming struct {
	Peer
	key   uint64
	index int // In the order of the configuration.
	order frame.Order
	other bool            // The latest frame was one of frame mode.
	fresh sar.Reassembler // What that of a PDU begins as.
	// paths names the PDUs under way by path and channel. A path has none until one of more than a cell comes
	// on it.
	paths [vc.MaxVPI + 1]*[1 << 16]uint16

	received
	stale bool // It has changed since it was shown last.
	shown atomicReceived
}

func newIncoming(p *Peer, index int) *incoming {
	return &incoming{
		Peer: *p, key: p.MAC.Uint64(), index: index,
		fresh: sar.NewReassembler(sar.Limits{Timeout: int64(joinTime), AnyCRC: p.AnyCRC}),
	}
}

// place returns where the PDU under way of a channel is named. Its path exists.
func (l *incoming) place(h cell.Header) *uint16 {
	path := l.paths[h.VPI()]
	if path == nil {
		path = new([1 << 16]uint16)
		l.paths[h.VPI()] = path
	}
	return &path[h.VCI()]
}
