package q2931

import (
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
)

// setupSent: Q.2971 9.2.1: the first party is asked for by the SETUP, whose
// timers are those of the call.
func (p *Party) setupSent(*PartyInput) PartyState { return P1AddPartyInitiated }

// setupReceived: the same at the other end.
func (p *Party) setupReceived(*PartyInput) PartyState { return P2AddPartyReceived }

// addRequested: Q.2971 9.2.2.
func (p *Party) addRequested(in *PartyInput) PartyState {
	in.Msg.Type = msg.AddParty
	p.send(in.Msg)
	p.start(T399)
	return P1AddPartyInitiated
}

// addReceived: Q.2971 9.2.2.
func (p *Party) addReceived(in *PartyInput) PartyState {
	p.emit(PartyEffect{Kind: PartyAdd, Msg: in.Msg})
	return P2AddPartyReceived
}

// alertingRequested: Q.2971 9.2.2.
func (p *Party) alertingRequested(*PartyInput) PartyState {
	p.send(&msg.Message{Type: msg.PartyAlerting})
	return P3PartyAlertingDelivered
}

// alertingSent: the ALERTING of the call spoke for the party.
func (p *Party) alertingSent(*PartyInput) PartyState { return P3PartyAlertingDelivered }

// alertingReceived: Q.2971 9.2.2: PARTY ALERTING.
func (p *Party) alertingReceived(in *PartyInput) PartyState {
	p.start(T397)
	p.emit(PartyEffect{Kind: PartyAlerting, Msg: in.Msg})
	return P4PartyAlertingReceived
}

// callAlerting: Q.2971 9.2.1: the ALERTING of the call, which tells of itself.
func (p *Party) callAlerting(*PartyInput) PartyState {
	p.start(T397)
	return P4PartyAlertingReceived
}

// accepted: Q.2971 9.2.2.
func (p *Party) accepted(in *PartyInput) PartyState {
	in.Msg.Type = msg.AddPartyAck
	p.send(in.Msg)
	return P7Active
}

// ackReceived: Q.2971 9.2.2.
func (p *Party) ackReceived(in *PartyInput) PartyState {
	p.emit(PartyEffect{Kind: PartyAdded, Msg: in.Msg})
	return P7Active
}

// connected: Q.2971 9.2.1: the call is active with this party.
func (p *Party) connected(*PartyInput) PartyState { return P7Active }

// t397Expired: no answer from the alerted party.
func (p *Party) t397Expired(*PartyInput) PartyState { return p.dropFor(p.expired(T397)) }

// t399Expired: Q.2971 9.2.2: no answer to ADD PARTY.
func (p *Party) t399Expired(*PartyInput) PartyState {
	if p.side == Network {
		return p.dropFor(p.raise(ie.CauseNoUserResponding))
	}
	return p.dropFor(p.expired(T399))
}
