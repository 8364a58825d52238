package terms

import (
	"cmp"
	"errors"
	"fmt"

	"callmanager/signalling/primitive"
	"callmanager/vc"
	"callmanager/vc/flowspec"
)

// Completed returns a contract whose zero fields are those in force.
func Completed(c, inForce vc.Contract) vc.Contract {
	flow := func(f, old vc.Flow) vc.Flow {
		return vc.Flow{
			PCR: cmp.Or(f.PCR, old.PCR), SCR: cmp.Or(f.SCR, old.SCR), MBS: cmp.Or(f.MBS, old.MBS), MDCR: cmp.Or(f.MDCR, old.MDCR),
			MaxSDU: cmp.Or(f.MaxSDU, old.MaxSDU), MinPoliced: cmp.Or(f.MinPoliced, old.MinPoliced),
			Tagging: f.Tagging || old.Tagging, FrameDiscard: f.FrameDiscard || old.FrameDiscard,
		}
	}
	return vc.Contract{
		Category: cmp.Or(c.Category, inForce.Category),
		Forward:  flow(c.Forward, inForce.Forward), Backward: flow(c.Backward, inForce.Backward),
	}
}

// OneWay returns the contract of a point-to-multipoint call over a link of a capacity, in wire bits a second:
// nothing flows backward (UNI 4.0 section 5), and without a rate it is best effort.
func OneWay(c vc.Contract, capacity vc.BitRate) (vc.Contract, error) {
	if c.Backward != (vc.Flow{}) {
		return c, errors.New("a point-to-multipoint call has nothing backward: leave that flow empty")
	}
	if c.Forward.PCR == 0 && (c.Category == 0 || c.Category == vc.UBR) {
		c.Category = vc.UBR
		c.Forward.PCR = vc.DefaultRate(capacity)
	}
	return c, nil
}

// Fallback completes and checks what is acceptable in place of a contract (Q.2962).
func Fallback(f vc.Fallback, c *vc.Contract) (vc.Fallback, error) {
	if f.HasAlternative() && f.Alternative.Category == 0 {
		f.Alternative.Category = c.Category
	}
	return f, f.Validate(c)
}

// QoS checks what is asked of the way, which has come to nothing yet.
func QoS(q vc.QoS) (vc.QoS, error) {
	q.Delay, q.Forward.CDV, q.Backward.CDV = 0, 0, 0
	return q, q.Validate()
}

// Modified returns the contract that a modification asks for: by a contract whose zero fields are those
// in force, or in the model's units if change is not nil. calling tells whose end asks. rounded tells that a
// rate is not quite the one that was asked for.
func Modified(c vc.Contract, change *flowspec.Change, inForce *primitive.Params, calling bool) (next vc.Contract, rounded bool, err error) {
	next = Completed(c, inForce.Contract)
	if change != nil {
		got, err := change.Apply(&inForce.Contract, inForce.QoS, calling)
		if err != nil {
			return next, false, fmt.Errorf("FLOWSPEC: %w", err)
		}
		next, rounded = got.Contract, got.Changed
	}
	return next, rounded, next.Validate()
}
