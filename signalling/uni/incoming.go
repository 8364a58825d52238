package uni

import (
	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
	"callmanager/signalling/uni/channel"
	"callmanager/signalling/uni/params"
	"callmanager/vc"
)

// setup acts on a SETUP that begins a call (Q.2931 5.1.1 on the network side,
// 5.2 on the user side).
func (l *Link) setup(m *msg.Message, v *msg.Verdict) {
	l.judgePeer(m, v)
	cause := l.verdictCause(v)
	switch v.Decision {
	case msg.DiscardSilently:
		return
	case msg.DiscardAndReport:
		l.answerNull(m.CallRef, q2931.ErrReport, q2931.Input{Cause: cause})
		return
	case msg.ClearCall, msg.Reject:
		l.refuseSetup(m, cause)
		return
	case msg.Accept, msg.AcceptAndReport:
	}
	c := &call{id: l.nextCall}
	if refusal := l.admitIncoming(c, m); refusal.Value != 0 {
		l.refuseSetup(m, refusal)
		return
	}
	l.nextCall++
	c.early = l.awaitsRestart()
	c.wire = wireState{
		named: l.side == q2931.User && m.ConnID.Exclusive == ie.ExclusiveVCI,
		asked: params.AskedBy(m),
	}
	c.m = q2931.NewCall(l.side, m.CallRef.Peer(), l.cfg.Timers)
	l.addCall(c)
	if c.params.Multipoint {
		l.firstParty(c, ie.EndpointRef{Value: m.EndpointRef.Value, RefFlag: true}, q2931.CallSetupReceived)
	}
	l.deliver(c, &response{ev: q2931.MsgSetup, msg: m, report: cause})
	if l.side == q2931.Network {
		l.startTimer(TimerID{Name: TimerProceeding, Call: c.id}, ProceedingDelay, 0)
	}
	l.startTimer(TimerID{Name: TimerAlerting, Call: c.id}, AlertingDelay, 0)
	c.offered = true
	l.indicate(primitive.SetupInd{Call: c.id, ID: c.ch, Params: c.params})
	c.params.UserUser = nil // it is told
	l.notified(c, m)
}

// refuseSetup answers RELEASE COMPLETE; no call comes into being.
func (l *Link) refuseSetup(m *msg.Message, cause ie.Cause) {
	l.refused(cause.Value)
	l.answerNull(m.CallRef, q2931.ErrClear, q2931.Input{Cause: cause})
}

// judgePeer looks for a peer that plays the same side. A user's SETUP names
// no channel as a rule, and the network's always does.
func (l *Link) judgePeer(m *msg.Message, v *msg.Verdict) {
	l.errPeer = ""
	if l.side == q2931.Network {
		if m.ConnID != nil {
			l.errPeer = "the peer's SETUP names a channel: does it play the network side too?"
		}
		return
	}
	for i := range v.Findings {
		if f := &v.Findings[i]; f.ID == ie.IDConnID && f.Kind == msg.MissingMandatory {
			l.errPeer = "the peer's SETUP names no channel: it plays the user side too"
		}
	}
}

// admitIncoming decides on an offered call, reads its parameters and reserves
// what it needs. The cause is zero if it may go on.
func (l *Link) admitIncoming(c *call, m *msg.Message) ie.Cause {
	switch {
	case l.stopping:
		return l.stopWith
	case !l.takesOffers():
		return l.raise(ie.CauseTemporaryFailure)
	case !l.takesCall(incoming):
		return l.raise(ie.CauseCongestion)
	}
	p, err := params.ReadSetup(m)
	if err != nil {
		return l.raise(causeOf(err))
	}
	if !l.ours(p.Called) {
		return l.raise(ie.CauseNoRouteToDestination)
	}
	limit := l.port.MaxSDU
	if params.Sized(m) { // a caller that names no size may not know how to join parts
		limit = l.port.Limit()
	}
	params.Clamp(&p.Contract, limit)
	if p.Contract.Forward.MaxSDU == 0 && p.Contract.Backward.MaxSDU == 0 {
		return l.raise(ie.CauseAALNotSupportedUNI30)
	}
	if no := l.countLink(&p.QoS); !no.none() {
		return no.cause
	}
	var no reason
	if p.Contract, p.Fallback, no = l.negotiate(c, p.Contract, p.Fallback, vc.Reservation{}); !no.none() {
		return no.cause
	}
	c.params = p
	if c.ch, err = l.channels.Offered(m.ConnID); err != nil {
		l.capacity.Release(c.reserved)
		return l.raise(causeOf(err))
	}
	return ie.Cause{}
}

