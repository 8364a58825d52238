package uni

import (
	"time"

	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/ie"
	"callmanager/vc"
)

// branch is the state of a call's branch in the data plane.
type branch uint8

const (
	noBranch      branch = iota
	branchReceive        // activated: the receive side is open
	branchOpen           // both sides are
	branchDrain          // the client's last SDUs are being sent
	branchEnding         // Deactivate waits for its answer
)

// activation is what a pending Activate is for. What comes for the call waits
// until it is answered.
type activation uint8

const (
	notActivating activation = iota
	forSetup                 // a calling network side, before SETUP
	forResponse              // a calling side, before a response is processed
	forAccept                // a called side, before CONNECT
	forChannel               // none yet: the former call of the channel is ending
	forJoin                  // a Join: one more VC on the channel
	forRequest               // an owner, before MODIFY REQUEST
	forModified              // an owner, after MODIFY ACKNOWLEDGE
	forRestore               // the old parameters again, after MODIFY REJECT
	forPeer                  // the other side, before MODIFY ACKNOWLEDGE
)

// activate asks for the branch with the call's present parameters. What comes
// for the call before the answer is held.
func (l *Link) activate(c *call, why activation) {
	l.activateFor(c, &c.params.Contract, why)
}

// activateFor asks for the branch with a contract's parameters.
func (l *Link) activateFor(c *call, contract *vc.Contract, why activation) {
	send, receive := contract.Directions(c.out)
	l.activateWith(c, vc.BranchSpec{
		Category: contract.Category, Send: send, Receive: receive, Multipoint: c.out && c.params.Multipoint,
	}, why)
}

func (l *Link) activateWith(c *call, spec vc.BranchSpec, why activation) {
	c.spec = spec
	c.why = why
	l.emit(Effect{Kind: Activate, Call: c.id, ID: c.ch, VC: c.vc, Spec: c.spec})
}

// Activated answers [Activate]; err tells that the branch is as it was before.
func (l *Link) Activated(call primitive.CallID, err error) []Effect {
	l.begin()
	if call.Permanent() {
		l.pvcs.Activated(call, err)
		return l.end()
	}
	c := l.calls[call]
	if c == nil || c.why == notActivating || c.why == forChannel || c.why == forJoin {
		l.count(countBadRequest)
		return l.end()
	}
	why := c.why
	c.why = notActivating
	first := c.branch == noBranch
	if err == nil && first {
		c.branch = branchReceive
		c.activatedInto()
	}
	switch {
	case c.cause.Value != 0 || c.m.State().IsClearing():
		// A RESTART, the loss of the SAAL or Stop has ended the call meanwhile.
		c.response = nil
		l.endBranch(c)
		l.finish(c)
	case err != nil:
		l.count(countActivation)
		l.activationFailed(c, why, first, err)
	default:
		l.activationDone(c, why)
	}
	l.releaseHeld(c)
	l.channelFreed()
	return l.end()
}

// activationDone goes on with what waited for the branch.
func (l *Link) activationDone(c *call, why activation) {
	switch why {
	case forSetup:
		l.sendSetup(c)
	case forResponse:
		r := c.response
		c.response = nil
		l.deliver(c, r)
		l.doneWith(c, r.msg, r.from)
	case forAccept:
		l.sendConnect(c)
	case forRequest:
		l.askPeer(c)
	case forModified:
		l.adopted(c)
	case forRestore:
		l.restored(c)
	case forPeer:
		l.acceptModification(c)
	case notActivating, forChannel, forJoin:
	}
}

// activationFailed clears the call: cause 47 when it has no branch yet, 41
// when its parameters could not be changed.
func (l *Link) activationFailed(c *call, why activation, first bool, err error) {
	refused := l.refuse(ie.CauseResourceUnavailable, "the data plane refuses the channel: "+err.Error())
	if !first {
		refused.cause.Value = ie.CauseTemporaryFailure
	}
	c.response = nil
	if why >= forRequest {
		l.modificationFailed(c, why, refused)
		return
	}
	if why == forSetup { // nothing has been sent
		c.cause = refused.cause
		c.tell(refused.detail)
		delete(l.byRef, c.m.Ref())
		l.settled(c)
		l.finish(c)
		return
	}
	l.clearCall(c, refused)
}

// openTransmit lets the branch send.
func (l *Link) openTransmit(c *call) {
	if c.branch == branchReceive {
		c.branch = branchOpen
		l.emit(Effect{Kind: OpenTransmit, ID: c.ch})
	}
}

// drain lets the client's last SDUs go out before RELEASE.
func (l *Link) drain(c *call, linger time.Duration) {
	c.branch = branchDrain
	l.emit(Effect{Kind: Drain, Call: c.id, ID: c.ch, Linger: linger})
}

// Drained answers [Drain].
func (l *Link) Drained(call primitive.CallID, r vc.DrainReport) []Effect {
	l.begin()
	if call.Permanent() {
		l.pvcs.Drained(call, r)
		return l.end()
	}
	c := l.calls[call]
	if c == nil || c.branch != branchDrain {
		l.count(countLateAnswer)
		return l.end()
	}
	c.addReport(r)
	c.branch = branchReceive
	l.release(c, c.asked)
	return l.end()
}

func (c *call) addReport(r vc.DrainReport) {
	c.report.Sent += r.Sent
	c.report.Dropped += r.Dropped
}

// deactivate ends the branch.
func (l *Link) deactivate(c *call, quiesce bool) {
	c.branch = branchEnding
	l.emit(Effect{Kind: Deactivate, Call: c.id, ID: c.ch, Quiesce: quiesce})
}

// abortBranch ends the branch of a call that something has gone wrong with. If
// the data plane owes an answer, that comes first.
func (l *Link) abortBranch(c *call) {
	l.settled(c)
	for _, n := range []TimerName{TimerProceeding, TimerAlerting, TimerGuard} {
		l.stopTimer(TimerID{Name: n, Call: c.id})
	}
	c.graceful = false
	l.endBranch(c)
}

// endBranch ends the branch of a call, if it has one. While an Activate is
// pending it waits for the answer, which calls it again.
func (l *Link) endBranch(c *call) {
	if c.branch != noBranch && c.branch != branchEnding && c.why == notActivating {
		l.deactivate(c, c.graceful)
	}
}

// Deactivated answers [Deactivate].
func (l *Link) Deactivated(call primitive.CallID, r vc.DrainReport) []Effect {
	l.begin()
	if call.Permanent() {
		l.pvcs.Deactivated(call, r)
		return l.end()
	}
	c := l.calls[call]
	if c == nil || c.branch != branchEnding {
		l.count(countLateAnswer)
		return l.end()
	}
	c.addReport(r)
	c.branch = noBranch
	c.parties.allOff()
	l.completeRelease(c)
	l.finish(c)
	l.channelFreed()
	return l.end()
}
