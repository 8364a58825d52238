package datapath

import (
	"math/bits"
	"time"

	"callmanager/vc"
)

// BurstTolerance is how far a VC may run ahead of its rates: the tau of GCRA(1/PCR, tau), and what
// the tau of GCRA(1/SCR, tau) has beyond the burst tolerance of the contract (the CDVT of TM 4.1
// clause 4.4 and Annex C, I.371 Annex A), counted at the start of an SDU, whose cells leave as one
// frame. It is what makes up for a worker that is called late.
const BurstTolerance = time.Millisecond

// resumeTolerance is what of the tolerance a VC that had to wait must have back before it goes on,
// so that a worker is not called for every single SDU of a fast VC.
const resumeTolerance = BurstTolerance / 2

// second is one second in the unit of a clock.
const second = int64(time.Second)

// A bucket paces a flow to one rate: the continuous-state leaky bucket that is equivalent to the
// GCRA. It is exact: levels are integers in units of one cell divided by 10^9, of which the rate
// leaks out every nanosecond. So a limit that is no whole number, as a burst tolerance may be,
// decides as its whole part does. With rates and bursts of 24 bits no level comes near 2^63, and
// nothing is rounded, so nothing drifts.
type bucket struct {
	rate  int64 // Cells a second.
	level int64 // Of the cells that have passed.
	last  int64 // When level was right.
	limit int64 // Tolerance as a level.
}

// set changes the rate and what it tolerates: a burst, as a level, and a time. The cells by which
// the flow is beyond its tolerance, with those of ahead that are still to come, stay in the bucket
// and leak out at the new rate; of those within, it keeps what the new tolerance has room for.
func (b *bucket) set(rate, burst int64, tolerance time.Duration, ahead int64) {
	beyond := max(b.level+ahead-b.limit, 0)
	b.rate = max(rate, 1)
	b.limit = burst + b.rate*int64(tolerance)
	b.level = max(min(b.level, b.limit+beyond-ahead), 0)
}

// leak brings the level up to date.
func (b *bucket) leak(now int64) {
	if now > b.last { // Most SDUs find it so already: they are of one turn.
		b.drip(now)
	}
}

// drip has leak out what is due at a later time than the last. It is called once a turn, and leak
// is small without it.
//
//go:noinline
func (b *bucket) drip(now int64) {
	elapsed := now - b.last
	b.last = now
	hi, out := bits.Mul64(uint64(elapsed), uint64(b.rate)) //nolint:gosec // neither is negative
	if hi != 0 || out >= uint64(b.level) {                 //nolint:gosec // a level is not negative
		b.level = 0
		return
	}
	b.level -= int64(out) //nolint:gosec // below the level
}

// conforms reports whether cells may pass now, with some that are still to come.
func (b *bucket) conforms(now, ahead int64) bool {
	b.leak(now)
	return b.open(ahead)
}

// open reports whether the level is within the tolerance, with cells that are still to come.
func (b *bucket) open(ahead int64) bool { return b.level+ahead <= b.limit }

// fill adds cells that pass now.
func (b *bucket) fill(now int64, cells int) {
	b.leak(now)
	b.level += int64(cells) * second
}

// ready returns when a flow that does not conform, and waits for resumeTolerance, goes on.
func (b *bucket) ready(ahead int64) int64 {
	return b.last + (b.level+ahead-b.limit+b.rate-1)/b.rate + int64(resumeTolerance)
}

// A pace holds a flow to all rates of its contract: the peak cell rate and, where there is one, the
// sustainable cell rate with its burst (the dual leaky bucket of TM 4.1 clause 4.4.3). An SDU
// conforms if it does to both, and is charged to both or to none.
//
// Cells leak out from the moment when they are known to have been sent, which may be a while after
// the decision to send them: a worker that loses its processor in between must not take that time
// for a pause of the flow.
type pace struct {
	peak      bucket
	ahead     int64   // Of the cells that are on their way to the port, as a level.
	sustained *bucket // Nil in a flow without such a rate.
}

// set takes over the rates of a flow, each with a time that it may run ahead.
func (p *pace) set(f *vc.Flow, tolerance time.Duration) {
	p.peak.set(int64(f.PCR), 0, tolerance, p.ahead)
	if f.SCR == 0 {
		p.sustained = nil
		return
	}
	if p.sustained == nil {
		p.sustained = new(bucket)
	}
	p.sustained.set(int64(f.SCR), burstOf(f), tolerance, p.ahead)
}

// burstOf returns the burst tolerance of a flow as the level of a bucket at its sustainable cell
// rate. It is (MBS-1)(1/SCR - 1/PCR) seconds (TM 4.1 clause 4.4.3.2), which are (MBS-1)(PCR-SCR)/PCR
// cells at that rate; the product takes up to 78 bits.
func burstOf(f *vc.Flow) int64 {
	if f.MBS == 0 || f.SCR >= f.PCR {
		return 0
	}
	hi, lo := bits.Mul64(uint64(f.MBS-1)*uint64(f.PCR-f.SCR), uint64(second))
	level, _ := bits.Div64(hi, lo, uint64(f.PCR)) // Below MBS * 10^9, as (PCR-SCR)/PCR is below 1.
	return int64(level)                           //nolint:gosec // as above
}

// conforms reports whether an SDU may pass now.
func (p *pace) conforms(now int64) bool {
	return p.peak.conforms(now, p.ahead) && (p.sustained == nil || p.sustained.conforms(now, p.ahead))
}

// charge adds the cells of an SDU that is to be sent.
func (p *pace) charge(cells int) { p.ahead += int64(cells) * second }

// land notes that cells charged before have been sent by now.
func (p *pace) land(now int64, cells int) {
	p.ahead -= int64(cells) * second
	p.pass(now, cells)
}

// pass charges cells that pass now.
func (p *pace) pass(now int64, cells int) {
	p.peak.fill(now, cells)
	if p.sustained != nil {
		p.sustained.fill(now, cells)
	}
}

// refund takes back cells charged before that are not sent after all.
func (p *pace) refund(cells int) { p.ahead -= int64(cells) * second }

// ready returns when a flow that does not conform goes on.
func (p *pace) ready() int64 {
	switch {
	case p.sustained == nil || p.sustained.open(p.ahead):
		return p.peak.ready(p.ahead)
	case p.peak.open(p.ahead):
		return p.sustained.ready(p.ahead)
	}
	return max(p.peak.ready(p.ahead), p.sustained.ready(p.ahead))
}
