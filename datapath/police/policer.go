package police

import (
	"time"

	"callmanager/datapath/gcra"
	"callmanager/vc"
)

// Tolerance is how far what is received may run ahead of its contract: the tau of the GCRA
// at this end. Traffic that keeps its contract has to pass whatever happens to it on the way: the
// peer's own [gcra.BurstTolerance], the queues of both hosts' kernels and of switches, and the time that
// this host takes to look, which on a busy one is tens of milliseconds. All that a receive queue
// holds, 100 ms at the speed of the link, may come at once. In the long run nothing is tolerated: in
// any t seconds no more than PCR(t + 0.25 s) cells pass, and one SDU.
const Tolerance = 250 * time.Millisecond

// changeGrace is for how long the former, larger rates of a call still pass after a modification.
// The peer keeps to them until it has the answer, for which it waits for T360, 30 s.
const changeGrace = 35 * time.Second

// A Policer judges the SDUs of a VC by its contract as they come, each as a whole. It belongs to one goroutine
// at a time. The zero value lets everything in.
type Policer struct {
	on   bool      // Something is policed.
	flow vc.Flow   // What is in force if so,
	pace gcra.Pace // and what has passed.

	next vc.Flow // What is to be in force
	from int64   // at this time; 0: nothing else.
}

// On reports whether anything is policed. It is the first octet of a Policer.
func (p *Policer) On() bool { return p.on }

// Tagging reports whether what is in excess gets the loss priority, if it has not, in place of being dropped.
func (p *Policer) Tagging() bool { return p.flow.Tagging }

// Set takes over what is policed, if anything is.
func (p *Policer) Set(f *vc.Flow, on bool) {
	p.on, p.flow, p.from = on, *f, 0
	p.pace.Set(f, Tolerance)
}

// Change takes over what is policed after a modification of the call, at a time in nanoseconds. What is stricter than before waits until
// the peer knows of it.
func (p *Policer) Change(f *vc.Flow, on bool, now int64) {
	both := widest(&p.flow, f)
	switch {
	case !on || p.on && sameRates(&both, f):
		p.Set(f, on)
		return
	case p.on:
		p.Set(&both, true)
	default:
		p.pace = gcra.Pace{} // Nothing is policed until then.
		p.Set(&unlimited, true)
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

// Conforms judges an SDU of n octets that came at a time in nanoseconds, and charges it if it conforms.
func (p *Policer) Conforms(now int64, n int) bool {
	if p.from != 0 && now >= p.from {
		p.Set(&p.next, true)
	}
	if !p.pace.Conforms(now) {
		return false
	}
	p.pace.Pass(now, p.flow.Charge(n))
	return true
}
