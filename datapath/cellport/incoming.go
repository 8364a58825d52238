package cellport

import (
	"callmanager/datapath/aged"
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
	// paths names the PDUs under way by path and channel, in two levels: a path has none, and 256 neighbouring
	// channels have no leaf, until a PDU of more than one cell comes on one of them.
	paths [vc.MaxVPI + 1]*path

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

// An underWay is a PDU under way, or nil.
type underWay = *aged.Item[joining]

type (
	path [1 << 16 >> leafBits]*leaf
	leaf [1 << leafBits]underWay
)

// leafBits is how many bits of a channel's number a leaf resolves.
const leafBits = 8

// find returns the PDU under way of a channel of a path that a link has.
func (l *incoming) find(h cell.Header) underWay {
	p := l.paths[h.VPI()]
	if p == nil {
		return nil
	}
	f := p[h.VCI()>>leafBits]
	if f == nil {
		return nil
	}
	return f[h.VCI()%(1<<leafBits)]
}

// place returns where the PDU under way of a channel is named.
func (l *incoming) place(h cell.Header) *underWay {
	p := &l.paths[h.VPI()]
	if *p == nil {
		*p = new(path)
	}
	f := &(*p)[h.VCI()>>leafBits]
	if *f == nil {
		*f = new(leaf)
	}
	return &(*f)[h.VCI()%(1<<leafBits)]
}
