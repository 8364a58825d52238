package datapath

import (
	"callmanager/datapath/drop"
	"callmanager/datapath/ring"
	"callmanager/vc"
)

// polices reports whether what a branch receives has to keep to a rate. Best effort at what the link
// carries is without a rate of its own: its caller has named none (see the call manager), and not
// every implementation holds it back. A link of cells carries 26/27 of its capacity, in 424 bits a
// cell (I.432.2), where it is one of SDH.
func (l *link) polices(c vc.Category, f *vc.Flow) bool {
	if l.unpoliced || c == 0 || f.PCR == 0 {
		return false
	}
	carries := l.carries.Load()
	return c != vc.UBR || f.PCR < vc.MaxCellRate && uint64(f.PCR) < carries*26/27/424
}

// police judges an SDU. One in excess is dropped, unless the contract asks for a tag in place of
// that and it has none yet: then it goes on with the loss priority set.
func (r *receiver) police(b *branch, m ring.Meta, n int) (ring.Meta, drop.Rx) {
	if r.read == 0 {
		r.read = r.e.now()
	}
	switch {
	case b.policer.Conforms(r.read, n):
		return m, drop.Delivered
	case b.policer.Tagging() && m.Flags&ring.CLP == 0:
		b.tag()
		m.Flags |= ring.CLP
		return m, drop.Delivered
	}
	return m, drop.Policed
}

// tag counts an SDU that got the loss priority at each VC that it is for.
func (b *branch) tag() {
	b.count.Tagged.Add(1)
	f := b.fan.Load()
	if f == nil {
		b.circuit.rx.tagged.Add(1)
		return
	}
	f.each(b, func(c *circuit) { c.rx.tagged.Add(1) })
}
