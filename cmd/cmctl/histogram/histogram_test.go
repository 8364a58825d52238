package histogram

import (
	"math"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Every bucket begins where the last one ends, up to the longest duration, and is narrow.
func TestBuckets(t *testing.T) {
	next := uint64(0)
	for i := range numBuckets {
		if bucketOf(next) != i || bucketOf(bucketEnd(i)) != i {
			t.Fatalf("bucket %d: begins at %d in bucket %d, ends at %d in bucket %d", i, next, bucketOf(next), bucketEnd(i), bucketOf(bucketEnd(i)))
		}
		if wide := bucketEnd(i) - next; wide > next/perOctave {
			t.Fatalf("bucket %d: %d to %d", i, next, bucketEnd(i))
		}
		next = bucketEnd(i) + 1
	}
	if next != math.MaxInt64+1 {
		t.Errorf("the last bucket ends before %d", next)
	}
}

// What is told of nothing is nothing.
func TestEmpty(t *testing.T) {
	var h Histogram
	for what, got := range map[string]time.Duration{
		"the median": h.Quantile(0.5), "the longest": h.Max(), "the shortest": h.Min(), "the mean": h.Mean(),
	} {
		if got != 0 || h.Count() != 0 {
			t.Errorf("%s of %d is %v", what, h.Count(), got)
		}
	}
}

// A quantile is the duration of its rank, or longer by no more than a bucket is wide; the longest, the shortest and
// the mean are exact.
func TestQuantile(t *testing.T) {
	ns := rapid.OneOf(rapid.Int64Range(0, 1000), rapid.Int64Range(0, int64(time.Second)), rapid.Int64Range(-5, math.MaxInt64>>10))
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(ns, 1, 500).Draw(t, "values")
		part := rapid.OneOf(rapid.SampledFrom([]float64{0, 0.5, 0.9, 0.99, 0.999, 1}), rapid.Float64Range(0, 1)).Draw(t, "part")
		var h Histogram
		sum := uint64(0)
		for i, v := range values {
			h.Add(time.Duration(v))
			values[i] = max(v, 0)
			sum += uint64(values[i])
		}
		slices.Sort(values)
		rank := max(int(part*float64(len(values))+0.5), 1)
		want := values[rank-1]
		if got := int64(h.Quantile(part)); got < want || got-want > want/perOctave {
			t.Errorf("%v of %v is %d, want %d and at most a %dth more", part, values, got, want, perOctave)
		}
		if got := []time.Duration{h.Max(), h.Min(), h.Mean()}; got[0] != time.Duration(values[len(values)-1]) ||
			got[1] != time.Duration(values[0]) || got[2] != time.Duration(sum/uint64(len(values))) {
			t.Errorf("the longest, the shortest and the mean of %v are %v", values, got)
		}
		if h.Count() != uint64(len(values)) {
			t.Errorf("%d counted of %d", h.Count(), len(values))
		}
	})
}

// Many add at a time, and nothing is lost.
func TestConcurrent(t *testing.T) {
	var h Histogram
	var adding sync.WaitGroup
	const adders, each = 8, 1000
	for a := range adders {
		adding.Go(func() {
			for i := range each {
				h.Add(time.Duration(a*each + i))
			}
		})
	}
	adding.Wait()
	if h.Count() != adders*each || h.Min() != 0 || h.Max() != adders*each-1 {
		t.Errorf("%d counted from %v to %v", h.Count(), h.Min(), h.Max())
	}
}

// Adding allocates nothing.
func TestNoAllocs(t *testing.T) {
	var h Histogram
	if n := testing.AllocsPerRun(100, func() { h.Add(time.Millisecond) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
