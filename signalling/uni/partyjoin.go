package uni

import (
	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931"
	"callmanager/signalling/q2931/ie"
	"callmanager/vc"
)

// join asks for one more VC on the call's channel. What comes for the call
// before the answer is held, as with Activate.
func (l *Link) join(c *call, p *party) {
	c.parties.joining = p
	c.why = forJoin
	l.emit(Effect{Kind: Join, Call: c.id, Party: p.id, ID: c.ch, VC: p.vc})
}

// Joined answers [Join]; err tells that the VC is not on the channel.
func (l *Link) Joined(call primitive.CallID, id primitive.PartyID, err error) []Effect {
	l.begin()
	c := l.calls[call]
	if c == nil || c.why != forJoin || c.parties.joining.id != id {
		l.count(countBadRequest)
		return l.end()
	}
	p := c.parties.joining
	c.parties.joining = nil
	c.why = notActivating
	if err == nil {
		p.at = attached
	}
	switch {
	case c.cause.Value != 0 || c.ends():
		// A RESTART, the loss of the SAAL or Stop has ended the call meanwhile.
		l.endBranch(c)
		l.finish(c)
	case !p.m.Expects(q2931.RspPartyAdd): // the loss of the SAAL has ended the party
		l.endParty(c, p)
	case err != nil:
		l.count(countJoin)
		p.detail = "the data plane refuses the channel: " + err.Error()
		l.dropParty(c, p, l.raise(ie.CauseResourceUnavailable))
	default:
		l.acknowledgeParty(c, p)
	}
	l.releaseHeld(c)
	l.channelFreed()
	return l.end()
}

// acknowledgeParty sends ADD PARTY ACKNOWLEDGE: the VC receives now.
func (l *Link) acknowledgeParty(c *call, p *party) {
	l.stepParty(c, p, q2931.RspPartyAdd, q2931.PartyInput{Msg: p.asked.AnswerAddParty(&c.params.Contract)})
	l.indicate(primitive.CompleteInd{Call: c.id, Party: p.id})
}

// activatedInto notes whose VC the branch was activated into.
func (c *call) activatedInto() {
	if c.parties == nil || c.out {
		return
	}
	if p := c.party(c.parties.connecting); p != nil {
		p.at = attached
	}
}

// leave takes a party's VC off the channel. While the branch ends, that takes
// it off.
func (l *Link) leave(c *call, p *party) {
	if p.at == attached && c.branch != branchEnding {
		p.at = leaving
		l.emit(Effect{Kind: Leave, Call: c.id, Party: p.id, ID: c.ch, VC: p.vc})
	}
}

// Left answers [Leave].
func (l *Link) Left(call primitive.CallID, id primitive.PartyID, r vc.DrainReport) []Effect {
	l.begin()
	c := l.calls[call]
	if c == nil || c.party(id) == nil || c.party(id).at != leaving {
		l.count(countLateAnswer)
		return l.end()
	}
	p := c.party(id)
	p.report.Sent += r.Sent
	p.report.Dropped += r.Dropped
	p.at = notAttached
	switch {
	case c.ends():
	case p.m.State() == q2931.P6DropPartyReceived:
		l.stepParty(c, p, q2931.RspPartyDrop, q2931.PartyInput{})
	default:
		l.endParty(c, p)
	}
	return l.end()
}

// allOff notes that Deactivate has taken all VCs off.
func (ps *parties) allOff() {
	if ps == nil {
		return
	}
	for _, p := range ps.list {
		p.at = notAttached
	}
}
