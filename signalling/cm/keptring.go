package cm

import (
	"maps"
	"slices"

	"callmanager/vc"
)

// maxKept is how many pairs of rings are kept for one client at most: each holds a
// descriptor of the daemon and one of the client.
const maxKept = 256

// keepRing keeps the rings of a VC that is over for another VC of c, or tells c that
// they are not kept. Together with those of its VCs they are within the quota, as they
// were before: their client can fill their memory all the same.
func (m *Machine) keepRing(c *client, h vc.Handle, r *ring) {
	if len(c.kept) >= maxKept {
		m.emit(Effect{Kind: CloseVC, VC: h})
		m.deliver(c, RingsGone{VC: h})
		return
	}
	c.kept = append(c.kept, keptRing{ringSizes: r.ringSizes, vc: h})
	c.keptBytes += r.bytes()
	m.emit(Effect{Kind: KeepVC, VC: h})
}

// takeKept returns the VC that had rings of these sizes and takes them for h, the latest
// first: their memory is the warmest. Zero means that there are none. Rings of an
// earlier call on h itself bear its name, so they are taken or given back.
func (m *Machine) takeKept(c *client, h vc.Handle, sizes ringSizes) vc.Handle {
	own := slices.IndexFunc(c.kept, func(k keptRing) bool { return k.vc == h })
	switch {
	case own >= 0 && c.kept[own].ringSizes == sizes:
		return c.unkeep(own).vc
	case own >= 0:
		m.dropKept(c, own)
	}
	for i, k := range slices.Backward(c.kept) {
		if k.ringSizes == sizes {
			return c.unkeep(i).vc
		}
	}
	return 0
}

// unkeep takes out rings that were kept.
func (c *client) unkeep(i int) keptRing {
	k := c.kept[i]
	c.kept = slices.Delete(c.kept, i, i+1)
	c.keptBytes -= k.bytes()
	return k
}

// dropKept gives rings that are kept for c back.
func (m *Machine) dropKept(c *client, i int) {
	k := c.unkeep(i)
	m.emit(Effect{Kind: CloseVC, VC: k.vc})
	if !c.gone {
		m.deliver(c, RingsGone{VC: k.vc})
	}
}

// DropKept gives all rings that are kept for clients back: the system is short of
// memory or descriptors. It returns nothing if there are none. It may come between
// [OpenVC] and [Machine.VCOpened].
func (m *Machine) DropKept() []Effect {
	for _, id := range slices.Sorted(maps.Keys(m.clients)) {
		for c := m.clients[id]; len(c.kept) > 0; {
			m.dropKept(c, 0)
		}
	}
	return m.take()
}
