package q2931

import (
	"fmt"

	"callmanager/signalling/q2931/ie"
)

// PartyState is a party state of Q.2971 clause 7. Both sides of the interface
// and both ends of a call use the same ones.
type PartyState uint8

// The party states.
const (
	P0Null PartyState = iota
	P1AddPartyInitiated
	P2AddPartyReceived
	P3PartyAlertingDelivered
	P4PartyAlertingReceived
	P5DropPartyInitiated
	P6DropPartyReceived
	P7Active
)

const numPartyStates = int(P7Active) + 1

var partyStates = [numPartyStates]struct {
	name string
	code ie.EndpointStateValue
}{
	P0Null:                   {"null", ie.EndpointNull},
	P1AddPartyInitiated:      {"add party initiated", ie.EndpointAddInitiated},
	P2AddPartyReceived:       {"add party received", ie.EndpointAddReceived},
	P3PartyAlertingDelivered: {"party alerting delivered", ie.EndpointAlertingDelivered},
	P4PartyAlertingReceived:  {"party alerting received", ie.EndpointAlertingReceived},
	P5DropPartyInitiated:     {"drop party initiated", ie.EndpointDropInitiated},
	P6DropPartyReceived:      {"drop party received", ie.EndpointDropReceived},
	P7Active:                 {"active", ie.EndpointActive},
}

// String returns the state as P7.
func (s PartyState) String() string { return fmt.Sprintf("P%d", uint8(s)) }

// Name returns the Recommendation's name of the state.
func (s PartyState) Name() string { return partyStates[s].name }

// Code returns the state as the endpoint state element carries it.
func (s PartyState) Code() ie.EndpointStateValue { return partyStates[s].code }

// Keeps reports whether a party in this state keeps its call alive: it is
// active or on its way to be (Q.2971 9.2.4).
func (s PartyState) Keeps() bool {
	return s != P0Null && s != P5DropPartyInitiated && s != P6DropPartyReceived
}
