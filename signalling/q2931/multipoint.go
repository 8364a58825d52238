package q2931

import (
	"slices"

	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
)

// isMultipoint reports whether a SETUP asks for a point-to-multipoint call.
func isMultipoint(m *msg.Message) bool {
	return m.Bearer != nil && m.Bearer.Config == ie.PointToMultipoint && m.EndpointRef != nil
}

// Multipoint reports whether the call may have parties.
func (c *Call) Multipoint() bool { return c.parties }

// aboutParty reports whether an event is a message of a party.
func aboutParty(ev Event) bool { return ev >= MsgAddParty && ev <= MsgDropPartyAck }

// acceptsParty reports whether the call takes a message of a party as far as
// its kind goes: only the calling end adds parties, and only the called one
// answers that. What the state says stands in the table.
func (c *Call) acceptsParty(ev Event) bool {
	calling := !c.ref.Flag
	switch {
	case !c.parties:
		return false
	case ev == MsgDropParty || ev == MsgDropPartyAck:
		return true
	case ev == MsgAddPartyAck && c.state == N7CallReceived:
		return calling && c.fallen
	}
	return calling != (ev == MsgAddParty)
}

// handOn hands a message of a party to the owner, or protests.
func (c *Call) handOn(ev Event, in *Input) State {
	if !c.acceptsParty(ev) {
		return c.protest(ev, in)
	}
	c.emit(Effect{Kind: PartyMessage, Msg: in.Msg})
	return c.state
}

// The messages of Q.2971.
func (c *Call) addParty(in *Input) State       { return c.handOn(MsgAddParty, in) }
func (c *Call) partyAlert(in *Input) State     { return c.handOn(MsgPartyAlert, in) }
func (c *Call) addPartyReject(in *Input) State { return c.handOn(MsgAddPartyReject, in) }
func (c *Call) dropParty(in *Input) State      { return c.handOn(MsgDropParty, in) }
func (c *Call) dropPartyAck(in *Input) State   { return c.handOn(MsgDropPartyAck, in) }

// addPartyAck makes a call active again that had fallen back.
func (c *Call) addPartyAck(in *Input) State {
	next := c.handOn(MsgAddPartyAck, in)
	if next == N7CallReceived && c.fallen {
		c.fallen = false
		return N10Active
	}
	return next
}

// fallBack: Q.2971 9.2.3: the last active party is gone, and others are on
// their way.
func (c *Call) fallBack(*Input) State {
	c.fallen = true
	return N7CallReceived
}

// AddsParties reports whether the state lets the calling end add parties.
func (c *Call) AddsParties() bool {
	adds := [...]State{U4CallDelivered, U10Active, N7CallReceived, N10Active}
	return c.parties && !c.ref.Flag && slices.Contains(adds[:], c.state)
}
