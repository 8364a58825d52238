package q2931

import (
	"slices"

	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
)

// notified: Q.2931 5.9.
func (p *Party) notified(in *PartyInput) PartyState {
	p.emit(PartyEffect{Kind: PartyNotified, Msg: in.Msg})
	return p.state
}

// statusReceived: Q.2971 9.5.12: the peer does not have the party; it has it in
// a state that cannot be; or it could not read what was said about it.
func (p *Party) statusReceived(in *PartyInput) PartyState {
	cause := p.causeOf(in.Msg)
	if in.Msg.EndpointState == nil {
		return p.state
	}
	switch peer := in.Msg.EndpointState.State; {
	case peer == ie.EndpointNull:
		if cause.Value == ie.CauseStatusEnquiryResponse {
			cause = p.raise(ie.CauseMessageNotCompatible, byte(msg.Status))
		}
		return p.gone(cause, true)
	case !partyCompatible(p.state, peer):
		return p.dropFor(p.raise(ie.CauseMessageNotCompatible, byte(msg.Status)))
	case slices.Contains(unread, cause.Value):
		return p.dropFor(p.raise(ie.CauseNormalUnspecified))
	}
	p.emit(PartyEffect{Kind: PartyStatusReceived, Msg: in.Msg})
	return p.state
}

// unread are the causes of a STATUS that tell of a message about the party that
// the peer has discarded, in whole or in part.
var unread = []ie.CauseValue{
	ie.CauseMandatoryMissing, ie.CauseMessageTypeNotImplemented, ie.CauseElementNotImplemented,
	ie.CauseInvalidElementContents,
}

// partyCompatible reports whether two party states can belong to one party while
// this side is not dropping it: the one end has asked for it and the other was
// asked. Q.2971 9.5.12 leaves the choice to the receiver, and most of the rest
// may be a message on its way, but for what none explains and no timer ends here:
// a peer that is dropping the party has sent DROP PARTY or has had ours, so one of
// them is lost, and it gives up after T398 with no more than a DROP PARTY
// ACKNOWLEDGE. What the SAAL lost with the one may befall the other, too.
func partyCompatible(own PartyState, peer ie.EndpointStateValue) bool {
	if peer == ie.EndpointDropInitiated || peer == ie.EndpointDropReceived {
		return !own.Keeps()
	}
	switch own {
	case P1AddPartyInitiated, P4PartyAlertingReceived:
		return peer != ie.EndpointAddInitiated && peer != ie.EndpointAlertingReceived
	case P2AddPartyReceived, P3PartyAlertingDelivered:
		return peer != ie.EndpointAddReceived && peer != ie.EndpointAlertingDelivered
	case P0Null, P5DropPartyInitiated, P6DropPartyReceived, P7Active:
	}
	return true
}

// statusWhileDropping: only the null state matters.
func (p *Party) statusWhileDropping(in *PartyInput) PartyState {
	if s := in.Msg.EndpointState; s != nil && s.State == ie.EndpointNull {
		return p.gone(p.cause, p.remote)
	}
	return p.state
}

// statusWithoutParty: Q.2971 9.5.12: the peer has a party that is none here.
func (p *Party) statusWithoutParty(in *PartyInput) PartyState {
	if s := in.Msg.EndpointState; s != nil && s.State != ie.EndpointNull {
		p.send(&msg.Message{
			Type:   msg.DropPartyAck,
			Causes: []ie.Cause{p.raise(ie.CauseMessageNotCompatible, byte(msg.Status))},
		})
	}
	return P0Null
}
