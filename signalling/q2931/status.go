package q2931

import (
	"slices"

	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
)

// sendStatus sends STATUS with the state that the call is in.
func (c *Call) sendStatus(cause ie.Cause) { c.sendStatusAbout(&Input{}, cause) }

// sendStatusAbout sends the same in answer to a message of the peer, which may
// name a party, whose state goes with it (Q.2971 9.5).
func (c *Call) sendStatusAbout(in *Input, cause ie.Cause) {
	m := &msg.Message{
		Type:      msg.Status,
		CallState: &ie.CallState{State: c.state.Number()},
		Causes:    []ie.Cause{cause},
	}
	if in.Msg != nil && in.Msg.EndpointRef != nil {
		ref := *in.Msg.EndpointRef
		ref.RefFlag, ref.Header = !ref.RefFlag, ie.Header{}
		m.EndpointRef = &ref
		m.EndpointState = &ie.EndpointState{State: in.Party.Code()}
	}
	c.send(m)
}

// protest answers a message that has no place in the present state or that
// this side does not have. The message's own instruction rules (Q.2931 5.7.1);
// without one the answer is STATUS (5.6.4).
func (c *Call) protest(ev Event, in *Input) State {
	v := ie.CauseMessageNotCompatible
	if ev == MsgUnknown || ev == MsgUnsupported {
		v = ie.CauseMessageTypeNotImplemented
	}
	r := msg.OnUnexpected(in.Msg, v)
	cause := c.raise(r.Cause, r.Diagnostics...)
	switch {
	case r.Decision == msg.DiscardSilently:
	case r.Decision != msg.ClearCall:
		c.sendStatusAbout(in, cause)
	case !c.state.IsClearing():
		return c.clearFor(cause)
	}
	return c.state
}

// report: Q.2931 5.6.6 to 5.6.8.
func (c *Call) report(in *Input) State {
	c.sendStatus(in.Cause)
	return c.state
}

// answerEnquiry: Q.2931 5.6.11.
func (c *Call) answerEnquiry(in *Input) State {
	c.sendStatusAbout(in, c.raise(ie.CauseStatusEnquiryResponse))
	return c.state
}

// statusWithoutCall: Q.2931 5.6.12: the peer has a call that is none here.
func (c *Call) statusWithoutCall(in *Input) State {
	if in.Msg.CallState != nil && in.Msg.CallState.State != ie.CallNull {
		c.complete(c.raise(ie.CauseMessageNotCompatible, byte(msg.Status)))
	}
	return c.state
}

// statusReceived: Q.2931 5.6.12.
func (c *Call) statusReceived(in *Input) State {
	cause := c.causeOf(in.Msg)
	if in.Msg.CallState == nil {
		return c.state
	}
	peer := in.Msg.CallState.State
	if peer == ie.CallNull {
		if cause.Value == ie.CauseStatusEnquiryResponse {
			cause = c.raise(ie.CauseMessageNotCompatible, byte(msg.Status))
		}
		return c.null(cause, false)
	}
	if !c.fits(peer) {
		return c.clearFor(c.raise(ie.CauseMessageNotCompatible, byte(msg.Status)))
	}
	if c.running[T322] && c.endsEnquiry(cause, in.Msg) {
		c.stop(T322)
		c.emit(Effect{Kind: Enquired})
	}
	c.emit(Effect{Kind: StatusReceived, Msg: in.Msg})
	return c.state
}

// endsEnquiry reports whether a STATUS of this cause answers the STATUS ENQUIRY
// under way: the proper one, or that of a peer that does not know the message
// (Q.2931 5.6.11), which names its type unless it names none. The proper one names
// the party that the enquiry has named, and none if that has named none (Q.2971
// 9.5.11): another is the second answer to an enquiry before, which T322 had
// repeated. Not all peers of UNI 3.0 turn the flag round.
func (c *Call) endsEnquiry(cause ie.Cause, m *msg.Message) bool {
	switch {
	case slices.Contains(notTaken, cause.Value):
		return len(cause.Diagnostic) == 0 || cause.Diagnostic[0] == byte(msg.StatusEnquiry)
	case cause.Value != ie.CauseStatusEnquiryResponse:
		return false
	case c.enquired == nil || m.EndpointRef == nil:
		return c.enquired == nil && m.EndpointRef == nil
	}
	return c.enquired.Value == m.EndpointRef.Value
}

// fits reports whether the peer's state can belong to the same call while this
// side is not clearing it. Q.2931 leaves the choice to the receiver: the
// direction of the call must agree, and most of the rest may be a message on its
// way, but for what none explains and no timer ends. A peer that is clearing has
// sent RELEASE, which is lost: it gives up after T308 without another word. And
// nobody is active before the side that is called has sent CONNECT.
func (c *Call) fits(peer ie.CallStateValue) bool {
	own := c.state.Number()
	user, network := own, peer
	if c.side() == Network {
		user, network = peer, own
	}
	switch {
	case peer == ie.CallReleaseRequest || peer == ie.CallReleaseIndication:
		return false
	case State(user).IsActive() && direction(network) > 0:
		return false
	case State(network).IsActive() && direction(user) < 0:
		return user == ie.CallConnectRequest
	}
	return direction(own)*direction(peer) >= 0
}

// direction is 1 in the states of a call from the user, -1 in those of a call
// to the user, and 0 in those that both have.
func direction(s ie.CallStateValue) int {
	if int(s) < len(directions) {
		return directions[s]
	}
	return 0
}

var directions = [...]int{
	ie.CallInitiated: 1, ie.CallOverlapSending: 1, ie.CallOutgoingProceeding: 1, ie.CallDelivered: 1,
	ie.CallPresent: -1, ie.CallReceived: -1, ie.CallConnectRequest: -1, ie.CallIncomingProceeding: -1,
	ie.CallOverlapReceiving: -1,
}

// statusWhileClearing: Q.2931 5.6.12: only the null state matters.
func (c *Call) statusWhileClearing(in *Input) State {
	if in.Msg.CallState != nil && in.Msg.CallState.State == ie.CallNull {
		return c.null(c.cause, c.releaseCame())
	}
	return c.state
}

// enquiryRequested: Q.2931 5.6.11. An enquiry under way is begun anew: its
// owner knows that the SAAL may have lost it.
func (c *Call) enquiryRequested(in *Input) State {
	c.enquiries, c.enquired = 0, nil
	if in.Msg != nil {
		c.enquired = in.Msg.EndpointRef
	}
	c.enquire()
	return c.state
}

func (c *Call) enquire() {
	c.enquiries++
	c.send(&msg.Message{Type: msg.StatusEnquiry, EndpointRef: c.enquired})
	c.start(T322)
}

// t322Expired: Q.2931 5.6.11.
func (c *Call) t322Expired(*Input) State {
	if c.enquiries < maxTransmissions {
		c.enquire()
		return c.state
	}
	return c.clearFor(c.raise(ie.CauseTemporaryFailure))
}

// suspend: the SAAL is down, so the answer to an enquiry cannot come. It is
// made anew when the SAAL is up (Q.2931 5.6.9).
func (c *Call) suspend(*Input) State {
	c.stop(T322)
	return c.state
}
