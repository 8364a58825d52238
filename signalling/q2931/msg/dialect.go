package msg

import "callmanager/signalling/q2931/ie"

// dialect is how an edition of the UNI writes what a call manager of UNI 4.0 means. Messages and
// elements that an edition lacks stand in the table of messages; the rest is here.
type dialect struct {
	// causes are the values that the edition has in place of those of Q.2610.
	causes []renamed[ie.CauseValue]
	// heard are the values of received causes that mean another one in Q.2610.
	heard []renamed[ie.CauseValue]
	// rewrite are the changes of elements. Each replaces what it changes and leaves alone what
	// other messages share.
	rewrite []func(*Message)
	// sameFlag: both sides write the endpoint reference flag alike, clear.
	sameFlag bool
	// length: a wrong message length is reported.
	length bool
}

// renamed is a value and what stands for it in an edition.
type renamed[T comparable] struct{ from, to T }

// rename returns what stands for a value.
func rename[T comparable](list []renamed[T], v T) T {
	for _, r := range list {
		if r.from == v {
			return r.to
		}
	}
	return v
}

// dialects are the differences. UNI 4.0 and Q.2931 have none.
var dialects = [...]*dialect{
	UNI31: {
		causes: []renamed[ie.CauseValue]{
			{ie.CauseVPCIVCIUnacceptable, ie.CauseVPCIVCIAssignment},         // UNI 3.0 only
			{ie.CauseCellRateNotAvailableUNI30, ie.CauseCellRateUnavailable}, // UNI 3.0 only
			{ie.CauseAALNotSupportedUNI30, ie.CauseAALNotSupported},          // 78 in UNI 3.1, 93 in Q.2610
			{ie.CauseMessageNotCompatible98, ie.CauseMessageNotCompatible},
			{ie.CauseTooManyAddPartyQ2971, ie.CauseTooManyAddParty},
		},
		rewrite: []func(*Message){bearerUNI3, descriptorUNI3, channelUNI3, withoutMode, classOfITU},
		length:  true,
	},
	UNI30: {
		causes: []renamed[ie.CauseValue]{
			{ie.CauseNormalClearing, ie.CauseNormalUnspecified}, // 16 is of UNI 3.1
			{ie.CauseVPCIVCIAssignment, ie.CauseVPCIVCIUnacceptable},
			{ie.CauseCellRateUnavailable, ie.CauseCellRateNotAvailableUNI30},
			{ie.CauseAALNotSupported, ie.CauseAALNotSupportedUNI30},
			{ie.CauseMessageNotCompatible98, ie.CauseMessageNotCompatible},
			{ie.CauseTooManyAddPartyQ2971, ie.CauseTooManyAddParty},
		},
		heard:    []renamed[ie.CauseValue]{{ie.CauseNormalUnspecified, ie.CauseNormalClearing}},
		rewrite:  []func(*Message){bearerUNI3, bearerUNI30, descriptorUNI3, channelUNI3, withMode, classOfNetwork},
		sameFlag: true,
	},
}

// dialect returns the differences of a profile; nil if it has none.
func (p Profile) dialect() *dialect {
	if int(p) < len(dialects) {
		return dialects[p]
	}
	return nil
}

// For returns the message as a profile writes it, which [Message.AppendProfile] then takes: without
// the elements that the profile lacks, with its codings and causes. left counts the elements left
// out. The message itself stays as it is; the result shares elements with it. A type that the
// profile lacks stays one that cannot be written.
func (m *Message) For(p Profile) (out *Message, left int) {
	d := p.dialect()
	r, known := rowOf(m.Type, p)
	if d == nil || !known {
		return m, 0
	}
	n := *m
	for _, id := range fieldIDs {
		f := &fields[id]
		if f.count(&n, id) == 0 || r.find(id, p) != nil {
			continue
		}
		left += f.count(&n, id)
		f.clear(&n, id)
	}
	if left > 0 {
		n.Order = nil
	}
	for _, change := range d.rewrite {
		change(&n)
	}
	n.Causes = d.translate(n.Causes)
	if d.sameFlag && n.EndpointRef != nil {
		ref := *n.EndpointRef
		ref.RefFlag = false
		n.EndpointRef = &ref
	}
	return &n, left
}

// translate replaces the causes that the edition lacks.
func (d *dialect) translate(causes []ie.Cause) []ie.Cause {
	if len(causes) == 0 {
		return causes
	}
	out := make([]ie.Cause, len(causes))
	for i, c := range causes {
		c.Value = rename(d.causes, c.Value)
		out[i] = c
	}
	return out
}

