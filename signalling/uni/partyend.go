package uni

import (
	"slices"

	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931"
	"callmanager/signalling/q2931/ie"
)

// dropPartyReq takes DropPartyReq and RejectPartyReq. The answer is a
// DropPartyConf, whatever has become of the party.
func (l *Link) dropPartyReq(r primitive.DropPartyReq) {
	c := l.calls[r.Call]
	if c == nil || c.party(r.Party) == nil {
		// A DropPartyInd or ReleaseInd has crossed the request.
		l.indicate(primitive.DropPartyConf{Call: r.Call, Party: r.Party, Cause: r.Cause})
		return
	}
	p := c.party(r.Party)
	if p.dropping {
		l.count(countBadRequest)
		return
	}
	if holdRequest(c, r) {
		return
	}
	p.dropping = true
	l.stopTimer(TimerID{Name: TimerPartyAlerting, Call: c.id, Party: p.id})
	switch s := p.m.State(); {
	case c.ends() || c.branch == branchDrain || !s.Keeps():
		// It ends already.
	case c.parties.count(q2931.PartyState.Keeps) == 1 && c.branch == branchOpen:
		p.cause = r.Cause
		c.graceful = r.Linger > 0
		c.asked = r.Cause
		l.drain(c, r.Linger)
	default:
		l.dropParty(c, p, r.Cause)
	}
}

// dropParty ends a party from this side: ADD PARTY REJECT is the first answer
// to ADD PARTY, and DROP PARTY comes at all other times, as after a CONNECT that
// has named the party and is not acknowledged yet. Without a SAAL nothing
// can be said: the audit after its return tells the peer.
func (l *Link) dropParty(c *call, p *party, cause ie.Cause) {
	ev := q2931.ReqPartyDrop
	switch {
	case l.coord != saalUp:
		ev = q2931.CallCleared
	case p.m.State() == q2931.P2AddPartyReceived && !c.connects(p):
		ev = q2931.ReqPartyReject
	}
	l.stepParty(c, p, ev, q2931.PartyInput{Cause: cause})
}

// connects reports whether the CONNECT that a called user has sent names a party.
func (c *call) connects(p *party) bool {
	return c.m.State() == q2931.U8ConnectRequest && c.parties.connecting == p.id
}

// peerDrops: DROP PARTY has come. The VC takes in what has arrived and leaves
// the channel; then DROP PARTY ACKNOWLEDGE goes out.
func (l *Link) peerDrops(c *call, p *party) {
	l.stopTimer(TimerID{Name: TimerPartyAlerting, Call: c.id, Party: p.id})
	if p.at == notAttached {
		l.stepParty(c, p, q2931.RspPartyDrop, q2931.PartyInput{})
		return
	}
	l.leave(c, p)
}

// endParty ends a party whose machine is null: its VC leaves the channel, and
// then the client model is told.
func (l *Link) endParty(c *call, p *party) {
	l.stopTimer(TimerID{Name: TimerPartyAlerting, Call: c.id, Party: p.id})
	if c.parties.joining == p {
		return // Joined goes on
	}
	if p.at != notAttached {
		l.leave(c, p)
		return
	}
	if c.ends() {
		return // settleParties tells
	}
	c.parties.list = slices.DeleteFunc(c.parties.list, func(o *party) bool { return o == p })
	if p.adding || p.dropping {
		l.indicate(primitive.DropPartyConf{Call: c.id, Party: p.id, Cause: p.cause, Detail: p.detail, Drain: p.report})
		return
	}
	remote := p.remote && asksForEnd(p.cause.Value)
	l.indicate(primitive.DropPartyInd{Call: c.id, Party: p.id, Cause: p.cause, Detail: p.detail, Remote: remote, Drain: p.report})
}

// endParties ends all parties with their call (Q.2931 5.4, 5.5). The client
// model is told when the call has come to its end.
func (l *Link) endParties(c *call, cause ie.CauseValue) {
	if c.parties == nil {
		return
	}
	for _, p := range c.parties.list {
		l.stopTimer(TimerID{Name: TimerPartyAlerting, Call: c.id, Party: p.id})
		from := p.m.State()
		effects := slices.Clone(p.m.Step(q2931.CallCleared, q2931.PartyInput{Cause: l.raise(cause)}))
		if p.m.State() != from {
			l.partyTransition(c, p, from, q2931.CallCleared, nil)
		}
		for i := range effects {
			if effects[i].Kind == q2931.PartyStopTimer {
				l.performParty(c, p, &effects[i], true)
			}
		}
	}
}

// settleParties gives the answers that are due when a call has come to its end.
func (l *Link) settleParties(c *call) {
	if c.parties == nil {
		return
	}
	for _, p := range c.parties.list {
		if p.adding || p.dropping {
			l.indicate(primitive.DropPartyConf{Call: c.id, Party: p.id, Cause: c.cause, Detail: c.detail, Drain: p.report})
		}
	}
	c.parties.list = nil
}

// partiesLost: the SAAL is down. Of an active call the active parties survive
// (Q.2971 9.5.9), and without one there is nothing to wait for.
func (l *Link) partiesLost(c *call) {
	if c.parties == nil || !c.m.State().IsActive() {
		return
	}
	c.parties.audits = nil
	why := l.refuse(ie.CauseDestinationOutOfOrder, "the signalling connection was lost")
	if c.parties.count(partyActive) == 0 {
		l.reset(c, why)
		return
	}
	for _, p := range slices.Clone(c.parties.list) {
		if s := p.m.State(); s != q2931.P7Active && s != q2931.P0Null {
			l.stepParty(c, p, q2931.LnkPartyReleased, q2931.PartyInput{Cause: why.cause})
		}
	}
}
