package cm

import (
	"fmt"

	"callmanager/signalling/cm/terms"
	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/quota"
	"callmanager/signalling/status"
	"callmanager/vc"
)

// incomingSetup serves a call from the network: find the SAP, create the VC and
// its rings, dispatch (INV-49). What cannot be offered is refused with:
//
//   - 3, no route to destination: the called address is not ours, and there is
//     no transit (Q.2931 5.6.2, DESIGN 6);
//   - 88, incompatible destination: the address is ours but no SAP takes the
//     selector, B-HLI or B-LLI. The end system has been reached, and what it
//     fails is the check of Q.2931 5.2.2 and Annex B;
//   - 17, user busy, and 47, resource unavailable: the client has no room;
//   - 42, congestion: the daemon has none;
//   - 73, unsupported combination of traffic parameters.
func (m *Machine) incomingSetup(l *link, ind primitive.SetupInd) {
	b := &branch{link: l, call: ind.Call, id: ind.ID, leaf: ind.Params.Multipoint, offered: true}
	if b.leaf {
		m.leaves[branchKey{l.ID, ind.Call}] = &leafCall{id: ind.ID}
	}
	m.incoming(b, ind.Params)
}

// incoming offers a call, or a leaf of one, or refuses it.
func (m *Machine) incoming(b *branch, p primitive.Params) {
	s, c := m.addressee(b.link, &p)
	if s == nil {
		m.refuseOffer(b, c)
		return
	}
	if m.newOffer(s, b, p) == nil {
		m.refuseOffer(b, cause(ie.CauseResourceUnavailable))
	}
}

// newOffer makes the VC of an offer and asks for its rings. It returns nil if the client has no
// room for them.
func (m *Machine) newOffer(s *sap, b *branch, p primitive.Params) *conn {
	send, receive := p.Contract.Backward, p.Contract.Forward
	spec, ref := m.ringSpec(s.owner, send, receive, s.send, s.receive)
	if ref != nil {
		spec, ref = m.ringSpec(s.owner, send, receive, 0, 0)
	}
	if ref != nil {
		m.stats.Limited[quota.Rings]++
		return nil
	}
	v := m.newVC(s.owner, true)
	v.params, v.sap = p, s.handle
	m.addBranch(v, b)
	m.step(v, indSetup, &input{})
	m.openRing(v, spec)
	return v
}

// addressee finds the SAP for an incoming call and completes the call's
// parameters, or returns the cause of its refusal.
func (m *Machine) addressee(l *link, p *primitive.Params) (*sap, ie.Cause) {
	if m.stopping != nil {
		return nil, m.stopping.cause
	}
	if !m.ours(p.Called) {
		return nil, cause(ie.CauseNoRouteToDestination)
	}
	if m.inProgress >= m.limits.Backlog {
		m.stats.Limited[quota.Backlog]++
		return nil, cause(ie.CauseCongestion)
	}
	contract, _, ref := l.contract(p.Contract)
	if ref != nil {
		return nil, cause(ie.CauseUnsupportedTraffic)
	}
	p.Contract = contract
	s := m.findSAP(p, func(*sap) bool { return false })
	if s == nil {
		return nil, cause(ie.CauseIncompatibleDestination)
	}
	if k := m.fullFor(s); k != 0 {
		return nil, m.fullCause(k)
	}
	s.offered++
	return s, ie.Cause{}
}

// refuseOffer refuses an incoming call that no client will see.
func (m *Machine) refuseOffer(b *branch, c ie.Cause) {
	m.stats.OffersRefused++
	m.emit(Effect{Kind: ToLink, Link: b.link.ID, Request: b.rejectRequest(c, nil)})
}

// offered begins the offer on a new VC; the rings are still to come.
func (*Machine) offered(*conn, *input) (vc.CallState, *refusal) { return vc.Offered, nil }

// offer dispatches the offer when the rings are there.
func (m *Machine) offer(v *conn, _ *input) (vc.CallState, *refusal) {
	b := v.branches[0]
	m.stats.CallsOffered++
	m.emit(Effect{Kind: Deliver, Client: v.owner.id, VC: v.ports(), Event: IncomingCall{
		VC: v.handle, SAP: v.sap, Parameters: v.params, ID: b.id, Link: b.link.Name, Kept: v.ring.kept,
		Flowspec: v.owner.minor >= modelMinor,
	}})
	return vc.Offered, nil
}

