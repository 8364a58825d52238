package datapath

import (
	"fmt"

	"callmanager/datapath/wireport"
	"callmanager/nicio"
)

// Wire is a static pseudowire of a link; its peer is the link's.
type Wire = wireport.Wire

// wiresOn returns the pseudowires of an interface.
func wiresOn(links []LinkConfig, name string) (wires []wireport.Wire) {
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

// carryWires puts pseudowires between the NIC's data port and the engine, if there are any. Their frames and those of the
// VCs that are in them have different labels, by which workers are chosen: such a NIC has one data port.
func (n *nic) carryWires(wires []wireport.Wire, now clock) {
	if len(wires) == 0 {
		return
	}
	n.wires = wireport.New(n.data[0], wireport.Config{Wires: wires, MTU: n.mtu, Now: now})
	n.data = []nicio.Port{n.wires}
}

// checkWires refuses pseudowires that contradict each other, and those that a link cannot have: frames of a
// link in cell mode have labels by hand too.
func (c *Config) checkWires() error {
	for i := range c.Links {
		l := &c.Links[i]
		if len(l.Wires) > 0 && (l.Transport != nil || len(cellPeers(c.Links, l.Interface)) > 0) {
			return fmt.Errorf("%w: link %q: pseudowires are for NICs all of whose links are in frame mode", ErrConfig, l.Name)
		}
		if err := wireport.Check(l.Wires); err != nil {
			return fmt.Errorf("%w: link %q: %w", ErrConfig, l.Name, err)
		}
	}
	return nil
}
