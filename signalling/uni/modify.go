package uni

import (
	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
	"callmanager/signalling/uni/params"
	"callmanager/vc"
)

// The modification of an active call (Q.2963.1 peak rates, Q.2963.2 sustainable
// rates and bursts), which the side that made it may ask for:
//
//	caller                                            called side
//	reserve the larger, widen the receive side
//	    MODIFY REQUEST  ------------------------->    reserve the larger
//	                                                  activate with the new rates
//	activate with the new rates  <----------------    MODIFY ACKNOWLEDGE
//	ModifyConf, keep what is needed                   ModifyInd
//	    CONNECTION AVAILABLE  ------------------->    keep what is needed
//
// Where anything on the way is refused both sides stay with the old rates and
// give back what they had reserved. The called side keeps the larger
// reservation until the caller has adopted the change: it may send by the old
// rates until then.

// modification is a change of a call's contract that is under way.
type modification struct {
	// asked is what the client asks for, next and fallback what the peer is asked
	// for; after its answer next is the result.
	asked, next vc.Contract
	fallback    vc.Fallback
	// answer is what the peer wants to hear in the acknowledgement.
	answer params.Asked
	// confirm tells that the peer wants a CONNECTION AVAILABLE.
	confirm bool
	// refused is why a caller goes back to the old contract.
	refused reason
}

// modifyReq asks the peer to modify a call. A call that is ending needs no
// answer: its end is on the way.
func (l *Link) modifyReq(r primitive.ModifyReq) {
	c := l.calls[r.Call]
	switch {
	case c == nil || c.owesConf || !c.m.State().IsActive():
		l.count(countLateAnswer)
	case holdRequest(c, r):
	default:
		if no := l.beginModification(c, &r); !no.none() {
			l.refuseModification(c, no)
		}
	}
}

// beginModification begins what a client asks for, or refuses it at once.
func (l *Link) beginModification(c *call, r *primitive.ModifyReq) reason {
	switch {
	case !c.out:
		return l.refuse(ie.CauseFacilityRejected, "only the side that made the call may modify it")
	case c.parties != nil:
		return l.refuse(ie.CauseFacilityRejected, "a point-to-multipoint call cannot be modified")
	case c.modify != nil || !c.m.Expects(q2931.ReqModify):
		return l.refuse(ie.CauseTemporaryFailure, "the call is being modified already")
	case l.coord != saalUp:
		return l.refuse(ie.CauseTemporaryFailure, "the signalling connection is not up")
	case !l.cfg.Profile.Has(msg.ModifyRequest):
		return l.refuse(ie.CauseFacilityNotImplemented, l.cfg.Profile.String()+" has no modification of calls")
	}
	if err := params.CheckModification(&c.params.Contract, &r.Contract); err != nil {
		return l.refuseFor(err)
	}
	m := &modification{asked: r.Contract, next: r.Contract, fallback: r.Fallback}
	if _, err := params.ModifyRequest(&m.next, &m.fallback).Append(nil); err != nil {
		return l.refuse(ie.CauseUnsupportedTraffic, err.Error())
	}
	var no reason
	if m.next, m.fallback, no = l.negotiate(c, r.Contract, r.Fallback, c.reserved); !no.none() {
		return no
	}
	c.modify = m
	l.activateWith(c, m.widened(c.spec), forRequest)
	return reason{}
}

// keepNeeded gives back what the contract in force does not need.
func (l *Link) keepNeeded(c *call) {
	if no := l.reserve(c); !no.none() { // less than is reserved, so never
		l.count(countImpossible)
	}
}

// widened returns what a caller's branch may carry while the answer is awaited:
// it sends by the old contract and receives by any that may come of it.
func (m *modification) widened(s vc.BranchSpec) vc.BranchSpec {
	widen := func(by *vc.Flow) {
		s.Receive.PCR = max(s.Receive.PCR, by.PCR)
		s.Receive.SCR = max(s.Receive.SCR, by.SCR)
		s.Receive.MBS = max(s.Receive.MBS, by.MBS)
	}
	widen(&m.next.Backward)
	if other, ok := m.fallback.Other(&m.next); ok {
		widen(&other.Backward)
	}
	return s
}

// askPeer sends MODIFY REQUEST: the branch is ready for either answer.
func (l *Link) askPeer(c *call) {
	l.step(c, q2931.ReqModify, q2931.Input{Msg: params.ModifyRequest(&c.modify.next, &c.modify.fallback)})
}

// modified: the peer has changed the call. A call that is ending stays as it
// is.
func (l *Link) modified(c *call, m *msg.Message) {
	if c.modify == nil || c.branch != branchOpen {
		c.modify = nil
		return
	}
	got, err := params.ReadModifyAck(m, &c.modify.next, &c.modify.fallback)
	if err != nil {
		l.clearCall(c, l.refuseFor(err))
		return
	}
	c.modify.next = got
	c.modify.confirm = m.ReportType != nil && m.ReportType.Type == ie.ReportModification
	l.activateFor(c, &c.modify.next, forModified)
}

