package histogram

import (
	"math/bits"
	"sync/atomic"
	"time"
)

const (
	// perOctave is how many buckets lie between a duration and its double, and what a bucket's width is a
	// part of.
	perOctave = 128
	// exactBits are those of the largest durations that have a bucket each: their highest bit, and those
	// that tell which of perOctave it is.
	exactBits = 8
	// numBuckets is enough for every positive duration, which has 63 bits.
	numBuckets = (63 - exactBits + 2) * perOctave
)

// Histogram counts durations in buckets. What it tells is too long by a 128th at most.
type Histogram struct {
	buckets  [numBuckets]atomic.Uint64
	sum, max atomic.Uint64
	// least is one more than the shortest duration; 0 stands for none.
	least atomic.Uint64
}

// bucketOf returns the bucket of a number of nanoseconds.
func bucketOf(ns uint64) int {
	shift := max(bits.Len64(ns)-exactBits, 0) // the highest bits tell the bucket, the first of them is 1
	return shift*perOctave + int(ns>>shift)
}

// bucketEnd returns the largest number of nanoseconds in a bucket.
func bucketEnd(i int) uint64 {
	if i < 2*perOctave {
		return uint64(i)
	}
	shift := i/perOctave - 1
	return uint64(i-shift*perOctave+1)<<shift - 1
}

// Add counts a duration. A negative one counts as none at all.
func (h *Histogram) Add(d time.Duration) {
	ns := uint64(max(d, 0))
	h.buckets[bucketOf(ns)].Add(1)
	h.sum.Add(ns)
	for most := h.max.Load(); ns > most && !h.max.CompareAndSwap(most, ns); {
		most = h.max.Load()
	}
	for least := h.least.Load(); (least == 0 || ns+1 < least) && !h.least.CompareAndSwap(least, ns+1); {
		least = h.least.Load()
	}
}

// Count returns how many durations were added.
func (h *Histogram) Count() (n uint64) {
	for i := range h.buckets {
		n += h.buckets[i].Load()
	}
	return n
}

// Quantile returns what a part of the durations, 0 to 1, does not exceed; 0 without any. It is the duration
// of that rank or longer by a 128th at most, and not above the longest.
func (h *Histogram) Quantile(part float64) time.Duration {
	want := max(uint64(part*float64(h.Count())+0.5), 1)
	for i := range h.buckets {
		n := h.buckets[i].Load()
		if n >= want {
			return time.Duration(min(bucketEnd(i), h.max.Load()))
		}
		want -= n
	}
	return h.Max()
}

// Max returns the longest duration, exactly; 0 without any.
func (h *Histogram) Max() time.Duration { return time.Duration(h.max.Load()) }

// Min returns the shortest duration, exactly; 0 without any.
func (h *Histogram) Min() time.Duration { return time.Duration(max(h.least.Load(), 1) - 1) }

// Mean returns the mean of the durations, exactly; 0 without any.
func (h *Histogram) Mean() time.Duration {
	return time.Duration(h.sum.Load() / max(h.Count(), 1))
}
