package cm

import (
	"fmt"

	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/quota"
	"callmanager/vc"
)

// addParty serves AddParty on a call that its client has made as
// point-to-multipoint and that is connected (INV-38).
func (m *Machine) addParty(v *conn, in *input) (vc.CallState, *refusal) {
	r := askedFor[AddParty](in)
	params, ref := m.partyParams(v, &r)
	if ref != nil {
		return vc.Connected, ref.withCause()
	}
	v.lastParty++
	p := m.newParty(v, v.lastParty, params)
	p.addParty = r.Request
	m.stats.PartiesAdded++
	m.reply(v.owner, Reply{Request: r.Request, Status: Pending})
	b := v.branches[0]
	m.emit(Effect{Kind: ToLink, Link: b.link.ID, Request: primitive.AddPartyReq{Call: b.call, Party: p.id, Params: params}})
	return vc.Connected, nil
}

// partyParams checks and completes the parameters of a party. It has the
// contract of its call (INV-35).
func (m *Machine) partyParams(v *conn, r *AddParty) (p primitive.Params, ref *refusal) {
	b := v.branches[0]
	switch {
	case !v.params.Multipoint:
		return p, noParties.refusal()
	case b.releasing:
		return p, refuse(Closing, "the call is being closed")
	case v.owner.parties >= m.limits.Parties:
		return p, m.limited(quota.Parties)
	case len(r.BLLI) > 1:
		return p, refuse(InvalidData, fmt.Sprintf("%d B-LLI are listed, a party has one at most", len(r.BLLI)))
	}
	p = primitive.Params{Calling: v.params.Calling, Contract: v.params.Contract, Multipoint: true, BHLI: r.BHLI, BLLI: r.BLLI}
	if p.Called, ref = m.destination(r.Called, r.CalledSelector); ref != nil {
		return p, ref
	}
	if ref = checkCompatibility(r.BHLI, r.BLLI); ref != nil {
		return p, ref
	}
	l, ref := m.route(p.Called)
	if ref != nil {
		return p, ref
	}
	if l != b.link {
		return p, &refusal{
			status: NotSupported, cause: cause(ie.CauseNoRouteToDestination),
			detail: fmt.Sprintf("%s is reached over link %s, the call goes over link %s: the parties of a call share its link", p.Called, l.Name, b.link.Name),
		}
	}
	return p, nil
}

// partyAdded completes AddParty: the leaf receives. One whose call the daemon
// has ended meanwhile is on its way out.
func (m *Machine) partyAdded(p *party, in *partyInput) (vc.PartyState, *refusal) {
	if p.v.call != vc.Connected {
		why := p.v.cause
		if why.Value == 0 { // its end is on the way
			why = cause(ie.CauseNormalUnspecified)
		}
		m.completeAddParty(p, AddPartyComplete{
			Status: RequestAborted, Cause: why, Detail: "the call has ended before the party was added", Parameters: p.params,
		})
		return vc.PartyNone, nil
	}
	p.params = inForce(p.params, in.added.Params)
	m.completeAddParty(p, AddPartyComplete{Status: Success, Party: p.handle, Parameters: p.params, Changed: in.added.Changed})
	return vc.PartyActive, nil
}

// partyFailed completes AddParty without a party: its handle is dead (INV-27).
func (m *Machine) partyFailed(p *party, in *partyInput) (vc.PartyState, *refusal) {
	m.completeAddParty(p, AddPartyComplete{
		Status: failureOf(in.cause.Value), Cause: in.cause, Detail: in.words(), Parameters: p.params,
	})
	return vc.PartyNone, nil
}

// completeAddParty delivers the completion that AddParty is owed.
func (m *Machine) completeAddParty(p *party, done AddPartyComplete) {
	done.Request, done.VC = p.addParty, p.v.handle
	p.addParty = 0
	m.deliver(p.v.owner, done)
}

// firstParty makes the handle of the party that a call was made with (INV-33).
func (m *Machine) firstParty(v *conn) vc.Handle {
	if !v.params.Multipoint {
		return 0
	}
	p := m.newParty(v, primitive.FirstParty, v.params)
	p.state = vc.PartyActive
	return p.handle
}
