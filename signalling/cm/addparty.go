package cm

import (
	"fmt"

	"callmanager/signalling/cm/terms"
	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/quota"
	"callmanager/vc"
)

// addParty serves AddParty on a call that its client has made as
// point-to-multipoint and that is connected (INV-38). A party on a link that the
// call does not go over yet opens a branch there, as the first party of a call of
// its own (SETUP); others join the branch of their link (ADD PARTY). Those that come
// before the first one has answered wait for it.
func (m *Machine) addParty(v *conn, in *input) (vc.CallState, *refusal) {
	r := askedFor[AddParty](in)
	params, l, ref := m.partyParams(v, &r)
	if ref != nil {
		return vc.Connected, ref.withCause()
	}
	b := v.branchOn(l)
	if b == nil {
		if ref = m.mayOpenBranch(v, l); ref != nil {
			return vc.Connected, ref.withCause()
		}
	}
	m.reply(v.owner, Reply{Request: r.Request, Status: Pending})
	v.lastParty++
	p := m.newParty(v, b, v.lastParty, params)
	p.addParty = r.Request
	switch {
	case b == nil:
		m.openBranch(p, l)
	case b.opening:
		p.waits = true
	default:
		m.askForParty(p)
	}
	return vc.Connected, nil
}

// askForParty asks the link of a branch that is open for a party.
func (m *Machine) askForParty(p *party) {
	p.waits = false
	m.stats.PartiesAdded++
	m.emit(Effect{Kind: ToLink, Link: p.b.link.ID, Request: primitive.AddPartyReq{Call: p.b.call, Party: p.id, Params: p.params}})
}

// partyParams checks and completes the parameters of a party, and finds its link. It
// has the contract of its call (INV-35).
func (m *Machine) partyParams(v *conn, r *AddParty) (p primitive.Params, l *link, ref *refusal) {
	switch {
	case !v.params.Multipoint:
		return p, nil, noParties.refusal()
	case v.owner.parties >= m.limits.Parties:
		return p, nil, m.limited(quota.Parties)
	case len(r.BLLI) > 1:
		return p, nil, refuse(InvalidData, fmt.Sprintf("%d B-LLI are listed, a party has one at most", len(r.BLLI)))
	}
	p = primitive.Params{Calling: v.params.Calling, Contract: v.params.Contract, Multipoint: true, BHLI: r.BHLI, BLLI: r.BLLI}
	if p.Called, ref = m.destination(r.Called, r.CalledSelector); ref != nil {
		return p, nil, ref
	}
	if ref = invalid(terms.CheckCompatibility(r.BHLI, r.BLLI)); ref != nil {
		return p, nil, ref
	}
	if l, ref = m.route(p.Called); ref != nil {
		return p, nil, ref
	}
	if !v.named && l.Address.IsValid() {
		p.Calling = l.Address
	}
	return p, l, nil
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
	p.params = terms.InForce(p.params, in.added.Params)
	m.completeAddParty(p, AddPartyComplete{Status: Success, Party: p.handle, Parameters: p.params, Changed: in.added.Changed, Link: p.b.link.Name, ID: p.b.id})
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
	p := m.newParty(v, v.branches[0], primitive.FirstParty, v.params)
	p.state = vc.PartyActive
	return p.handle
}
