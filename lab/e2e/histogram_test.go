package e2e_test

import (
	"math/bits"
	"sync/atomic"
	"testing"
	"time"
)

// A histogram counts durations in buckets whose width is a 32nd of what they count, so a quantile is
// 3 % too long at most. Any goroutine may add to it.
type histogram struct {
	buckets [64 * perOctave]atomic.Uint32
}

// perOctave is how many buckets lie between a duration and its double.
const perOctave = 32

// bucketOf returns the bucket of a number of nanoseconds.
func bucketOf(ns uint64) int {
	shift := max(bits.Len64(ns)-6, 0) // the six highest bits tell the bucket, the first of which is 1
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

// add counts a duration.
func (h *histogram) add(d time.Duration) { h.buckets[bucketOf(uint64(max(d, 0)))].Add(1) }

// count returns how many durations were added.
func (h *histogram) count() (n uint64) {
	for i := range h.buckets {
		n += uint64(h.buckets[i].Load())
	}
	return n
}

// quantile returns what a part of the durations, 0 to 1, does not exceed; 0 without any.
func (h *histogram) quantile(part float64) time.Duration {
	want := max(uint64(part*float64(h.count())+0.5), 1)
	for i := range h.buckets {
		n := uint64(h.buckets[i].Load())
		if n >= want {
			return time.Duration(bucketEnd(i))
		}
		want -= n
	}
	return 0
}

func TestHistogram(t *testing.T) {
	for i, ns := 0, uint64(0); i < 58*perOctave; i++ {
		if bucketOf(ns) != i || bucketOf(bucketEnd(i)) != i {
			t.Fatalf("bucket %d: begins at %d in bucket %d, ends at %d in bucket %d", i, ns, bucketOf(ns), bucketEnd(i), bucketOf(bucketEnd(i)))
		}
		if wide := bucketEnd(i) - ns; wide > ns/perOctave {
			t.Fatalf("bucket %d: %d to %d", i, ns, bucketEnd(i))
		}
		ns = bucketEnd(i) + 1
	}
	var h histogram
	if h.quantile(0.5) != 0 {
		t.Error("a quantile of nothing")
	}
	for i := range 1000 {
		h.add(time.Duration(i+1) * time.Microsecond)
	}
	for part, us := range map[float64]int{0.5: 500, 0.99: 990, 1: 1000, 0: 1} {
		want := time.Duration(us) * time.Microsecond
		if got := h.quantile(part); got < want || got > want+want/perOctave {
			t.Errorf("%.2f: %s, want %s", part, got, want)
		}
	}
}
