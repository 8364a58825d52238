package params

import (
	"callmanager/signalling/q2931/ie"
	"callmanager/vc"
)

// numberOf writes an address as a number; ok is false for no address.
func numberOf(a vc.Addr) (n ie.Number, ok bool) {
	if b, is := a.AESA(); is {
		return ie.NewAESA(b), true
	}
	return ie.NewE164(a.Digits())
}

// ReadAddress reads a number as an address. The error is a *[Error].
func ReadAddress(n ie.Number) (vc.Addr, error) {
	if b, ok := n.AESA(); ok {
		return vc.AddrFromAESA(b), nil
	}
	if n.Plan == ie.PlanE164 {
		if a, err := vc.AddrFromE164(n.Digits()); err == nil {
			return a, nil
		}
	}
	return vc.Addr{}, &Error{ie.CauseInvalidNumberFormat, "number " + n.String()}
}
