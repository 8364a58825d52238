package q2931

import (
	"fmt"

	"callmanager/signalling/q2931/ie"
)

// Side is the side of the UNI that a machine plays.
type Side uint8

// The sides. The zero value is none.
const (
	_ Side = iota
	// User is the user side.
	User
	// Network is the network side.
	Network
)

// String returns the side in lower case.
func (s Side) String() string {
	switch s {
	case User:
		return "user"
	case Network:
		return "network"
	}
	return fmt.Sprintf("Side(%d)", uint8(s))
}

// Location returns the location that the causes of this side carry: user, or
// private network serving the local user (Q.2610 table 1).
func (s Side) Location() ie.Location {
	if s == Network {
		return ie.LocationPrivateLocal
	}
	return ie.LocationUser
}

// State is a call state of Q.2931 clauses 2.1.1 (user side) and 2.1.2 (network
// side), or of Q.2963.1. The two sides use the same numbers.
type State uint8

// The call states of the user side.
const (
	U0Null                   State = 0
	U1CallInitiated          State = 1
	U3OutgoingCallProceeding State = 3
	U4CallDelivered          State = 4
	U6CallPresent            State = 6
	U7CallReceived           State = 7
	U8ConnectRequest         State = 8
	U9IncomingCallProceeding State = 9
	U10Active                State = 10
	U11ReleaseRequest        State = 11
	U12ReleaseIndication     State = 12
	U13ModifyRequest         State = 13
	U14ModifyReceived        State = 14
)

// networkState marks the states of the network side.
const networkState State = 0x20

// The call states of the network side.
const (
	N0Null                   = networkState | U0Null
	N1CallInitiated          = networkState | U1CallInitiated
	N3OutgoingCallProceeding = networkState | U3OutgoingCallProceeding
	N4CallDelivered          = networkState | U4CallDelivered
	N6CallPresent            = networkState | U6CallPresent
	N7CallReceived           = networkState | U7CallReceived
	N8ConnectRequest         = networkState | U8ConnectRequest
	N9IncomingCallProceeding = networkState | U9IncomingCallProceeding
	N10Active                = networkState | U10Active
	N11ReleaseRequest        = networkState | U11ReleaseRequest
	N12ReleaseIndication     = networkState | U12ReleaseIndication
	N13ModifyRequest         = networkState | U13ModifyRequest
	N14ModifyReceived        = networkState | U14ModifyReceived
)

// columns are the states of one side, in the order of the tables' columns, as
// numbers of the Recommendation.
var columns = [...]State{0, 1, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14}

const numColumns = len(columns)

var stateNames = [...]string{
	0: "null", 1: "call initiated", 3: "outgoing call proceeding", 4: "call delivered", 6: "call present",
	7: "call received", 8: "connect request", 9: "incoming call proceeding", 10: "active",
	11: "release request", 12: "release indication", 13: "modify request", 14: "modify received",
}

// Number returns the state's number in the Recommendation, which the call
// state element carries.
func (s State) Number() ie.CallStateValue { return ie.CallStateValue(s &^ networkState) }

// Side returns the side that the state belongs to.
func (s State) Side() Side {
	if s&networkState != 0 {
		return Network
	}
	return User
}

// shortNames are the states as String writes them. They are made once: each
// transition names two of them (formatting them took 5 % of a call's time).
var shortNames = func() (names [networkState << 1]string) {
	for s := range names {
		side := 'U'
		if State(s).Side() == Network {
			side = 'N'
		}
		names[s] = fmt.Sprintf("%c%d", side, State(s).Number())
	}
	return names
}()

// String returns the state as U10 or N3.
func (s State) String() string {
	if int(s) < len(shortNames) {
		return shortNames[s]
	}
	return fmt.Sprintf("State(%d)", uint8(s))
}

// Name returns the Recommendation's name of the state.
func (s State) Name() string { return stateNames[s&^networkState] }

// IsNull reports whether the state is U0 or N0.
func (s State) IsNull() bool { return s.Number() == ie.CallNull }

// IsActive reports whether the call carries data: the state is 10, 13 or 14.
func (s State) IsActive() bool { return s.Number() == ie.CallActive || s.isModifying() }

// isModifying reports whether the state is 13 or 14.
func (s State) isModifying() bool {
	return s.Number() == ie.CallModifyRequest || s.Number() == ie.CallModifyReceived
}

// IsClearing reports whether the state is one of 11 and 12.
func (s State) IsClearing() bool {
	return s.Number() == ie.CallReleaseRequest || s.Number() == ie.CallReleaseIndication
}
