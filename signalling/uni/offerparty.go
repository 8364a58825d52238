package uni

import (
	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
	"callmanager/signalling/uni/params"
)

// addParty acts on an ADD PARTY that begins a party at this leaf (Q.2971
// 9.2.2).
func (l *Link) addParty(c *call, m *msg.Message) {
	if m.EndpointRef.RefFlag { // it names a party of ours, as a SETUP of our reference would a call
		l.count(countUnexpected)
		return
	}
	if p := c.partyOf(m); p != nil {
		l.stepParty(c, p, q2931.MsgPartyAdd, q2931.PartyInput{Msg: m})
		return
	}
	offer, no := l.admitLeaf(c, m)
	if !no.none() {
		l.refuseParty(c, m, no.cause)
		return
	}
	p := l.newParty(c, c.parties.nextID, ie.EndpointRef{Value: m.EndpointRef.Value, RefFlag: true})
	c.parties.nextID++
	p.params, p.asked = offer, params.AskedBy(m)
	l.stepParty(c, p, q2931.MsgPartyAdd, q2931.PartyInput{Msg: m})
	l.startTimer(TimerID{Name: TimerPartyAlerting, Call: c.id, Party: p.id}, AlertingDelay, 0)
	l.indicate(primitive.AddPartyInd{Call: c.id, Party: p.id, Params: offer})
}

// admitLeaf decides on an offered party and reads its parameters.
func (l *Link) admitLeaf(c *call, m *msg.Message) (primitive.Params, reason) {
	if c.owesConf || c.branch == branchDrain {
		return primitive.Params{}, l.refuse(ie.CauseTemporaryFailure, "the call is ending")
	}
	if no := l.roomForParty(c, incoming); !no.none() {
		return primitive.Params{}, no
	}
	p, err := params.ReadAddParty(m)
	if err != nil {
		return p, l.refuseFor(err)
	}
	if !l.ours(p.Called) {
		return p, l.refuse(ie.CauseNoRouteToDestination, "no such address")
	}
	p.Contract, p.Multipoint = c.params.Contract, true
	return p, reason{}
}

// refuseParty answers ADD PARTY REJECT; no party comes into being. What names a
// party that there is gets the answer of its state.
func (l *Link) refuseParty(c *call, m *msg.Message, cause ie.Cause) {
	if m.EndpointRef.RefFlag || c.partyOf(m) != nil {
		l.addParty(c, m)
		return
	}
	l.refused(cause.Value)
	p := l.nullParty(c, m)
	p.Step(q2931.MsgPartyAdd, q2931.PartyInput{Msg: m})
	l.sendParty(p.Step(q2931.ReqPartyReject, q2931.PartyInput{Cause: cause}))
}

// nullParty makes the machine of a party that does not exist, to answer a
// message of the peer that names it.
func (l *Link) nullParty(c *call, m *msg.Message) *q2931.Party {
	ref := ie.EndpointRef{Value: m.EndpointRef.Value, RefFlag: !m.EndpointRef.RefFlag}
	return q2931.NewParty(l.side, c.m.Ref(), ref, l.cfg.Timers)
}

// sendParty sends the answers of such a machine.
func (l *Link) sendParty(effects []q2931.PartyEffect) {
	for i := range effects {
		if effects[i].Kind == q2931.PartySend {
			l.send(effects[i].Msg)
		}
	}
}

// acceptPartyReq accepts an offered party: the channel first, then CONNECT or
// ADD PARTY ACKNOWLEDGE. One that has ended meanwhile needs no answer: its
// DropPartyInd is on the way.
func (l *Link) acceptPartyReq(r primitive.AcceptPartyReq) {
	c := l.calls[r.Call]
	if c == nil {
		l.count(countLateAnswer)
		return
	}
	if holdRequest(c, r) {
		return
	}
	p := c.party(r.Party)
	if p == nil || c.out || c.owesConf || p.accepted || p.dropping || !p.m.Expects(q2931.RspPartyAdd) {
		l.count(countLateAnswer)
		return
	}
	p.accepted, p.vc = true, r.VC
	if len(r.Params.BLLI) > 0 {
		p.params.BLLI = r.Params.BLLI
	}
	l.stopTimer(TimerID{Name: TimerPartyAlerting, Call: c.id, Party: p.id})
	if c.m.Expects(q2931.RspSetup) {
		c.parties.connecting, c.parties.connectedRef = p.id, p.m.Ref()
		if p.id != primitive.FirstParty {
			r.Params.BLLI = nil // the SETUP did not ask for it
		}
		l.accept(c, r.VC, &r.Params)
		return
	}
	l.join(c, p)
}

// connectingRef returns the reference that the CONNECT of a called side carries,
// nil on a point-to-point call.
func (c *call) connectingRef() *ie.EndpointRef {
	if c.parties == nil {
		return nil
	}
	ref := c.parties.connectedRef
	return &ref
}

// connectingParty returns the party that the CONNECT named.
func (c *call) connectingParty() primitive.PartyID {
	if c.parties == nil {
		return primitive.FirstParty
	}
	return c.parties.connecting
}

// partyConnected: the call is active with the party that the CONNECT named.
func (l *Link) partyConnected(c *call) {
	if c.parties == nil {
		return
	}
	if p := c.party(c.parties.connecting); p != nil && p.m.Expects(q2931.CallConnected) {
		l.stepParty(c, p, q2931.CallConnected, q2931.PartyInput{})
	}
}
