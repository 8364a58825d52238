package bench

import (
	"encoding/binary"
	"fmt"
	"math"
	"time"

	"callmanager/cmd/cmctl/histogram"
)

// Times summarises durations, in microseconds.
type Times struct {
	Min  float64 `json:"min_us"`
	Mean float64 `json:"mean_us"`
	P50  float64 `json:"p50_us"`
	P90  float64 `json:"p90_us"`
	P99  float64 `json:"p99_us"`
	P999 float64 `json:"p99_9_us"`
	Max  float64 `json:"max_us"`
}

// NewTimes summarises what a histogram has counted.
func NewTimes(h *histogram.Histogram) Times {
	return Times{
		Min: us(h.Min()), Mean: us(h.Mean()), P50: us(h.Quantile(0.5)), P90: us(h.Quantile(0.9)),
		P99: us(h.Quantile(0.99)), P999: us(h.Quantile(0.999)), Max: us(h.Max()),
	}
}

// fields returns where the figures are, in the order of a report.
func (t *Times) fields() []*float64 {
	return []*float64{&t.Min, &t.Mean, &t.P50, &t.P90, &t.P99, &t.P999, &t.Max}
}

// us returns a duration in microseconds to a tenth.
func us(d time.Duration) float64 { return math.Round(float64(d)/100) / 10 }

// ms returns a duration in milliseconds to a thousandth.
func ms(d time.Duration) float64 { return math.Round(float64(d)/1e3) / 1e3 }

// perSecond returns a rate; that of no time is 0.
func perSecond[T uint64 | float64](n T, d time.Duration) float64 {
	if d <= 0 {
		return 0
	}
	return math.Round(float64(n)*1e3/d.Seconds()) / 1e3
}

// part returns how much of a whole a part is, 0 to 1.
func part(n, of uint64) float64 { return float64(n) / float64(max(of, 1)) }

// Outcome is what became of the SDUs of a call, as the sink has counted them.
type Outcome struct {
	// SDUs and Octets came unharmed, duplicates not counted.
	SDUs   uint64 `json:"sdus"`
	Octets uint64 `json:"octets"`
	// Duration is the time from the first of them to the last one, Rate that of the octets in it.
	Duration float64 `json:"duration_ms"`
	Rate     float64 `json:"bit_per_s"`
	// Lost have not come. Of a call that has ended too early only those are known behind which others came.
	Lost       uint64  `json:"lost_sdus"`
	Loss       float64 `json:"loss_ratio"`
	Reordered  uint64  `json:"reordered_sdus"`
	Deepest    uint64  `json:"deepest_reordering_sdus"`
	Duplicates uint64  `json:"duplicate_sdus"`
	Damaged    uint64  `json:"damaged_sdus"`
	Variation  Times   `json:"delay_variation"`
}

// reportSize is the size of the SDU with a report in octets.
const reportSize = MinSize + 8*(8+7)

// counts returns where the counts of a report are.
func (o *Outcome) counts() []*uint64 {
	return []*uint64{&o.SDUs, &o.Octets, &o.Lost, &o.Reordered, &o.Deepest, &o.Duplicates, &o.Damaged}
}

// report returns the SDU that tells the outcome for a number of SDUs.
func (o *Outcome) report(sent uint64) []byte {
	p := make([]byte, MinSize, reportSize)
	for _, n := range o.counts() {
		p = binary.BigEndian.AppendUint64(p, *n)
	}
	p = binary.BigEndian.AppendUint64(p, uint64(o.Duration*1e6)) // times go as nanoseconds
	for _, f := range o.Variation.fields() {
		p = binary.BigEndian.AppendUint64(p, uint64(*f*1e3))
	}
	stamp(p, header{kind: kindReport, number: sent})
	return p
}

// parseReport reads what report has written, whose header has been found to be right.
func parseReport(p []byte, sent uint64) (*Outcome, error) {
	if len(p) != reportSize {
		return nil, fmt.Errorf("the sink's report has %d octets, want %d: it is of another version", len(p), reportSize)
	}
	next := func() uint64 {
		n := binary.BigEndian.Uint64(p)
		p = p[8:]
		return n
	}
	p = p[MinSize:]
	o := &Outcome{}
	for _, n := range o.counts() {
		*n = next()
	}
	o.Duration = ms(time.Duration(next()))
	for _, f := range o.Variation.fields() {
		*f = us(time.Duration(next()))
	}
	o.derive(sent)
	return o, nil
}

// derive sets what follows from the rest.
func (o *Outcome) derive(sent uint64) {
	o.Rate = perSecond(8*o.Octets, time.Duration(o.Duration*1e6))
	o.Loss = part(o.Lost, sent)
}
