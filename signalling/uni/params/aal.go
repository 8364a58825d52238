package params

import (
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
	"callmanager/vc"
)

// aalOf writes the AAL parameters of a contract: AAL5 without a convergence
// sublayer.
func aalOf(c *vc.Contract) *ie.AAL {
	return &ie.AAL{
		Type:      ie.AAL5,
		FwdMaxSDU: ie.Some(c.Forward.MaxSDU),
		BwdMaxSDU: ie.Some(c.Backward.MaxSDU),
		SSCS:      ie.Some(ie.SSCSNull),
	}
}

// readAAL reads the SDU sizes. Without AAL parameters every size may come.
func readAAL(c *vc.Contract, a *ie.AAL) error {
	forward, backward := uint16(vc.MaxSDULen), uint16(vc.MaxSDULen)
	if a != nil {
		if err := checkAAL(a); err != nil {
			return err
		}
		forward, backward = a.FwdMaxSDU.Or(forward), a.BwdMaxSDU.Or(backward)
	}
	setSize(&c.Forward, forward)
	setSize(&c.Backward, backward)
	if c.Forward.PCR == 0 && c.Backward.PCR == 0 {
		return &Error{ie.CauseUnsupportedTraffic, "nothing to carry in either direction"}
	}
	return nil
}

// Sized reports whether a SETUP says how large the SDUs of both directions may be.
func Sized(m *msg.Message) bool {
	return m.AAL != nil && m.AAL.FwdMaxSDU.Present && m.AAL.BwdMaxSDU.Present
}

// checkAAL refuses what is not AAL5 in message mode without a convergence
// sublayer.
func checkAAL(a *ie.AAL) error {
	if a.Type != ie.AAL5 || a.SSCS.Or(ie.SSCSNull) != ie.SSCSNull || a.Mode.Or(ie.AALModeMessage) != ie.AALModeMessage {
		return &Error{ie.CauseAALNotSupportedUNI30, "other than AAL5 in message mode without SSCS"}
	}
	return nil
}

// setSize sets the largest SDU of a direction. One that may carry none has no
// rate, and one without a rate carries none.
func setSize(f *vc.Flow, size uint16) {
	if size == 0 || f.PCR == 0 {
		*f = vc.Flow{}
		return
	}
	f.MaxSDU = size
}