// hear undoes on a received message what means something else in other editions. UNI 3.0 has no
// direction in the endpoint reference flag: the root of a call allocates every reference, and its
// messages, SETUP among them, have the call reference flag clear. Its cause of an ordinary release
// is 31.
func (p Profile) hear(m *Message) {
	d := p.dialect()
	if d == nil {
		return
	}
	if d.sameFlag && m.EndpointRef != nil {
		m.EndpointRef.RefFlag = m.CallRef.Flag && m.Type != Setup
	}
	for i := range m.Causes {
		m.Causes[i].Value = rename(d.heard, m.Causes[i].Value)
	}
}

// reportLength is the rule of UNI 3.1 on a message whose length field is wrong: what is there is
// processed, and the sender told (cause 104). Any other thing to report comes first.
func (v *Verdict) reportLength(p Profile, policy policy) {
	d := p.dialect()
	if d == nil || !d.length || !v.LengthMismatch || v.Decision != Accept || policy == clearingUp {
		return
	}
	v.Ruling = Ruling{Decision: AcceptAndReport, Cause: ie.CauseIncorrectLength}
}

// oldCapability are the traffic type and timing requirement of UNI 3.x that stand for
// transfer capabilities of UNI 4.0.
var oldCapability = []renamed[ie.ATC]{
	{ie.ATCCBRCLR01, ie.ATCCBR}, {ie.ATCRTVBR01, ie.ATCRTVBR}, {ie.ATCNRTVBR01, ie.ATCNRTVBR},
}

// bearerUNI3: UNI 3.x has octet 5a with class X only, and not all of its values.
func bearerUNI3(m *Message) {
	if m.Bearer == nil || !m.Bearer.ATC.Present {
		return
	}
	b := *m.Bearer
	if b.Class != ie.BCOBX {
		b.ATC = ie.Opt[ie.ATC]{}
	} else {
		b.ATC.Value = rename(oldCapability, b.ATC.Value)
	}
	m.Bearer = &b
}

// bearerUNI30: octet 5a is always there with class X.
func bearerUNI30(m *Message) {
	if m.Bearer == nil || m.Bearer.ATC.Present || m.Bearer.Class != ie.BCOBX {
		return
	}
	b := *m.Bearer
	b.ATC = ie.Some(ie.ATC(0)) // no indication of type and timing
	m.Bearer = &b
}

// descriptorUNI3: the traffic management options are tagging alone.
func descriptorUNI3(m *Message) {
	if m.TD == nil {
		return
	}
	t := *m.TD
	t.Fwd.Discard, t.Bwd.Discard = false, false
	m.TD = &t
}

// channelUNI3: only a whole channel can be named. A wish that leaves a choice is not written; an answer
// that repeats what a peer named in the way of UNI 4.0 names the same channel in the only way there is.
func channelUNI3(m *Message) {
	n := m.ConnID
	if n == nil || !n.VPAssociated && n.Exclusive == ie.ExclusiveVCI {
		return
	}
	if m.Type == Setup && n.Exclusive != ie.ExclusiveVCI {
		m.ConnID = nil
		return
	}
	if m.Type == RestartAck {
		whole := *n
		if n.VPAssociated {
			whole.VPCI = 0 // the path of the signalling channel
		}
		whole.VPAssociated, whole.Exclusive = false, ie.ExclusiveVCI
		m.ConnID = &whole
	}
}

// withMode: UNI 3.0 says the mode of AAL3/4 and AAL5; it is message mode unless said otherwise.
func withMode(m *Message) {
	if m.AAL == nil || m.AAL.Mode.Present || m.AAL.Type != ie.AAL5 && m.AAL.Type != ie.AAL34 {
		return
	}
	a := *m.AAL
	a.Mode = ie.Some(ie.AALModeMessage)
	m.AAL = &a
}

// withoutMode: the mode is gone again in UNI 3.1.
func withoutMode(m *Message) {
	if m.AAL != nil && m.AAL.Mode.Present {
		a := *m.AAL
		a.Mode = ie.Opt[ie.AALMode]{}
		m.AAL = &a
	}
}

// classOfNetwork: UNI 3.0 codes every QoS class as its own, 0 too.
func classOfNetwork(m *Message) {
	if m.QoS != nil {
		q := *m.QoS
		q.Coding = ie.CodingNetwork
		m.QoS = &q
	}
}

// classOfITU: from UNI 3.1 on class 0 is ITU-T's.
func classOfITU(m *Message) {
	if m.QoS != nil && m.QoS.Fwd|m.QoS.Bwd == 0 && m.QoS.Coding == ie.CodingNetwork {
		q := *m.QoS
		q.Coding = ie.CodingDefault
		m.QoS = &q
	}
}
