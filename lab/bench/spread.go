package bench

import "slices"

// A Spread is what the measurements of one figure came to.
type Spread struct {
	Median  float64   `json:"median"`
	Min     float64   `json:"min"`
	Max     float64   `json:"max"`
	Samples []float64 `json:"samples"` // in the order of the pairs
}

// SpreadOf sums up measurements, of which there is one at least.
func SpreadOf(samples []float64) Spread {
	return Spread{Median: Median(samples), Min: slices.Min(samples), Max: slices.Max(samples), Samples: samples}
}

// Median returns the one in the middle, of an even number the mean of the two.
func Median(v []float64) float64 {
	s := slices.Sorted(slices.Values(v))
	return (s[(len(s)-1)/2] + s[len(s)/2]) / 2
}

// Holds reports whether a value is within what was measured.
func (s *Spread) Holds(v float64) bool { return s.Min <= v && v <= s.Max }

// Ratios divides measurement by measurement.
func Ratios(a, b []float64) []float64 {
	r := make([]float64, min(len(a), len(b)))
	for i := range r {
		r[i] = a[i] / b[i]
	}
	return r
}
