package setup

import (
	"fmt"
	"slices"

	"callmanager/datapath/frame"
	"callmanager/datapath/wireport"
	"callmanager/vc"
)

// Check refuses a configuration that names no sensible set of links.
func (c *Config) Check() error {
	if err := c.checkWorkers(); err != nil {
		return err
	}
	if len(c.Links) == 0 {
		return fmt.Errorf("%w: no links", ErrConfig)
	}
	if c.Receive == nil {
		return fmt.Errorf("%w: nobody takes control SDUs", ErrConfig)
	}
	for name, n := range c.NICs {
		if n.Data == nil || n.Control == nil || slices.Contains(n.More, nil) {
			return fmt.Errorf("%w: interface %s is given without both of its ports", ErrConfig, name)
		}
	}
	type place struct {
		nic  string
		peer vc.MAC
	}
	ids, places, transports := make(map[vc.LinkID]string), make(map[place]string), make(map[Transport]string)
	first := make(map[string]*LinkConfig)
	for i := range c.Links {
		l := &c.Links[i]
		if l.ID == 0 {
			return fmt.Errorf("%w: link %q has no identifier", ErrConfig, l.Name)
		}
		if other, ok := ids[l.ID]; ok {
			return fmt.Errorf("%w: links %q and %q have the same identifier %d", ErrConfig, other, l.Name, l.ID)
		}
		ids[l.ID] = l.Name
		if l.Transport != nil {
			if other, ok := transports[l.Transport]; ok {
				return fmt.Errorf("%w: links %q and %q have the same transport", ErrConfig, other, l.Name)
			}
			transports[l.Transport] = l.Name
			continue
		}
		if err := l.check(); err != nil {
			return err
		}
		p := place{l.Interface, l.Peer}
		if other, ok := places[p]; ok {
			return fmt.Errorf("%w: links %q and %q have the same peer %s on %s", ErrConfig, other, l.Name, l.Peer, l.Interface)
		}
		places[p] = l.Name
		switch other := first[l.Interface]; {
		case other == nil:
			first[l.Interface] = l
		case other.Transmit != l.Transmit || other.Receive != l.Receive:
			return fmt.Errorf("%w: links %q and %q transmit in different ways on %s", ErrConfig, other.Name, l.Name, l.Interface)
		}
	}
	return c.checkWires()
}

// check refuses a link over a NIC that leads nowhere.
func (l *LinkConfig) check() error {
	if c := l.Cells; c != nil && !frame.Label(c.Label).ByHand() {
		return fmt.Errorf("%w: link %q: label %d is none for cells", ErrConfig, l.Name, c.Label)
	}
	if l.Peer == (vc.MAC{}) || l.Peer[0]&1 != 0 {
		return fmt.Errorf("%w: link %q: peer %s is no address of one host", ErrConfig, l.Name, l.Peer)
	}
	return nil
}

// checkWires refuses pseudowires that contradict each other, and those that a link cannot have: frames of a
// link in cell mode have labels by hand too.
func (c *Config) checkWires() error {
	for i := range c.Links {
		l := &c.Links[i]
		if len(l.Wires) > 0 && (l.Transport != nil || len(CellPeers(c.Links, l.Interface)) > 0) {
			return fmt.Errorf("%w: link %q: pseudowires are for NICs all of whose links are in frame mode", ErrConfig, l.Name)
		}
		if err := wireport.Check(l.Wires); err != nil {
			return fmt.Errorf("%w: link %q: %w", ErrConfig, l.Name, err)
		}
	}
	return nil
}
