package dissect

import (
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
	"callmanager/signalling/sscop"
)

// Line is an SDU of a control VC in one line.
type Line struct {
	// Summary is the line: the message with the elements that matter, or the PDU.
	Summary string
	// Message is the name of the message in the PDU, empty when there is none.
	Message string
	// CallReference is the message's.
	CallReference msg.CallRef
	// Cause is the first cause of the message, 0 if it has none.
	Cause ie.CauseValue
	// Details is Summary without name and call reference.
	Details string
}

// Summarize puts an SSCOP PDU into words.
func Summarize(pdu []byte) Line {
	var p sscop.PDU
	if err := p.Parse(pdu, limits); err != nil {
		return Line{Summary: err.Error(), Details: err.Error()}
	}
	s := p.String()
	if !p.Type.CarriesData() {
		return Line{Summary: s, Details: s}
	}
	m, _, err := msg.Decode(p.Data, msg.Options{Profile: msg.Q2931})
	if err != nil {
		s += ": " + err.Error()
		return Line{Summary: s, Details: s}
	}
	l := Line{Summary: m.Summary(), Message: m.Type.String(), CallReference: m.CallRef, Details: m.Details()}
	if len(m.Causes) > 0 {
		l.Cause = m.Causes[0].Value
	}
	return l
}
