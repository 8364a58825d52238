package params

import (
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
	"callmanager/vc"
)

// The negotiation of traffic parameters (Q.2962, UNI 4.0 section 8): SETUP and
// MODIFY REQUEST may name, beside the ATM traffic descriptor, the lowest peak
// rates that are acceptable or an alternative descriptor. Each end takes of it
// what its link has room for, before it passes the message on, and the answer
// names the result. While the answer is out the larger of both is reserved.

// writeFallback adds a fallback to a message with a contract's descriptor.
func writeFallback(m *msg.Message, c *vc.Contract, f *vc.Fallback) {
	if other, ok := f.Other(c); ok {
		m.AltTD = descriptorOf(&other)
	}
	floor := f.Floor(c)
	if floor == *c {
		return
	}
	m.MinTD = &ie.TD{}
	if f.Minimum.Forward != 0 {
		m.MinTD.Fwd.PCR01 = ie.Some(uint32(floor.Forward.PCR))
	}
	if f.Minimum.Backward != 0 {
		m.MinTD.Bwd.PCR01 = ie.Some(uint32(floor.Backward.PCR))
	}
}

// readFallback reads the fallback of a message with a contract's descriptor. An
// alternative that this end does not know how to carry is none. The error is a
// *[Error]: both kinds at once are refused (Q.2962 6).
func readFallback(m *msg.Message, c *vc.Contract) (vc.Fallback, error) {
	var f vc.Fallback
	if m.MinTD != nil && m.AltTD != nil {
		return f, &Error{ie.CauseUnsupportedTraffic, "a minimum and an alternative traffic descriptor at once"}
	}
	if m.AltTD != nil {
		alt := *c
		if readDescriptor(&alt, m.AltTD) == nil {
			f.Alternative = alt
		}
		if _, ok := f.Other(c); !ok || alt == *c {
			f.Alternative = vc.Contract{}
		}
	}
	if m.MinTD != nil && c.Category != vc.UBR {
		f.Minimum.Forward = minimumOf(m.MinTD.Fwd.PCR01, c.Forward.PCR)
		f.Minimum.Backward = minimumOf(m.MinTD.Bwd.PCR01, c.Backward.PCR)
	}
	return f, nil
}

// minimumOf reads the minimum of one direction: one of 0 is as good as one cell a
// second, and one above the peak rate asks for that.
func minimumOf(least ie.Opt[uint32], pcr vc.CellRate) vc.CellRate {
	if !least.Present || pcr == 0 {
		return 0
	}
	return min(max(1, vc.CellRate(least.Value)), pcr)
}

// negotiates reports whether the answer to a message names the descriptor in
// force.
func negotiates(m *msg.Message) bool { return m.MinTD != nil || m.AltTD != nil }

// answered reads the descriptor of an answer to a contract with a fallback. The
// error is a *[Error].
func answered(c *vc.Contract, f *vc.Fallback, td *ie.TD) (vc.Contract, error) {
	got := *c
	if td == nil {
		return got, nil
	}
	if readDescriptor(&got, td) != nil || !f.Accepts(c, &got) {
		return got, &Error{ie.CauseInvalidElementContents, "the peer answers with rates that were not asked for"}
	}
	return got, nil
}
