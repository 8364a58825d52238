package q2931

import (
	"time"

	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
)

// Kind says what an [Effect] is. The zero value is none.
type Kind uint8

// The effects of a machine: work for the layer below and the clock, then the
// primitives towards the call control above.
const (
	_ Kind = iota
	// Send gives Msg to the SAAL.
	Send
	// StartTimer runs Timer for After, in place of one that runs.
	StartTimer
	// StopTimer stops Timer.
	StopTimer
	// Setup is setup.indication: Msg is the SETUP.
	Setup
	// Proceeding and Alerting tell of the message of that name, Msg.
	Proceeding
	Alerting
	// Connect is setup.confirm: Msg is the CONNECT. A user side has answered it
	// already; a network side waits for ReqSetupComplete.
	Connect
	// Complete is setup-complete.indication: CONNECT ACKNOWLEDGE has come for a
	// call that was made to this side.
	Complete
	// Release is release.indication: RELEASE has come, with Cause; RspRelease
	// is due.
	Release
	// Clearing tells that the machine has sent RELEASE of its own accord, with
	// Cause.
	Clearing
	// Released is release.confirm: the call is null, for Cause. Remote tells
	// that a message of the peer ended it.
	Released
	// Notified tells of a NOTIFY, Progressed of a PROGRESS: Msg.
	Notified
	Progressed
	// StatusReceived tells of a STATUS that changes nothing: Msg.
	StatusReceived
	// Enquired tells that an enquiry has found its end, whatever it was, while
	// the call lives on.
	Enquired
	// PartyMessage hands on a message of a party, Msg, that the call accepts.
	PartyMessage
	// Restarted tells that RESTART was acknowledged (start process).
	Restarted
	// RestartInd asks for all that Msg, a RESTART, concerns to be cleared;
	// RspCleared is due (respond process).
	RestartInd
	// RestartFailed tells that a restart procedure came to nothing: Cause is
	// 102 after a timer, 101 after a STATUS that does not fit.
	RestartFailed
	// Defect tells that an event came that cannot: the owner is wrong.
	Defect
	// Modify is modify.indication: Msg is the MODIFY REQUEST; RspModify or
	// RejModify is due.
	Modify
	// Modified tells of the MODIFY ACKNOWLEDGE, Msg; ReqAvailable is due if that
	// asks for it.
	Modified
	// ModifyRefused tells that the peer does not change the call, for Cause.
	ModifyRefused
	// ModifyEnded tells that a Modify needs no answer any more.
	ModifyEnded
	// Available tells that the peer has confirmed a modification, or that T361 is
	// over: then Msg is nil.
	Available
)

// Effect is one thing that a machine asks of its owner or tells it. Effects
// are performed in order. Only the fields that the kind names are set.
type Effect struct {
	Kind   Kind
	Msg    *msg.Message
	Timer  Timer
	After  time.Duration
	Cause  ie.Cause
	Remote bool
	// Event is the event of a Defect.
	Event Event
}

// Input is what comes with an event: the message received or to be sent, or a
// cause. The machine keeps no message but the SETUP of ReqSetup and
// the MODIFY REQUEST of ReqModify.
type Input struct {
	Msg   *msg.Message
	Cause ie.Cause
	// UserUser goes into RELEASE and RELEASE COMPLETE of a request or response;
	// nil for none.
	UserUser *ie.UserUser
	// Party is the state of the party that Msg names; null if it names none
	// that exists.
	Party PartyState
}
