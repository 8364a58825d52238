package q2931

import (
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
)

// releaseRequested: Q.2931 5.4.3 (user), 5.4.4 (network).
func (c *Call) releaseRequested(in *Input) State {
	c.cause, c.userUser = in.Cause, in.UserUser
	c.sent = 1
	c.send(&msg.Message{Type: msg.Release, Causes: []ie.Cause{in.Cause}, UserUser: in.UserUser})
	c.start(T308)
	if c.side() == Network {
		return N12ReleaseIndication
	}
	return U11ReleaseRequest
}

// clear sends RELEASE of the machine's own accord.
func (c *Call) clear(in *Input) State { return c.clearFor(in.Cause) }

func (c *Call) clearFor(cause ie.Cause) State {
	c.emit(Effect{Kind: Clearing, Cause: cause})
	return c.releaseRequested(&Input{Cause: cause})
}

// releaseReceived: Q.2931 5.4.4 (user), 5.4.3 (network).
func (c *Call) releaseReceived(in *Input) State {
	c.cause = c.causeOf(in.Msg)
	c.emit(Effect{Kind: Release, Cause: c.cause, Msg: in.Msg})
	if c.side() == Network {
		return N11ReleaseRequest
	}
	return U12ReleaseIndication
}

// releaseCrossed: Q.2931 5.4.5: both sides have sent RELEASE, and none sends
// RELEASE COMPLETE.
func (c *Call) releaseCrossed(*Input) State { return c.null(c.cause, false) }

// completeReceived: Q.2931 5.4.1: the answer to RELEASE, or the peer's refusal
// of the call, or its way to end a call that it does not know.
func (c *Call) completeReceived(in *Input) State {
	if c.state.IsClearing() {
		return c.null(c.cause, c.releaseCame())
	}
	return c.null(c.causeOf(in.Msg), true)
}

// releaseCame reports whether the peer's RELEASE is what is being answered.
func (c *Call) releaseCame() bool {
	return c.state == U12ReleaseIndication || c.state == N11ReleaseRequest
}

// releaseResponded completes the peer's RELEASE (Q.2931 5.4.3, 5.4.4), with a
// cause only where there is something to report, or refuses a call
// (5.2.5.3, 5.1.2.3).
func (c *Call) releaseResponded(in *Input) State {
	c.completeWith(in.Cause, in.UserUser)
	if c.releaseCame() {
		return c.null(c.cause, true)
	}
	return c.null(in.Cause, false)
}

// complete sends RELEASE COMPLETE, without a cause if there is none.
func (c *Call) complete(cause ie.Cause) { c.completeWith(cause, nil) }

// completeWith sends the same with user-user information.
func (c *Call) completeWith(cause ie.Cause, u *ie.UserUser) {
	m := &msg.Message{Type: msg.ReleaseComplete, UserUser: u}
	if cause.Value != 0 {
		m.Causes = []ie.Cause{cause}
	}
	c.send(m)
}

// reset ends the call without a message.
func (c *Call) reset(in *Input) State { return c.null(in.Cause, false) }

// t308Expired: Q.2931 5.4.3: RELEASE is repeated once, with cause 102 beside
// the first; then the call reference is free.
func (c *Call) t308Expired(*Input) State {
	if c.sent < maxTransmissions {
		c.sent++
		c.send(&msg.Message{Type: msg.Release, Causes: []ie.Cause{c.cause, c.expired(T308)}, UserUser: c.userUser})
		c.start(T308)
		return c.state
	}
	return c.null(c.cause, false)
}

// unknownReference: Q.2931 5.6.3.2 a.
func (c *Call) unknownReference(*Input) State {
	c.complete(c.raise(ie.CauseInvalidCallReference))
	return c.state
}

// refuse: Q.2931 5.6.6.1 and 5.6.7.1: a SETUP that cannot be read.
func (c *Call) refuse(in *Input) State {
	c.complete(in.Cause)
	return c.state
}
