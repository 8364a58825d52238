package gcra

import (
	"math/bits"
	"time"
)

// BurstTolerance is how far a VC may run ahead of its rates: the tau of GCRA(1/PCR, tau), and what
// the tau of GCRA(1/SCR, tau) has beyond the burst tolerance of the contract (the CDVT of TM 4.1
// clause 4.4 and Annex C, I.371 Annex A), counted at the start of an SDU, whose cells leave as one
// frame. It is what makes up for a worker that is called late.
const BurstTolerance = time.Millisecond

// ResumeTolerance is what of the tolerance a VC that had to wait must have back before it goes on,
// so that a worker is not called for every single SDU of a fast VC.
const ResumeTolerance = BurstTolerance / 2

// second is one second in the unit of a clock.
const second = int64(time.Second)

// A Bucket paces a flow to one rate: the continuous-state leaky bucket that is equivalent to the
// GCRA. It is exact: levels are integers in units of one cell divided by 10^9, of which the rate
// leaks out every nanosecond. So a limit that is no whole number, as a burst tolerance may be,
// decides as its whole part does. With rates and bursts of 24 bits no level comes near 2^63, and
// nothing is rounded, so nothing drifts. Nothing but Set may be called of the zero value.
type Bucket struct {
	rate  int64 // Cells a second.
	level int64 // Of the cells that have passed.
	last  int64 // When level was right.
	limit int64 // Tolerance as a level.
}

// Set changes the rate, in cells a second, and what it tolerates: a burst, as a level, and a time. The cells by which
// the flow is beyond its tolerance, with those of ahead that are still to come, stay in the bucket
// and leak out at the new rate; of those within, it keeps what the new tolerance has room for.
func (b *Bucket) Set(rate, burst int64, tolerance time.Duration, ahead int64) {
	beyond := max(b.level+ahead-b.limit, 0)
	b.rate = max(rate, 1)
	b.limit = burst + b.rate*int64(tolerance)
	b.level = max(min(b.level, b.limit+beyond-ahead), 0)
}

// leak brings the level up to date.
func (b *Bucket) leak(now int64) {
	if now > b.last { // Most SDUs find it so already: they are of one turn.
		b.drip(now)
	}
}

// drip has leak out what is due at a later time than the last. It is called once a turn, and leak
// is small without it.
//
//go:noinline
func (b *Bucket) drip(now int64) {
	elapsed := now - b.last
	b.last = now
	hi, out := bits.Mul64(uint64(elapsed), uint64(b.rate)) //nolint:gosec // neither is negative
	if hi != 0 || out >= uint64(b.level) {                 //nolint:gosec // a level is not negative
		b.level = 0
		return
	}
	b.level -= int64(out) //nolint:gosec // below the level
}

// Conforms reports whether cells may pass now, with some that are still to come, as a level.
func (b *Bucket) Conforms(now, ahead int64) bool {
	b.leak(now)
	return b.open(ahead)
}

// open reports whether the level is within the tolerance, with cells that are still to come.
func (b *Bucket) open(ahead int64) bool { return b.level+ahead <= b.limit }

// Fill adds cells that pass now.
func (b *Bucket) Fill(now int64, cells int) {
	b.leak(now)
	b.level += int64(cells) * second
}

// Ready returns when a flow that was just found not to conform goes on: when it does again, and [ResumeTolerance]
// later.
func (b *Bucket) Ready(ahead int64) int64 {
	return b.last + (b.level+ahead-b.limit+b.rate-1)/b.rate + int64(ResumeTolerance)
}