// name puts the channel into the first response, where it is due (Q.2931
// 3.1.2, 3.1.3, 3.1.1 note 1).
func (c *call) name(m *msg.Message) *msg.Message {
	if !c.wire.named {
		m.ConnID = channel.ConnID(c.ch)
		c.wire.named = true
	}
	if c.parties != nil && m.EndpointRef == nil {
		m.EndpointRef = &ie.EndpointRef{Value: c.parties.first, RefFlag: true}
	}
	c.wire.answered = true
	return m
}

// proceed sends the network side's CALL PROCEEDING.
func (l *Link) proceed(c *call) {
	l.stopTimer(TimerID{Name: TimerProceeding, Call: c.id})
	if c.m.State() == q2931.N1CallInitiated {
		l.step(c, q2931.ReqProceeding, q2931.Input{Msg: c.name(&msg.Message{})})
	}
}

// acceptReq accepts an offered call: the branch first, then CONNECT. A call
// that has ended meanwhile needs no answer: its ReleaseInd is on the way.
func (l *Link) acceptReq(r primitive.AcceptReq) {
	c := l.calls[r.Call]
	if c != nil && c.parties != nil {
		l.acceptPartyReq(primitive.AcceptPartyReq{Call: r.Call, Party: primitive.FirstParty, VC: r.VC, Params: r.Params})
		return
	}
	if c == nil || c.owesConf || !c.m.Expects(q2931.RspSetup) {
		l.count(countLateAnswer)
		return
	}
	if holdRequest(c, r) {
		return
	}
	l.accept(c, r.VC, &r.Params)
}

// accept lets the branch be activated into a VC, and CONNECT follow.
func (l *Link) accept(c *call, h vc.Handle, answer *primitive.Params) {
	c.vc = h
	params.AdoptAnswer(&c.params, answer)
	c.params.UserUser = answer.UserUser
	if no := l.reserve(c); !no.none() { // no more than is reserved, so never
		l.clearCall(c, no)
		return
	}
	l.stopTimer(TimerID{Name: TimerAlerting, Call: c.id})
	if l.side == q2931.Network {
		l.proceed(c)
	}
	l.activate(c, forAccept)
}

// sendConnect accepts the call: the branch receives now.
func (l *Link) sendConnect(c *call) {
	m := c.name(&msg.Message{EndpointRef: c.connectingRef(), UserUser: params.UserUser(c.params.UserUser)})
	c.params.UserUser = nil
	c.wire.asked.AnswerSetup(m, &c.params, c.connectingParty() == primitive.FirstParty)
	l.step(c, q2931.RspSetup, q2931.Input{Msg: m})
	if l.side == q2931.Network {
		l.partyConnected(c)
		l.startTimer(TimerID{Name: TimerGuard, Call: c.id}, GuardTime, 0)
	}
}

// complete: the caller's branch is open, as CONNECT ACKNOWLEDGE or the guard
// tells. The call carries data both ways.
func (l *Link) complete(c *call) {
	if c.told || !c.m.State().IsActive() {
		return
	}
	l.stopTimer(TimerID{Name: TimerGuard, Call: c.id})
	l.openTransmit(c)
	l.settled(c)
	l.partyConnected(c)
	c.told = true
	l.indicate(primitive.CompleteInd{Call: c.id, Party: c.connectingParty()})
}
