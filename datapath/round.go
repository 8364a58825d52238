package datapath

import "callmanager/vc"

// A rank is a VC's place in the order of transmission: a sender is served while none of a better
// rank can send. The zero value is the best.
type rank uint8

const (
	rankCBR rank = iota
	rankRTVBR
	rankNRTVBR
	// rankMinimum is UBR within its minimum desired cell rate.
	rankMinimum
	// rankBestEffort is UBR beyond that or without, and what has no category.
	rankBestEffort
)

// numRanks is the number of values of rank.
const numRanks = int(rankBestEffort) + 1

// rankOf returns the rank of a flow that has sent nothing yet.
func rankOf(c vc.Category, f *vc.Flow) rank {
	switch c {
	case vc.CBR:
		return rankCBR
	case vc.RTVBR:
		return rankRTVBR
	case vc.NRTVBR:
		return rankNRTVBR
	case vc.UBR:
		if f.MDCR != 0 {
			return rankMinimum
		}
	}
	return rankBestEffort
}

// A round holds the senders that are to be served, those of a rank in their order.
type round struct {
	queues [numRanks]senderQueue
}

// push appends a sender to those of its rank.
func (r *round) push(s *sender) { r.queues[s.rank].push(s) }

// first returns the sender whose turn it is, or nil.
func (r *round) first() *sender {
	for i := range r.queues {
		if s := r.queues[i].head; s != nil {
			return s
		}
	}
	return nil
}

// has reports whether a sender is in the round.
func (r *round) has(s *sender) bool { return s.queue == &r.queues[s.rank] }

// A census counts the open senders by the rank that they have at first.
type census struct {
	open [numRanks]int
	best rank // The best that there is; rankBestEffort if there is none.
}

// count adds to the number of a rank.
func (c *census) count(r rank, n int) {
	c.open[r] += n
	c.best = rankBestEffort
	for i := range c.open {
		if c.open[i] > 0 {
			c.best = rank(i) //nolint:gosec // below numRanks
			return
		}
	}
}
