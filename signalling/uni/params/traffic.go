package params

import (
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
	"callmanager/vc"
)

// descriptorOf writes the ATM traffic descriptor of a contract (UNI 4.0 annex
// 9): peak rates of CLP 0+1, sustainable rates and bursts of CLP 0+1 for VBR.
func descriptorOf(c *vc.Contract) *ie.TD {
	return &ie.TD{
		Fwd:        ratesOf(&c.Forward, c.Category),
		Bwd:        ratesOf(&c.Backward, c.Category),
		BestEffort: c.Category == vc.UBR,
	}
}

func ratesOf(f *vc.Flow, c vc.Category) ie.Rates {
	r := ie.Rates{PCR01: ie.Some(uint32(f.PCR)), Tagging: f.Tagging, Discard: f.FrameDiscard}
	if f.PCR != 0 && (c == vc.RTVBR || c == vc.NRTVBR) {
		r.SCR01 = ie.Some(uint32(f.SCR))
		r.MBS01 = ie.Some(f.MBS)
	}
	return r
}

// desiredOf writes the minimum desired cell rates of a best-effort contract (af-cs-0147
// section 3), or nil without any.
func desiredOf(c *vc.Contract) *ie.MinDesiredCellRate {
	if c.Forward.MDCR == 0 && c.Backward.MDCR == 0 {
		return nil
	}
	return &ie.MinDesiredCellRate{Fwd: ie.Some(uint32(c.Forward.MDCR)), Bwd: ie.Some(uint32(c.Backward.MDCR))}
}

// readDesired reads them. They say nothing of another category.
func readDesired(c *vc.Contract, m *ie.MinDesiredCellRate) {
	if m != nil && c.Category == vc.UBR {
		c.Forward.MDCR, c.Backward.MDCR = vc.CellRate(m.Fwd.Value), vc.CellRate(m.Bwd.Value)
	}
}

// bearerOf writes the bearer capability of a contract: class X with the
// transfer capability of the category, none for best effort.
func bearerOf(c *vc.Contract) *ie.Bearer {
	b := &ie.Bearer{Class: ie.BCOBX}
	switch c.Category {
	case vc.CBR:
		b.ATC = ie.Some(ie.ATCCBR)
	case vc.RTVBR:
		b.ATC = ie.Some(ie.ATCRTVBR01)
	case vc.NRTVBR:
		b.ATC = ie.Some(ie.ATCNRTVBR01)
	case vc.UBR:
	}
	return b
}

// contractOf reads the contract of an offered call. The errors are
// *[Error]: cause 65 for a bearer, 73 for a combination of traffic
// parameters and 93 for an AAL that this end does not have.
func contractOf(m *msg.Message) (vc.Contract, error) {
	var c vc.Contract
	var err error
	if c.Category, err = categoryOf(m.Bearer, m.TD); err != nil {
		return c, err
	}
	if err := readRates(&c.Forward, &m.TD.Fwd, c.Category); err != nil {
		return c, err
	}
	if err := readRates(&c.Backward, &m.TD.Bwd, c.Category); err != nil {
		return c, err
	}
	readDesired(&c, m.MinDesiredRate)
	if err := readAAL(&c, m.AAL); err != nil {
		return c, err
	}
	if err := c.Validate(); err != nil {
		return c, &Error{ie.CauseUnsupportedTraffic, err.Error()}
	}
	return c, nil
}

// The transfer capabilities of UNI 3.x that have no name in UNI 4.0: traffic
// type (bits 5-3: 0 none, 1 CBR, 2 VBR) and timing (bits 2-1: 0 none, 1
// end-to-end, 2 not required) in the same octet.
const (
	atcAny        ie.ATC = 0x00
	atcAnyTimed   ie.ATC = 0x01
	atcAnyUntimed ie.ATC = 0x02
	atcCBRAny     ie.ATC = 0x04
	atcCBRUntimed ie.ATC = 0x06
	atcVBRAny     ie.ATC = 0x08
)

// categoryOf returns the service category of bearer capability and traffic
// descriptor (UNI 4.0 annex 9).
func categoryOf(b *ie.Bearer, td *ie.TD) (vc.Category, error) {
	if b.Class == ie.TransparentVP {
		return 0, &Error{ie.CauseBearerNotImplemented, "transparent VP service"}
	}
	if td.Fwd.MCR01.Present || td.Bwd.MCR01.Present {
		return 0, &Error{ie.CauseBearerNotImplemented, "ABR"}
	}
	if td.BestEffort {
		if b.Class == ie.BCOBA {
			return 0, &Error{ie.CauseUnsupportedTraffic, "best effort with class A"}
		}
		return vc.UBR, nil
	}
	if !b.ATC.Present {
		return categoryWithoutATC(b, td), nil
	}
	switch b.ATC.Value {
	case ie.ATCCBR, ie.ATCCBRCLR01, atcCBRAny, atcCBRUntimed:
		return vc.CBR, nil
	case ie.ATCRTVBR, ie.ATCRTVBR01, atcAnyTimed:
		return vc.RTVBR, nil
	case ie.ATCNRTVBR, ie.ATCNRTVBR01, atcVBRAny, atcAnyUntimed, atcAny:
		return vc.NRTVBR, nil
	case ie.ATCABR:
	}
	return 0, &Error{ie.CauseBearerNotImplemented, "ATM transfer capability"}
}

// categoryWithoutATC: class A is constant rate; without a sustainable rate the
// peak rate is what must be reserved.
func categoryWithoutATC(b *ie.Bearer, td *ie.TD) vc.Category {
	if b.Class == ie.BCOBA || !td.Fwd.SCR01.Present && !td.Bwd.SCR01.Present {
		return vc.CBR
	}
	return vc.NRTVBR
}

// readRates reads one direction. Parameters that tell the CLP=0 cells apart
// are not supported. A VBR direction with its peak rate alone sustains it.
func readRates(f *vc.Flow, r *ie.Rates, c vc.Category) error {
	if r.PCR0.Present || r.SCR0.Present || r.MBS0.Present {
		return &Error{ie.CauseUnsupportedTraffic, "traffic parameters of CLP=0 cells"}
	}
	if !r.PCR01.Present {
		return &Error{ie.CauseUnsupportedTraffic, "no peak cell rate of all cells"}
	}
	f.PCR = vc.CellRate(r.PCR01.Value)
	f.Tagging, f.FrameDiscard = r.Tagging, r.Discard
	f.SCR, f.MBS = vc.CellRate(r.SCR01.Value), r.MBS01.Value
	vbr := c == vc.RTVBR || c == vc.NRTVBR
	if vbr && !r.SCR01.Present && f.PCR != 0 {
		f.SCR, f.MBS = f.PCR, 1
	}
	if f.PCR == 0 && f.SCR == 0 {
		f.MBS = 0
	}
	return nil
}
