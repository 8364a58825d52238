package rounds

import "callmanager/vc"

// A Rank is a VC's place in the order of transmission: one is served while none of a better rank can send. The
// zero value is the best.
type Rank uint8

// The ranks, the best first.
const (
	CBR Rank = iota
	RTVBR
	NRTVBR
	// Minimum is UBR within its minimum desired cell rate.
	Minimum
	// BestEffort is UBR beyond that or without, and what has no category.
	BestEffort
)

// NumRanks is the number of values of Rank.
const NumRanks = int(BestEffort) + 1

// RankOf returns the rank of a flow that has sent nothing yet.
func RankOf(c vc.Category, f *vc.Flow) Rank {
	switch c {
	case vc.CBR:
		return CBR
	case vc.RTVBR:
		return RTVBR
	case vc.NRTVBR:
		return NRTVBR
	case vc.UBR:
		if f.MDCR != 0 {
			return Minimum
		}
	}
	return BestEffort
}

// A Census counts those that may send by the rank that they have at first.
type Census struct {
	open [NumRanks]int
	best Rank
}

// Best returns the best rank that there is as of the last Count: [BestEffort] if there is none, and [CBR] before the
// first.
func (c *Census) Best() Rank { return c.best }

// Count adds to the number of a rank.
func (c *Census) Count(r Rank, n int) {
	c.open[r] += n
	c.best = BestEffort
	for i := range c.open {
		if c.open[i] > 0 {
			c.best = Rank(i) //nolint:gosec // below NumRanks
			return
		}
	}
}
