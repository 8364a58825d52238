package vc

import "fmt"

// What a caller names as the limit of a [QoS] parameter to which any value is
// acceptable, and the smallest cell loss ratio, 10 to the power of -15.
const (
	AnyDelay uint16 = 1<<16 - 1
	AnyCDV   uint32 = 1<<24 - 1
	AnyCLR   uint8  = 1<<8 - 1
	MaxCLR   uint8  = 15
)

// QoS is what a caller asks of the way to the called side, and what the way adds
// up to (Q.2931 clause 4.5.17, UNI 4.0 section 9). A limit of zero does not ask.
type QoS struct {
	// MaxDelay is the largest acceptable end-to-end transit delay, Delay what it
	// has come to, in milliseconds.
	MaxDelay, Delay uint16
	// Forward and Backward are the directions of the [Contract].
	Forward, Backward QoSFlow
}

// QoSFlow is the quality of service of one direction.
type QoSFlow struct {
	// MaxCDV is the largest acceptable peak-to-peak cell delay variation, CDV what
	// it has come to, in microseconds.
	MaxCDV, CDV uint32
	// MaxCLR is the largest acceptable cell loss ratio as its negative decimal
	// logarithm: 1 to [MaxCLR], or [AnyCLR].
	MaxCLR uint8
}

// Validate reports the first value that the elements cannot carry, or nil.
func (q *QoS) Validate() error {
	for _, f := range []*QoSFlow{&q.Forward, &q.Backward} {
		switch {
		case f.MaxCDV > AnyCDV || f.CDV > AnyCDV:
			return fmt.Errorf("vc: a cell delay variation beyond %d us", AnyCDV)
		case f.MaxCLR > MaxCLR && f.MaxCLR != AnyCLR:
			return fmt.Errorf("vc: a cell loss ratio of 10 to the power of -%d: at most -%d can be asked for", f.MaxCLR, MaxCLR)
		}
	}
	return nil
}

// Way is what one link adds to the quality of service of a call.
type Way struct {
	// Delay is in milliseconds, CDV in microseconds.
	Delay uint16
	CDV   uint32
	// CLR is the cell loss ratio as its negative decimal logarithm; zero means
	// that the link loses nothing worth counting.
	CLR uint8
}

// Add adds a link to what the way has come to. What is not asked for is not
// counted.
func (q *QoS) Add(w Way) {
	if q.MaxDelay != 0 {
		q.Delay += min(w.Delay, AnyDelay-q.Delay)
	}
	for _, f := range []*QoSFlow{&q.Forward, &q.Backward} {
		if f.MaxCDV != 0 {
			f.CDV += min(w.CDV, AnyCDV-f.CDV)
		}
	}
}

// Exceeded says which limit the way exceeds, with a further link that loses
// cells; empty if it meets them all.
func (q *QoS) Exceeded(w Way) string {
	if q.MaxDelay != 0 && q.MaxDelay != AnyDelay && q.Delay > q.MaxDelay {
		return fmt.Sprintf("the transit delay is %d ms, and at most %d ms are acceptable", q.Delay, q.MaxDelay)
	}
	for _, f := range []*QoSFlow{&q.Forward, &q.Backward} {
		switch {
		case f.MaxCDV != 0 && f.MaxCDV != AnyCDV && f.CDV > f.MaxCDV:
			return fmt.Sprintf("the cell delay variation is %d us, and at most %d us are acceptable", f.CDV, f.MaxCDV)
		case f.MaxCLR != 0 && f.MaxCLR != AnyCLR && w.CLR != 0 && w.CLR < f.MaxCLR:
			return fmt.Sprintf("the link loses one cell in 10^%d, and at most one in 10^%d is acceptable", w.CLR, f.MaxCLR)
		}
	}
	return ""
}
