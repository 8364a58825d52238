package datapath

import (
	"time"

	"callmanager/datapath/drop"
	"callmanager/datapath/gcra"
	"callmanager/datapath/ring"
	"callmanager/vc"
)

// PolicingTolerance is how far what is received may run ahead of its contract: the tau of the GCRA
// at this end. Traffic that keeps its contract has to pass whatever happens to it on the way: the
// peer's own [BurstTolerance], the queues of both hosts' kernels and of switches, and the time that
// this host takes to look, which on a busy one is tens of milliseconds. All that a receive queue
// holds, 100 ms at the speed of the link, may come at once. In the long run nothing is tolerated: in
// any t seconds no more than PCR(t + 0.25 s) cells pass, and one SDU.
const PolicingTolerance = 250 * time.Millisecond

// changeGrace is for how long the former, larger rates of a call still pass after a modification.
// The peer keeps to them until it has the answer, for which it waits for T360, 30 s.
const changeGrace = 35 * time.Second

// A policer judges the SDUs of a branch by its contract as they come, each as a whole. It belongs to
// the receive worker.
type policer struct {
	on   bool      // Something is policed.
	flow vc.Flow   // What is in force if so,
	pace gcra.Pace // and what has passed.

	next vc.Flow // What is to be in force
	from int64   // at this time; 0: nothing else.
}

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

// set takes over what is policed.
func (p *policer) set(f *vc.Flow, on bool) {
	p.on, p.flow, p.from = on, *f, 0
	p.pace.Set(f, PolicingTolerance)
}

// change takes over what is policed after a modification. What is stricter than before waits until
// the peer knows of it.
func (p *policer) change(f *vc.Flow, on bool, now int64) {
	both := widest(&p.flow, f)
	switch {
	case !on || p.on && sameRates(&both, f):
		p.set(f, on)
		return
	case p.on:
		p.set(&both, true)
	default:
		p.pace = gcra.Pace{} // Nothing is policed until then.
		p.set(&unlimited, true)
	}
	p.next, p.from = *f, now+int64(changeGrace)
}

// unlimited is a flow that everything conforms to.
var unlimited = vc.Flow{PCR: 1<<31 - 1}

// widest returns a flow to whose rates all conforms that conforms to those of one of two.
func widest(a, b *vc.Flow) vc.Flow {
	f := *b
	f.PCR, f.MinPoliced = max(a.PCR, b.PCR), min(a.MinPoliced, b.MinPoliced)
	f.SCR, f.MBS = max(a.SCR, b.SCR), max(a.MBS, b.MBS)
	if a.SCR == 0 || b.SCR == 0 {
		f.SCR, f.MBS = 0, 0
	}
	return f
}

func sameRates(a, b *vc.Flow) bool {
	return a.PCR == b.PCR && a.SCR == b.SCR && a.MBS == b.MBS && a.MinPoliced == b.MinPoliced
}

// conforms judges an SDU of n octets, and charges it if it conforms.
func (p *policer) conforms(now int64, n int) bool {
	if p.from != 0 && now >= p.from {
		p.set(&p.next, true)
	}
	if !p.pace.Conforms(now) {
		return false
	}
	p.pace.Pass(now, p.flow.Charge(n))
	return true
}

// police judges an SDU. One in excess is dropped, unless the contract asks for a tag in place of
// that and it has none yet: then it goes on with the loss priority set.
func (r *receiver) police(b *branch, m ring.Meta, n int) (ring.Meta, drop.Rx) {
	if r.read == 0 {
		r.read = r.e.now()
	}
	switch {
	case b.policer.conforms(r.read, n):
		return m, drop.Delivered
	case b.policer.flow.Tagging && m.Flags&ring.CLP == 0:
		b.tag()
		m.Flags |= ring.CLP
		return m, drop.Delivered
	}
	return m, drop.Policed
}

// tag counts an SDU that got the loss priority at each VC that it is for.
func (b *branch) tag() {
	b.count.tagged.Add(1)
	f := b.fan.Load()
	if f == nil {
		b.circuit.rx.tagged.Add(1)
		return
	}
	f.each(b, func(c *circuit) { c.rx.tagged.Add(1) })
}
