package q2931

import (
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
)

// rejected: Q.2971 9.2.2: ADD PARTY REJECT as the first answer.
func (p *Party) rejected(in *PartyInput) PartyState {
	p.send(&msg.Message{Type: msg.AddPartyReject, Causes: []ie.Cause{in.Cause}})
	return p.gone(in.Cause, false)
}

// rejectReceived: Q.2971 9.2.2; in P5 it is the end of what is being dropped.
func (p *Party) rejectReceived(in *PartyInput) PartyState {
	if p.state == P5DropPartyInitiated {
		return p.gone(p.cause, p.remote)
	}
	return p.gone(p.causeOf(in.Msg), true)
}

// dropRequested: Q.2971 9.2.3. A party is dropped with DROP PARTY; the exception
// that the clause makes, ADD PARTY REJECT, is for one about which nothing has been
// answered. A party that a CONNECT has named has been answered about, and its root
// has it in P7 (9.2.1), where it does not expect the REJECT; here it stays in P2
// until the CONNECT ACKNOWLEDGE. So in P2 DROP PARTY is sent, too, after a CONNECT,
// and that ACKNOWLEDGE changes nothing in P5 any more.
func (p *Party) dropRequested(in *PartyInput) PartyState { return p.dropFor(in.Cause) }

// dropFor sends DROP PARTY.
func (p *Party) dropFor(cause ie.Cause) PartyState {
	p.cause = cause
	p.send(&msg.Message{Type: msg.DropParty, Causes: []ie.Cause{cause}})
	p.start(T398)
	return P5DropPartyInitiated
}

// dropReceived: Q.2971 9.2.3.
func (p *Party) dropReceived(in *PartyInput) PartyState {
	p.cause, p.remote = p.causeOf(in.Msg), true
	p.emit(PartyEffect{Kind: PartyDrop, Cause: p.cause, Msg: in.Msg})
	return P6DropPartyReceived
}

// dropCrossed: Q.2971 9.2.3: both sides have sent DROP PARTY, and none sends
// DROP PARTY ACKNOWLEDGE.
func (p *Party) dropCrossed(*PartyInput) PartyState { return p.gone(p.cause, false) }

// dropResponded: Q.2971 9.2.3.
func (p *Party) dropResponded(*PartyInput) PartyState {
	p.send(&msg.Message{Type: msg.DropPartyAck})
	return p.gone(p.cause, true)
}

// dropAckReceived: Q.2971 9.2.3; elsewhere than in P5 it is the peer's way to
// end a party that it does not know (9.5.3).
func (p *Party) dropAckReceived(in *PartyInput) PartyState {
	if p.cause.Value != 0 {
		return p.gone(p.cause, p.remote)
	}
	return p.gone(p.causeOf(in.Msg), true)
}

// t398Expired: Q.2971 9.2.3: the party is null here, and the peer is told so.
func (p *Party) t398Expired(*PartyInput) PartyState {
	p.send(&msg.Message{Type: msg.DropPartyAck, Causes: []ie.Cause{p.expired(T398)}})
	return p.gone(p.cause, false)
}

// callCleared ends the party without a message of its own.
func (p *Party) callCleared(in *PartyInput) PartyState { return p.gone(in.Cause, false) }

// unknownParty: Q.2971 9.5.3.
func (p *Party) unknownParty(*PartyInput) PartyState {
	p.send(&msg.Message{Type: msg.DropPartyAck, Causes: []ie.Cause{p.raise(ie.CauseInvalidEndpointRef)}})
	return P0Null
}
