package gcratest

import (
	"math/big"
	"time"

	"callmanager/vc"
)

// A Judge is the virtual scheduling form of one or two GCRAs in exact fractions, as TM 4.1 Annex C draws it. All
// cells of a frame arrive at once, so the frame is judged at its first.
type Judge struct {
	// Cells is how many have conformed.
	Cells int64

	rules []rule
}

// A rule is GCRA(increment, tau), in nanoseconds.
type rule struct{ increment, tau, tat *big.Rat }

// New judges by the peak cell rate and, if the flow has one, the sustainable cell rate with
// the burst tolerance (MBS-1)(1/SCR - 1/PCR). Each has a tolerance besides.
func New(f vc.Flow, tolerance time.Duration) *Judge {
	each := func(r vc.CellRate) *big.Rat { return big.NewRat(int64(time.Second), int64(r)) }
	tau := big.NewRat(int64(tolerance), 1)
	j := &Judge{rules: []rule{{each(f.PCR), tau, new(big.Rat)}}}
	if f.SCR != 0 {
		burst := new(big.Rat).Sub(each(f.SCR), each(f.PCR))
		burst.Mul(burst, big.NewRat(int64(f.MBS)-1, 1))
		j.rules = append(j.rules, rule{each(f.SCR), burst.Add(burst, tau), new(big.Rat)})
	}
	return j
}

// Arrive judges a frame of so many cells and reports whether it conforms. Times, in nanoseconds, do not go back.
func (j *Judge) Arrive(now int64, cells int) bool {
	at := new(big.Rat).SetInt64(now)
	for _, g := range j.rules {
		if new(big.Rat).Sub(g.tat, g.tau).Cmp(at) > 0 {
			return false
		}
	}
	for _, g := range j.rules {
		if g.tat.Cmp(at) < 0 {
			g.tat.Set(at)
		}
		g.tat.Add(g.tat, new(big.Rat).Mul(g.increment, big.NewRat(int64(cells), 1)))
	}
	j.Cells += int64(cells)
	return true
}
