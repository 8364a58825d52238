package uni

import (
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
	"callmanager/signalling/uni/params"
)

// Leaf initiated join (UNI 4.0 section 6): a leaf asks with LEAF SETUP REQUEST
// to be added to a call of which it knows the root's address and an identifier.
// The two messages belong to no call, and the leaf's sequence number tells
// requests apart. This end has no calls that a leaf may join, neither by its root
// nor by the network alone, so that a request is refused: cause 3 when the address
// is not ours, 69 otherwise. It is answered on the reference that it carries:
//
//	dummy         the reference of what belongs to no call; LEAF SETUP FAILURE is ignored
//	global        stands for no call as well, so a peer may take it for these messages: a
//	              request with the flag clear is answered with the flag set, as RESTART is,
//	              and a LEAF SETUP FAILURE with the flag set, which answers one, is ignored
//	of the peer   in use for no call: a request is answered, with the flag set
//
// On the last two everything else, also a request without a sequence number, is
// what any message is there: one with no place, or of no call (Q.2931 5.6.3.2).

// dummy takes a message with the dummy call reference.
func (l *Link) dummy(b []byte, typ msg.Type) {
	if typ != msg.LeafSetupRequest && typ != msg.LeafSetupFailure || !l.cfg.Profile.Has(typ) {
		l.count(countDummy)
		return
	}
	m, v, err := msg.Decode(b, msg.Options{Profile: l.cfg.Profile})
	if err != nil {
		l.count(countBadMessage)
		return
	}
	l.note(&v)
	l.leafSetup(m, &v)
}

// leafSetupGlobal takes a message of leaf initiated join with the global call
// reference, and reports whether it is one.
func (l *Link) leafSetupGlobal(m *msg.Message, v *msg.Verdict) bool {
	request := m.Type == msg.LeafSetupRequest && !m.CallRef.Flag && m.LeafSequence != nil
	failure := m.Type == msg.LeafSetupFailure && m.CallRef.Flag
	if v.UnknownType || !request && !failure {
		return false
	}
	l.leafSetup(m, v)
	return true
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
