package vc

import "fmt"

// State is the state of a client's VC in the data plane.
type State uint8

// The states of a VC.
const (
	// None is a VC that does not exist, or no longer.
	None State = iota
	// Created is a VC that carries no data.
	Created
	// Activating is a VC whose first activation is under way.
	Activating
	// Active is a VC that carries data.
	Active
	// Reactivating is an active VC whose parameters are being changed; the old
	// ones stay in force until it succeeds.
	Reactivating
	// Deactivating is a VC that finishes its sends and receives.
	Deactivating
)

// String returns the state in lower case, as lists and JSON show it.
func (s State) String() string {
	switch s {
	case None:
		return "none"
	case Created:
		return "created"
	case Activating:
		return "activating"
	case Active:
		return "active"
	case Reactivating:
		return "reactivating"
	case Deactivating:
		return "deactivating"
	}
	return fmt.Sprintf("State(%d)", uint8(s))
}

// CallState is the state of the call on a client's VC, outgoing or incoming.
type CallState uint8

// The states of a call on a VC.
const (
	// Idle is a VC without a call.
	Idle CallState = iota
	// Proceeding is an outgoing call before its completion.
	Proceeding
	// Offered is an incoming call before its client's answer.
	Offered
	// Accepted is an incoming call after its client's answer and before the
	// final handshake.
	Accepted
	// Connected is a call that carries data.
	Connected
	// QoSPending is a connected call whose client has asked for other
	// parameters; the old ones are in force.
	QoSPending
	// RemoteClosed is a call that the other side or a fault has ended, and for
	// which the client still owes CloseCall.
	RemoteClosed
	// Closing is a call whose CloseCall is under way.
	Closing
)

// String returns the state in lower case, as lists and JSON show it.
func (s CallState) String() string {
	switch s {
	case Idle:
		return "idle"
	case Proceeding:
		return "proceeding"
	case Offered:
		return "offered"
	case Accepted:
		return "accepted"
	case Connected:
		return "connected"
	case QoSPending:
		return "qos_pending"
	case RemoteClosed:
		return "remote_closed"
	case Closing:
		return "closing"
	}
	return fmt.Sprintf("CallState(%d)", uint8(s))
}

// PartyState is the state of a party of a point-to-multipoint call at its root.
type PartyState uint8

// The states of a party.
const (
	// PartyNone is a party that does not exist, or no longer.
	PartyNone PartyState = iota
	// PartyAdding is a party before its completion.
	PartyAdding
	// PartyActive is a party that receives.
	PartyActive
	// PartyDropped is a party that the other side or a fault has ended, and for
	// which the client still owes DropParty or CloseCall.
	PartyDropped
	// PartyDropping is a party whose DropParty is under way.
	PartyDropping
)

// String returns the state in lower case, as lists and JSON show it.
func (s PartyState) String() string {
	switch s {
	case PartyNone:
		return "none"
	case PartyAdding:
		return "adding"
	case PartyActive:
		return "active"
	case PartyDropped:
		return "remote_dropped"
	case PartyDropping:
		return "dropping"
	}
	return fmt.Sprintf("PartyState(%d)", uint8(s))
}