// adopted: the branch has the rates that the peer has acknowledged.
func (l *Link) adopted(c *call) {
	done := c.modify
	c.modify = nil
	c.params.Contract = done.next
	l.keepNeeded(c)
	if done.confirm {
		l.step(c, q2931.ReqAvailable, q2931.Input{})
	}
	l.count(countModified)
	l.indicate(primitive.ModifyConf{Call: c.id, Params: c.params, Changed: done.next != done.asked})
}

// modifyRefused: the peer does not change the call. The receive side goes back
// to what it was.
func (l *Link) modifyRefused(c *call, cause ie.Cause) {
	if c.modify == nil || c.branch != branchOpen {
		c.modify = nil
		return
	}
	c.modify.refused = reason{cause: cause, detail: refusedBy(cause.Value)}
	l.activateFor(c, &c.params.Contract, forRestore)
}

// refusedBy says in words who refuses a modification with a cause.
func refusedBy(v ie.CauseValue) string {
	switch v { //nolint:exhaustive // the causes of a STATUS that tells of it
	case ie.CauseMessageTypeNotImplemented, ie.CauseMessageNotCompatible98:
		return "the peer cannot modify calls"
	case ie.CauseMessageNotCompatible, ie.CauseMandatoryMissing, ie.CauseInvalidElementContents:
		return "the peer cannot use the request"
	default:
		return "refused by the peer"
	}
}

// restored ends a modification that has changed nothing. It does not matter
// whether the data plane took the old parameters: it may receive more than
// will come.
func (l *Link) restored(c *call) {
	no := c.modify.refused
	c.modify = nil
	l.keepNeeded(c)
	if c.out {
		l.refuseModification(c, no)
	}
}

// refuseModification tells the client model that the old contract stays.
func (l *Link) refuseModification(c *call, no reason) {
	l.count(countModifyRefused)
	l.indicate(primitive.ModifyConf{Call: c.id, Params: c.params, Cause: no.cause, Detail: no.detail})
}

// peerModifies acts on a MODIFY REQUEST: admission, then the branch, then the
// answer.
func (l *Link) peerModifies(c *call, m *msg.Message) {
	l.complete(c) // the caller's branch is open, or it would not ask
	no := l.admitModification(c, m)
	if !no.none() {
		l.rejectModification(c, no)
		return
	}
	if c.modify.next == c.params.Contract { // a repetition, whose first answer was lost
		l.acceptModification(c)
		return
	}
	l.activateFor(c, &c.modify.next, forPeer)
}

// admitModification decides on a change that the peer asks for.
func (l *Link) admitModification(c *call, m *msg.Message) reason {
	if c.branch != branchOpen || l.stopping {
		return l.refuse(ie.CauseTemporaryFailure, "the call is ending")
	}
	next, fallback, err := params.ReadModifyRequest(m, &c.params.Contract)
	if err != nil {
		return l.refuseFor(err)
	}
	next, _, no := l.negotiate(c, next, fallback, c.reserved)
	if !no.none() {
		return no
	}
	c.modify = &modification{next: next, answer: params.AskedBy(m)}
	return reason{}
}

// rejectModification answers MODIFY REJECT; the old contract stays.
func (l *Link) rejectModification(c *call, no reason) {
	c.modify = nil
	l.count(countModifyRefused)
	l.keepNeeded(c)
	l.step(c, q2931.RejModify, q2931.Input{Cause: no.cause})
}

// acceptModification answers MODIFY ACKNOWLEDGE: the branch has the new rates.
// An answer that is due no more takes them back.
func (l *Link) acceptModification(c *call) {
	if !c.m.Expects(q2931.RspModify) {
		l.activateFor(c, &c.params.Contract, forRestore)
		return
	}
	c.params.Contract = c.modify.next
	ack := c.modify.answer.AnswerModifyRequest(&c.params.Contract)
	c.modify = nil
	l.step(c, q2931.RspModify, q2931.Input{Msg: ack})
	l.count(countModified)
	l.indicate(primitive.ModifyInd{Call: c.id, Params: c.params})
}

// available: the caller has adopted the change, or has had the time for it.
func (l *Link) available(c *call) {
	if c.modify == nil {
		l.keepNeeded(c)
	}
}

// modificationFailed: the data plane refuses new parameters and keeps the old
// ones. Before the peer has changed anything that is a refusal; afterwards the
// call cannot go on.
func (l *Link) modificationFailed(c *call, why activation, no reason) {
	switch why {
	case forRequest:
		c.modify = nil
		l.keepNeeded(c)
		l.refuseModification(c, no)
	case forPeer:
		if c.m.Expects(q2931.RejModify) {
			l.rejectModification(c, no)
		} else {
			l.restored(c)
		}
	case forRestore:
		l.restored(c)
	case notActivating, forSetup, forResponse, forAccept, forChannel, forJoin, forModified:
		l.clearCall(c, no)
	}
}

// repeatModifications asks anew for what the loss of the SAAL has left open, and
// forgets what the peer will ask anew.
func (l *Link) repeatModifications() {
	for _, c := range l.sorted() {
		if c.m.Expects(q2931.LnkEstablished) {
			l.step(c, q2931.LnkEstablished, q2931.Input{})
		}
	}
}
