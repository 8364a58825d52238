package vc

import (
	"errors"
	"fmt"
	"sort"
)

// PeakRates are peak cell rates of CLP 0+1, in cells/s, in the directions of a
// [Contract].
type PeakRates struct{ Forward, Backward CellRate }

// Fallback is what the side that makes or modifies a call accepts in place of its
// contract (Q.2962, Q.2963.3): lower peak rates down to a minimum, or another
// contract, but not both. The zero value accepts nothing else.
type Fallback struct {
	// Minimum are the lowest acceptable peak rates; zero means that the rate of
	// this direction is not negotiable.
	Minimum PeakRates
	// Alternative has other rates and bursts; its category is the contract's. Its
	// SDU sizes and options count for nothing: those of the contract stand. The
	// zero value is none.
	Alternative Contract
}

// HasMinimum reports whether lower rates are acceptable.
func (f *Fallback) HasMinimum() bool { return f.Minimum != PeakRates{} }

// HasAlternative reports whether there is another contract that is acceptable.
func (f *Fallback) HasAlternative() bool { return f.Alternative != Contract{} }

// Validate reports the first thing that makes the fallback of no use beside a
// contract that is valid, or nil.
func (f *Fallback) Validate(c *Contract) error {
	switch {
	case f.HasMinimum() && f.HasAlternative():
		return errors.New("vc: a minimum and an alternative beside one contract: only one of them may be")
	case f.HasMinimum() && c.Category == UBR:
		return errors.New("vc: a minimum of a best-effort contract, which reserves nothing")
	case f.Minimum.Forward > c.Forward.PCR || f.Minimum.Backward > c.Backward.PCR:
		return errors.New("vc: a minimum above the peak cell rate")
	case !f.HasAlternative():
		return nil
	case f.Alternative.Category != c.Category:
		return fmt.Errorf("vc: an alternative of category %s beside a contract of category %s", f.Alternative.Category, c.Category)
	}
	if _, ok := f.Other(c); !ok {
		return errors.New("vc: the alternative is no contract, or opens or shuts a direction")
	}
	return nil
}

// Other returns the alternative with the sizes and options of the contract; ok
// is false if there is none that could be used.
func (f *Fallback) Other(c *Contract) (other Contract, ok bool) {
	alt := &f.Alternative
	if !f.HasAlternative() || alt.Category != c.Category ||
		(alt.Forward.PCR == 0) != (c.Forward.PCR == 0) || (alt.Backward.PCR == 0) != (c.Backward.PCR == 0) {
		return Contract{}, false
	}
	other = c.WithRates(alt)
	return other, other.Validate() == nil
}

// WithRates returns the contract with the rates and bursts of another one.
func (c Contract) WithRates(of *Contract) Contract {
	c.Forward.PCR, c.Forward.SCR, c.Forward.MBS = of.Forward.PCR, of.Forward.SCR, of.Forward.MBS
	c.Backward.PCR, c.Backward.SCR, c.Backward.MBS = of.Backward.PCR, of.Backward.SCR, of.Backward.MBS
	return c
}

// Floor returns the contract with the lowest rates that the minimum accepts: not
// below the sustainable rates, and at least one cell a second.
func (f *Fallback) Floor(c *Contract) Contract {
	floor := *c
	lower := func(to *Flow, least CellRate) {
		if least != 0 {
			to.PCR = min(to.PCR, max(least, to.SCR))
		}
	}
	lower(&floor.Forward, f.Minimum.Forward)
	lower(&floor.Backward, f.Minimum.Backward)
	return floor
}

// Accepts reports whether got, whose sizes and options do not count, is the
// contract or what may take its place.
func (f *Fallback) Accepts(c, got *Contract) bool {
	rates := c.WithRates(got)
	if rates == *c {
		return true
	}
	if other, ok := f.Other(c); ok && rates == other {
		return true
	}
	floor := f.Floor(c)
	within := func(least, f, most Flow) bool {
		return least.PCR <= f.PCR && f.PCR <= most.PCR && f.SCR == most.SCR && f.MBS == most.MBS
	}
	return within(floor.Forward, rates.Forward, c.Forward) && within(floor.Backward, rates.Backward, c.Backward)
}

// Fit lowers the peak rates of a contract to what a link has room for at the
// calling or the called end, but not below those of floor. ok is false if there
// is less.
func (f *Framing) Fit(c *Contract, room Reservation, calling bool, floor *Contract) (fitted Contract, ok bool) {
	forward, backward := room.Send, room.Receive
	if !calling {
		forward, backward = backward, forward
	}
	fitted = *c
	fitted.Forward.PCR = f.fit(c.Forward, c.Category, forward)
	fitted.Backward.PCR = f.fit(c.Backward, c.Category, backward)
	return fitted, fitted.Forward.PCR >= floor.Forward.PCR && fitted.Backward.PCR >= floor.Backward.PCR
}

// fit returns the largest peak rate up to a flow's own with which it costs no
// more than room: the cost never falls when the rate grows.
func (f *Framing) fit(flow Flow, c Category, room BitRate) CellRate {
	above := sort.Search(int(flow.PCR)+1, func(rate int) bool {
		less := flow
		less.PCR = CellRate(rate) //nolint:gosec // at most PCR
		return f.Cost(&less, c) > room
	})
	return CellRate(max(above-1, 0)) //nolint:gosec // at most PCR
}
