package uni

import (
	"callmanager/signalling/q2931/msg"
	"callmanager/signalling/sscop"
)

// traceLimits let every PDU through: what stands on the wire is to be shown.
var traceLimits = sscop.Limits{K: 65535, J: 65535, MaxSTAT: 16377}

// Summarize puts an SSCOP PDU into words. message is the name of the Q.2931
// message in it, empty when there is none, and cref its call reference.
func Summarize(pdu []byte) (summary, message string, cref uint32) {
	var p sscop.PDU
	if err := p.Parse(pdu, traceLimits); err != nil {
		return err.Error(), "", 0
	}
	summary = p.String()
	if p.Type != sscop.SD {
		return summary, "", 0
	}
	m, _, err := msg.Decode(p.Data, msg.Options{Profile: msg.Q2931})
	if err != nil {
		return summary + ": " + err.Error(), "", 0
	}
	return m.Summary(), m.Type.String(), m.CallRef.Value
}
