package q2931

import (
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
)

// setupReceived: Q.2931 5.1.1 (network), 5.2.1 (user).
func (c *Call) setupReceived(in *Input) State {
	c.parties = isMultipoint(in.Msg)
	c.emit(Effect{Kind: Setup, Msg: in.Msg})
	if c.side() == Network {
		return N1CallInitiated
	}
	return U6CallPresent
}

// setupRequested: Q.2931 5.1.1 (user), 5.2.1 (network).
func (c *Call) setupRequested(in *Input) State {
	in.Msg.Type = msg.Setup
	c.parties = isMultipoint(in.Msg)
	c.setup = in.Msg
	c.sent = 1
	c.send(c.setup)
	c.start(T303)
	if c.side() == Network {
		return N6CallPresent
	}
	return U1CallInitiated
}

// proceedingReceived: Q.2931 5.1.4 (user), 5.2.5.1 (network).
func (c *Call) proceedingReceived(in *Input) State {
	c.start(T310)
	c.emit(Effect{Kind: Proceeding, Msg: in.Msg})
	if c.side() == Network {
		return N9IncomingCallProceeding
	}
	return U3OutgoingCallProceeding
}

// alertingReceived: Q.2931 5.1.5 (user), 5.2.5.2 (network). With parties T397
// of the party takes the place of T301 (Q.2971 9.2.1).
func (c *Call) alertingReceived(in *Input) State {
	if !c.parties {
		c.start(T301)
	}
	c.emit(Effect{Kind: Alerting, Msg: in.Msg})
	if c.side() == Network {
		return N7CallReceived
	}
	return U4CallDelivered
}

// connectReceived: Q.2931 5.1.6: the calling user answers at once. Q.2931
// 5.2.6: the network waits for its user of the call.
func (c *Call) connectReceived(in *Input) State {
	c.fallen = false
	if c.side() == Network {
		c.emit(Effect{Kind: Connect, Msg: in.Msg})
		return N8ConnectRequest
	}
	c.send(&msg.Message{Type: msg.ConnectAck})
	c.emit(Effect{Kind: Connect, Msg: in.Msg})
	return U10Active
}

// ackReceived: Q.2931 5.2.6 (user); in N10 the message of clause 5.1.6, which
// the network needs not wait for.
func (c *Call) ackReceived(*Input) State {
	if c.side() == User || c.awaitsAck {
		c.awaitsAck = false
		c.emit(Effect{Kind: Complete})
	}
	return c.at(U10Active)
}

// proceedingRequested: Q.2931 5.1.4 (network), 5.2.5.1 (user).
func (c *Call) proceedingRequested(in *Input) State {
	in.Msg.Type = msg.CallProceeding
	c.send(in.Msg)
	if c.side() == Network {
		return N3OutgoingCallProceeding
	}
	return U9IncomingCallProceeding
}

// alertingRequested: Q.2931 5.1.5 (network), 5.2.5.2 (user).
func (c *Call) alertingRequested(in *Input) State {
	in.Msg.Type = msg.Alerting
	c.send(in.Msg)
	if c.side() == Network {
		return N4CallDelivered
	}
	return U7CallReceived
}

// acceptRequested: Q.2931 5.2.6: the called user waits for CONNECT
// ACKNOWLEDGE under T313. Q.2931 5.1.6: the network is active at once.
func (c *Call) acceptRequested(in *Input) State {
	in.Msg.Type = msg.Connect
	c.send(in.Msg)
	if c.side() == Network {
		c.awaitsAck = true
		return N10Active
	}
	c.start(T313)
	return U8ConnectRequest
}

// confirmRequested: Q.2931 5.2.6.
func (c *Call) confirmRequested(*Input) State {
	c.send(&msg.Message{Type: msg.ConnectAck})
	return N10Active
}

// t301Expired: Q.2931 7: no answer from the alerted user.
func (c *Call) t301Expired(*Input) State {
	return c.clearFor(c.raise(ie.CauseNoAnswer))
}

// t303Expired: Q.2931 5.1.1 and 5.2.5.4: SETUP is repeated once; then the call
// is null with cause 18, and the peer is told in case it has half a call.
func (c *Call) t303Expired(*Input) State {
	if c.sent < maxTransmissions {
		c.sent++
		c.send(c.setup)
		c.start(T303)
		return c.state
	}
	c.complete(c.expired(T303))
	return c.null(c.raise(ie.CauseNoUserResponding), false)
}

// t310Expired: Q.2931 5.1.4 and 5.2.5.4: no response from the called user.
func (c *Call) t310Expired(*Input) State {
	return c.clearFor(c.raise(ie.CauseNoUserResponding))
}

// t313Expired: Q.2931 5.2.6.
func (c *Call) t313Expired(*Input) State {
	return c.clearFor(c.expired(T313))
}
