package uni

import (
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
	"callmanager/signalling/uni/params"
)

// Leaf initiated join (UNI 4.0 section 6): a leaf asks with LEAF SETUP REQUEST
// to be added to a call of which it knows the root's address and an identifier.
// The two messages belong to no call: they carry the dummy call reference, and
// the leaf's sequence number tells requests apart. This end has no calls that a
// leaf may join, neither by its root nor by the network alone, so that a request
// is refused: cause 3 when the address is not ours, 69 otherwise. A request with
// a call reference of the peer's that is in use for no call is answered on it;
// one that cannot be answered so, and a LEAF SETUP FAILURE, are messages of no
// call there.

// dummy takes a message with the dummy call reference.
func (l *Link) dummy(b []byte, typ msg.Type) {
	if typ != msg.LeafSetupRequest && typ != msg.LeafSetupFailure {
		l.count(countDummy)
		return
	}
	m, v, err := msg.Decode(b, msg.Options{})
	if err != nil {
		l.count(countBadMessage)
		return
	}
	l.note(&v)
	l.leafSetup(m, &v)
}

// leafSetup answers LEAF SETUP REQUEST. Nothing waits for a LEAF SETUP FAILURE,
// and without a sequence number the leaf would not know what is answered.
func (l *Link) leafSetup(m *msg.Message, v *msg.Verdict) {
	if m.Type == msg.LeafSetupFailure || m.LeafSequence == nil || v.Decision == msg.DiscardSilently {
		l.count(countLeafSetup)
		return
	}
	answer := &msg.Message{
		Type: msg.LeafSetupFailure, CallRef: m.CallRef.Peer(), LeafSequence: &ie.LeafSequence{Value: m.LeafSequence.Value},
		Causes: []ie.Cause{l.leafSetupCause(m, v)},
	}
	if m.CallRef.Value == msg.DummyCallRef {
		answer.CallRef = m.CallRef
	}
	if m.Called != nil {
		answer.Called = &ie.CalledNumber{Number: m.Called.Number}
	}
	l.refused(answer.Causes[0].Value)
	l.send(answer)
}

// leafSetupCause returns why a request is refused.
func (l *Link) leafSetupCause(m *msg.Message, v *msg.Verdict) ie.Cause {
	if v.Decision != msg.Accept && v.Decision != msg.AcceptAndReport {
		return l.verdictCause(v)
	}
	switch a, err := params.ReadAddress(m.Called.Number); {
	case err != nil:
		return l.raise(causeOf(err))
	case !l.ours(a):
		return l.raise(ie.CauseNoRouteToDestination)
	}
	return l.raise(ie.CauseFacilityNotImplemented)
}
