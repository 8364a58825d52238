package datapath

import (
	"slices"

	"callmanager/datapath/cellport"
	"callmanager/datapath/frame"
	"callmanager/nicio"
	"callmanager/vc"
)

// usualCellSDU is the largest SDU of a call on a link in cell mode that names no size, in octets: there is no
// frame that it would have to fit, and this is the default of AAL5 (RFC 2225 clause 7).
const usualCellSDU = 9180

// controlMatches returns what tells the control VCs of a NIC's links from the rest.
func controlMatches(peers []cellport.Peer) []nicio.Match {
	out := []nicio.Match{{Label: uint32(frame.Signalling)}}
	for i := range peers {
		if m := peers[i].Control(); !slices.Contains(out, m) {
			out = append(out, m)
		}
	}
	return out
}

// carryCells puts cells between the NIC's ports and the engine, if a link is in cell mode. All that a peer in
// cell mode sends comes to one data port, and all that it gets leaves by one.
func (n *nic) carryCells(peers []cellport.Peer, now clock) {
	if len(peers) == 0 {
		return
	}
	cfg := cellport.Config{Peers: peers, MTU: n.mtu, Now: now, OtherMode: n.sawMode}
	control := cellport.NewControl(n.control, cfg)
	cfg.Missing = func(peer nicio.MAC, octets int) { n.chargeHead(peer, now(), octets) }
	for i, p := range n.data {
		data := cellport.NewData(p, cfg)
		data.HandTo(control)
		n.data[i], n.cells = data, append(n.cells, data)
	}
	n.control, n.cells = control, append(n.cells, control)
}

// chargeHead charges the link to a peer in cell mode what SDUs have not been charged of a frame that was not full.
func (n *nic) chargeHead(peer nicio.MAC, now int64, octets int) {
	for _, l := range n.links {
		if l.cells != nil && l.cells.MAC == peer {
			l.bucket.Fill(now, octets)
		}
	}
}

// framingAt returns how the SDUs of a link lie on the wire at an MTU.
func (l *link) framingAt(mtu int) *vc.Framing {
	var f vc.Framing
	switch {
	case l.nic.transport != nil:
		f = l.nic.transport.Status().Framing
	case l.cells != nil:
		f = l.cells.Framing(mtu)
	}
	return &f
}

// sawMode notes whether a peer in cell mode sends frames of single SDUs, and has it told.
func (n *nic) sawMode(peer nicio.MAC, frames bool) {
	for _, l := range n.links {
		if l.cells != nil && l.peer == vc.MAC(peer) && l.otherMode.Swap(frames) != frames {
			n.attend()
		}
	}
}

// frameOctets is how large a frame may be that the data port delivers at an MTU.
func (n *nic) frameOctets(mtu int) int {
	octets := nicio.FrameSize(mtu)
	if n.cells != nil {
		octets = max(octets, cellport.MaxFrame)
	}
	return octets
}

// maxSDUAt returns the largest SDU in octets that a link carries in one piece at an MTU: in cell mode any, if
// a cell fits.
func (l *link) maxSDUAt(mtu int) int {
	switch n := maxSDUOf(mtu); {
	case l.cells == nil:
		return n
	case n < minCellMTU:
		return 0
	}
	return vc.MaxSDULen
}

// minCellMTU is what one cell takes of an MTU beside label and control word, in octets.
const minCellMTU = 52