// offerFailed refuses a call for which there is no memory. Its client has never
// heard of it.
func (m *Machine) offerFailed(v *conn, _ *input) (vc.CallState, *refusal) {
	m.forgetRing(v)
	b := v.branches[0]
	m.forgetBranches(v)
	m.refuseOffer(b, cause(ie.CauseResourceUnavailable))
	m.removeVC(v)
	return vc.Idle, nil
}

// answer serves IncomingCallComplete. An answer that is none harms nothing: the
// offer waits for another.
func (m *Machine) answer(c *client, r IncomingCallComplete, in *input) {
	ev, given, err := rspAccept, ie.Cause{}, error(nil)
	if r.Status != Success {
		ev = rspRefuse
		given, err = terms.Cause(r.Cause, status.CauseOf(r.Status))
	}
	switch {
	case r.Status == Pending:
		m.refuse(c, r, refuse(InvalidData, "PENDING is no answer to an offer: the offer waits"))
	case !r.Status.Valid():
		m.refuse(c, r, refuse(InvalidData, fmt.Sprintf("%s is unknown: the offer waits", r.Status)))
	case err != nil:
		m.refuse(c, r, invalid(err))
	default:
		in.cause = given
		m.onVC(c, r.VC, ev, in)
	}
}

// acceptCall serves the acceptance of an offer.
func (m *Machine) acceptCall(v *conn, in *input) (vc.CallState, *refusal) {
	r := askedFor[IncomingCallComplete](in)
	p, ref := m.altered(v, &r)
	if ref != nil {
		return vc.Offered, ref
	}
	if ref := v.branches[0].checkUserUser(r.UserUser, false); ref != nil {
		return vc.Offered, ref
	}
	p.UserUser = nil
	p.Fallback = vc.Fallback{} // nothing is open any more
	v.params, v.changed = p, r.Changed
	p.UserUser = r.UserUser
	b := v.branches[0]
	b.offered = false
	m.reply(v.owner, Reply{Request: in.request})
	m.setVC(v, evActivate)
	m.emit(Effect{Kind: ToLink, Link: b.link.ID, Request: b.acceptRequest(v.handle, p)})
	return vc.Accepted, nil
}

// altered returns the parameters by which a client accepts an offer ([terms.Altered]). A choice
// of the B-LLI that it leaves open is its SAP's, or the caller's first.
func (m *Machine) altered(v *conn, r *IncomingCallComplete) (p primitive.Params, ref *refusal) {
	p = v.params
	if r.Changed {
		var err error
		if r.Flowspecs != nil {
			if r.Parameters.Contract, _, err = terms.Modified(vc.Contract{}, r.Flowspecs, &p, false); err != nil {
				return p, invalid(err)
			}
		}
		if p, err = terms.Altered(p, &r.Parameters); err != nil {
			return p, invalid(err)
		}
	}
	if len(p.BLLI) > 1 {
		p.BLLI = [][]byte{m.preferredBLLI(v)}
	}
	return p, nil
}

// preferredBLLI is the B-LLI that v's SAP names, or the caller's first.
func (m *Machine) preferredBLLI(v *conn) []byte {
	if s := m.saps[v.sap]; s != nil {
		return s.filter.Choose(v.params.BLLI)
	}
	return v.params.BLLI[0]
}

// refuseCall serves the refusal of an offer.
func (m *Machine) refuseCall(v *conn, in *input) (vc.CallState, *refusal) {
	if ref := v.closeWith(askedFor[IncomingCallComplete](in).UserUser); ref != nil {
		return vc.Offered, ref
	}
	m.reply(v.owner, Reply{Request: in.request})
	m.endRing(v)
	m.release(v, in.cause, 0)
	return vc.Closing, nil
}

// lateAnswer serves an answer that has crossed the end of its offer.
func (m *Machine) lateAnswer(v *conn, in *input) (vc.CallState, *refusal) {
	m.reply(v.owner, Reply{Request: in.request})
	return vc.RemoteClosed, nil
}

// callConnected tells that an accepted call is active both ways (INV-50).
func (m *Machine) callConnected(v *conn, _ *input) (vc.CallState, *refusal) {
	m.setVC(v, evActivated)
	m.countConnected(v.branches[0])
	m.deliver(v.owner, CallConnected{VC: v.handle})
	return vc.Connected, nil
}
