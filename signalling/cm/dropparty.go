package cm

import (
	"cmp"

	"callmanager/signalling/cm/terms"
	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/ie"
	"callmanager/vc"
)

// useCloseCall refuses to drop the last party of a call (INV-39).
func useCloseCall() *refusal {
	return refuse(Failure, "it is the last party of the call: use CloseCall")
}

// requestDrop serves DropParty.
func (m *Machine) requestDrop(c *client, r DropParty) {
	given, err := terms.Cause(r.Cause, ie.CauseNormalClearing)
	if err != nil {
		m.refuse(c, r, invalid(err))
		return
	}
	r.Cause = given
	p, ref := m.ownParty(c, r.Party)
	if ref == nil {
		ref = m.stepParty(p, reqDropParty, &partyInput{drop: &r})
	}
	if ref != nil {
		m.refuse(c, r, ref)
	}
}

// dropParty drops an active party. The link waits for its client's SDUs no
// longer than the others let it: they go on. With its last party a branch ends.
func (m *Machine) dropParty(p *party, in *partyInput) (vc.PartyState, *refusal) {
	if p.v.left() == 1 {
		return vc.PartyActive, useCloseCall()
	}
	p.dropParty = in.drop.Request
	m.reply(p.v.owner, Reply{Request: in.drop.Request, Status: Pending})
	b := p.b
	b.ending = p.v.stayOn(b, p) == 0
	m.emit(Effect{Kind: ToLink, Link: b.link.ID, Request: primitive.DropPartyReq{Call: b.call, Party: p.id, Cause: in.drop.Cause}})
	return vc.PartyDropping, nil
}

// dropGone serves the DropParty that a client owes for a party that has gone.
func (m *Machine) dropGone(p *party, in *partyInput) (vc.PartyState, *refusal) {
	if p.v.left() == 1 {
		return vc.PartyDropped, useCloseCall()
	}
	p.dropParty = in.drop.Request
	m.reply(p.v.owner, Reply{Request: in.drop.Request, Status: Pending})
	return m.partyDropped(p, &partyInput{cause: in.drop.Cause})
}

// partyDropped completes DropParty.
func (m *Machine) partyDropped(p *party, in *partyInput) (vc.PartyState, *refusal) {
	m.deliver(p.v.owner, DropPartyComplete{Request: p.dropParty, VC: p.v.handle, Party: p.handle, Cause: in.cause})
	p.dropParty = 0
	return vc.PartyNone, nil
}

// partyLeft tells that a party has gone while others remain (INV-40); the
// client owes DropParty (INV-41), unless its CloseCall has given the handle back
// already (INV-42).
func (m *Machine) partyLeft(p *party, in *partyInput) (vc.PartyState, *refusal) {
	if p.v.call == vc.Closing {
		return vc.PartyDropped, nil
	}
	ev := IncomingDropParty{
		VC: p.v.handle, Party: p.handle, Status: failureOf(in.cause.Value), Cause: in.cause, Detail: in.words(),
	}
	if in.remote {
		ev.Status = Success
	}
	m.deliver(p.v.owner, ev)
	return vc.PartyDropped, nil
}

// partyCallOver: IncomingCloseCall has told of the end of the call. Its client
// owes DropParty for all parties but one, for which it owes CloseCall.
func (*Machine) partyCallOver(*party, *partyInput) (vc.PartyState, *refusal) {
	return vc.PartyDropped, nil
}

// forgetParty ends a party with its call.
func (*Machine) forgetParty(*party, *partyInput) (vc.PartyState, *refusal) { return vc.PartyNone, nil }

// words says why a party has gone: what its link knows, or the cause's text.
func (in *partyInput) words() string { return cmp.Or(in.detail, in.cause.Value.String()) }

// mayClose refuses CloseCall while a call has more than one party (INV-39).
func (v *conn) mayClose() *refusal {
	if v.left() > 1 {
		return refuse(NotAccepted, "the call has more than one party: use DropParty for all but one of them first")
	}
	return nil
}
