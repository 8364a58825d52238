package gcra

import (
	"math/bits"
	"time"

	"callmanager/vc"
)

// A Pace holds a flow to all rates of its contract: the peak cell rate and, where there is one, the
// sustainable cell rate with its burst (the dual leaky bucket of TM 4.1 clause 4.4.3). An SDU
// conforms if it does to both, and is charged to both or to none.
//
// Cells leak out from the moment when they are known to have been sent, which may be a while after
// the decision to send them: a worker that loses its processor in between must not take that time
// for a pause of the flow. The zero value is without a contract: Set comes first.
type Pace struct {
	peak      Bucket
	ahead     int64   // Of the cells that are on their way to the port, as a level.
	sustained *Bucket // Nil in a flow without such a rate.
}

// Set takes over the rates of a flow, each with a time that it may run ahead beside a burst. It may be called again
// at any time; what the flow has sent beyond the new rates is still waited for. It allocates for the first
// sustainable cell rate.
func (p *Pace) Set(f *vc.Flow, tolerance time.Duration) {
	p.peak.Set(int64(f.PCR), 0, tolerance, p.ahead)
	if f.SCR == 0 {
		p.sustained = nil
		return
	}
	if p.sustained == nil {
		p.sustained = new(Bucket)
	}
	p.sustained.Set(int64(f.SCR), burstOf(f), tolerance, p.ahead)
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

// Conforms reports whether an SDU may pass now.
func (p *Pace) Conforms(now int64) bool {
	return p.peak.Conforms(now, p.ahead) && (p.sustained == nil || p.sustained.Conforms(now, p.ahead))
}

// Charge adds the cells of an SDU that is to be sent.
func (p *Pace) Charge(cells int) { p.ahead += int64(cells) * second }

// Land notes that cells charged before have been sent by now.
func (p *Pace) Land(now int64, cells int) {
	p.ahead -= int64(cells) * second
	p.Pass(now, cells)
}

// Pass charges cells that pass now.
func (p *Pace) Pass(now int64, cells int) {
	p.peak.Fill(now, cells)
	if p.sustained != nil {
		p.sustained.Fill(now, cells)
	}
}

// Refund takes back cells charged before that are not sent after all.
func (p *Pace) Refund(cells int) { p.ahead -= int64(cells) * second }

// Ready returns when a flow that was just found not to conform goes on; see [Bucket.Ready].
func (p *Pace) Ready() int64 {
	switch {
	case p.sustained == nil || p.sustained.open(p.ahead):
		return p.peak.Ready(p.ahead)
	case p.peak.open(p.ahead):
		return p.sustained.Ready(p.ahead)
	}
	return max(p.peak.Ready(p.ahead), p.sustained.Ready(p.ahead))
}
