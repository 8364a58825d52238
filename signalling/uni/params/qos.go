package params

import (
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
	"callmanager/vc"
)

// The quality of service of a call: SETUP carries what is acceptable and what the
// way has come to so far, CONNECT what it has come to in the end (Q.2931 5.1.3.2,
// UNI 4.0 section 9). The link is counted by its network side, in either
// direction of calls. What cannot be met is refused with cause 49.

// asksQoS reports whether extended QoS parameters are asked for.
func asksQoS(q *vc.QoS) bool {
	return q.Forward.MaxCDV != 0 || q.Backward.MaxCDV != 0 || q.Forward.MaxCLR != 0 || q.Backward.MaxCLR != 0
}

// writeQoS adds to a SETUP what a caller asks for.
func writeQoS(m *msg.Message, q *vc.QoS) {
	if q.MaxDelay != 0 {
		m.TransitDelay = &ie.TransitDelay{Cumulative: ie.Some(q.Delay), Max: ie.Some(q.MaxDelay)}
	}
	if !asksQoS(q) {
		return
	}
	m.ExtQoS = &ie.ExtQoS{}
	m.ExtQoS.FwdCDV, m.ExtQoS.FwdCumCDV, m.ExtQoS.FwdCLR = limitsOf(&q.Forward)
	m.ExtQoS.BwdCDV, m.ExtQoS.BwdCumCDV, m.ExtQoS.BwdCLR = limitsOf(&q.Backward)
}

func limitsOf(f *vc.QoSFlow) (most, sum ie.Opt[uint32], loss ie.Opt[uint8]) {
	if f.MaxCDV != 0 {
		most, sum = ie.Some(f.MaxCDV), ie.Some(f.CDV)
	}
	if f.MaxCLR != 0 {
		loss = ie.Some(f.MaxCLR)
	}
	return most, sum, loss
}

// writeSums adds to a CONNECT what the way has come to, where the SETUP asked.
func writeSums(m *msg.Message, q *vc.QoS) {
	if q.MaxDelay != 0 {
		m.TransitDelay = &ie.TransitDelay{Cumulative: ie.Some(q.Delay)}
	}
	if !asksQoS(q) {
		return
	}
	m.ExtQoS = &ie.ExtQoS{}
	_, m.ExtQoS.FwdCumCDV, _ = limitsOf(&q.Forward)
	_, m.ExtQoS.BwdCumCDV, _ = limitsOf(&q.Backward)
}

// readQoS reads what the SETUP of an offered call asks for. A sum without a limit
// is to be reported: any value is acceptable.
func readQoS(m *msg.Message) vc.QoS {
	var q vc.QoS
	if d := m.TransitDelay; d != nil {
		q.Delay = d.Cumulative.Value
		q.MaxDelay = d.Max.Or(vc.AnyDelay)
	}
	if e := m.ExtQoS; e != nil {
		readLimits(&q.Forward, e.FwdCDV, e.FwdCumCDV, e.FwdCLR)
		readLimits(&q.Backward, e.BwdCDV, e.BwdCumCDV, e.BwdCLR)
	}
	return q
}

func readLimits(f *vc.QoSFlow, most, sum ie.Opt[uint32], loss ie.Opt[uint8]) {
	if sum.Present {
		f.CDV, f.MaxCDV = sum.Value, most.Or(vc.AnyCDV)
	}
	f.MaxCLR = loss.Value
}

// adoptQoS takes over what the way has come to, as a CONNECT tells. The error is
// a *[Error].
func adoptQoS(q *vc.QoS, m *msg.Message) error {
	if d := m.TransitDelay; d != nil && q.MaxDelay != 0 {
		q.Delay = d.Cumulative.Value
	}
	if e := m.ExtQoS; e != nil {
		adoptSum(&q.Forward, e.FwdCumCDV)
		adoptSum(&q.Backward, e.BwdCumCDV)
	}
	if exceeded := q.Exceeded(vc.Way{}); exceeded != "" {
		return &Error{ie.CauseQoSUnavailable, exceeded}
	}
	return nil
}

func adoptSum(f *vc.QoSFlow, sum ie.Opt[uint32]) {
	if sum.Present && f.MaxCDV != 0 {
		f.CDV = sum.Value
	}
}
