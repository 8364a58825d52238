package q2931

import (
	"slices"

	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
)

// Modification of an active call by its owner, the side that made it (Q.2963.1
// and Q.2963.2). State 13 is that of a call whose user has asked, on both sides
// of the UNI, and 14 that of one whose network has, as 11 and 12 are for the
// clearing. So the side that asks is in U13 or N14, and the side that is asked
// in U14 or N13. Point-to-multipoint calls have none of it.
//
// The side that is asked answers MODIFY ACKNOWLEDGE or MODIFY REJECT within
// T361. It may ask in the acknowledgement, by the broadband report type, for a
// CONNECTION AVAILABLE, which the owner sends when it has adopted the change;
// T361 bounds this wait too. T360 bounds the owner's: a peer that does not
// answer may have changed the call or not, so the call is cleared. One that
// answers STATUS because it has no MODIFY REQUEST has changed nothing.
//
// A request that the loss of the SAAL leaves open is repeated when the SAAL is
// back, which settles what both sides have.

// The states of a side that asks, that is asked, and of an active call otherwise,
// and the one in which it waits for the answer to its RELEASE. s is any state of
// the side.
func asking(s State) State   { return pick(s, U13ModifyRequest, N14ModifyReceived) }
func asked(s State) State    { return pick(s, U14ModifyReceived, N13ModifyRequest) }
func atRest(s State) State   { return s&networkState | U10Active }
func clearing(s State) State { return pick(s, U11ReleaseRequest, N12ReleaseIndication) }

func pick(s, user, network State) State {
	if s.Side() == Network {
		return network
	}
	return user
}

// modifyRequested sends MODIFY REQUEST.
func (c *Call) modifyRequested(in *Input) State {
	in.Msg.Type = msg.ModifyRequest
	c.modify = in.Msg
	c.askAgain(in)
	return asking(c.state)
}

// askAgain sends the request anew.
func (c *Call) askAgain(*Input) State {
	c.send(c.modify)
	c.start(T360)
	return c.state
}

// modifyReceived tells of a MODIFY REQUEST. Only the owner may ask, so the
// owner itself refuses it; and only a point-to-point call can be modified
// (Q.2963.1 1).
func (c *Call) modifyReceived(in *Input) State {
	if c.setup != nil || c.parties {
		c.reject(c.raise(ie.CauseFacilityRejected))
		return c.state
	}
	c.unconfirmed = false
	c.start(T361)
	c.emit(Effect{Kind: Modify, Msg: in.Msg})
	return asked(c.state)
}

func (c *Call) reject(cause ie.Cause) {
	c.send(&msg.Message{Type: msg.ModifyReject, Causes: []ie.Cause{cause}})
}

// modifyAcknowledged ends the owner's wait.
func (c *Call) modifyAcknowledged(in *Input) State {
	c.emit(Effect{Kind: Modified, Msg: in.Msg})
	return c.at(U10Active)
}

// modifyRejected ends it, too: the old parameters stay.
func (c *Call) modifyRejected(in *Input) State {
	c.emit(Effect{Kind: ModifyRefused, Cause: c.causeOf(in.Msg)})
	return c.at(U10Active)
}

// statusWhileAsking: a peer that has no MODIFY REQUEST, or cannot use this one,
// answers STATUS and goes on with the call as it was.
func (c *Call) statusWhileAsking(in *Input) State {
	m := in.Msg
	if m.CallState == nil || m.CallState.State == ie.CallNull || !refusesModify(m) || !c.fits(m.CallState.State) {
		return c.statusReceived(in)
	}
	c.emit(Effect{Kind: ModifyRefused, Cause: c.causeOf(m)})
	return c.at(U10Active)
}

// refusesModify reports whether a STATUS tells that MODIFY REQUEST has been
// discarded (Q.2931 5.6.4, 5.6.6.2, 5.6.7.2, 5.7).
func refusesModify(m *msg.Message) bool {
	if len(m.Causes) == 0 {
		return false
	}
	v, d := m.Causes[0].Value, m.Causes[0].Diagnostic
	if slices.Contains([]ie.CauseValue{ie.CauseMandatoryMissing, ie.CauseInvalidElementContents}, v) {
		return slices.Contains(d, byte(ie.IDTD))
	}
	return slices.Contains(notTaken, v) && (len(d) == 0 || d[0] == byte(msg.ModifyRequest))
}

// notTaken are the causes of a message that is not known or has no place.
var notTaken = []ie.CauseValue{
	ie.CauseMessageTypeNotImplemented, ie.CauseMessageNotCompatible98, ie.CauseMessageNotCompatible,
}

// modifyAccepted sends MODIFY ACKNOWLEDGE.
func (c *Call) modifyAccepted(in *Input) State {
	in.Msg.Type = msg.ModifyAck
	c.send(in.Msg)
	c.unconfirmed = in.Msg.ReportType != nil && in.Msg.ReportType.Type == ie.ReportModification
	c.stop(T361)
	if c.unconfirmed {
		c.start(T361)
	}
	return c.at(U10Active)
}

// modifyRefused sends MODIFY REJECT.
func (c *Call) modifyRefused(in *Input) State {
	c.stop(T361)
	c.reject(in.Cause)
	return c.at(U10Active)
}

// availableRequested confirms a modification that the peer wants confirmed.
func (c *Call) availableRequested(*Input) State {
	c.send(&msg.Message{Type: msg.ConnectionAvailable, ReportType: &ie.ReportType{Type: ie.ReportModification}})
	return c.state
}

// availableReceived ends the wait for the confirmation.
func (c *Call) availableReceived(in *Input) State {
	if !c.unconfirmed {
		return c.protest(MsgConnectionAvailable, in)
	}
	c.unconfirmed = false
	c.stop(T361)
	c.emit(Effect{Kind: Available, Msg: in.Msg})
	return c.state
}

// suspendRequest: the SAAL is down. The request is repeated when it is back.
func (c *Call) suspendRequest(in *Input) State {
	c.stop(T360)
	return c.suspend(in)
}

// abandonRequest: the SAAL is down or has been reset, so the peer's request cannot
// be answered. The peer repeats it, or ends the call.
func (c *Call) abandonRequest(in *Input) State {
	c.stop(T361)
	c.suspend(in)
	c.emit(Effect{Kind: ModifyEnded})
	return c.at(U10Active)
}

// t360Expired: nobody knows what the peer has made of the request.
func (c *Call) t360Expired(*Input) State { return c.clearFor(c.expired(T360)) }

// t361Expired: the answer or the confirmation is overdue.
func (c *Call) t361Expired(*Input) State {
	if c.state == c.at(U10Active) {
		c.unconfirmed = false
		c.emit(Effect{Kind: Available})
		return c.state
	}
	c.reject(c.expired(T361))
	c.emit(Effect{Kind: ModifyEnded})
	return c.at(U10Active)
}
