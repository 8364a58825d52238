package uni

import (
	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/uni/params"
)

// releaseReq takes ReleaseReq and RejectReq. The answer is a ReleaseConf,
// whatever has become of the call.
func (l *Link) releaseReq(r primitive.ReleaseReq) {
	if r.Call.Permanent() {
		l.pvcs.Release(r)
		return
	}
	c := l.calls[r.Call]
	switch {
	case c == nil:
		// The ReleaseInd has crossed the request.
		l.indicate(primitive.ReleaseConf{Call: r.Call, Cause: r.Cause})
	case c.owesConf:
		l.count(countBadRequest)
	case holdRequest(c, r):
	default:
		c.owesConf = true
		c.parting = r.UserUser
		c.graceful = r.Linger > 0
		switch state := c.m.State(); {
		case state.IsNull() || state.IsClearing():
			// It ends already.
		case c.branch == branchOpen:
			c.asked = r.Cause
			l.drain(c, r.Linger)
		case c.branch == branchDrain && r.Linger > 0:
			c.asked = r.Cause // the drop of the last party drains already
		case c.branch == branchDrain:
			l.deactivate(c, false)
			l.release(c, r.Cause)
		default:
			l.release(c, r.Cause)
		}
	}
}

// release clears a call for the client. Without a SAAL nothing can be said:
// the audit after its return tells the peer. A call that no response has been
// sent to is refused with RELEASE COMPLETE (Q.2931 5.2.5.3, 5.1.2.3).
func (l *Link) release(c *call, cause ie.Cause) {
	l.stopTimer(TimerID{Name: TimerGuard, Call: c.id})
	l.settled(c)
	switch {
	case l.coord != saalUp:
		l.step(c, q2931.ReqReset, q2931.Input{Cause: cause})
	case !c.out && !c.wire.answered:
		l.step(c, q2931.RspRelease, q2931.Input{Cause: cause, UserUser: params.UserUser(c.parting)})
	default:
		l.step(c, q2931.ReqRelease, q2931.Input{Cause: cause, UserUser: params.UserUser(c.parting)})
	}
}

// clearCall clears a call that the link itself gives up. Its branch ends at
// once.
func (l *Link) clearCall(c *call, why reason) {
	cause := why.cause
	if !c.m.State().IsClearing() {
		c.tell(why.detail)
	}
	switch state := c.m.State(); {
	case state.IsNull() && c.why == forSetup:
		// Activate is under way, and no message has been sent.
		c.cause = cause
		delete(l.byRef, c.m.Ref())
		l.settled(c)
	case state.IsNull() || state.IsClearing():
	case l.coord != saalUp || !c.out && !c.wire.answered:
		l.release(c, cause)
	default:
		l.step(c, q2931.ErrClear, q2931.Input{Cause: cause})
	}
}

// peerReleases: RELEASE has come. The branch takes in what has arrived and is
// removed; then RELEASE COMPLETE goes out.
func (l *Link) peerReleases(c *call) {
	l.settled(c)
	for _, n := range []TimerName{TimerProceeding, TimerAlerting, TimerGuard} {
		l.stopTimer(TimerID{Name: n, Call: c.id})
	}
	l.audited(c)
	switch c.branch {
	case branchEnding:
		// completeRelease follows when the data plane has answered.
	case noBranch:
		l.completeRelease(c)
	case branchReceive, branchOpen, branchDrain:
		l.deactivate(c, true)
	}
}

// completeRelease answers the peer's RELEASE, if one waits for it.
func (l *Link) completeRelease(c *call) {
	if s := c.m.State(); s == q2931.U12ReleaseIndication || s == q2931.N11ReleaseRequest {
		l.step(c, q2931.RspRelease, q2931.Input{Cause: c.fault})
	}
}
