package params

import (
	"errors"

	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
	"callmanager/vc"
)

// ModifyRequest makes the MODIFY REQUEST for a contract, with any call reference.
func ModifyRequest(next *vc.Contract, f *vc.Fallback) *msg.Message {
	m := &msg.Message{CallRef: msg.CallRef{Value: 1}, Type: msg.ModifyRequest, TD: descriptorOf(next)}
	writeFallback(m, next, f)
	return m
}

// ReadModifyRequest reads what a peer asks for in place of a contract. The errors
// are as of *[Error].
func ReadModifyRequest(m *msg.Message, old *vc.Contract) (next vc.Contract, f vc.Fallback, err error) {
	next = *old
	if err = readDescriptor(&next, m.TD); err != nil {
		return next, f, err
	}
	if err = CheckModification(old, &next); err != nil {
		return next, f, err
	}
	f, err = readFallback(m, &next)
	return next, f, err
}

// AnswerModifyRequest makes the MODIFY ACKNOWLEDGE for the contract in force. It
// asks for CONNECTION AVAILABLE.
func (a Asked) AnswerModifyRequest(c *vc.Contract) *msg.Message {
	m := &msg.Message{ReportType: &ie.ReportType{Type: ie.ReportModification}}
	if a.rates {
		m.TD = descriptorOf(c)
	}
	return m
}

// ReadModifyAck reads which contract a MODIFY ACKNOWLEDGE puts into force, of one
// that was asked for and its fallback. The error is a *[Error].
func ReadModifyAck(m *msg.Message, asked *vc.Contract, f *vc.Fallback) (vc.Contract, error) {
	return answered(asked, f, m.TD)
}

// CheckModification refuses what a modification may not change: anything but rates
// and bursts, and whether a direction carries something at all. The errors are
// *[Error].
func CheckModification(old, next *vc.Contract) error {
	same := *next
	for _, f := range []struct{ same, old *vc.Flow }{{&same.Forward, &old.Forward}, {&same.Backward, &old.Backward}} {
		if (f.same.PCR == 0) != (f.old.PCR == 0) {
			return &Error{ie.CauseUnsupportedTraffic, "a modification neither opens nor shuts a direction"}
		}
		f.same.PCR, f.same.SCR, f.same.MBS = f.old.PCR, f.old.SCR, f.old.MBS
	}
	if same != *old {
		return &Error{ie.CauseUnsupportedTraffic, "a modification changes rates and bursts alone"}
	}
	if err := next.Validate(); err != nil {
		return &Error{ie.CauseUnsupportedTraffic, err.Error()}
	}
	return nil
}

// readDescriptor reads the rates of a descriptor into a contract of the same
// category.
func readDescriptor(c *vc.Contract, td *ie.TD) error {
	if td.BestEffort != (c.Category == vc.UBR) || td.Fwd.MCR01.Present || td.Bwd.MCR01.Present {
		return &Error{ie.CauseUnsupportedTraffic, "another service category"}
	}
	return errors.Join(readRates(&c.Forward, &td.Fwd, c.Category), readRates(&c.Backward, &td.Bwd, c.Category))
}
