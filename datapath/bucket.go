package datapath

import (
	"time"

	"callmanager/vc"
)

// BurstTolerance is how far a VC may run ahead of its peak cell rate: the tau of GCRA(1/PCR, tau)
// (TM 4.1 Annex C, I.371 Annex A), counted at the start of an SDU, whose cells leave as one frame.
// It is what makes up for a worker that is called late.
const BurstTolerance = time.Millisecond

// resumeTolerance is what a VC that had to wait must have fallen to before it goes on, so that a
// worker is not called for every single SDU of a fast VC.
const resumeTolerance = BurstTolerance / 2

// second is one second in the unit of a clock.
const second = int64(time.Second)

// A bucket paces a flow to its peak cell rate: the continuous-state leaky bucket that is equivalent
// to the GCRA. It is exact: levels are integers in units of one cell divided by 10^9, of which PCR
// leak out every nanosecond.
//
// Cells leak out from the moment when they are known to have been sent, which may be a while after
// the decision to send them: a worker that loses its processor in between must not take that time
// for a pause of the flow.
type bucket struct {
	rate   int64 // Cells a second; above 0.
	level  int64 // Of the cells that have been sent.
	ahead  int64 // Of those that are on their way to the port.
	last   int64 // When level was right.
	limit  int64 // Tolerance as a level.
	resume int64 // Level to wait for.
}

// setRate changes the rate. The cells in the bucket stay in it and leak out at the new rate.
func (b *bucket) setRate(pcr vc.CellRate) {
	b.rate = max(int64(pcr), 1)
	b.limit = b.rate * int64(BurstTolerance)
	b.resume = b.rate * int64(resumeTolerance)
}

// leak brings the level up to date.
func (b *bucket) leak(now int64) {
	elapsed := now - b.last
	if elapsed <= 0 {
		return
	}
	b.last = now
	if elapsed >= (b.level+b.rate-1)/b.rate {
		b.level = 0
		return
	}
	b.level -= elapsed * b.rate
}

// conforms reports whether an SDU may be sent now.
func (b *bucket) conforms(now int64) bool {
	b.leak(now)
	return b.level+b.ahead <= b.limit
}

// charge adds the cells of an SDU that is to be sent.
func (b *bucket) charge(cells int) { b.ahead += int64(cells) * second }

// land notes that cells charged before have been sent by now.
func (b *bucket) land(now int64, cells int) {
	b.leak(now)
	b.ahead -= int64(cells) * second
	b.level += int64(cells) * second
}

// refund takes back cells charged before that are not sent after all.
func (b *bucket) refund(cells int) { b.ahead -= int64(cells) * second }

// ready returns when a flow that does not conform goes on.
func (b *bucket) ready() int64 {
	return b.last + (b.level+b.ahead-b.resume+b.rate-1)/b.rate
}
