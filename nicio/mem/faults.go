package mem

import (
	"fmt"
	"time"
)

// Faults says what a wire does to frames. The zero value is a perfect wire. Each probability is a
// frame's, in 0 to 1, drawn anew for each receiver of a flooded frame.
type Faults struct {
	// Loss is the probability that a frame vanishes.
	Loss float64
	// Corrupt is the probability that one bit behind the Ethernet header is inverted. A frame that
	// is a bare header stays as it is.
	Corrupt float64
	// Duplicate is the probability that a frame arrives twice.
	Duplicate float64
	// Reorder is the probability that a frame is held back until 1 to ReorderSpan later frames of
	// its path have gone ahead, or until ReorderTime is over.
	Reorder float64
	// ReorderSpan bounds how far a frame falls behind; zero means 3.
	ReorderSpan int
	// ReorderTime is how long a frame is held back if too few follow; zero means 10 ms.
	ReorderTime time.Duration
	// Delay is the transit time of each frame.
	Delay time.Duration
	// Jitter is the width of a random addition to Delay, which does not change the order.
	Jitter time.Duration
}

const (
	defaultReorderSpan = 3
	defaultReorderTime = 10 * time.Millisecond
)

// check refuses what is no probability or no time.
func (f *Faults) check() error {
	for _, p := range []struct {
		name  string
		value float64
	}{{"Loss", f.Loss}, {"Corrupt", f.Corrupt}, {"Duplicate", f.Duplicate}, {"Reorder", f.Reorder}} {
		if !(p.value >= 0 && p.value <= 1) { // Also refuses NaN.
			return fmt.Errorf("nicio/mem: %s = %v is no probability", p.name, p.value)
		}
	}
	if f.Delay < 0 || f.Jitter < 0 || f.ReorderTime < 0 || f.ReorderSpan < 0 {
		return fmt.Errorf("nicio/mem: negative time or span in %+v", *f)
	}
	if f.ReorderSpan == 0 {
		f.ReorderSpan = defaultReorderSpan
	}
	if f.ReorderTime == 0 {
		f.ReorderTime = defaultReorderTime
	}
	return nil
}
