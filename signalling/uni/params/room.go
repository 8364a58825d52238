package params

import "callmanager/vc"

// Room is the place of one call in the account of its link's capacity.
type Room struct {
	Capacity *vc.Capacity
	// Reserved is what the call has reserved; it follows what is taken.
	Reserved *vc.Reservation
	// Out tells that this side calls: it sends forward.
	Out bool
}

// Negotiate reserves what a contract needs, or else what its fallback allows and
// there is room for, with at least keep. It returns the contract to go on with,
// and what of the fallback is still open; the error, a *[vc.RefusedError], is that
// of the contract itself, and nothing has changed then.
func (r Room) Negotiate(asked vc.Contract, f vc.Fallback, keep vc.Reservation) (vc.Contract, vc.Fallback, error) {
	other, has := f.Other(&asked)
	if has && r.take(keep, &asked, &other) == nil {
		return asked, f, nil
	}
	if has { // there is not room for either at once
		f = vc.Fallback{}
	}
	no := r.take(keep, &asked)
	if no == nil {
		return asked, f, nil
	}
	if has && r.take(keep, &other) == nil {
		return other, f, nil
	}
	floor := f.Floor(&asked)
	if fitted, ok := r.Capacity.Fit(&asked, *r.Reserved, r.Out, &floor); ok && r.take(keep, &fitted) == nil {
		return fitted, f, nil
	}
	return asked, f, no
}

// take reserves the largest of all in each direction.
func (r Room) take(want vc.Reservation, contracts ...*vc.Contract) error {
	for _, k := range contracts {
		need := r.Capacity.Price(k, r.Out)
		want.Send, want.Receive = max(want.Send, need.Send), max(want.Receive, need.Receive)
	}
	err := r.Capacity.Replace(*r.Reserved, want)
	if err == nil {
		*r.Reserved = want
	}
	return err
}
