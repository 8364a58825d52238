package setup

import (
	"callmanager/datapath/cellport"
	"callmanager/datapath/wireport"
	"callmanager/nicio"
	"callmanager/vc"
)

// Wire is a static pseudowire of a link; its peer is the link's.
type Wire = wireport.Wire

// WiresOn returns the pseudowires of an interface.
func WiresOn(links []LinkConfig, name string) (wires []wireport.Wire) {
	for i := range links {
		l := &links[i]
		if l.Transport != nil || l.Interface != name {
			continue
		}
		for _, w := range l.Wires {
			w.Peer = nicio.MAC(l.Peer)
			wires = append(wires, w)
		}
	}
	return wires
}

// CellPeers returns the links in cell mode on an interface.
func CellPeers(links []LinkConfig, name string) (peers []cellport.Peer) {
	for i := range links {
		l := &links[i]
		if p := l.CellPeer(); p != nil && l.Interface == name {
			peers = append(peers, *p)
		}
	}
	return peers
}

// CellPeer returns the peer of a link in cell mode, or nil.
func (l *LinkConfig) CellPeer() *cellport.Peer {
	if l.Cells == nil {
		return nil
	}
	return &cellport.Peer{
		MAC: nicio.MAC(l.Peer), Label: l.Cells.Label, Bare: l.Cells.Bare, PerFrame: l.Cells.PerFrame, Delay: l.Cells.Delay,
	}
}

// PeerAddress stands for the peer of a link that is no NIC: it is the source of every frame that a
// [Transport] delivers and the destination of every frame that it is given. No such frame meets a
// segment, so the address means something between the engine and its transports only.
var PeerAddress = nicio.MAC{2, 0, 0, 0, 0, 1}

// A Transport carries one link that is no NIC, such as ATM over TCP (package atmtcp). It moves the
// link's SDUs in the engine's own form, batch by batch: an Ethernet header of [PeerAddress], the
// label of the channel and a control word, as package frame writes them. What an engine does with
// a NIC it does with a transport, through the same ports, and a frame of a NIC passes no code that
// there would not be without transports.
//
// A frame that is delivered bears sequence number 0 unless the transport may lose the order.
type Transport interface {
	// Data is the port of everything but the control VC.
	Data() nicio.Port
	// Control is the port of the control VC, label [frame.Signalling], alone.
	Control() nicio.Port
	// UserBits returns which bits of the CPCS user-to-user octet the link carries: all of them, or none.
	// If it carries them, the time to live of a frame's label is the octet, both ways ([frame.Entry.WithUser]).
	UserBits() uint8
	// Start lets the transport connect, and connect again whenever it has lost its peer. changed is
	// called, on any goroutine, after Status has come to tell something else. It does not block.
	Start(changed func())
	// Status says whether the peer is connected, with the reason in words if not, and the largest
	// SDU, which is the same at all times. The link has no MAC.
	Status() vc.LinkStatus
	// Counters returns what the ports' Stats do not tell, in a stable order. Names have no prefix.
	Counters() []vc.Counter
	// Close ends the transport and its ports. It returns when none of its goroutines runs any more;
	// closing again, or without Start, is allowed.
	Close() error
}
