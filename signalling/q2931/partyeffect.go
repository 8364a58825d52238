package q2931

import (
	"time"

	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
)

// PartyKind says what a [PartyEffect] is. The zero value is none.
type PartyKind uint8

// The effects of a party's machine.
const (
	_ PartyKind = iota
	// PartySend gives Msg to the call. If no party is left that keeps the call
	// alive and Msg drops or refuses this one, the call is to be cleared with
	// Cause instead (Q.2971 9.2.4).
	PartySend
	// PartyStartTimer runs Timer for After, in place of one that runs.
	PartyStartTimer
	// PartyStopTimer stops Timer.
	PartyStopTimer
	// PartyAdd is add-party.indication: Msg is the ADD PARTY.
	PartyAdd
	// PartyAlerting tells of PARTY ALERTING: Msg.
	PartyAlerting
	// PartyAdded is add-party.confirm: Msg is the ADD PARTY ACKNOWLEDGE.
	PartyAdded
	// PartyDrop is drop-party.indication: DROP PARTY has come with Cause;
	// RspPartyDrop is due.
	PartyDrop
	// PartyGone: the party is null, for Cause. Remote tells that a message of
	// the peer ended it.
	PartyGone
	// PartyNotified tells of a NOTIFY.
	PartyNotified
	// PartyStatusReceived tells of a STATUS that changes nothing.
	PartyStatusReceived
	// PartyUnexpected: the party's state does not expect Msg, and the call is to
	// answer STATUS (event ErrParty of the call).
	PartyUnexpected
	// PartyDefect tells that an event came that cannot: the owner is wrong.
	PartyDefect
)

// PartyEffect is one thing that a party's machine asks of its owner or tells
// it. Effects are performed in order. Only the fields that the kind names are
// set.
type PartyEffect struct {
	Kind   PartyKind
	Msg    *msg.Message
	Timer  Timer
	After  time.Duration
	Cause  ie.Cause
	Remote bool
	// Event is the event of a PartyDefect.
	Event PartyEvent
}

// PartyInput is what comes with an event: the message received or to be sent,
// or a cause. The machine keeps neither.
type PartyInput struct {
	Msg   *msg.Message
	Cause ie.Cause
}
